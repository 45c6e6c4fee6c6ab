//! Pages of a map that were seen to be readable, before anyone touches them.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Bytes that are proven at once: what the system reads ahead anyway.
const BLOCK_BYTES: u64 = 64 << 10;
/// What is lost when a page cannot be read.
pub(crate) const PAGE_BYTES: u64 = 4 << 10;
const BITS: u64 = 64;

/// Which blocks of a map can be touched, and which pages cannot be read.
pub(crate) struct ReadablePages {
    len: u64,
    blocks: Vec<AtomicU64>,
    some_bad: AtomicBool,
    /// Numbers of pages that cannot be read.
    bad: Mutex<BTreeSet<u64>>,
}

impl ReadablePages {
    /// Nothing is proven of a map of `len` bytes.
    pub(crate) fn new(len: u64) -> Self {
        let words = len.div_ceil(BLOCK_BYTES).div_ceil(BITS);
        let blocks = (0..words).map(|_| AtomicU64::new(0)).collect();
        Self { len, blocks, some_bad: AtomicBool::new(false), bad: Mutex::default() }
    }

    /// Proves `range`, with `populate` that brings pages of a range into memory or says that it cannot. Ranges that are proven cost next to
    /// nothing.
    pub(crate) fn prove(&self, range: &Range<u64>, populate: &dyn Fn(Range<u64>) -> bool) {
        let end = range.end.min(self.len).div_ceil(BLOCK_BYTES);
        let mut block = range.start.checked_div(BLOCK_BYTES).unwrap_or(0);
        while block < end {
            let first = block;
            while block < end && !self.is_proven(block) {
                block = block.saturating_add(1);
            }
            if first < block {
                self.prove_blocks(first..block, populate);
            }
            while block < end && self.is_proven(block) {
                block = block.saturating_add(1);
            }
        }
    }

    fn prove_blocks(&self, blocks: Range<u64>, populate: &dyn Fn(Range<u64>) -> bool) {
        let bytes = |number: u64, unit: u64| number.saturating_mul(unit).min(self.len);
        if !populate(bytes(blocks.start, BLOCK_BYTES)..bytes(blocks.end, BLOCK_BYTES)) {
            let pages = BLOCK_BYTES.checked_div(PAGE_BYTES).unwrap_or(1);
            let last = bytes(blocks.end, BLOCK_BYTES).div_ceil(PAGE_BYTES);
            for page in blocks.start.saturating_mul(pages)..last {
                let next = page.saturating_add(1);
                if !populate(bytes(page, PAGE_BYTES)..bytes(next, PAGE_BYTES)) {
                    self.bad.lock().unwrap_or_else(PoisonError::into_inner).insert(page);
                    self.some_bad.store(true, Ordering::Release);
                }
            }
        }
        blocks.for_each(|block| self.set(block, true));
    }

    /// The pages of `range` are given back: whoever wants them next proves them again. Pages that could not be read stay so.
    pub(crate) fn forget(&self, range: &Range<u64>) {
        let first = range.start.div_ceil(BLOCK_BYTES);
        let end = range.end.min(self.len).checked_div(BLOCK_BYTES).unwrap_or(0);
        (first..end).for_each(|block| self.set(block, false));
    }

    /// The first page in `range` that cannot be read: the part of it that lies in the range.
    pub(crate) fn first_bad(&self, range: &Range<u64>) -> Option<Range<u64>> {
        if !self.some_bad.load(Ordering::Acquire) {
            return None;
        }
        let first = range.start.checked_div(PAGE_BYTES).unwrap_or(0);
        let last = range.end.div_ceil(PAGE_BYTES);
        let bad = self.bad.lock().unwrap_or_else(PoisonError::into_inner);
        let page = bad.range(first..last.max(first)).next().copied()?;
        let start = page.saturating_mul(PAGE_BYTES);
        Some(start.max(range.start)..start.saturating_add(PAGE_BYTES).min(range.end))
    }

    fn is_proven(&self, block: u64) -> bool {
        self.word(block).is_some_and(|(word, bit)| word.load(Ordering::Acquire) & bit != 0)
    }

    fn set(&self, block: u64, proven: bool) {
        if let Some((word, bit)) = self.word(block) {
            match proven {
                true => word.fetch_or(bit, Ordering::AcqRel),
                false => word.fetch_and(!bit, Ordering::AcqRel),
            };
        }
    }

    fn word(&self, block: u64) -> Option<(&AtomicU64, u64)> {
        let word = self.blocks.get(crate::index(block.checked_div(BITS)?))?;
        let bit = u32::try_from(block.checked_rem(BITS)?).ok()?;
        Some((word, 1_u64.checked_shl(bit)?))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn what_fails_is_known_by_the_page_and_nothing_is_asked_for_twice() {
        let proven = ReadablePages::new(1_000_000);
        let asked = RefCell::new(Vec::new());
        let populate = |range: Range<u64>| {
            asked.borrow_mut().push(range.clone());
            !(range.start < 304_000 && range.end > 300_000)
        };
        proven.prove(&(10..20), &populate);
        proven.prove(&(0..65_536), &populate);
        assert_eq!(*asked.borrow(), std::slice::from_ref(&(0..65_536)));
        assert_eq!(proven.first_bad(&(0..1_000_000)), None);
        proven.prove(&(0..1_000_000), &populate);
        assert_eq!(asked.borrow().get(1), Some(&(65_536..1_000_000)));
        assert_eq!(proven.first_bad(&(0..1_000_000)), Some(299_008..303_104));
        assert_eq!(proven.first_bad(&(302_000..1_000_000)), Some(302_000..303_104));
        assert_eq!(proven.first_bad(&(303_104..1_000_000)), Some(303_104..307_200));
        assert_eq!(proven.first_bad(&(307_200..1_000_000)), None);
        let before = asked.borrow().len();
        proven.prove(&(0..1_000_000), &populate);
        assert_eq!(asked.borrow().len(), before);
        proven.forget(&(0..70_000));
        proven.prove(&(0..1_000_000), &populate);
        assert_eq!(asked.borrow().last(), Some(&(0..65_536)));
    }
}
