//! Bit streams of XPRESS Huffman and LZX: 16-bit little-endian words, the highest bit first.

use crate::Undecodable;
use crate::widened::widened;

/// Reads bits; XPRESS and LZX also take bytes from the place behind the words read so far.
pub(crate) struct Bits<'a> {
    bytes: &'a [u8],
    /// Byte that is read next; may lie behind the end.
    next: usize,
    /// The bits that were read and not taken, the next one highest.
    buffer: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, next: 0, buffer: 0, count: 0 }
    }

    /// Reads words until `wanted` bits (up to 32) are there. Behind the end of the input stand zeros: [`Self::finish`] tells
    /// whether any were taken.
    pub(crate) fn ensure(&mut self, wanted: u32) {
        while self.count < wanted {
            let word = self.bytes.get(self.next..).and_then(|rest| rest.first_chunk::<2>());
            let word = word.map_or(0, |word| u16::from_le_bytes(*word));
            self.next = self.next.saturating_add(2);
            let room = 48_u32.saturating_sub(self.count);
            self.buffer |= u64::from(word).checked_shl(room).unwrap_or(0);
            self.count = self.count.saturating_add(16);
        }
    }

    /// The next 16 bits, without taking them; [`Self::ensure`] them before.
    pub(crate) fn peek16(&self) -> u16 {
        // The shifted value fits.
        u16::try_from(self.buffer >> 48).unwrap_or(0)
    }

    /// Takes bits that are there.
    pub(crate) fn skip(&mut self, count: u32) {
        self.buffer = self.buffer.checked_shl(count).unwrap_or(0);
        self.count = self.count.saturating_sub(count);
    }

    /// Takes up to 16 bits that are there as a number.
    pub(crate) fn pop(&mut self, count: u32) -> u32 {
        let value = self.buffer.checked_shr(64_u32.saturating_sub(count)).unwrap_or(0);
        self.skip(count);
        u32::try_from(value).unwrap_or(0)
    }

    /// Reads up to 17 bits as a number.
    pub(crate) fn read(&mut self, count: u32) -> u32 {
        self.ensure(count);
        self.pop(count)
    }

    /// Bytes from behind the words read so far.
    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Undecodable> {
        let end = self.next.checked_add(count).ok_or(Undecodable)?;
        let bytes = self.bytes.get(self.next..end).ok_or(Undecodable)?;
        self.next = end;
        Ok(bytes)
    }

    /// A little-endian number from behind the words read so far.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Undecodable> {
        self.bytes(N)?.first_chunk::<N>().copied().ok_or(Undecodable)
    }

    /// Goes on to the next word boundary, by a whole word when already there; what follows is read as bytes.
    pub(crate) fn align(&mut self) {
        // Whole words that were read ahead go back.
        let ahead = widened(self.count / 16).saturating_mul(2);
        self.next = self.next.saturating_sub(ahead);
        if self.count.is_multiple_of(16) {
            self.next = self.next.saturating_add(2);
        }
        (self.buffer, self.count) = (0, 0);
    }

    /// # Errors
    /// Bits were taken from behind the end of the input.
    pub(crate) fn finish(&self) -> Result<(), Undecodable> {
        let unread = widened(self.count / 8);
        if self.next.saturating_sub(unread) > self.bytes.len() { Err(Undecodable) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_little_endian_and_bits_come_highest_first() {
        let mut bits = Bits::new(&[0x34, 0x12, 0xcd, 0xab, 9]);
        assert_eq!((bits.read(4), bits.read(12), bits.read(8)), (1, 0x234, 0xab));
        assert_eq!(bits.bytes(1), Ok(&[9][..]));
        assert_eq!(bits.read(8), 0xcd);
        assert_eq!(bits.finish(), Ok(()));
        assert_eq!(bits.read(1), 0);
        assert_eq!(bits.finish(), Err(Undecodable));
    }

    #[test]
    fn alignment_skips_the_rest_of_a_word_or_a_whole_one() {
        let bytes = [1, 2, 3, 4, 5, 6];
        let after = |taken: u32, ensured: u32| {
            let mut bits = Bits::new(&bytes);
            bits.read(taken);
            bits.ensure(ensured);
            bits.align();
            bits.bytes(1).unwrap()[0]
        };
        assert_eq!(
            (after(3, 0), after(3, 29), after(16, 0), after(16, 16), after(16, 32)),
            (3, 3, 5, 5, 5)
        );
    }
}
