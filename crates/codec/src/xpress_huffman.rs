//! XPRESS with Huffman codes (LZ77+Huffman, [MS-XCA] section 2.2).

use crate::bits::Bits;
use crate::huffman::Huffman;
use crate::lz77::copy_match;
use crate::widened::widened;
use crate::{Decoder, Undecodable};

/// Bytes of the table of code lengths: 512 symbols, 4 bits each, the low half first.
const TABLE_BYTES: usize = 256;

/// Decodes a chunk of up to 64 KiB: exactly the wanted size.
#[derive(Default)]
pub(crate) struct XpressHuffman {
    lengths: Vec<u8>,
    code: Huffman,
}

impl Decoder for XpressHuffman {
    fn decode(&mut self, coded: &[u8], size: usize, out: &mut Vec<u8>) -> Result<(), Undecodable> {
        out.clear();
        let (table, stream) = coded.split_at_checked(TABLE_BYTES).ok_or(Undecodable)?;
        self.lengths.clear();
        self.lengths.extend(table.iter().flat_map(|pair| [pair & 15, pair >> 4]));
        self.code.make(&self.lengths)?;
        let mut bits = Bits::new(stream);
        while out.len() < size {
            let symbol = usize::from(self.code.symbol(&mut bits)?);
            // The words for the next 16 bits are read before the bytes of a length.
            bits.ensure(16);
            match symbol.checked_sub(256) {
                None => out.push(u8::try_from(symbol).unwrap_or(0)),
                Some(symbol) => {
                    let (distance, count) = reference(symbol, &mut bits)?;
                    copy_match(out, distance, count, size)?;
                }
            }
        }
        bits.finish()
    }
}

/// Distance and length of a back reference.
fn reference(symbol: usize, bits: &mut Bits<'_>) -> Result<(usize, usize), Undecodable> {
    let distance_bits = u32::try_from(symbol >> 4).unwrap_or(15);
    let distance =
        1_usize.checked_shl(distance_bits).unwrap_or(1) | widened(bits.pop(distance_bits));
    let mut count = symbol & 15;
    if count == 15 {
        let [more] = bits.array::<1>()?;
        count = match more {
            255 => long_count(bits)?,
            more => usize::from(more).saturating_add(15),
        };
    }
    Ok((distance, count.saturating_add(3)))
}

fn long_count(bits: &mut Bits<'_>) -> Result<usize, Undecodable> {
    let count = match u16::from_le_bytes(bits.array()?) {
        0 => widened(u32::from_le_bytes(bits.array()?)),
        count => usize::from(count),
    };
    if count < 15 { Err(Undecodable) } else { Ok(count) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of [MS-XCA] section 3.2: the alphabet, and "abc" a hundred times.
    #[test]
    fn the_specifications_examples_are_decoded() {
        let mut alphabet = vec![0; 276];
        alphabet[48] = 0x50;
        alphabet[49..59].fill(0x55);
        alphabet[59..62].copy_from_slice(&[0x45, 0x44, 0x04]);
        alphabet[128] = 0x04;
        alphabet[256..].copy_from_slice(&[
            0xd8, 0x52, 0x3e, 0xd7, 0x94, 0x11, 0x5b, 0xe9, 0x19, 0x5f, 0xf9, 0xd6, 0x7c, 0xdf,
            0x8d, 0x04, 0, 0, 0, 0,
        ]);
        let mut out = Vec::new();
        XpressHuffman::default().decode(&alphabet, 26, &mut out).unwrap();
        assert_eq!(out, b"abcdefghijklmnopqrstuvwxyz");

        let mut abc = vec![0; 263];
        (abc[48], abc[49], abc[128], abc[143]) = (0x30, 0x23, 0x02, 0x20);
        abc[256..].copy_from_slice(&[0xa8, 0xdc, 0, 0, 0xff, 0x26, 1]);
        XpressHuffman::default().decode(&abc, 300, &mut out).unwrap();
        assert_eq!(out, b"abc".repeat(100));
        assert!(XpressHuffman::default().decode(&abc, 301, &mut out).is_err());
        assert!(XpressHuffman::default().decode(&abc[..259], 300, &mut out).is_err());
        assert!(XpressHuffman::default().decode(&[0; 300], 1, &mut out).is_err());
    }
}
