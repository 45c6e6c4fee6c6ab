//! The block map: 32-bit block numbers, little-endian, that stay in the file.

use std::sync::Arc;

use byte_source::{BadReason, Problem, Scratch, Source};
use words::term;

use super::header::Header;
use crate::mapped_medium::{Layout, Place, Stretch, array_at};
use crate::problems::inconsistent;

/// The entry of a block that was never written: in a differencing image it is found in the parent.
const FREE: u32 = 0xffff_ffff;
/// The entry of a block that is zero.
const ZERO: u32 = 0xffff_fffe;

/// The map of an image.
pub(super) struct Blocks {
    map_at: u64,
    entries: u64,
    data_at: u64,
    block_bytes: u64,
    extra_bytes: u64,
}

impl Blocks {
    pub(super) fn new(header: &Header) -> Self {
        Self {
            map_at: header.offset_blocks.into(),
            entries: header.blocks.into(),
            data_at: header.offset_data.into(),
            block_bytes: header.block_size.into(),
            extra_bytes: header.block_extra.into(),
        }
    }

    /// Says when the map does not reach the end of the medium.
    pub(super) fn check(&self, medium_bytes: u64, problems: &mut Vec<Problem>) {
        if self.entries < medium_bytes.div_ceil(self.block_bytes.max(1)) {
            problems.push(inconsistent(
                "VDI block map",
                self.map_at,
                term!("vdi.map-fewer-blocks-medium-needs"),
            ));
        }
    }

    /// Returns where the data of a stored block begin in the file.
    fn data_of(&self, block: u32) -> u64 {
        let before =
            u64::from(block).saturating_mul(self.block_bytes.saturating_add(self.extra_bytes));
        self.data_at.saturating_add(before).saturating_add(self.extra_bytes)
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
        if number >= self.entries {
            return Err(BadReason::LayoutEnds);
        }
        let entry_at = self.map_at.saturating_add(number.saturating_mul(4));
        let entry = u32::from_le_bytes(array_at(source, entry_at, scratch)?);
        let place = match entry {
            // Without a parent it is zero.
            FREE => Place::Parent,
            ZERO => Place::Zero,
            stored => Place::File { file: 0, at: self.data_of(stored).saturating_add(skip) },
        };
        Ok(Stretch { bytes, place })
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
