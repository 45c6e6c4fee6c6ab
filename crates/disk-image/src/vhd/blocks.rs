//! The block allocation table and the sector bitmaps of dynamic and differencing images. All numbers are big-endian.

use std::sync::Arc;

use byte_source::{BadReason, Problem, Scratch, Source};
use words::term;

use super::dynamic::DynamicHeader;
use crate::mapped_medium::{Layout, Place, Stretch, array_at};
use crate::problems::inconsistent;

/// Bytes of a sector, in which the table counts.
const SECTOR_BYTES: u64 = 512;
/// An entry without a block.
const UNUSED: u32 = u32::MAX;
/// Bits of a bitmap that are looked at once.
const RUN_BITS: u64 = 64;

/// The map of a dynamic or differencing image.
pub(super) struct Blocks {
    table_offset: u64,
    entries: u64,
    block_bytes: u64,
    differencing: bool,
}

impl Blocks {
    pub(super) fn new(header: &DynamicHeader, differencing: bool) -> Self {
        Self {
            table_offset: header.table_offset,
            entries: header.max_table_entries.into(),
            block_bytes: header.block_size.into(),
            differencing,
        }
    }

    /// Says when the table does not reach the end of the medium.
    pub(super) fn check(&self, medium_bytes: u64, problems: &mut Vec<Problem>) {
        if self.entries < medium_bytes.div_ceil(self.block_bytes.max(1)) {
            problems.push(inconsistent(
                "VHD block allocation table",
                self.table_offset,
                term!("image.table-fewer-entries-medium-needs"),
            ));
        }
    }

    /// Bytes of the sector bitmap before each block's data: one bit a sector, whole sectors.
    fn bitmap_bytes(&self) -> u64 {
        let bits = self.block_bytes.checked_div(SECTOR_BYTES).unwrap_or(0);
        bits.div_ceil(8).next_multiple_of(SECTOR_BYTES)
    }

    fn find(
        &self,
        at: u64,
        source: &dyn Source,
        scratch: &mut Scratch,
    ) -> Result<Stretch, BadReason> {
        let block = at.checked_div(self.block_bytes).unwrap_or(0);
        let skip = at.checked_rem(self.block_bytes).unwrap_or(0);
        if block >= self.entries {
            return Ok(Stretch { bytes: u64::MAX, place: Place::Bad(BadReason::LayoutEnds) });
        }
        let rest = self.block_bytes.saturating_sub(skip);
        let entry_at = self.table_offset.saturating_add(block.saturating_mul(4));
        let entry = u32::from_be_bytes(array_at(source, entry_at, scratch)?);
        if entry == UNUSED {
            return Ok(Stretch { bytes: rest, place: Place::Parent });
        }
        let bitmap_at = u64::from(entry).saturating_mul(SECTOR_BYTES);
        let data = Place::File {
            file: 0,
            at: bitmap_at.saturating_add(self.bitmap_bytes()).saturating_add(skip),
        };
        if !self.differencing {
            return Ok(Stretch { bytes: rest, place: data });
        }
        let sector = skip.checked_div(SECTOR_BYTES).unwrap_or(0);
        let word = sector.checked_div(RUN_BITS).unwrap_or(0);
        let bits = u64::from_be_bytes(array_at(
            source,
            bitmap_at.saturating_add(word.saturating_mul(8)),
            scratch,
        )?);
        // The bit of the sector comes first, those behind it follow.
        let shift = u32::try_from(sector.checked_rem(RUN_BITS).unwrap_or(0)).unwrap_or(0);
        let bits = bits.checked_shl(shift).unwrap_or(0);
        let stored = bits >> 63 == 1;
        let same = if stored { bits.leading_ones() } else { bits.leading_zeros() };
        let sectors = u64::from(same.min(64_u32.saturating_sub(shift)));
        let in_sector = skip.checked_rem(SECTOR_BYTES).unwrap_or(0);
        let bytes = sectors.saturating_mul(SECTOR_BYTES).saturating_sub(in_sector).min(rest);
        Ok(Stretch { bytes, place: if stored { data } else { Place::Parent } })
    }
}

impl Layout for Blocks {
    fn stretch(&self, at: u64, files: &[Arc<dyn Source>], scratch: &mut Scratch) -> Stretch {
        let found = files
            .first()
            .ok_or(BadReason::LayoutEnds)
            .and_then(|source| self.find(at, &**source, scratch));
        found.unwrap_or_else(|reason| Stretch::rest_of_block_is_bad(at, self.block_bytes, reason))
    }
}
