//! The value "binary extents" of an entry.

use std::ops::Range;
use words::{Term, term};

use super::text::Units;

/// The ranges of a value: their number, then offset and size of each, in hexadecimal, separated by spaces; and what is wrong with it.
pub(super) fn read(value: Units<'_>) -> (Vec<Range<u64>>, Option<Term>) {
    const BROKEN: Option<Term> = Some(term!("logical.extents-entry-cannot-understood"));
    let text = value.text();
    let mut numbers = text.split(' ').filter(|word| !word.is_empty());
    let Some(stated) = numbers.next() else { return (Vec::new(), None) };
    let mut ranges = Vec::new();
    while let Some(offset) = numbers.next() {
        let Some(range) = range(offset, numbers.next()) else { return (ranges, BROKEN) };
        ranges.push(range);
    }
    let stated = u64::from_str_radix(stated, 16).ok();
    // The first entry has a single value.
    let agree = ranges.is_empty() || stated == Some(byte_source::length(ranges.len()));
    (ranges, BROKEN.filter(|_| !agree))
}

/// The first `size` bytes of `ranges`.
pub(super) fn cut(ranges: Vec<Range<u64>>, size: u64) -> Vec<Range<u64>> {
    let mut rest = size;
    let mut kept = Vec::new();
    for Range { start, end } in ranges {
        let count = end.saturating_sub(start).min(rest);
        if count > 0 {
            kept.push(start..start.saturating_add(count));
        }
        rest = rest.saturating_sub(count);
    }
    kept
}

/// Returns the range of an offset and a size in hexadecimal digits.
fn range(offset: &str, size: Option<&str>) -> Option<Range<u64>> {
    let offset = u64::from_str_radix(offset, 16).ok()?;
    let size = u64::from_str_radix(size?, 16).ok()?;
    Some(offset..offset.checked_add(size)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (Vec<Range<u64>>, bool) {
        let units: Vec<u16> = text.encode_utf16().collect();
        let (ranges, fault) = read(Units(&units));
        (ranges, fault.is_some())
    }

    fn one(start: u64, end: u64) -> Vec<Range<u64>> {
        std::iter::once(start..end).collect()
    }

    #[test]
    fn offsets_and_sizes_are_hexadecimal() {
        assert_eq!(of("1 5 186a1"), (one(5, 0x186a6), false));
        assert_eq!(of("2 10 1 a0 20"), ([0x10..0x11, 0xa0..0xc0].to_vec(), false));
        assert_eq!(of(""), (vec![], false));
        assert_eq!(of("1"), (vec![], false));
        assert_eq!(of("2 10 1"), (one(0x10, 0x11), true));
        assert_eq!(of("1 ffffffffffffffff 2"), (vec![], true));
        assert_eq!(of("1 5"), (vec![], true));
    }

    #[test]
    fn what_is_stored_behind_the_size_is_no_data() {
        assert_eq!(cut([0..10, 20..30].to_vec(), 12), [0..10, 20..22]);
        assert_eq!(cut([0..10, 20..30].to_vec(), 10), one(0, 10));
    }
}
