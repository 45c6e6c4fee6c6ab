//! The passphrase of a key: from a file, the environment, or the terminal.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use casework::{CaseworkError, KeyHolder};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::arguments::Global;

/// The environment variable that holds a passphrase.
const VARIABLE: &str = "ATHAR_PASSPHRASE";

/// The longest passphrase in bytes.
const MAX_BYTES: u64 = 4_096;

/// Whoever started the program: a file, the environment, or a person at the terminal.
pub(crate) struct Terminal {
    file: Option<PathBuf>,
}

impl Terminal {
    pub(crate) fn new(global: &Global) -> Self {
        Self { file: global.passphrase_file.clone() }
    }

    /// The passphrase, without the end of its line; `None` when nobody gives one.
    fn passphrase(&self, question: &str) -> Result<Option<Vec<u8>>, CaseworkError> {
        if let Some(path) = &self.file {
            let text = std::fs::read(path).map_err(|error| {
                CaseworkError::Request(format!("--passphrase-file {}: {error}", path.display()))
            })?;
            return Ok(Some(line_of(text)));
        }
        if let Some(text) = std::env::var_os(VARIABLE) {
            return Ok(Some(text.into_encoded_bytes()));
        }
        let Ok(mut terminal) = OpenOptions::new().read(true).write(true).open("/dev/tty") else {
            return Ok(None);
        };
        Ok(ask(&mut terminal, question).ok().filter(|line| !line.is_empty()))
    }
}

impl KeyHolder for Terminal {
    fn passphrase(&self, key_file: &Path) -> Result<Option<Vec<u8>>, CaseworkError> {
        self.passphrase(&format!("Passphrase of {}", key_file.display()))
    }

    /// On the terminal it is asked for twice.
    fn new_passphrase(&self) -> Result<Vec<u8>, CaseworkError> {
        let given = self.passphrase("New passphrase")?.ok_or_else(|| {
            CaseworkError::Request(format!(
                "no passphrase: give --passphrase-file FILE or {VARIABLE}, or use a terminal"
            ))
        })?;
        let asked = self.file.is_none() && std::env::var_os(VARIABLE).is_none();
        match !asked || self.passphrase("The same again")?.as_ref() == Some(&given) {
            true => Ok(given),
            false => Err(CaseworkError::Request("the two passphrases differ".to_owned())),
        }
    }

    fn readable_by_others(&self, key_file: &Path) {
        let key_file = crate::display::copyable(&key_file.to_string_lossy());
        crate::output::tell(&format!(
            "athar: {key_file}: others can read this private key; `chmod 600` it"
        ));
    }
}

fn line_of(mut text: Vec<u8>) -> Vec<u8> {
    while matches!(text.last(), Some(b'\n' | b'\r')) {
        text.pop();
    }
    text
}

/// Asks on the terminal without showing what is typed.
fn ask(terminal: &mut File, question: &str) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    write!(terminal, "{question}: ")?;
    let before = tcgetattr(&terminal)?;
    let _echo = Hidden::begin(terminal, &before)?;
    let mut line = Vec::new();
    BufReader::new(terminal.try_clone()?.take(MAX_BYTES)).read_until(b'\n', &mut line)?;
    writeln!(terminal)?;
    Ok(line_of(line))
}

/// Puts the terminal's echo back, however the question ends.
struct Hidden {
    terminal: File,
    before: Termios,
}

impl Hidden {
    fn begin(terminal: &File, before: &Termios) -> std::io::Result<Self> {
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        tcsetattr(terminal, OptionalActions::Flush, &hidden)?;
        Ok(Self { terminal: terminal.try_clone()?, before: before.clone() })
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.terminal, OptionalActions::Flush, &self.before);
    }
}
