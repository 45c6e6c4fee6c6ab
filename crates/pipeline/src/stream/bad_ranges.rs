//! Ranges that could not be read.

use byte_source::BadReason;
use case_model::UnreadableRange;

/// A range that could not be read: first byte, length, why (the stored form of a statement).
pub(crate) type UnreadRange = (u64, u64, String);

/// A reason that has a stored form.
pub(crate) trait StoredReason {
    /// Returns the form in which the index stores it.
    fn stored(&self) -> String;
}

impl StoredReason for BadReason {
    fn stored(&self) -> String {
        self.statement().encode()
    }
}

impl StoredReason for String {
    fn stored(&self) -> String {
        self.clone()
    }
}

/// Ranges that could not be read, joined where they touch and have one reason.
#[derive(Clone)]
pub(crate) struct BadRanges<W> {
    /// Ranges that are kept one by one; what lies beyond is joined to the last.
    most: usize,
    /// First byte, length, why.
    ranges: Vec<(u64, u64, W)>,
}

impl<W: Clone + PartialEq + StoredReason> BadRanges<W> {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, ranges: Vec::new() }
    }

    /// Goes on after the ranges that were found before.
    pub(crate) fn after(most: usize, ranges: Vec<(u64, u64, W)>) -> Self {
        Self { most, ranges }
    }

    /// First byte, length, why.
    pub(crate) fn ranges(&self) -> &[(u64, u64, W)] {
        &self.ranges
    }

    /// Takes a range that lies behind all those before.
    pub(crate) fn add(&mut self, start: u64, count: u64, why: W) {
        let full = self.ranges.len() >= self.most;
        if let Some((first, length, last_why)) = self.ranges.last_mut()
            && (full || (*last_why == why && first.saturating_add(*length) == start))
        {
            *length = start.saturating_add(count).saturating_sub(*first);
            return;
        }
        self.ranges.push((start, count, why));
    }

    /// First byte and reason of the first range.
    pub(crate) fn first(&self) -> Option<(u64, W)> {
        self.ranges.first().map(|(start, _, why)| (*start, why.clone()))
    }

    /// Returns the ranges with their reasons in the stored form.
    pub(crate) fn into_rows(self) -> Vec<UnreadableRange> {
        let row = |(offset, length, why): (u64, u64, W)| UnreadableRange {
            offset,
            length,
            why: why.stored(),
        };
        self.ranges.into_iter().map(row).collect()
    }
}
