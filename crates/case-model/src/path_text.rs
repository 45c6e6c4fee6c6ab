//! Paths of evidence as text: for people and records, and back.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// Returns a path as text. Two paths never have the same text: a byte that is not UTF-8 is `\xNN`, and so is the backslash of a name that
/// would look like such a byte. Any other path is its own text.
#[must_use]
pub fn path_text(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        let valid = chunk.valid();
        for (at, letter) in valid.char_indices() {
            match letter {
                '\\' if valid.get(at..).is_some_and(|rest| escaped_byte(rest).is_some()) => {
                    text.push_str("\\x5c")
                }
                // An invalid byte that follows is written as `\xNN`: it makes no code together with this backslash.
                other => text.push(other),
            }
        }
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
    }
    text
}

/// Returns the path that [`path_text`] wrote.
#[must_use]
pub fn path_of_text(text: &str) -> PathBuf {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let (byte, length) = match escaped_byte(rest) {
            Some(byte) => (Some(byte), ESCAPE_LENGTH),
            None => (None, letter.len_utf8()),
        };
        let (taken, left) = rest.split_at(length);
        match byte {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(taken.as_bytes()),
        }
        rest = left;
    }
    OsString::from_vec(bytes).into()
}

/// Length of `\xNN`.
const ESCAPE_LENGTH: usize = 4;

/// Returns the byte when the text begins with `\xNN`, two lower-case hexadecimal digits.
fn escaped_byte(text: &str) -> Option<u8> {
    let digits = text.strip_prefix("\\x")?.get(..2)?;
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    digits.bytes().all(is_digit).then(|| u8::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(bytes: &[u8]) -> PathBuf {
        OsString::from_vec(bytes.to_vec()).into()
    }

    #[test]
    fn every_path_has_a_text_of_its_own_that_leads_back_to_it() {
        let paths: &[(&[u8], &str)] = &[
            (b"/evidence/disk.raw", "/evidence/disk.raw"),
            ("/صور/é".as_bytes(), "/صور/é"),
            (b"/a\xff.raw", "/a\\xff.raw"),
            (b"/a\\xff.raw", "/a\\x5cxff.raw"),
            (b"/a\\x5cxff.raw", "/a\\x5cx5cxff.raw"),
            (b"/a\xef\xbf\xbd.raw", "/a\u{fffd}.raw"),
            (b"/C:\\x64\\users", "/C:\\x5cx64\\users"),
            (b"/back\\slash\\xG0\\x", "/back\\slash\\xG0\\x"),
            (b"/\\\xc3", "/\\\\xc3"),
            (b"/\\x\xc3", "/\\x\\xc3"),
            (b"/\\x4\xe2\x82", "/\\x4\\xe2\\x82"),
        ];
        for (bytes, text) in paths {
            assert_eq!(path_text(&path(bytes)), *text);
            assert_eq!(path_of_text(text), path(bytes), "{text}");
        }
    }
}
