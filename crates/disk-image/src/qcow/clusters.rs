//! The two levels of tables that map the clusters of versions 2 and 3. Entries are big-endian and stay in the file.

use std::sync::Arc;

use byte_source::{BadReason, Problem, ProblemKind, Scratch, Source};
use codec::Codec;
use words::term;

use super::header::Header;
use crate::mapped_medium::{Coded, Layout, Place, Stretch, array_at, u64_be_at};
use crate::problems::inconsistent;

/// Bits 9 to 55 of an entry: the byte offset of a table or cluster.
const OFFSET: u64 = 0x00ff_ffff_ffff_fe00;
/// Bit 63: the reference count is one.
const COPIED: u64 = 1 << 63;
/// Bit 62: the cluster is compressed.
const COMPRESSED: u64 = 1 << 62;
/// Bit 0 of a standard cluster's entry (version 3): it reads as zero.
const ZERO: u64 = 1;
/// Compressed clusters count their bytes in sectors.
const SECTOR_BYTES: u64 = 512;
/// Subclusters of a cluster with extended L2 entries.
const SUBCLUSTERS: u64 = 32;

/// The map of an image of version 2 or 3.
pub(super) struct Clusters {
    version: u32,
    cluster_bits: u32,
    /// Bytes of an L2 entry: 8, or 16 with a bitmap.
    entry_bytes: u64,
    l1_size: u64,
    l1_table_offset: u64,
    size: u64,
    codec: Codec,
    /// Index of the file that holds data clusters.
    data_file: usize,
}

impl Clusters {
    pub(super) fn new(header: &Header) -> Self {
        Self {
            version: header.version,
            cluster_bits: header.cluster_bits,
            entry_bytes: if header.has_extended_l2() { 16 } else { 8 },
            l1_size: header.l1_size.into(),
            l1_table_offset: header.l1_table_offset,
            size: header.size,
            codec: header.codec,
            data_file: usize::from(header.has_data_file()),
        }
    }

    /// Says when the L1 table does not reach the end of the medium, or leaves the file.
    pub(super) fn check(&self, file_bytes: u64, problems: &mut Vec<Problem>) {
        const NAME: &str = "qcow2 L1 table";
        let needed = self.size.div_ceil(self.l2_reach());
        if needed > self.l1_size {
            problems.push(inconsistent(
                NAME,
                self.l1_table_offset,
                term!("image.table-fewer-entries-medium-needs"),
            ));
        }
        let wanted_end =
            self.l1_table_offset.saturating_add(needed.min(self.l1_size).saturating_mul(8));
        if wanted_end > file_bytes {
            problems.push(Problem::damage(
                NAME,
                self.l1_table_offset,
                ProblemKind::OutOfBounds { wanted_end, available: file_bytes },
            ));
        }
    }

    fn cluster_bytes(&self) -> u64 {
        1_u64.checked_shl(self.cluster_bits).unwrap_or(u64::MAX)
    }

    /// Bytes of the medium that an L2 table, which fills a cluster, maps.
    fn l2_reach(&self) -> u64 {
        let entries = self.cluster_bytes().checked_div(self.entry_bytes).unwrap_or(1);
        entries.saturating_mul(self.cluster_bytes()).max(1)
    }

    fn find(
        &self,
        at: u64,
        files: &[Arc<dyn Source>],
        scratch: &mut Scratch,
    ) -> Result<Stretch, BadReason> {
        let source = files.first().ok_or(BadReason::LayoutEnds)?;
        let reach = self.l2_reach();
        let l1_index = at.checked_div(reach).unwrap_or(0);
        let in_table = at.checked_rem(reach).unwrap_or(0);
        if l1_index >= self.l1_size {
            return Ok(Stretch { bytes: u64::MAX, place: Place::Bad(BadReason::LayoutEnds) });
        }
        let l1_at = self.l1_table_offset.saturating_add(l1_index.saturating_mul(8));
        let l2_table = u64_be_at(&**source, l1_at, scratch)? & OFFSET;
        if l2_table == 0 {
            return Ok(Stretch { bytes: reach.saturating_sub(in_table), place: Place::Parent });
        }
        let number = in_table >> self.cluster_bits;
        let entry_at = l2_table.saturating_add(number.saturating_mul(self.entry_bytes));
        self.in_cluster(at, &**source, entry_at, scratch)
    }

