//! A file's entry set understood: file entry, stream extension, name (spec 7.4, 7.6, 7.7), benign
//! secondary entries (7.8, 7.9).

use byte_source::{Expected, OutOfBounds, Problem, ProblemKind, Structure};
use case_model::{Times, Timestamp, to_hex};
use words::term;

use crate::Detail;

use super::entry_set::{EntrySet, FILE_NAME, STREAM_EXTENSION};
use super::up_case_table::UpCaseTable;

const DIRECTORY: u16 = 0x10;
const VENDOR_ALLOCATION: u8 = 0x61;
/// Flag of a secondary entry: its clusters follow each other and have no chain (spec 6.4.2.2).
const NO_FAT_CHAIN: u8 = 2;
const STRUCTURE: &str = "exFAT directory entry set";

/// A file or directory by its entry set. Fields that are not there because entries are missing are
/// `None` or empty.
#[derive(Clone, Debug)]
pub(super) struct FileSet {
    /// Byte offset in the volume.
    pub(super) at: u64,
    /// File attributes; `None` when only the rest of a deleted set is there.
    pub(super) attributes: Option<u16>,
    pub(super) times: Times,
    pub(super) stream: Option<Allocated>,
    /// UTF-16 little-endian.
    pub(super) name: Vec<u8>,
    /// Space that vendors' entries allocate, with their identifier.
    pub(super) vendor: Vec<(String, Allocated)>,
    pub(super) details: Vec<Detail>,
    pub(super) problems: Vec<Problem>,
}

/// Space of the cluster heap that an entry allocates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Allocated {
    pub(super) first_cluster: u32,
    pub(super) length: u64,
    pub(super) valid_length: u64,
    pub(super) no_fat_chain: bool,
}

impl Allocated {
    /// Where secondary entries and the bitmap's keep it: first cluster at 20, length at 24.
    pub(super) fn read(slot: &Structure<'_>, no_fat_chain: bool) -> Result<Self, OutOfBounds> {
        let length = slot.u64_le(24)?;
        Ok(Self { first_cluster: slot.u32_le(20)?, length, valid_length: length, no_fat_chain })
    }
}

impl FileSet {
    /// Number of the record: where it is.
    pub(super) fn number(&self) -> u64 {
        self.at >> 5
    }

    pub(super) fn is_directory(&self) -> bool {
        self.attributes.is_some_and(|attributes| attributes & DIRECTORY != 0)
    }

    /// Understands a set.
    pub(super) fn parse(set: &EntrySet, up_case: &UpCaseTable) -> Result<Self, OutOfBounds> {
        let mut file = Self::blank(set.at);
        let mut recorded = None;
        for (slot, at) in set.slots.iter().zip((set.at..).step_by(32)) {
            let slot = Structure::new(STRUCTURE, at, slot);
            let kind = slot.u8(0)? & 0x7f;
            if set.has_file_entry && at == set.at {
                file.read_file_entry(&slot)?;
            } else if kind == STREAM_EXTENSION && file.stream.is_none() {
                file.read_stream_extension(&slot)?;
                recorded = Some(RecordedName { length: slot.u8(3)?, hash: slot.u16_le(4)? });
            } else {
                file.read_other(kind, &slot)?;
            }
        }
        file.check_set(set);
        recorded.into_iter().for_each(|recorded| file.check_name(&recorded, up_case));
        Ok(file)
    }

