//! Hexadecimal digits that people compare and read aloud.

use case_model::to_hex;

/// Hexadecimal digits in groups of four, separated by spaces.
#[must_use]
pub fn grouped_hex(bytes: &[u8]) -> String {
    let digits = to_hex(bytes);
    let groups: Vec<_> = digits.as_bytes().chunks(4).map(String::from_utf8_lossy).collect();
    groups.join(" ")
}
