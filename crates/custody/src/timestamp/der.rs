//! As much of DER (X.690) as a time stamp needs.

/// Tags of universal types.
pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
/// `[0]`, constructed.
pub(super) const CONTEXT_0: u8 = 0xa0;

/// Takes the next element off the front if it has this tag, and gives its content.
pub(super) fn take<'a>(bytes: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    let (found, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        // The long form: how many bytes of length follow; four are 4 GiB.
        0x81..=0x84 => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x0f))?;
            let length = length.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
            (usize::try_from(length).ok()?, rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    (*found == tag).then(|| {
        *bytes = rest;
        content
    })
}

/// An element with a content shorter than 64 KiB.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes();
    let mut element = match (high, low) {
        (0, 0..=0x7f) => vec![tag, low],
        (0, _) => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    element.extend_from_slice(content);
    element
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_of_any_length_come_back_and_cut_ones_do_not() {
        for length in [0, 1, 127, 128, 255, 256, 60_000] {
            let written = element(SEQUENCE, &vec![7; length]);
            let mut rest = written.as_slice();
            assert_eq!(take(&mut rest, SEQUENCE), Some(vec![7; length].as_slice()));
            assert!(rest.is_empty());
            assert_eq!(take(&mut &written[..written.len() - 1], SEQUENCE), None);
            assert_eq!(take(&mut written.as_slice(), SET), None);
        }
        for bad in [
            [].as_slice(),
            &[0x30],
            &[0x30, 0x80],
            &[0x30, 0x85, 0, 0, 0, 0, 1, 0],
            &[0x30, 0x84, 255, 255, 255, 255],
        ] {
            assert_eq!(take(&mut &*bad, SEQUENCE), None);
        }
    }
}
