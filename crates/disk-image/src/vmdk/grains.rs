//! Grain directory and grain tables of a sparse extent: 32-bit sector numbers, little-endian, that stay in the file.

use std::sync::Arc;

use byte_source::{BadReason, Problem, Scratch, Source, length, read_vec};
use codec::Codec;
use words::term;

use super::SECTOR_BYTES;
use super::sparse_header::SparseHeader;
use crate::mapped_medium::{Coded, Layout, Place, Stretch, array_at};
use crate::problems::inconsistent;

/// What a grain is called in `BadReason`.
pub(super) const UNIT: &str = "VMDK grain";
/// Bytes of a marker before a compressed grain: sector on the medium (8), bytes that follow (4), little-endian.
const MARKER_BYTES: u64 = 12;
/// Bytes of an entry.
const ENTRY_BYTES: u64 = 4;

/// The map of a sparse extent.
pub(super) struct Grains {
    header: SparseHeader,
    grain_bytes: u64,
}

impl Grains {
    pub(super) fn new(header: SparseHeader) -> Self {
        let grain_bytes = header.grain_size.saturating_mul(SECTOR_BYTES);
        Self { header, grain_bytes }
    }

    /// Bytes that a grain table maps.
    fn reach(&self) -> u64 {
        self.grain_bytes.saturating_mul(self.header.num_gtes_per_gt.into()).max(1)
    }

    /// Reads directory and tables and their redundant copies, and says where they contradict each other.
    pub(super) fn check_copies(
        &self,
        source: &dyn Source,
        scratch: &mut Scratch,
        problems: &mut Vec<Problem>,
    ) {
        let first = self.header.gd_offset;
        let second = self.header.rgd_offset;
        if second == 0 || first == second {
            return;
        }
        let tables = self.header.capacity.saturating_mul(SECTOR_BYTES).div_ceil(self.reach());
        let table_bytes = u64::from(self.header.num_gtes_per_gt).saturating_mul(ENTRY_BYTES);
        // Tables take room in the file: when more are read than it can hold, directory entries share them.
        let mut room = source.len();
        for number in 0..tables {
            let mut table = |directory: u64| {
                let entry_at = directory
                    .saturating_mul(SECTOR_BYTES)
                    .saturating_add(number.saturating_mul(ENTRY_BYTES));
                let at = u64::from(u32::from_le_bytes(array_at(source, entry_at, scratch).ok()?));
                let at = at.saturating_mul(SECTOR_BYTES);
                if at == 0 {
                    Some((0, Vec::new()))
                } else {
                    Some((at, read_vec(source, at, table_bytes, scratch).ok()?))
                }
            };
            let (Some((at, entries)), Some((_, copy))) = (table(first), table(second)) else {
                problems.push(inconsistent(
                    "VMDK grain directory",
                    first,
                    term!("vmdk.grain-table-redundant-copy-lies"),
                ));
                return;
            };
            let Some(rest) = room.checked_sub(length(entries.len())) else {
                problems.push(inconsistent(
                    "VMDK grain directory",
                    first,
                    term!("vmdk.grain-tables-directory-names-need"),
                ));
                return;
            };
            room = rest;
            if entries != copy {
                problems.push(inconsistent(
                    "VMDK grain table",
                    at,
                    term!("vmdk.grain-table-redundant-copy-contradict"),
                ));
                return;
            }
        }
    }

    fn find(
        &self,
        at: u64,
        source: &dyn Source,
        scratch: &mut Scratch,
    ) -> Result<Stretch, BadReason> {
        let in_table = at.checked_rem(self.reach()).unwrap_or(0);
        let table_number = at.checked_div(self.reach()).unwrap_or(0);
        let mut entry = |table: u64, number: u64| {
            let at = table
                .saturating_mul(SECTOR_BYTES)
                .saturating_add(number.saturating_mul(ENTRY_BYTES));
            array_at(source, at, scratch).map(|bytes| u64::from(u32::from_le_bytes(bytes)))
        };
        let table = entry(self.header.gd_offset, table_number)?;
        if table == 0 {
            return Ok(Stretch {
                bytes: self.reach().saturating_sub(in_table),
                place: Place::Parent,
            });
        }
        let grain = in_table.checked_div(self.grain_bytes).unwrap_or(0);
        let skip = in_table.checked_rem(self.grain_bytes).unwrap_or(0);
        let sector = entry(table, grain)?;
        let bytes = self.grain_bytes.saturating_sub(skip);
        let stored_at = sector.saturating_mul(SECTOR_BYTES);
        let place = match sector {
            0 => Place::Parent,
            1 if self.header.has_zeroed_grains() => Place::Zero,
            _ if self.header.is_compressed() => {
                let unit = self.compressed(at.saturating_sub(skip), stored_at, source, scratch)?;
                Place::Coded { unit, skip }
            }
            _ => Place::File { file: 0, at: stored_at.saturating_add(skip) },
        };
        Ok(Stretch { bytes, place })
    }

    /// The compressed grain that begins at byte `start` of the extent. Its marker must name its sector.
    fn compressed(
        &self,
        start: u64,
        at: u64,
        source: &dyn Source,
        scratch: &mut Scratch,
    ) -> Result<Coded, BadReason> {
        let number = start.checked_div(self.grain_bytes).unwrap_or(0);
        let bytes = self.grain_bytes;
        let codec = Codec::Zlib;
        let coded = |at, stored_bytes| Coded { number, file: 0, at, stored_bytes, bytes, codec };
        if !self.header.has_markers() {
            return Ok(coded(at, self.grain_bytes.saturating_mul(2)));
        }
        let marker = array_at::<12>(source, at, scratch)?;
        let stored_bytes = marked_bytes(marker, start.checked_div(SECTOR_BYTES).unwrap_or(0));
        let stored_bytes = stored_bytes.ok_or(BadReason::Undecodable { unit: UNIT, number })?;
        Ok(coded(at.saturating_add(MARKER_BYTES), stored_bytes))
    }
}

/// Returns the stored bytes that the marker of a compressed grain says; `None` in that of another sector.
fn marked_bytes(marker: [u8; 12], sector: u64) -> Option<u64> {
    let [a, b, c, d, e, f, g, h, size @ ..] = marker;
    let is_own = u64::from_le_bytes([a, b, c, d, e, f, g, h]) == sector;
    is_own.then_some(u32::from_le_bytes(size).into())
}

impl Layout for Grains {
    fn stretch(&self, at: u64, files: &[Arc<dyn Source>], scratch: &mut Scratch) -> Stretch {
        let found = files
            .first()
            .ok_or(BadReason::LayoutEnds)
            .and_then(|source| self.find(at, &**source, scratch));
        found.unwrap_or_else(|reason| {
            let bytes =
                self.grain_bytes.saturating_sub(at.checked_rem(self.grain_bytes).unwrap_or(0));
            Stretch { bytes, place: Place::Bad(reason) }
        })
    }
}
