//! LZX as in WIM files and WOF: chunks of 32 KiB, each on its own, calls of x86 code translated
//! ([MS-PATCH] and the WIM format).

use crate::bits::Bits;
use crate::huffman::Huffman;
use crate::lz77::copy_match;
use crate::widened::widened;
use crate::x86_calls::undo_call_translation;
use crate::{Decoder, Undecodable};

/// Symbols of the main code: 256 literals, and 8 lengths for each of 30 slots of distances (a
/// window of 32 KiB).
const MAIN_SYMBOLS: usize = 256 + 30 * 8;
const LENGTH_SYMBOLS: usize = 249;
const ALIGNED_SYMBOLS: usize = 8;
const PRETREE_SYMBOLS: usize = 20;

/// Decodes a chunk of up to 32 KiB: exactly the wanted size.
pub(crate) struct Lzx {
    main: Huffman,
    length: Huffman,
    aligned: Huffman,
    pretree: Huffman,
    main_lengths: [u8; MAIN_SYMBOLS],
    length_lengths: [u8; LENGTH_SYMBOLS],
    /// The three distances that were used last.
    recent: [usize; 3],
}

impl Default for Lzx {
    fn default() -> Self {
        Self {
            main: Huffman::default(),
            length: Huffman::default(),
            aligned: Huffman::default(),
            pretree: Huffman::default(),
            main_lengths: [0; MAIN_SYMBOLS],
            length_lengths: [0; LENGTH_SYMBOLS],
            recent: [1; 3],
        }
    }
}

impl Decoder for Lzx {
    fn decode(&mut self, coded: &[u8], size: usize, out: &mut Vec<u8>) -> Result<(), Undecodable> {
        out.clear();
        self.recent = [1; 3];
        self.main_lengths.fill(0);
        self.length_lengths.fill(0);
        let mut bits = Bits::new(coded);
        // Every block holds a byte or more, or is refused: the size bounds the loop.
        while out.len() < size {
            self.block(&mut bits, size, out)?;
        }
        bits.finish()?;
        undo_call_translation(out);
        Ok(())
    }
}

