//! The file allocation table (FAT spec, "FAT Data Structure"; exFAT spec, section 4.1).

use std::sync::Arc;

use byte_source::{BadReason, Scratch, Source, index, read_exact};

/// Bytes of the table that are read at once. A FAT12 table (at most 6,129 bytes in use) is one chunk, so no entry crosses a border.
const CHUNK_BYTES: u64 = 16 << 10;
/// Chunks that one reader keeps: 2 MiB, the tables of most sticks as a whole.
const CHUNKS: u64 = 128;
/// What stays unreadable of a damaged chunk.
const SECTOR_BYTES: u64 = 512;

/// How the entries are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Fat12,
    Fat16,
    /// 28 bits; the upper four are ignored.
    Fat32,
    /// 32 bits.
    ExFat,
}

/// What the table says of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// Not in use.
    Free,
    /// In use; this cluster follows.
    Next(u32),
    /// In use; the last of its chain.
    End,
    /// Marked as bad.
    Bad,
    /// A value that the specification does not allow (1, reserved, past the last cluster).
    Invalid(u32),
}

/// Where the table is and how it is coded.
pub(crate) struct Table {
    pub(crate) volume: Arc<dyn Source>,
    /// Byte offsets of the copies, the active one first; others only when they are kept alike.
    pub(crate) copies: Vec<u64>,
    pub(crate) format: Format,
    /// First cluster number that is not on the volume (cluster numbers begin at 2).
    pub(crate) limit: u32,
}

impl Format {
    /// Bits of an entry.
    pub(crate) const fn bits(self) -> u64 {
        match self {
            Self::Fat12 => 12,
            Self::Fat16 => 16,
            Self::Fat32 | Self::ExFat => 32,
        }
    }

    /// The value that marks a bad cluster; greater ones end a chain.
    const fn bad(self) -> u32 {
        match self {
            Self::Fat12 => 0xff7,
            Self::Fat16 => 0xfff7,
            Self::Fat32 => 0x0fff_fff7,
            Self::ExFat => 0xffff_fff7,
        }
    }

    /// Offset of an entry from the start of the table.
    pub(super) fn offset(self, cluster: u32) -> u64 {
        u64::from(cluster).saturating_mul(self.bits()) >> 3
    }

    pub(super) fn decode(self, cluster: u32, bytes: &[u8]) -> Option<u32> {
        if matches!(self, Self::Fat32 | Self::ExFat) {
            let value = bytes.first_chunk::<4>().copied().map(u32::from_le_bytes)?;
            return Some(if self == Self::Fat32 { value & 0x0fff_ffff } else { value });
        }
        let value = bytes.first_chunk::<2>().copied().map(u16::from_le_bytes)?;
        Some(u32::from(match (self, cluster & 1) {
            (Self::Fat12, 0) => value & 0x0fff,
            (Self::Fat12, _) => value >> 4,
            _ => value,
        }))
    }
}

impl Table {
    /// A table whose copies are `fat_bytes` long, for `clusters` clusters; the limit is what lies in table and volume.
    pub(crate) fn new(
        volume: Arc<dyn Source>,
        copies: Vec<u64>,
        format: Format,
        fat_bytes: u64,
        clusters: u64,
    ) -> Self {
        let there =
            volume.len().saturating_sub(copies.first().copied().unwrap_or(0)).min(fat_bytes);
        let entries = there.saturating_mul(8).checked_div(format.bits()).unwrap_or(0);
        let limit = clusters.saturating_add(2).min(entries).min(u64::from(format.bad()));
        Self { volume, copies, format, limit: u32::try_from(limit).unwrap_or(u32::MAX) }
    }

    /// Is there such a cluster on the volume?
    pub(crate) fn holds(&self, cluster: u32) -> bool {
        (2..self.limit).contains(&cluster)
    }

    /// Byte offset in the volume of a cluster's entry in the active copy.
    pub(crate) fn entry_at(&self, cluster: u32) -> u64 {
        self.copies.first().copied().unwrap_or(0).saturating_add(self.format.offset(cluster))
    }

    /// Length in bytes of the part of a copy that holds entries in use.
    pub(crate) fn used_bytes(&self) -> u64 {
        u64::from(self.limit).saturating_mul(self.format.bits()).div_ceil(8)
    }

    fn classify(&self, value: u32) -> Entry {
        match value {
            0 => Entry::Free,
            value if self.holds(value) => Entry::Next(value),
            value if value == self.format.bad() => Entry::Bad,
            value if value > self.format.bad() => Entry::End,
            value => Entry::Invalid(value),
        }
    }
}

/// Reads entries and keeps the chunks read last.
pub(crate) struct TableReader<'t> {
    table: &'t Table,
    chunks: Vec<Option<Chunk>>,
}

struct Chunk {
    number: u64,
    bytes: Vec<u8>,
    /// Sectors that no copy could give, and why.
    bad: Vec<(u64, BadReason)>,
}

