//! Content of evidence on its way to a terminal: bytes that could take the terminal over do not reach it.

use std::io::{self, IsTerminal, Write};

/// What is said when content is not for a terminal.
pub(crate) const REFUSED: &str = "the content is not plain text, and standard output is a terminal that its bytes could take over. \
     Write it to a file (> FILE), or add --force";

/// Hands bytes on until one of them is no plain text.
pub(crate) struct TerminalGuard<'o> {
    out: &'o mut dyn Write,
    guarded: bool,
}

impl<'o> TerminalGuard<'o> {
    /// Guards a terminal; with `force`, and where standard output is none, everything is handed on.
    pub(crate) fn new(out: &'o mut dyn Write, force: bool) -> Self {
        Self { out, guarded: !force && io::stdout().is_terminal() }
    }
}

impl Write for TerminalGuard<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.guarded && !bytes.iter().all(|byte| is_plain(*byte)) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, REFUSED));
        }
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Control characters are not plain, save those of lines and columns. Bytes from 0x80 on may be letters of any script; those that are C1
/// controls in Latin-1 are continuation bytes of UTF-8, and terminals of today read UTF-8.
const fn is_plain(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\t' | 0x20..=0x7e | 0x80..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_character_reaches_a_terminal() {
        let mut out = Vec::new();
        let mut guard = TerminalGuard { out: &mut out, guarded: true };
        guard.write_all("نص\ttext\n".as_bytes()).unwrap();
        for bytes in [&b"\x1b[2J"[..], b"\x00", b"\x07", b"a\rb", b"\x7f"] {
            assert!(guard.write_all(bytes).is_err(), "{bytes:?}");
        }
        assert_eq!(out, "نص\ttext\n".as_bytes());
        let mut guard = TerminalGuard { out: &mut out, guarded: false };
        guard.write_all(b"\x1b").unwrap();
    }
}
