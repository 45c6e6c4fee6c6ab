//! Apple Data Compression: runs of plain bytes and copies of what came before.

use super::BrokenStream;

/// Decodes `input` into `out`: at most `most` bytes. The coding has no end mark: it ends with its input, or when `most` bytes are there.
///
/// A first byte of `1nnnnnnn` is followed by n + 1 plain bytes. `01nnnnnn dddddddd dddddddd` copies n + 4 bytes from d + 1 bytes back,
/// `00nnnndd dddddddd` copies n + 3 bytes.
pub(super) fn decode(input: &[u8], out: &mut Vec<u8>, most: usize) -> Result<(), BrokenStream> {
    out.clear();
    let mut rest = input;
    while out.len() < most {
        rest = match rest {
            [] => return Ok(()),
            [first @ 0x80..=0xff, rest @ ..] => {
                let count = usize::from(first & 0x7f).saturating_add(1);
                let (plain, rest) = rest.split_at_checked(count).ok_or(BrokenStream)?;
                out.extend_from_slice(plain);
                rest
            }
            [first @ 0x40..=0x7f, high, low, rest @ ..] => {
                copy(out, usize::from(first & 0x3f).saturating_add(4), u16::from_be_bytes([*high, *low]))?;
                rest
            }
            [first @ ..=0x3f, low, rest @ ..] => {
                let count = usize::from(first >> 2).saturating_add(3);
                copy(out, count, u16::from_be_bytes([first & 3, *low]))?;
                rest
            }
            _ => return Err(BrokenStream),
        };
    }
    if out.len() > most { Err(BrokenStream) } else { Ok(()) }
}

fn copy(out: &mut Vec<u8>, count: usize, distance: u16) -> Result<(), BrokenStream> {
    let from = out.len().checked_sub(usize::from(distance).saturating_add(1)).ok_or(BrokenStream)?;
    for at in (from..).take(count) {
        let byte = *out.get(at).ok_or(BrokenStream)?;
        out.push(byte);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_copies() {
        let mut out = Vec::new();
        // "abcd"; 5 bytes from 4 back; 4 bytes from 1 back.
        let input = [0x83, b'a', b'b', b'c', b'd', 0b0000_1000, 3, 0x40, 0, 0];
        assert_eq!(decode(&input, &mut out, 13), Ok(()));
        assert_eq!(out, b"abcdabcdaaaaa");
        assert_eq!(decode(&[0x00, 9], &mut out, 10), Err(BrokenStream));
        assert_eq!(decode(&[0x85, 1], &mut out, 10), Err(BrokenStream));
        assert_eq!(decode(&input, &mut out, 12), Err(BrokenStream));
    }
}
