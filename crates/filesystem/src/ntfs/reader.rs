//! An NTFS volume that was opened.

use std::ops::Range;

use byte_source::Problem;

use super::budget::KnownParts;
use super::metadata::Directories;
use super::record_bitmap::RecordBitmap;
use super::records::Records;
use crate::{RecordRef, Summary};

/// Bytes of the MFT that are read and scanned at once.
const BLOCK_BYTES: u64 = 1 << 20;

/// An open NTFS volume.
pub(super) struct Ntfs {
    pub(super) records: Records,
    pub(super) bitmap: RecordBitmap,
    /// What kept `bitmap` from being complete.
    pub(super) bitmap_problems: Vec<Problem>,
    pub(super) metadata: Directories,
    pub(super) root: RecordRef,
    pub(super) summary: Summary,
    /// Where the limits of its parts are reached.
    pub(super) known: KnownParts,
}

impl Ntfs {
    /// The part of the record table that holds this slot, and all its slots.
    pub(super) fn part_of(&self, slot: u64) -> (u64, Range<u64>) {
        let count = self.slots_at_once();
        let part = slot.checked_div(count).unwrap_or(0);
        let start = part.saturating_mul(count);
        (part, start..start.saturating_add(count).min(self.records.mft.slots))
    }

    /// Slots of one part.
    pub(super) fn slots_at_once(&self) -> u64 {
        BLOCK_BYTES.checked_div(u64::from(self.records.mft.record_bytes)).unwrap_or(1).max(1)
    }
}
