//! Sector tables: where the chunks lie.

use byte_source::{Expected, Problem, ProblemKind, Scratch, Source, Structure, read_vec};

use super::file_header::Compression;
use super::section::Section;
use super::section_data::{Place, compare};
use crate::ewf::stored_chunk::{self, Form, Stored};
use crate::mapped_medium::array_at;
use crate::problems::{checksum, unreadable, value};

const NAME: &str = "EWF2 sector table";
/// Length in bytes of the header: first chunk (8), number of entries (4), padding (4), Adler-32 (4), all little-endian, padding (12).
const HEADER_BYTES: u64 = 32;
/// Length in bytes of an entry: offset of the chunk or pattern (8), size (4), flags (4), little-endian.
const ENTRY_BYTES: u64 = 16;
/// Entries read at once while a table is checked.
const BLOCK_ENTRIES: u64 = 4 << 10;
/// Chunk data flag: compressed by the method of the file header.
const COMPRESSED: u32 = 1;
/// Chunk data flag: an Adler-32 follows the plain bytes and is counted in their size.
const CHECKSUMED: u32 = 2;
/// Chunk data flag, only with [`COMPRESSED`]: the offset is a pattern of eight bytes that fills the chunk.
const PATTERN_FILL: u32 = 4;

/// A sector table: its entries stay in the file and are read again for every chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SectorTable {
    /// Number of its first chunk on the medium.
    pub(super) first: u64,
    /// Byte offset of the first entry that counts, in the segment file.
    entries_at: u64,
    /// Entries, each a chunk.
    count: u64,
    /// False when the checksum of the entries is wrong: then only chunks that prove themselves are believed.
    sound: bool,
    compression: Compression,
}

/// Reads and checks the sector table in `section`.
///
/// # Errors
/// The [`Problem`] that leaves no table at all: where its chunks belong is only said by its header.
pub(super) fn read(
    place: Place<'_>,
    section: &Section,
    compression: Compression,
    scratch: &mut Scratch,
    problems: &mut Vec<Problem>,
) -> Result<SectorTable, Problem> {
    let data = section.data();
    let at = place.start.saturating_add(data.start);
    let bytes =
        read_vec(place.source, data.start, HEADER_BYTES, scratch).map_err(unreadable(NAME, at))?;
    let header = Structure::new(NAME, at, &bytes);
    let entries_at = data.start.saturating_add(HEADER_BYTES);
    let count = count(&header, data.end.saturating_sub(entries_at))?;
    let mut table =
        SectorTable { first: header.u64_le(0)?, entries_at, count, sound: false, compression };
    match table.entries_checksum(place.source, scratch) {
        Ok((stored, computed)) if stored == computed => table.sound = true,
        Ok((stored, computed)) => {
            problems.extend(checksum(&header, "entries checksum", stored, computed));
        }
        Err(reason) => problems.push(header.damage(ProblemKind::Unreadable(reason))),
    }
    Ok(table)
}

/// Reads offset, size and flags of an entry.
fn read_entry(source: &dyn Source, at: u64, scratch: &mut Scratch) -> Option<(u64, u32, u32)> {
    let entry: [u8; 16] = array_at(source, at, scratch).ok()?;
    let entry = Structure::new(NAME, at, &entry);
    Some((entry.u64_le(0).ok()?, entry.u32_le(8).ok()?, entry.u32_le(12).ok()?))
}

/// Returns the number of entries of a table with so many bytes for them.
fn count(header: &Structure<'_>, entry_bytes: u64) -> Result<u64, Problem> {
    if let Some(problem) = compare(header, "header checksum", 0, 16)? {
        return Err(problem);
    }
    let room = entry_bytes.checked_div(ENTRY_BYTES).unwrap_or(0);
    let count = u64::from(header.u32_le(8)?);
    if count > room {
        return Err(value(header, "number of entries", Expected::Within(0, room), count));
    }
    Ok(count)
}

impl SectorTable {
    /// Returns the form of a chunk with these flags.
    fn form(&self, flags: u32) -> Option<Form> {
        let form =
            match (flags & COMPRESSED != 0, flags & PATTERN_FILL != 0, flags & CHECKSUMED != 0) {
                (true, true, _) => Form::Fill,
                (true, false, _) => Form::Coded(self.compression.codec()?),
                (false, _, true) => Form::Plain,
                (false, _, false) => Form::Unchecked,
            };
        Some(form)
    }

    /// Byte offset on the image of the number behind the last chunk.
    pub(super) fn end(&self) -> u64 {
        self.first.saturating_add(self.count)
    }

    /// The table without its chunks before chunk `number` of the medium.
    pub(super) fn from(mut self, number: u64) -> Self {
        let skipped = number.saturating_sub(self.first).min(self.count);
        self.first = self.first.saturating_add(skipped);
        self.count = self.count.saturating_sub(skipped);
        self.entries_at = self.entries_at.saturating_add(skipped.saturating_mul(ENTRY_BYTES));
        self
    }

    /// The Adler-32 behind the entries, and that of the entries.
    fn entries_checksum(
        &self,
        source: &dyn Source,
        scratch: &mut Scratch,
    ) -> Result<(u32, u32), byte_source::BadReason> {
        let mut hasher = simd_adler32::Adler32::new();
        let mut number = 0_u64;
        let mut block = Vec::new();
        while number < self.count {
            let count = self.count.saturating_sub(number).min(BLOCK_ENTRIES);
            let at = self.entry_at(number);
            block.resize(byte_source::index(count.saturating_mul(ENTRY_BYTES)), 0);
            byte_source::read_exact(source, at, &mut block, scratch)?;
            hasher.write(&block);
            number = number.saturating_add(count);
        }
        let stored =
            array_at(source, self.entry_at(self.count), scratch).map(u32::from_le_bytes)?;
        Ok((stored, hasher.finish()))
    }

    fn entry_at(&self, number: u64) -> u64 {
        self.entries_at.saturating_add(number.saturating_mul(ENTRY_BYTES))
    }
}

impl stored_chunk::Table for SectorTable {
    fn count(&self) -> u64 {
        self.count
    }

    fn stored(&self, source: &dyn Source, number: u64, scratch: &mut Scratch) -> Option<Stored> {
        let entry_at = self.entry_at(number);
        let (at, size, flags) = read_entry(source, entry_at, scratch)?;
        let form = self.form(flags)?;
        if form == Form::Fill {
            let end = entry_at.checked_add(8)?;
            return self.sound.then_some(Stored { at: entry_at, end, form });
        }
        let end = at.checked_add(size.into())?;
        let believed = self.sound || form != Form::Unchecked;
        (believed && at < end && end <= source.len()).then_some(Stored { at, end, form })
    }
}
