//! Short names: 8.3 characters of a code page (FAT spec, "DIR_Name"; case bits as Windows NT keeps them).

use super::code_page::decode;
use super::directory_entry::DELETED;

const LOWER_BASE: u8 = 0x08;
const LOWER_EXTENSION: u8 = 0x10;
/// Stands for 0xE5 as a first character, since 0xE5 means deleted.
const ESCAPED_E5: u8 = 0x05;

/// The name as it is displayed, `NAME.EXT`; the first character of a deleted one is gone and reads as `_`.
pub(super) fn readable(name: [u8; 11], nt_reserved: u8, code_page: u16) -> String {
    let name = unescape(name);
    let (base, extension) = name.split_at(8);
    let mut text = part(base, nt_reserved & LOWER_BASE != 0, code_page);
    let extension = part(extension, nt_reserved & LOWER_EXTENSION != 0, code_page);
    if !extension.is_empty() {
        text.push('.');
        text.push_str(&extension);
    }
    text
}

/// A volume label: eleven characters without a dot.
pub(super) fn label(name: [u8; 11], code_page: u16) -> String {
    part(&unescape(name), false, code_page)
}

fn unescape(name: [u8; 11]) -> [u8; 11] {
    let mut name = name;
    let [first, ..] = &mut name;
    *first = match *first {
        DELETED => b'_',
        ESCAPED_E5 => 0xe5,
        other => other,
    };
    name
}

/// The checksum that every part of a long name keeps of its short name (FAT spec, "ChkSum").
pub(super) fn checksum(name: [u8; 11]) -> u8 {
    name.into_iter().fold(0_u8, |sum, byte| sum.rotate_right(1).wrapping_add(byte))
}

/// The first byte that a deleted short name had, by the checksum of its long name: each step of the sum can be undone.
pub(super) fn first_byte_by_checksum(name: [u8; 11], checksum: u8) -> u8 {
    let [_, rest @ ..] = name;
    rest.into_iter().rev().fold(checksum, |sum, byte| sum.wrapping_sub(byte).rotate_left(1))
}

fn part(bytes: &[u8], lower: bool, code_page: u16) -> String {
    let used =
        bytes.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last.saturating_add(1));
    let text = decode(bytes.get(..used).unwrap_or_default(), code_page);
    if lower { text.to_lowercase() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_displayed_as_windows_does() {
        assert_eq!(readable(*b"README  TXT", 0, 437), "README.TXT");
        assert_eq!(readable(*b"README  TXT", 0x08, 437), "readme.TXT");
        assert_eq!(readable(*b"README  TXT", 0x18, 437), "readme.txt");
        assert_eq!(readable(*b"\xe5EADME     ", 0x08, 437), "_eadme");
        assert_eq!(readable(*b"\x05\x81  A   B  ", 0, 850), "Õü  A.B");
        assert_eq!(label(*b"MY LABEL 1 ", 437), "MY LABEL 1");
    }

    #[test]
    fn the_checksum_of_a_long_name_gives_back_the_first_byte() {
        for first in 0..=255 {
            let mut name = *b"?OCUME~1PDF";
            name[0] = first;
            let sum = checksum(name);
            name[0] = 0xe5;
            assert_eq!(first_byte_by_checksum(name, sum), first);
        }
    }
}