impl Lzx {
    fn block(
        &mut self,
        bits: &mut Bits<'_>,
        size: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Undecodable> {
        const DEFAULT_BYTES: u32 = 32768;
        let kind = bits.read(3);
        let count = if bits.read(1) == 1 { DEFAULT_BYTES } else { bits.read(16) };
        let end = out.len().saturating_add(widened(count));
        if count == 0 || end > size {
            return Err(Undecodable);
        }
        match kind {
            1 => {
                self.codes(bits)?;
                self.matches(bits, end, None, out)
            }
            2 => self.aligned_block(bits, end, out),
            3 => self.uncompressed(bits, widened(count), out),
            _ => Err(Undecodable),
        }
    }

    /// A block whose distances have a code of their own for their lowest three bits.
    fn aligned_block(
        &mut self,
        bits: &mut Bits<'_>,
        end: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Undecodable> {
        let mut lengths = [0; ALIGNED_SYMBOLS];
        for length in &mut lengths {
            *length = u8::try_from(bits.read(3)).unwrap_or(0);
        }
        let mut aligned = std::mem::take(&mut self.aligned);
        aligned.make(&lengths)?;
        self.codes(bits)?;
        let result = self.matches(bits, end, Some(&aligned), out);
        self.aligned = aligned;
        result
    }

    /// The main code and the length code of a block, as differences to those of the block before.
    fn codes(&mut self, bits: &mut Bits<'_>) -> Result<(), Undecodable> {
        let mut main = self.main_lengths;
        let (literals, references) = main.split_at_mut(256);
        self.lengths(bits, literals)?;
        self.lengths(bits, references)?;
        self.main_lengths = main;
        self.main.make(&main)?;
        let mut length = self.length_lengths;
        self.lengths(bits, &mut length)?;
        self.length_lengths = length;
        self.length.make(&length)
    }

    /// The lengths of the codes of some symbols, which have the lengths of the block before.
    fn lengths(&mut self, bits: &mut Bits<'_>, lengths: &mut [u8]) -> Result<(), Undecodable> {
        let mut pretree = [0; PRETREE_SYMBOLS];
        for length in &mut pretree {
            *length = u8::try_from(bits.read(4)).unwrap_or(0);
        }
        self.pretree.make(&pretree)?;
        let mut done = 0_usize;
        while let Some(old) = lengths.get(done).copied() {
            let (count, value) = self.length_run(bits, old)?;
            let end = done.saturating_add(widened(count));
            lengths.get_mut(done..end).ok_or(Undecodable)?.fill(value);
            done = end;
        }
        Ok(())
    }

    /// How many symbols have the same length, and that length; `old` was the length of the first of
    /// them.
    #[inline]
    fn length_run(&mut self, bits: &mut Bits<'_>, old: u8) -> Result<(u32, u8), Undecodable> {
        let symbol = self.pretree.symbol(bits)?;
        Ok(match symbol {
            0..=16 => (1, difference(old, symbol)),
            17 => (bits.read(4).saturating_add(4), 0),
            18 => (bits.read(5).saturating_add(20), 0),
            _ => {
                let count = bits.read(1).saturating_add(4);
                let symbol = self.pretree.symbol(bits)?;
                if symbol > 16 {
                    return Err(Undecodable);
                }
                (count, difference(old, symbol))
            }
        })
    }

    fn matches(
        &mut self,
        bits: &mut Bits<'_>,
        end: usize,
        aligned: Option<&Huffman>,
        out: &mut Vec<u8>,
    ) -> Result<(), Undecodable> {
        while out.len() < end {
            let symbol = usize::from(self.main.symbol(bits)?);
            let Some(symbol) = symbol.checked_sub(256) else {
                out.push(u8::try_from(symbol).unwrap_or(0));
                continue;
            };
            let mut count = symbol & 7;
            if count == 7 {
                count = count.saturating_add(usize::from(self.length.symbol(bits)?));
            }
            let distance = self.distance(symbol >> 3, bits, aligned)?;
            copy_match(out, distance, count.saturating_add(2), end)?;
        }
        Ok(())
    }

    #[inline]
    fn distance(
        &mut self,
        slot: usize,
        bits: &mut Bits<'_>,
        aligned: Option<&Huffman>,
    ) -> Result<usize, Undecodable> {
        if let Some(distance) = self.recent.get(slot).copied() {
            self.recent.swap(0, slot);
            return Ok(distance);
        }
        // Slots come in pairs of the same size: 2 and 3 hold one distance each, 4 and 5 two, 6 and
        // 7 four.
        let extra_bits = u32::try_from(slot >> 1).unwrap_or(0).saturating_sub(1);
        let base = (2 | slot & 1).checked_shl(extra_bits).ok_or(Undecodable)?;
        let formatted = base.saturating_add(widened(extra(extra_bits, bits, aligned)?));
        let distance = formatted.checked_sub(2).ok_or(Undecodable)?;
        let [newest, middle, _] = self.recent;
        self.recent = [distance, newest, middle];
        Ok(distance)
    }

    fn uncompressed(
        &mut self,
        bits: &mut Bits<'_>,
        count: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Undecodable> {
        bits.align();
        for recent in &mut self.recent {
            *recent = widened(u32::from_le_bytes(bits.array()?));
        }
        out.extend_from_slice(bits.bytes(count)?);
        // What follows is aligned again; at the end of the chunk there is nothing to skip.
        if !count.is_multiple_of(2) {
            let _ = bits.bytes(1);
        }
        Ok(())
    }
}

/// The lower bits of a distance; with a code of their own, the lowest three of them.
#[inline]
fn extra(count: u32, bits: &mut Bits<'_>, aligned: Option<&Huffman>) -> Result<u32, Undecodable> {
    Ok(match aligned {
        Some(aligned) if count >= 3 => {
            let high = bits.read(count.saturating_sub(3));
            let low = aligned.symbol(bits)?;
            high.checked_shl(3).unwrap_or(0) | u32::from(low)
        }
        _ => bits.read(count),
    })
}

/// A code length as difference to the one before, modulo 17.
fn difference(old: u8, symbol: u16) -> u8 {
    let symbol = u8::try_from(symbol).unwrap_or(0);
    match old.checked_sub(symbol) {
        Some(length) => length,
        None => old.saturating_add(17).saturating_sub(symbol),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An uncompressed block: type 3, default size bit 0, 16 bits of size; aligned; three
    /// distances; the bytes.
    fn uncompressed(bytes: &[u8]) -> Vec<u8> {
        let size = bytes.len() as u32;
        let header = 3 << 29 | size << 12;
        let words = [(header >> 16) as u16, header as u16];
        let mut coded: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        coded.extend([1_u32, 2, 3].iter().flat_map(|distance| distance.to_le_bytes()));
        coded.extend(bytes);
        coded
    }

    #[test]
    fn an_uncompressed_block_is_taken_as_it_is() {
        let mut out = Vec::new();
        Lzx::default().decode(&uncompressed(b"seven b"), 7, &mut out).unwrap();
        assert_eq!(out, b"seven b");
        let two = [uncompressed(b"odd"), vec![0], uncompressed(b"and more")].concat();
        Lzx::default().decode(&two, 11, &mut out).unwrap();
        assert_eq!(out, b"oddand more");
    }

    #[test]
    fn calls_become_relative_again_except_in_the_tail() {
        let mut data = vec![0; 40];
        data[4..9].copy_from_slice(&[0xe8, 104, 0, 0, 0]);
        data[30..35].copy_from_slice(&[0xe8, 104, 0, 0, 0]);
        undo_call_translation(&mut data);
        assert_eq!(data[4..9], [0xe8, 100, 0, 0, 0]);
        assert_eq!(data[30..35], [0xe8, 104, 0, 0, 0]);
    }

    #[test]
    fn nonsense_is_refused() {
        let mut out = Vec::new();
        for coded in [&[][..], &[0; 100], &[0xff; 100], &uncompressed(b"cut")[..17]] {
            assert!(Lzx::default().decode(coded, 10, &mut out).is_err(), "{coded:x?}");
        }
        // A block longer than the chunk.
        assert!(Lzx::default().decode(&uncompressed(b"seven b"), 6, &mut out).is_err());
    }
}