    fn blank(at: u64) -> Self {
        Self {
            at,
            attributes: None,
            times: Times::default(),
            stream: None,
            name: Vec::new(),
            vendor: Vec::new(),
            details: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Takes a secondary entry other than the stream extension.
    fn read_other(&mut self, kind: u8, slot: &Structure<'_>) -> Result<(), OutOfBounds> {
        match kind {
            FILE_NAME => self.name.extend_from_slice(slot.bytes(2, 30)?),
            VENDOR_ALLOCATION => {
                let space = Allocated::read(slot, slot.u8(1)? & NO_FAT_CHAIN != 0)?;
                self.vendor.push((to_hex(slot.bytes(2, 16)?), space));
            }
            _ => {
                let name = format!("secondary entry {:#04x}", kind | 0x80);
                self.details.push(Detail { name, value: to_hex(slot.all()) });
            }
        }
        Ok(())
    }

    fn read_file_entry(&mut self, slot: &Structure<'_>) -> Result<(), OutOfBounds> {
        self.attributes = Some(slot.u16_le(4)?);
        self.times = Times {
            created: Timestamp::exfat(slot.u32_le(8)?, slot.u8(20)?, slot.u8(22)?),
            modified: Timestamp::exfat(slot.u32_le(12)?, slot.u8(21)?, slot.u8(23)?),
            accessed: Timestamp::exfat(slot.u32_le(16)?, 0, slot.u8(24)?),
            ..Times::default()
        };
        Ok(())
    }

    fn read_stream_extension(&mut self, slot: &Structure<'_>) -> Result<(), OutOfBounds> {
        let mut space = Allocated::read(slot, slot.u8(1)? & NO_FAT_CHAIN != 0)?;
        space.valid_length = slot.u64_le(8)?;
        if space.valid_length > space.length {
            let expected = Expected::Within(0, space.length);
            let found = space.valid_length;
            let kind = ProblemKind::Value { field: "ValidDataLength", expected, found };
            self.problems.push(Problem::damage("stream extension entry", slot.at(), kind));
        }
        self.stream = Some(space);
        Ok(())
    }

    fn check_set(&mut self, set: &EntrySet) {
        let no_stream = ProblemKind::Inconsistent(term!("exfat.there-no-stream-extension-content"));
        let of_stream = self.stream.is_none().then_some(no_stream);
        for kind in entries_problem(set).into_iter().chain(of_stream) {
            let problem = Problem::damage(STRUCTURE, set.at, kind);
            self.problems.push(if set.in_use { problem } else { problem.as_note() });
        }
    }

    /// Cuts the name to its length and compares its hash (spec 7.6.4).
    fn check_name(&mut self, recorded: &RecordedName, up_case: &UpCaseTable) {
        let wanted = usize::from(recorded.length).saturating_mul(2);
        let there = self.name.len();
        self.name.truncate(wanted);
        let note = |kind| Problem::note(STRUCTURE, self.at, kind);
        let computed = up_case.name_hash(&self.name);
        if there < wanted {
            let expected = Expected::Exactly(recorded.length.into());
            let found = byte_source::length(there / 2);
            self.problems.push(note(ProblemKind::Value {
                field: "units of the name",
                expected,
                found,
            }));
        } else if let Some(computed) = computed.filter(|computed| *computed != recorded.hash) {
            let stored = recorded.hash.into();
            let computed = computed.into();
            self.problems.push(note(ProblemKind::Checksum { field: "NameHash", stored, computed }));
        }
    }
}

/// What the stream extension says of the name.
struct RecordedName {
    /// UTF-16 units.
    length: u8,
    hash: u16,
}

/// What is wrong with the entries of a set: the file entry, their number, the checksum.
fn entries_problem(set: &EntrySet) -> Option<ProblemKind> {
    if !set.has_file_entry {
        return Some(ProblemKind::Inconsistent(term!("exfat.file-entry-gone-times-attributes")));
    }
    if set.missing > 0 {
        let there = u64::try_from(set.slots.len()).unwrap_or(u64::MAX).saturating_sub(1);
        let expected = Expected::Exactly(there.saturating_add(u64::from(set.missing)));
        return Some(ProblemKind::Value { field: "secondary entries", expected, found: there });
    }
    let stored = u64::from(set.stored_checksum()?);
    let computed = u64::from(set.checksum());
    (stored != computed).then_some(ProblemKind::Checksum { field: "SetChecksum", stored, computed })
}
