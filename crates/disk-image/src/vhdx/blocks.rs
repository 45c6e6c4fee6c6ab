//! The block allocation table (MS-VHDX 2.5): 64-bit entries, little-endian, that stay in the file.

use std::sync::Arc;

use byte_source::{BadReason, Problem, Scratch, Source};
use words::term;

use super::metadata::Metadata;
use super::regions::Regions;
use crate::mapped_medium::{Layout, Place, Stretch, array_at};
use crate::problems::inconsistent;

/// Bits 20 to 63 of an entry: byte offset of the block.
const OFFSET: u64 = !0xf_ffff;
/// Bits of a sector bitmap block of 1 MiB: the sectors of a chunk of blocks.
const BITMAP_BITS: u64 = 1 << 23;
/// Bits of a bitmap that are looked at once.
const RUN_BITS: u64 = 64;

/// The map of an image.
pub(super) struct Blocks {
    bat_at: u64,
    entries: u64,
    block_bytes: u64,
    sector_bytes: u64,
    /// Blocks between two sector bitmap entries.
    chunk_ratio: u64,
    has_parent: bool,
    medium_bytes: u64,
}

impl Blocks {
    pub(super) fn new(metadata: &Metadata, regions: &Regions) -> Self {
        let block_bytes = metadata.block_size.into();
        let sector_bytes = u64::from(metadata.logical_sector_size);
        let chunk_ratio =
            BITMAP_BITS.saturating_mul(sector_bytes).checked_div(block_bytes).unwrap_or(1).max(1);
        let (bat_at, bat_bytes) = regions.bat;
        let has_parent = metadata.has_parent;
        let medium_bytes = metadata.virtual_disk_size;
        Self {
            bat_at,
            entries: bat_bytes >> 3,
            block_bytes,
            sector_bytes,
            chunk_ratio,
            has_parent,
            medium_bytes,
        }
    }

    /// Says when the table does not reach the end of the medium.
    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        let last = self.medium_bytes.div_ceil(self.block_bytes.max(1)).checked_sub(1);
        if last.is_some_and(|last| self.index_of(last) >= self.entries) {
            problems.push(inconsistent(
                "VHDX block allocation table",
                self.bat_at,
                term!("image.table-fewer-entries-medium-needs"),
            ));
        }
    }

    /// Index of the entry of block `number`: behind every chunk stands the entry of its sector bitmap.
    fn index_of(&self, number: u64) -> u64 {
        number.saturating_add(number.checked_div(self.chunk_ratio).unwrap_or(0))
    }

    fn entry(
        &self,
        index: u64,
        source: &dyn Source,
        scratch: &mut Scratch,
    ) -> Result<u64, BadReason> {
        if index >= self.entries {
            return Err(BadReason::LayoutEnds);
        }
        let at = self.bat_at.saturating_add(index.saturating_mul(8));
        array_at(source, at, scratch).map(u64::from_le_bytes)
    }

    fn find(
        &self,
        at: u64,
        source: &dyn Source,
        scratch: &mut Scratch,
    ) -> Result<Stretch, BadReason> {
        let number = at.checked_div(self.block_bytes).unwrap_or(0);
        let skip = at.checked_rem(self.block_bytes).unwrap_or(0);
        let bytes = self.block_bytes.saturating_sub(skip);
        let entry = self.entry(self.index_of(number), source, scratch)?;
        let stored = Place::File { file: 0, at: (entry & OFFSET).saturating_add(skip) };
        // States: 0 not present, 1 undefined, 2 zero, 3 unmapped, 6 fully present, 7 partially present.
        let place = match entry & 7 {
            0 => Place::Parent,
            1..=3 => Place::Zero,
            6 => stored,
            7 if self.has_parent => return self.partial(number, skip, stored, source, scratch),
            _ => Place::Bad(BadReason::Opaque(term!("vhdx.vhdx-block-state-format-does"))),
        };
        Ok(Stretch { bytes, place })
    }

    /// A block that shares its sectors with the parent: bit 1 of the bitmap means stored here; the lowest bit comes first.
    fn partial(
        &self,
        number: u64,
        skip: u64,
        stored: Place,
        source: &dyn Source,
        scratch: &mut Scratch,
    ) -> Result<Stretch, BadReason> {
        let chunk = number.checked_div(self.chunk_ratio).unwrap_or(0);
        let bitmap_index = chunk
            .saturating_mul(self.chunk_ratio.saturating_add(1))
            .saturating_add(self.chunk_ratio);
        let bitmap = self.entry(bitmap_index, source, scratch)? & OFFSET;
        let sectors_per_block = self.block_bytes.checked_div(self.sector_bytes).unwrap_or(0);
        let in_chunk =
            number.checked_rem(self.chunk_ratio).unwrap_or(0).saturating_mul(sectors_per_block);
        let bit = in_chunk.saturating_add(skip.checked_div(self.sector_bytes).unwrap_or(0));
        let word_at =
            bitmap.saturating_add(bit.checked_div(RUN_BITS).unwrap_or(0).saturating_mul(8));
        let shift = u32::try_from(bit.checked_rem(RUN_BITS).unwrap_or(0)).unwrap_or(0);
        let bits =
            u64::from_le_bytes(array_at(source, word_at, scratch)?).checked_shr(shift).unwrap_or(0);
        let here = bits & 1 == 1;
        let same = if here { bits.trailing_ones() } else { bits.trailing_zeros() };
        let sectors = u64::from(same.min(64_u32.saturating_sub(shift)));
        let in_sector = skip.checked_rem(self.sector_bytes).unwrap_or(0);
        let bytes = sectors.saturating_mul(self.sector_bytes).saturating_sub(in_sector);
        let bytes = bytes.min(self.block_bytes.saturating_sub(skip));
        Ok(Stretch { bytes, place: if here { stored } else { Place::Parent } })
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
