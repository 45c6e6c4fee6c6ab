//! LZNT1 ([MS-XCA] section 2.5): chunks of 4096 decoded bytes, each a header and literals and back references.

use crate::lz77::copy_match;
use crate::{Decoder, Undecodable};

/// Decoded bytes of a chunk.
const CHUNK_BYTES: usize = 4096;

/// Decodes the chunks one behind the other; what the coded bytes lack is zero, as NTFS reads it.
pub(crate) struct Lznt1;

impl Decoder for Lznt1 {
    fn decode(&mut self, coded: &[u8], size: usize, out: &mut Vec<u8>) -> Result<(), Undecodable> {
        out.clear();
        out.reserve(size);
        let mut rest = coded;
        // Every chunk begins at a multiple of its decoded size, however short the one before it was.
        while out.len() < size {
            let Some((header, behind)) = rest.split_first_chunk::<2>() else { break };
            let header = u16::from_le_bytes(*header);
            if header == 0 {
                break;
            }
            let count = usize::from(header & 0xfff).saturating_add(1);
            let (chunk, behind) = behind.split_at_checked(count).ok_or(Undecodable)?;
            rest = behind;
            let start = out.len();
            if header & 0x8000 == 0 {
                out.extend_from_slice(chunk);
            } else {
                decode_chunk(chunk, start, out)?;
            }
            out.resize(start.saturating_add(CHUNK_BYTES), 0);
        }
        out.resize(size, 0);
        Ok(())
    }
}

fn decode_chunk(chunk: &[u8], start: usize, out: &mut Vec<u8>) -> Result<(), Undecodable> {
    let mut rest = chunk;
    while let Some((flags, behind)) = rest.split_first() {
        rest = behind;
        for bit in 0..8 {
            if rest.is_empty() {
                break;
            }
            if flags >> bit & 1 == 0 {
                let (literal, behind) = rest.split_first().ok_or(Undecodable)?;
                rest = behind;
                out.push(*literal);
            } else {
                let (token, behind) = rest.split_first_chunk::<2>().ok_or(Undecodable)?;
                rest = behind;
                copy(u16::from_le_bytes(*token), start, out)?;
            }
            if out.len().saturating_sub(start) > CHUNK_BYTES {
                return Err(Undecodable);
            }
        }
    }
    Ok(())
}

/// A back reference: the more of the chunk is decoded, the more of the token's bits are the distance.
fn copy(token: u16, start: usize, out: &mut Vec<u8>) -> Result<(), Undecodable> {
    let decoded = out.len().saturating_sub(start);
    let last = decoded.checked_sub(1).ok_or(Undecodable)?;
    // 4 bits of distance up to 16 decoded bytes, one more for every doubling.
    let distance_bits = (usize::BITS.saturating_sub(last.leading_zeros())).clamp(4, 12);
    let length_bits = 16_u32.saturating_sub(distance_bits);
    let distance = usize::from(token.checked_shr(length_bits).unwrap_or(0)).saturating_add(1);
    let mask = 0xffff_u16.checked_shr(distance_bits).unwrap_or(0);
    let count = usize::from(token & mask).saturating_add(3);
    if distance > decoded {
        return Err(Undecodable);
    }
    copy_match(out, distance, count, start.saturating_add(CHUNK_BYTES))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(coded: &[u8], size: usize) -> Result<Vec<u8>, Undecodable> {
        let mut out = vec![9; 3];
        Lznt1.decode(coded, size, &mut out).map(|()| out)
    }

    /// The example of [MS-XCA] section 3.4.
    #[test]
    fn the_specifications_example_is_decoded() {
        let coded = [
            0x38, 0xb0, 0x88, 0x46, 0x23, 0x20, 0x00, 0x20, 0x47, 0x20, 0x41, 0x00, 0x10, 0xa2,
            0x47, 0x01, 0xa0, 0x45, 0x20, 0x44, 0x00, 0x08, 0x45, 0x01, 0x50, 0x79, 0x00, 0xc0,
            0x45, 0x20, 0x05, 0x24, 0x13, 0x88, 0x05, 0xb4, 0x02, 0x4a, 0x44, 0xef, 0x03, 0x58,
            0x02, 0x8c, 0x09, 0x16, 0x01, 0x48, 0x45, 0x00, 0xbe, 0x00, 0x9e, 0x00, 0x04, 0x01,
            0x18, 0x90, 0x00,
        ];
        let text = "F# F# G A A G F# E D D E F# F# E E F# F# G A A G F# E D D E F# E D D E E F# D E F# G F# D E F# G F# \
                    E D E A F# F# G A A G F# E D D E F# E D D\0";
        assert_eq!(decoded(&coded, text.len()).unwrap(), text.as_bytes());
    }

    #[test]
    fn chunks_begin_at_multiples_and_missing_bytes_are_zero() {
        // an uncompressed chunk of 2 bytes, then one of 1 byte
        let out = decoded(&[0x01, 0x30, b'a', b'b', 0x00, 0x30, b'c', 0, 0], 5000).unwrap();
        assert_eq!((out.len(), &out[..3], out[4096], out[4097]), (5000, &b"ab\0"[..], b'c', 0));
        assert_eq!(decoded(&[], 3).unwrap(), [0, 0, 0]);
    }

    #[test]
    fn what_leaves_the_chunk_is_refused() {
        assert!(decoded(&[0x05, 0xb0, 0x01], 100).is_err()); // cut off
        assert!(decoded(&[0x02, 0xb0, 0x01, 0x00, 0x00], 100).is_err()); // reference before the first byte
        assert!(decoded(&[0x03, 0xb0, 0x02, b'a', 0x00, 0x10], 100).is_err()); // distance 2 of 1 byte
        assert_eq!(decoded(&[0x03, 0xb0, 0x02, b'a', 0xfc, 0x0f], 4096).unwrap(), [b'a'; 4096]);
        assert!(decoded(&[0x03, 0xb0, 0x02, b'a', 0xfd, 0x0f], 4096).is_err()); // one byte over the end of the chunk
    }
}
