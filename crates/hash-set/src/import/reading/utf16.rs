//! UTF-16 text as UTF-8.

use std::io::{self, BufRead, Read};

/// How the characters of a text are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// UTF-8, or bytes of unknown coding.
    Utf8 {
        /// It begins with a byte order mark.
        mark: bool,
    },
    /// UTF-16, with or without byte order mark.
    Utf16 { big_endian: bool },
}

impl Encoding {
    /// Recognised from the first bytes: a byte order mark, or a first character of ASCII with a zero beside it.
    pub(crate) fn of(head: &[u8]) -> Self {
        match head {
            [0xef, 0xbb, 0xbf, ..] => Self::Utf8 { mark: true },
            [0xff, 0xfe, ..] => Self::Utf16 { big_endian: false },
            [0xfe, 0xff, ..] => Self::Utf16 { big_endian: true },
            [1..=255, 0, 1..=255, 0, ..] => Self::Utf16 { big_endian: false },
            [0, 1..=255, 0, 1..=255, ..] => Self::Utf16 { big_endian: true },
            _ => Self::Utf8 { mark: false },
        }
    }
}

/// Decodes UTF-16, an unpaired surrogate or an odd last byte as U+FFFD, and leaves out a byte order mark.
pub(crate) struct Utf16Reader<R> {
    inner: R,
    big_endian: bool,
    decoded: Vec<u8>,
    used: usize,
    high: Option<u16>,
    begun: bool,
}

/// Units decoded at once.
const UNITS_AT_ONCE: usize = 4096;

impl<R: Read> Utf16Reader<R> {
    pub(crate) fn new(inner: R, big_endian: bool) -> Self {
        Self { inner, big_endian, decoded: Vec::new(), used: 0, high: None, begun: false }
    }

    /// Returns the units of whole characters, without a mark at the beginning.
    fn units(&mut self, bytes: &[u8]) -> Vec<u16> {
        let read = if self.big_endian { u16::from_be_bytes } else { u16::from_le_bytes };
        let units = bytes.as_chunks().0.iter().map(|pair| read(*pair));
        // A high surrogate at the end waits for the next turn.
        let mut units: Vec<u16> = self.high.take().into_iter().chain(units).collect();
        if !bytes.is_empty() && units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit)) {
            self.high = units.pop();
        }
        if !self.begun && units.first() == Some(&0xfeff) {
            units.remove(0);
        }
        self.begun = true;
        units
    }

    fn decode_more(&mut self) -> io::Result<()> {
        self.decoded.clear();
        self.used = 0;
        let mut bytes = Vec::with_capacity(UNITS_AT_ONCE.saturating_mul(2));
        (&mut self.inner).take(byte_source::length(bytes.capacity())).read_to_end(&mut bytes)?;
        let odd = !bytes.len().is_multiple_of(2);
        let pending = self.units(&bytes);
        let characters =
            char::decode_utf16(pending).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER));
        let text: String = characters.chain(odd.then_some(char::REPLACEMENT_CHARACTER)).collect();
        self.decoded = text.into_bytes();
        // Nothing but a mark or half a pair: the end is not reached yet.
        if self.decoded.is_empty() && !bytes.is_empty() { self.decode_more() } else { Ok(()) }
    }
}

impl<R: Read> BufRead for Utf16Reader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.used >= self.decoded.len() {
            self.decode_more()?;
        }
        Ok(self.decoded.get(self.used..).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        self.used = self.used.saturating_add(count);
    }
}

impl<R: Read> Read for Utf16Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_16_of_both_orders_and_across_reads_comes_out_as_utf_8() {
        let text = "صورة 𐐷 a".repeat(3000);
        for (big_endian, mark) in [(false, true), (true, true), (false, false)] {
            let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
            let bytes: Vec<u8> = units
                .flat_map(
                    |unit: u16| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() },
                )
                .collect();
            if mark {
                assert_eq!(Encoding::of(&bytes), Encoding::Utf16 { big_endian });
            }
            let mut decoded = String::new();
            Utf16Reader::new(bytes.as_slice(), big_endian).read_to_string(&mut decoded).unwrap();
            assert_eq!(decoded, text);
        }
        let mut odd = String::new();
        Utf16Reader::new([0x41, 0, 0x00, 0xd8, 7].as_slice(), false)
            .read_to_string(&mut odd)
            .unwrap();
        assert_eq!(odd, "A\u{fffd}\u{fffd}");
    }
}
