//! The sections `table` and `table2`: where the chunks lie.

use byte_source::{Expected, Problem, ProblemKind, Scratch, Source, Structure, read_vec};
use codec::Codec;
use simd_adler32::adler32;

use super::section::Section;
use super::stored_chunk::{self, Form, Stored};
use crate::problems::{checksum, unreadable, value};

/// Length in bytes of a table header: number of entries (4), padding (4), base offset (8), padding (4), Adler-32 (4), little-endian.
const HEADER_BYTES: u64 = 24;
/// Length in bytes of an entry: 31 bits of offset from the base, the highest bit says that the chunk is compressed.
pub(super) const ENTRY_BYTES: u64 = 4;
/// The bit of a compressed chunk.
const COMPRESSED: u32 = 1 << 31;
/// Entries read at once while a table is checked.
const BLOCK_ENTRIES: u64 = 16 << 10;

/// A table that was checked: its entries stay in the file and are read again for every chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Table {
    /// Byte offset of the first entry in the segment file.
    pub(super) entries_at: u64,
    /// Entries, each a chunk.
    pub(super) count: u64,
    /// Byte offset in the segment file that entries count from.
    pub(super) base: u64,
    /// Byte offset in the segment file where the last chunk ends at the latest.
    pub(super) data_end: u64,
    /// From this entry on offsets have 32 bits and chunks are not compressed: EnCase 6 before 6.7 went past 2 GiB this way.
    pub(super) overflow_from: u64,
}

/// A table, what is wrong with it, and whether its checksums fit.
pub(super) struct Checked {
    pub(super) table: Table,
    pub(super) problems: Vec<Problem>,
    /// False when the header's checksum or number of entries is wrong.
    pub(super) sound_header: bool,
    /// Adler-32 of the entries.
    entries_checksum: u32,
}

impl Checked {
    /// True when nothing is wrong with it.
    pub(super) fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    /// True when both tables have the same entries.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        let key =
            |checked: &Self| (checked.table.count, checked.table.base, checked.entries_checksum);
        key(self) == key(other)
    }
}

/// Reads and checks a table of a segment file that begins at byte `start` of the image. `sectors_end` is the end of the `sectors` section
/// before it, if there was one.
///
/// # Errors
/// The [`Problem`] that leaves no table at all.
pub(super) fn read(
    source: &dyn Source,
    start: u64,
    section: &Section,
    sectors_end: Option<u64>,
    scratch: &mut Scratch,
) -> Result<Checked, Problem> {
    const NAME: &str = "EWF table section";
    let data = section.data();
    let place = start.saturating_add(data.start);
    let bytes =
        read_vec(source, data.start, HEADER_BYTES, scratch).map_err(unreadable(NAME, place))?;
    let header = Structure::new(NAME, place, &bytes);
    let mut problems = Vec::new();
    compare(
        &header,
        "header checksum",
        header.u32_le(20)?,
        adler32(&header.bytes(0, 20)?),
        &mut problems,
    );
    let entries_at = data.start.saturating_add(HEADER_BYTES);
    let room = data.end.saturating_sub(entries_at).checked_div(ENTRY_BYTES).unwrap_or(0);
    let mut count = u64::from(header.u32_le(0)?);
    if count > room {
        let field = "number of entries";
        let expected = Expected::Within(0, room);
        problems.push(value(&header, field, expected, count));
        count = room;
    }
    let sound_header = problems.is_empty();
    let base = header.u64_le(8)?;
    let table = Table { entries_at, count, base, data_end: 0, overflow_from: u64::MAX };
    let mut table = table.with_data_end(source, section, sectors_end, scratch);
    let walked = table.walk(source, scratch);
    table.overflow_from = walked.overflow_from;
    if let Some(stored) = walked.footer {
        compare(&header, "entries checksum", stored, walked.checksum, &mut problems);
    }
    if let Some(reason) = walked.fault {
        problems.push(header.damage(ProblemKind::Unreadable(reason)));
    }
    Ok(Checked { table, problems, sound_header, entries_checksum: walked.checksum })
}

fn compare(
    header: &Structure<'_>,
    field: &'static str,
    stored: u32,
    computed: u32,
    problems: &mut Vec<Problem>,
) {
    problems.extend(checksum(header, field, stored, computed));
}

/// What reading all entries found.
struct Walked {
    checksum: u32,
    footer: Option<u32>,
    overflow_from: u64,
    fault: Option<byte_source::BadReason>,
}

impl Table {
    /// Chunks lie in the `sectors` section before the table, or, in the older forms, in the table section behind the entries.
    fn with_data_end(
        mut self,
        source: &dyn Source,
        section: &Section,
        sectors_end: Option<u64>,
        scratch: &mut Scratch,
    ) -> Self {
        let first = self.entry(source, 0, scratch).unwrap_or(0);
        let first = self.base.saturating_add(u64::from(first & !COMPRESSED));
        self.data_end = match sectors_end {
            _ if (self.entries_end()..section.end).contains(&first) => section.end,
            Some(end) if first < end => end,
            _ if first < section.at => section.at,
            _ => source.len(),
        };
        self
    }

    fn entries_end(&self) -> u64 {
        self.entries_at.saturating_add(self.count.saturating_mul(ENTRY_BYTES))
    }