    /// Where byte `at` of the medium is, by the entry of its cluster.
    fn in_cluster(
        &self,
        at: u64,
        source: &dyn Source,
        entry_at: u64,
        scratch: &mut Scratch,
    ) -> Result<Stretch, BadReason> {
        let skip = at & self.cluster_bytes().saturating_sub(1);
        let bytes = self.cluster_bytes().saturating_sub(skip);
        let entry = u64_be_at(source, entry_at, scratch)?;
        if entry & COMPRESSED != 0 {
            let unit = self.compressed(entry, at >> self.cluster_bits);
            return Ok(Stretch { bytes, place: Place::Coded { unit, skip } });
        }
        if self.entry_bytes == 16 {
            let bitmap = u64::from_be_bytes(array_at(source, entry_at.saturating_add(8), scratch)?);
            return Ok(self.subcluster(entry, bitmap, skip));
        }
        Ok(Stretch { bytes, place: self.standard(entry, skip) })
    }

    fn standard(&self, entry: u64, skip: u64) -> Place {
        if self.version >= 3 && entry & ZERO != 0 {
            return Place::Zero;
        }
        // In an external data file byte 0 is a cluster like any other.
        let stored = entry & OFFSET != 0 || (self.data_file > 0 && entry & COPIED != 0);
        if !stored {
            return Place::Parent;
        }
        Place::File { file: self.data_file, at: (entry & OFFSET).saturating_add(skip) }
    }

    /// Bits 0 to 31 of the bitmap: the subcluster is stored; bits 32 to 63: it reads as zero; neither: the parent has it.
    fn subcluster(&self, entry: u64, bitmap: u64, skip: u64) -> Stretch {
        let subcluster_bytes = (self.cluster_bytes() >> SUBCLUSTERS.trailing_zeros()).max(1);
        let number = skip.checked_div(subcluster_bytes).unwrap_or(0).min(SUBCLUSTERS);
        let bytes =
            subcluster_bytes.saturating_sub(skip.checked_rem(subcluster_bytes).unwrap_or(0));
        let bit = |number: u64| {
            u32::try_from(number).ok().and_then(|shift| 1_u64.checked_shl(shift)).unwrap_or(0)
        };
        let place = if bitmap & bit(number.saturating_add(SUBCLUSTERS)) != 0 {
            Place::Zero
        } else if bitmap & bit(number) != 0 {
            Place::File { file: self.data_file, at: (entry & OFFSET).saturating_add(skip) }
        } else {
            Place::Parent
        };
        Stretch { bytes, place }
    }

    /// A compressed cluster: its offset in the low bits, in the high bits how many sectors it takes behind its first.
    fn compressed(&self, entry: u64, number: u64) -> Coded {
        let offset_bits = 62_u32.saturating_sub(self.cluster_bits.saturating_sub(8));
        let mask = 1_u64.checked_shl(offset_bits).unwrap_or(0).saturating_sub(1);
        let sectors = (entry & !(COPIED | COMPRESSED)) >> offset_bits;
        let at = entry & mask;
        let in_sector = at & SECTOR_BYTES.saturating_sub(1);
        let stored_bytes =
            sectors.saturating_add(1).saturating_mul(SECTOR_BYTES).saturating_sub(in_sector);
        Coded { number, file: 0, at, stored_bytes, bytes: self.cluster_bytes(), codec: self.codec }
    }
}

impl Layout for Clusters {
    fn stretch(&self, at: u64, files: &[Arc<dyn Source>], scratch: &mut Scratch) -> Stretch {
        self.find(at, files, scratch).unwrap_or_else(|reason| {
            // A table that cannot be read takes its clusters with it, one by one.
            let in_cluster = at & self.cluster_bytes().saturating_sub(1);
            let bytes = self.cluster_bytes().saturating_sub(in_cluster);
            Stretch { bytes, place: Place::Bad(reason) }
        })
    }
}
