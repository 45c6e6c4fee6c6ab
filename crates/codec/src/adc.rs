//! Apple Data Compression: runs of plain bytes and copies of what came before.

use crate::lz77::copy_match;
use crate::{Decoder, Undecodable};

/// Decodes to the end of the input, or to the wanted size: the coding has no end mark.
///
/// A first byte of `1nnnnnnn` is followed by n + 1 plain bytes. `01nnnnnn dddddddd dddddddd` copies
/// n + 4 bytes from d + 1 bytes back, `00nnnndd dddddddd` copies n + 3 bytes.
pub(crate) struct Adc;

impl Decoder for Adc {
    fn decode(&mut self, coded: &[u8], size: usize, out: &mut Vec<u8>) -> Result<(), Undecodable> {
        out.clear();
        let mut rest = coded;
        while out.len() < size && !rest.is_empty() {
            rest = decode_item(rest, size, out)?;
        }
        if out.len() > size { Err(Undecodable) } else { Ok(()) }
    }
}

/// Decodes a run of plain bytes or a copy. Returns what follows it.
#[inline]
fn decode_item<'c>(
    coded: &'c [u8],
    size: usize,
    out: &mut Vec<u8>,
) -> Result<&'c [u8], Undecodable> {
    match coded {
        [first @ 0x80..=0xff, rest @ ..] => {
            let count = usize::from(first & 0x7f).saturating_add(1);
            let (plain, rest) = rest.split_at_checked(count).ok_or(Undecodable)?;
            out.extend_from_slice(plain);
            Ok(rest)
        }
        [first @ 0x40..=0x7f, high, low, rest @ ..] => {
            let count = usize::from(first & 0x3f).saturating_add(4);
            copy_match(out, distance(*high, *low), count, size)?;
            Ok(rest)
        }
        [first @ ..=0x3f, low, rest @ ..] => {
            let count = usize::from(first >> 2).saturating_add(3);
            copy_match(out, distance(first & 3, *low), count, size)?;
            Ok(rest)
        }
        _ => Err(Undecodable),
    }
}

/// Returns how many bytes back a copy begins: the stored number counts from 0.
fn distance(high: u8, low: u8) -> usize {
    usize::from(u16::from_be_bytes([high, low])).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_copies() {
        let mut out = Vec::new();
        // "abcd"; 5 bytes from 4 back; 4 bytes from 1 back.
        let input = [0x83, b'a', b'b', b'c', b'd', 0b0000_1000, 3, 0x40, 0, 0];
        assert_eq!(Adc.decode(&input, 13, &mut out), Ok(()));
        assert_eq!(out, b"abcdabcdaaaaa");
        assert_eq!(Adc.decode(&[0x00, 9], 10, &mut out), Err(Undecodable));
        assert_eq!(Adc.decode(&[0x85, 1], 10, &mut out), Err(Undecodable));
        assert_eq!(Adc.decode(&input, 12, &mut out), Err(Undecodable));
    }
}
