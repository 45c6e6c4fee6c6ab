//! The bytes of a path that athar writes for people.

/// Returns the bytes: `\xNN` is a byte, everything else stands for itself.
pub(super) fn bytes(shown: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(shown.len());
    let mut rest = shown.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        match escaped(rest) {
            Some(byte) => {
                bytes.push(byte);
                rest = &rest[4..];
            }
            None => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    bytes
}

fn escaped(text: &[u8]) -> Option<u8> {
    let digits = text.strip_prefix(b"\\x")?.get(..2)?;
    let is_written = digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    is_written.then(|| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn escapes_are_bytes_and_the_rest_stands_for_itself() {
        assert_eq!(bytes("/a\\xff\\x5cx41 é\\n"), b"/a\xff\\x41 \xc3\xa9\\n");
    }
}
