//! A block table, `mish`: the runs of sectors of one partition. All numbers are big-endian.

use byte_source::{Expected, Problem, Structure};

use super::trailer::checksum;
use crate::Claim;
use crate::problems::value;

/// `mish`, big-endian.
const SIGNATURE: u64 = 0x6d69_7368;
const NAME: &str = "UDIF block table";
/// Bytes before the entries.
const HEADER_BYTES: usize = 204;
/// Bytes of an entry: type (4), comment (4), sector (8), sectors (8), offset (8), length (8).
const ENTRY_BYTES: usize = 40;

/// The kind of a run that nobody wrote; it reads as zero.
pub(super) const IGNORED: u32 = 2;
/// Ranges of ignored sectors that a claim lists.
const LISTED_RANGES: usize = 1000;

/// A block table.
pub(super) struct BlockTable {
    name: String,
    first_sector: u64,
    sectors: u64,
    checksum: Option<u32>,
    pub(super) entries: Vec<Entry>,
}

/// A run of sectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) kind: u32,
    /// Its first sector on the medium.
    pub(super) sector: u64,
    pub(super) sectors: u64,
    /// Byte offset in the data fork.
    pub(super) offset: u64,
    /// Stored bytes.
    pub(super) length: u64,
}

impl Entry {
    /// Reads an entry of a table that begins at a sector, and whose data begin at an offset.
    fn parse(
        entry: &Structure<'_>,
        first_sector: u64,
        data_offset: u64,
    ) -> Result<Self, byte_source::OutOfBounds> {
        Ok(Self {
            kind: entry.u32_be(0)?,
            sector: first_sector.saturating_add(entry.u64_be(8)?),
            sectors: entry.u64_be(16)?,
            offset: data_offset.saturating_add(entry.u64_be(24)?),
            length: entry.u64_be(32)?,
        })
    }
}

impl BlockTable {
    /// Reads the table `data` out of the property list at byte `at`.
    ///
    /// # Errors
    /// The [`Problem`] for which it cannot be used.
    pub(super) fn read(data: &[u8], at: u64, name: String) -> Result<Self, Problem> {
        let table = Structure::new(NAME, at, data);
        let signature = u64::from(table.u32_be(0)?);
        if signature != SIGNATURE {
            return Err(value(&table, "signature", Expected::Exactly(SIGNATURE), signature));
        }
        let first_sector = table.u64_be(8)?;
        let data_offset = table.u64_be(24)?;
        let entries = table.part(NAME, HEADER_BYTES, data.len().saturating_sub(HEADER_BYTES))?;
        let count = byte_source::index(table.u32_be(200)?.into());
        let room = entries.len().checked_div(ENTRY_BYTES).unwrap_or(0);
        if count > room {
            let expected = Expected::Within(0, byte_source::length(room));
            return Err(value(&table, "number of entries", expected, byte_source::length(count)));
        }
        let entry = |number: usize| -> Result<Entry, Problem> {
            let entry = entries.part(NAME, number.saturating_mul(ENTRY_BYTES), ENTRY_BYTES)?;
            Ok(Entry::parse(&entry, first_sector, data_offset)?)
        };
        Ok(Self {
            name,
            first_sector,
            sectors: table.u64_be(16)?,
            checksum: checksum(&table, 64)?,
            entries: (0..count).map(entry).collect::<Result<_, _>>()?,
        })
    }

    /// The checksum of the partition's sectors, as a claim. Sectors of ignored runs do not count in it.
    pub(super) fn claim(&self) -> Option<Claim> {
        let range = |first: u64, count: u64| {
            format!("{first} to {}", first.saturating_add(count).saturating_sub(1))
        };
        let ignored =
            self.entries.iter().filter(|entry| entry.kind == IGNORED && entry.sectors > 0);
        let ignored: Vec<String> =
            ignored.take(LISTED_RANGES).map(|entry| range(entry.sector, entry.sectors)).collect();
        let without = if ignored.is_empty() { "none".to_owned() } else { ignored.join(", ") };
        let sectors = range(self.first_sector, self.sectors);
        let value =
            format!("{:08x}; sectors {sectors}; without {without}; {}", self.checksum?, self.name);
        Some(Claim { field: "partition checksum (CRC-32)", value })
    }
}
