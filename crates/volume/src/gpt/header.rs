//! The GPT header (UEFI specification 2.10, table 5.5).

use byte_source::{
    Expected, OutOfBounds, Problem, ProblemKind, Scratch, Source, Structure, crc32, index, read_vec,
};
use words::term;

use super::NAME;

/// Begins the header.
const SIGNATURE: &[u8; 8] = b"EFI PART";
/// Bytes of the header that the specification defines; more may be reserved.
const HEADER_BYTES: u32 = 92;
/// Bytes of an entry at least.
const ENTRY_BYTES: u32 = 128;
/// Bytes of all entries at most: 128 times what every system writes.
const MOST_ENTRIES_BYTES: u64 = 2 << 20;

/// A header. Sectors count from the beginning of the medium.
pub(super) struct Header {
    /// Byte offset on the medium where it was found.
    pub(super) at: u64,
    pub(super) sector_bytes: u32,
    my_lba: u64,
    alternate_lba: u64,
    pub(super) first_usable_lba: u64,
    pub(super) last_usable_lba: u64,
    partition_entry_lba: u64,
    number_of_entries: u32,
    pub(super) entry_bytes: u32,
    entries_crc32: u32,
}

impl Header {
    /// Reads the header at byte `at`; `None` when none is there. What is wrong with it is added to
    /// `problems`.
    pub(super) fn read(
        source: &dyn Source,
        at: u64,
        sector_bytes: u32,
        scratch: &mut Scratch,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let bytes = read_vec(source, at, sector_bytes.into(), scratch).ok()?;
        let structure = Structure::new(NAME, at, &bytes);
        if structure.array(0) != Ok(*SIGNATURE) {
            return None;
        }
        match Self::parse(&structure, sector_bytes, problems) {
            Ok(header) => Some(header),
            Err(bounds) => {
                problems.push(bounds.into());
                None
            }
        }
    }

    fn parse(
        structure: &Structure<'_>,
        sector_bytes: u32,
        problems: &mut Vec<Problem>,
    ) -> Result<Self, OutOfBounds> {
        let header = Self {
            at: structure.at(),
            sector_bytes,
            my_lba: structure.u64_le(24)?,
            alternate_lba: structure.u64_le(32)?,
            first_usable_lba: structure.u64_le(40)?,
            last_usable_lba: structure.u64_le(48)?,
            partition_entry_lba: structure.u64_le(72)?,
            number_of_entries: structure.u32_le(80)?,
            entry_bytes: structure.u32_le(84)?,
            entries_crc32: structure.u32_le(88)?,
        };
        let header_bytes = structure.u32_le(12)?;
        problems.extend(header.field_problems(structure));
        if (HEADER_BYTES..=sector_bytes).contains(&header_bytes) {
            problems.extend(checksum_problem(structure, header_bytes)?);
        } else {
            let expected = Expected::Within(HEADER_BYTES.into(), sector_bytes.into());
            problems.push(structure.wrong_value("HeaderSize", expected, header_bytes.into()));
        }
        Ok(header)
    }

    /// What is wrong with the header's place and with the size of its entries.
    fn field_problems(&self, structure: &Structure<'_>) -> Vec<Problem> {
        let mut problems = Vec::new();
        let lba = structure.at().checked_div(self.sector_bytes.into()).unwrap_or(0);
        if self.my_lba != lba {
            problems.push(structure.wrong_value("MyLBA", Expected::Exactly(lba), self.my_lba));
        }
        if !self.is_plausible() {
            let expected = Expected::Rule(term!("gpt.least-128-2-mib-most"));
            let found = self.entry_bytes.into();
            problems.push(structure.wrong_value("SizeOfPartitionEntry", expected, found));
        }
        problems
    }

    fn entries_bytes(&self) -> u64 {
        u64::from(self.number_of_entries).saturating_mul(self.entry_bytes.into())
    }

    /// The bytes of all entries, checked; empty when they are unreadable or too many.
    pub(super) fn entries(
        &self,
        source: &dyn Source,
        scratch: &mut Scratch,
        problems: &mut Vec<Problem>,
    ) -> Vec<u8> {
        const ENTRIES: &str = "GPT partition entries";
        if !self.is_plausible() {
            return Vec::new();
        }
        let at = self.entries_at();
        let entries = match read_vec(source, at, self.entries_bytes(), scratch) {
            Ok(entries) => entries,
            Err(reason) => {
                problems.push(Problem::damage(ENTRIES, at, ProblemKind::Unreadable(reason)));
                return Vec::new();
            }
        };
        let computed = !crc32(!0, &entries);
        let structure = Structure::new(ENTRIES, at, &entries);
        problems.extend(structure.wrong_checksum(
            "PartitionEntryArrayCRC32",
            self.entries_crc32,
            computed,
        ));
        entries
    }

    /// True when its entries can be read at all.
    pub(super) fn is_plausible(&self) -> bool {
        self.entry_bytes >= ENTRY_BYTES && self.entries_bytes() <= MOST_ENTRIES_BYTES
    }

    /// True for the header in the second sector.
    pub(super) fn is_primary(&self) -> bool {
        self.at == u64::from(self.sector_bytes)
    }

    /// Byte offset of the entries.
    pub(super) fn entries_at(&self) -> u64 {
        self.byte_of(self.partition_entry_lba)
    }

    /// Byte offset of the other header.
    pub(super) fn backup_at(&self) -> u64 {
        self.byte_of(self.alternate_lba)
    }

    /// Byte offset of a sector.
    pub(super) fn byte_of(&self, lba: u64) -> u64 {
        lba.saturating_mul(self.sector_bytes.into())
    }
}

/// Compares `HeaderCRC32`, which counts as zero in what it covers.
fn checksum_problem(
    structure: &Structure<'_>,
    header_bytes: u32,
) -> Result<Option<Problem>, OutOfBounds> {
    let mut counted = structure.bytes(0, index(header_bytes.into()))?.to_vec();
    counted.get_mut(16..20).unwrap_or_default().fill(0);
    Ok(structure.wrong_checksum("HeaderCRC32", structure.u32_le(16)?, !crc32(!0, &counted)))
}