impl<'t> TableReader<'t> {
    pub(crate) fn new(table: &'t Table) -> Self {
        Self { table, chunks: (0..CHUNKS).map(|_| None).collect() }
    }

    pub(crate) fn table(&self) -> &'t Table {
        self.table
    }

    /// What the table says of `cluster`.
    ///
    /// # Errors
    /// Why the entry could not be read in any copy.
    pub(crate) fn entry(
        &mut self,
        cluster: u32,
        scratch: &mut Scratch,
    ) -> Result<Entry, BadReason> {
        let format = self.table.format;
        let offset = format.offset(cluster);
        let chunk = self.chunk(offset / CHUNK_BYTES, scratch).ok_or(BadReason::BeyondEnd)?;
        let within = offset % CHUNK_BYTES;
        let last = within.saturating_add(format.bits().div_ceil(8)).saturating_sub(1);
        let bad = |sector: u64| {
            chunk.bad.iter().find(|(number, _)| *number == sector).map(|(_, why)| *why)
        };
        if let Some(why) = bad(within / SECTOR_BYTES).or_else(|| bad(last / SECTOR_BYTES)) {
            return Err(why);
        }
        let bytes = chunk.bytes.get(index(within)..).unwrap_or_default();
        let value = format.decode(cluster, bytes).ok_or(BadReason::BeyondEnd)?;
        Ok(self.table.classify(value))
    }

    fn chunk(&mut self, number: u64, scratch: &mut Scratch) -> Option<&Chunk> {
        let slot = self.chunks.get_mut(index(number % CHUNKS))?;
        if slot.as_ref().is_none_or(|chunk| chunk.number != number) {
            let buffer = slot.take().map(|chunk| chunk.bytes).unwrap_or_default();
            *slot = Some(Chunk::read(self.table, number, buffer, scratch));
        }
        slot.as_ref()
    }
}

impl Chunk {
    fn read(table: &Table, number: u64, mut bytes: Vec<u8>, scratch: &mut Scratch) -> Self {
        let start = number.saturating_mul(CHUNK_BYTES);
        let end = table.used_bytes().min(start.saturating_add(CHUNK_BYTES));
        bytes.clear();
        bytes.resize(index(end.saturating_sub(start)), 0);
        let first = table.copies.first().copied().unwrap_or(0).saturating_add(start);
        let mut bad = Vec::new();
        if read_exact(&*table.volume, first, &mut bytes, scratch).is_err() {
            for (sector, part) in (0_u64..).zip(bytes.chunks_mut(index(SECTOR_BYTES))) {
                let at = start.saturating_add(sector.saturating_mul(SECTOR_BYTES));
                if let Err(why) = read_any_copy(table, at, part, scratch) {
                    bad.push((sector, why));
                }
            }
        }
        Self { number, bytes, bad }
    }
}

/// Fills `part` with the bytes at `offset` of the table from the first copy that has them all.
fn read_any_copy(
    table: &Table,
    offset: u64,
    part: &mut [u8],
    scratch: &mut Scratch,
) -> Result<(), BadReason> {
    let mut fault = Ok(());
    for copy in &table.copies {
        match read_exact(&*table.volume, copy.saturating_add(offset), part, scratch) {
            Ok(()) => return Ok(()),
            Err(why) => fault = fault.and(Err(why)),
        }
    }
    fault
}

#[cfg(test)]
mod tests {
    use byte_source::MemorySource;

    use super::*;

    #[test]
    fn entries_of_every_width_are_decoded() {
        assert_eq!(Format::Fat12.decode(2, &[0x34, 0xf2]), Some(0x234));
        assert_eq!(Format::Fat12.decode(3, &[0x2f, 0x34]), Some(0x342));
        assert_eq!(Format::Fat32.decode(2, &[1, 2, 3, 0xf4]), Some(0x0403_0201));
        assert_eq!(
            (Format::Fat12.offset(3), Format::Fat16.offset(3), Format::Fat32.offset(3)),
            (4, 6, 12)
        );
    }

    #[test]
    fn values_are_told_apart_and_a_table_that_leaves_the_volume_is_cut() {
        let mut bytes = vec![0; 64];
        bytes[4..16].copy_from_slice(&[3, 0, 0xff, 0xff, 0xf7, 0xff, 1, 0, 0, 0, 0xf2, 0xff]);
        let table =
            Table::new(Arc::new(MemorySource::new(bytes)), vec![0], Format::Fat16, 512, 200);
        assert_eq!(table.limit, 32);
        let mut reader = TableReader::new(&table);
        let found: Vec<Entry> =
            (2..8).map(|cluster| reader.entry(cluster, &mut Scratch::new()).unwrap()).collect();
        use Entry::{Bad, End, Free, Invalid, Next};
        assert_eq!(found, [Next(3), End, Bad, Invalid(1), Free, Invalid(0xfff2)]);
        assert!(reader.entry(31, &mut Scratch::new()).is_ok());
    }
}
