//! Canonical Huffman codes: shorter codes first, then by symbol.

use crate::Undecodable;
use crate::bits::Bits;

/// Longest code that one look-up decodes.
const FAST_BITS: u32 = 10;
/// Longest code there is.
const LONGEST: usize = 16;

/// A code, made for decoding.
pub(crate) struct Huffman {
    /// By the next [`FAST_BITS`] bits: symbol times 32 plus length of the code; 0 where the code is longer or unused.
    fast: Vec<u16>,
    /// Symbols in the order of their codes.
    symbols: Vec<u16>,
    /// By length: the first code that is longer, in 16 bits from the left.
    ends: [u32; LONGEST + 1],
    /// By length: its first code, in 16 bits from the left, and where its symbols begin.
    starts: [(u32, usize); LONGEST + 1],
}

impl Default for Huffman {
    fn default() -> Self {
        let fast = vec![0; 1 << FAST_BITS];
        Self { fast, symbols: Vec::new(), ends: [0; LONGEST + 1], starts: [(0, 0); LONGEST + 1] }
    }
}

impl Huffman {
    /// Makes the code whose symbols have these lengths in bits; 0 for a symbol without a code. A code may be incomplete: then a
    /// pattern that stands for nothing is refused when it is met.
    ///
    /// # Errors
    /// More codes than there can be.
    pub(crate) fn make(&mut self, lengths: &[u8]) -> Result<(), Undecodable> {
        self.symbols.clear();
        let mut code = 0_u32;
        for length in 1..=LONGEST {
            let first = self.symbols.len();
            let is_of_length = |(_, own): &(u16, &u8)| usize::from(**own) == length;
            self.symbols
                .extend((0_u16..).zip(lengths).filter(is_of_length).map(|(symbol, _)| symbol));
            let count = self.symbols.len().saturating_sub(first);
            self.set(length, (code, first));
            let width = 0x1_0000_u32.checked_shr(u32::try_from(length).unwrap_or(16)).unwrap_or(0);
            code =
                code.saturating_add(width.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX)));
            if code > 0x1_0000 {
                return Err(Undecodable);
            }
            if let Some(end) = self.ends.get_mut(length) {
                *end = code;
            }
        }
        self.fill_fast();
        Ok(())
    }

    fn set(&mut self, length: usize, start: (u32, usize)) {
        if let Some(slot) = self.starts.get_mut(length) {
            *slot = start;
        }
    }

    fn fill_fast(&mut self) {
        self.fast.fill(0);
        let mut filled = 0_usize;
        let fast_lengths = 1..=FAST_BITS;
        for (length, ((_, first), (_, behind))) in
            fast_lengths.zip(self.starts.iter().skip(1).zip(self.starts.iter().skip(2)))
        {
            let repeat = 1_usize.checked_shl(FAST_BITS.saturating_sub(length)).unwrap_or(1);
            for symbol in self.symbols.get(*first..*behind).unwrap_or_default() {
                let end = filled.saturating_add(repeat);
                let entry = symbol.checked_shl(5).unwrap_or(0) | u16::try_from(length).unwrap_or(0);
                if let Some(entries) = self.fast.get_mut(filled..end) {
                    entries.fill(entry);
                }
                filled = end;
            }
        }
    }

    /// Takes the next symbol.
    ///
    /// # Errors
    /// A pattern that stands for no symbol.
    pub(crate) fn symbol(&self, bits: &mut Bits<'_>) -> Result<u16, Undecodable> {
        bits.ensure(16);
        let next = bits.peek16();
        let entry = self.fast.get(usize::from(next >> (16 - FAST_BITS))).copied().unwrap_or(0);
        if entry != 0 {
            bits.skip(u32::from(entry & 31));
            return Ok(entry >> 5);
        }
        self.long_symbol(u32::from(next), bits)
    }

    fn long_symbol(&self, next: u32, bits: &mut Bits<'_>) -> Result<u16, Undecodable> {
        let lengths = (0_u32..).zip(self.ends.iter().zip(&self.starts));
        let (length, (_, (code, first))) =
            lengths.skip(1).find(|(_, (end, _))| next < **end).ok_or(Undecodable)?;
        let within = next.checked_sub(*code).ok_or(Undecodable)?;
        let rank = within.checked_shr(16_u32.saturating_sub(length)).unwrap_or(0);
        let place = first.saturating_add(usize::try_from(rank).unwrap_or(usize::MAX));
        bits.skip(length);
        self.symbols.get(place).copied().ok_or(Undecodable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_codes_are_told_apart() {
        // 0; 10; 110; …: code lengths 1 to 15, the last one twice
        let lengths: Vec<u8> = (1..=15).chain([15]).collect();
        let mut code = Huffman::default();
        code.make(&lengths).unwrap();
        for (symbol, ones) in (0..16_u16).zip(0..16_u32) {
            let word = !(0xffff_u32 >> ones) as u16;
            let bytes = word.to_le_bytes();
            assert_eq!(
                code.symbol(&mut Bits::new(&bytes)),
                Ok(if ones == 15 { 15 } else { symbol }),
                "{ones}"
            );
        }
    }

    #[test]
    fn too_many_codes_and_unused_patterns_are_refused() {
        let mut code = Huffman::default();
        assert_eq!(code.make(&[1, 1, 1]), Err(Undecodable));
        code.make(&[2, 2]).unwrap();
        assert_eq!(code.symbol(&mut Bits::new(&[0, 0x40])), Ok(1));
        assert_eq!(code.symbol(&mut Bits::new(&[0, 0x80])), Err(Undecodable));
    }
}