    /// Reads all entries: their checksum, and where offsets overflow. The checksum behind them is missing in the oldest form, where
    /// the first chunk follows at once.
    fn walk(&self, source: &dyn Source, scratch: &mut Scratch) -> Walked {
        let mut walked = Walked { checksum: 1, footer: None, overflow_from: u64::MAX, fault: None };
        let mut hasher = simd_adler32::Adler32::new();
        let mut number = 0_u64;
        let mut before = 0_u32;
        let mut first = None;
        let mut block = Vec::new();
        while number < self.count {
            let count = self.count.saturating_sub(number).min(BLOCK_ENTRIES);
            let at = self.entries_at.saturating_add(number.saturating_mul(ENTRY_BYTES));
            block.resize(byte_source::index(count.saturating_mul(ENTRY_BYTES)), 0);
            let (_, fault) = byte_source::read_available(source, at, &mut block, scratch);
            walked.fault = walked.fault.or(fault);
            hasher.write(&block);
            for entry in block.as_chunks::<4>().0 {
                let entry = u32::from_le_bytes(*entry);
                let offset = entry & !COMPRESSED;
                first.get_or_insert(offset);
                // A plain entry out of order has no room for its 32 bits in the file; then it is an error, not an overflow.
                let fits = self.base.saturating_add(entry.into()) < source.len();
                if offset < before && entry & COMPRESSED != 0 && fits {
                    walked.overflow_from = walked.overflow_from.min(number);
                }
                before = offset;
                number = number.saturating_add(1);
            }
        }
        walked.checksum = hasher.finish();
        let first_chunk = self.base.saturating_add(first.unwrap_or(0).into());
        if first_chunk != self.entries_end() {
            walked.footer = read_u32(source, self.entries_end(), scratch);
        }
        walked
    }

    fn entry(&self, source: &dyn Source, number: u64, scratch: &mut Scratch) -> Option<u32> {
        read_u32(
            source,
            self.entries_at.saturating_add(number.saturating_mul(ENTRY_BYTES)),
            scratch,
        )
    }

    fn split(&self, entry: u32, number: u64) -> (u64, bool) {
        if number >= self.overflow_from {
            return (entry.into(), false);
        }
        ((entry & !COMPRESSED).into(), entry & COMPRESSED != 0)
    }
}

impl stored_chunk::Table for Table {
    fn count(&self) -> u64 {
        self.count
    }

    /// `None` when the entry is unreadable or contradicts the next one.
    fn stored(&self, source: &dyn Source, number: u64, scratch: &mut Scratch) -> Option<Stored> {
        let entry = self.entry(source, number, scratch)?;
        let (offset, compressed) = self.split(entry, number);
        let next = number.saturating_add(1);
        let end = if next < self.count {
            self.base.saturating_add(self.split(self.entry(source, next, scratch)?, next).0)
        } else {
            self.data_end
        };
        let at = self.base.saturating_add(offset);
        let form = if compressed { Form::Coded(Codec::Zlib) } else { Form::Plain };
        (at < end && end <= source.len()).then_some(Stored { at, end, form })
    }
}

/// The little-endian number at byte `at`.
fn read_u32(source: &dyn Source, at: u64, scratch: &mut Scratch) -> Option<u32> {
    if let Some(bytes) = source.slice(at..at.saturating_add(4)) {
        return bytes.first_chunk().copied().map(u32::from_le_bytes);
    }
    let mut bytes = [0; 4];
    byte_source::read_exact(source, at, &mut bytes, scratch).ok()?;
    Some(u32::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use std::ops::{ControlFlow, Range};

    use byte_source::{MemorySource, Visitor};

    use super::stored_chunk::Table as _;
    use super::*;

    /// A segment file of 3 GiB of which only the table's bytes, at byte 100, are stored.
    struct Large(MemorySource);

    impl Source for Large {
        fn len(&self) -> u64 {
            3 << 30
        }

        fn visit(
            &self,
            range: Range<u64>,
            scratch: &mut Scratch,
            each: &mut Visitor<'_>,
        ) -> ControlFlow<()> {
            self.0.visit(range.start - 100..range.end - 100, scratch, each)
        }
    }

    /// EnCase 6 before 6.7: the chunk that begins past 2 GiB stores all 32 bits, and is not compressed.
    #[test]
    fn offsets_past_two_gigabytes_have_32_bits() {
        let offsets =
            [0x7ffe_0000 | COMPRESSED, 0x7fff_8000 | COMPRESSED, 0x8000_0004, 0x8000_8008];
        let mut bytes = Vec::new();
        for number in [offsets.len() as u32, 0, 0, 0, 0] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(&adler32(&bytes.as_slice()).to_le_bytes());
        let entries: Vec<u8> = offsets.iter().flat_map(|offset| offset.to_le_bytes()).collect();
        bytes.extend_from_slice(&entries);
        bytes.extend_from_slice(&adler32(&entries.as_slice()).to_le_bytes());
        let source = Large(MemorySource::new(bytes));
        let section = Section { kind: "table", at: 24, end: 144, after_gap: false };
        let mut scratch = Scratch::new();
        let checked = read(&source, 0, &section, Some(0x8001_0000), &mut scratch).unwrap();
        assert!(checked.is_sound(), "{:?}", checked.problems);
        assert_eq!(checked.table.overflow_from, 2);
        let zlib = Form::Coded(Codec::Zlib);
        let mut stored = |number| checked.table.stored(&source, number, &mut scratch).unwrap();
        assert_eq!(stored(0), Stored { at: 0x7ffe_0000, end: 0x7fff_8000, form: zlib });
        assert_eq!(stored(1), Stored { at: 0x7fff_8000, end: 0x8000_0004, form: zlib });
        assert_eq!(stored(2), Stored { at: 0x8000_0004, end: 0x8000_8008, form: Form::Plain });
        assert_eq!(stored(3), Stored { at: 0x8000_8008, end: 0x8001_0000, form: Form::Plain });
    }
}
