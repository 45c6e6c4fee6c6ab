//! Loading single records, and the records that extend them.

use std::collections::HashSet;
use std::sync::Arc;

use byte_source::{Problem, ProblemKind, Scratch, Source, Structure, read_exact};
use words::term;

use super::attribute::{Attribute, type_code};
use super::attribute_list::{self, Entry, LIST_BYTES_MAX};
use super::boot_sector::BootSector;
use super::budget::Budget;
use super::content::MetadataStream;
use super::file_record::{FileRecord, NAME, SIGNATURE};
use super::mft::Mft;
use super::placement::Placement;
use super::{streams, update_sequence};

/// The volume as a store of records.
pub(super) struct Records {
    pub(super) volume: Arc<dyn Source>,
    pub(super) boot: BootSector,
    pub(super) mft: Mft,
    /// `$MFTMirr`, by the boot sector.
    pub(super) mirror: Mft,
}

/// A record in memory of its own.
#[derive(Clone, Debug)]
pub(super) struct OwnedRecord {
    number: u64,
    place: Placement,
    bytes: Vec<u8>,
    /// What was wrong with its update sequence, and whether it is the copy.
    pub(super) problems: Vec<Problem>,
}

impl OwnedRecord {
    pub(super) fn parse(&self) -> Result<FileRecord<'_>, Problem> {
        Ok(FileRecord::parse(self.number, self.place.clone(), &self.bytes)?)
    }
}

impl Records {
    /// Reads one record; from `$MFTMirr` when that holds a copy and the original is no record.
    ///
    /// # Errors
    /// Why there is no record to be read.
    pub(super) fn load(&self, number: u64, scratch: &mut Scratch) -> Result<OwnedRecord, Problem> {
        let problem = match self.load_original(number, scratch) {
            Ok(record) => return Ok(record),
            Err(problem) => problem,
        };
        let Ok(mut copy) = self.load_copy(number, scratch) else { return Err(problem) };
        copy.problems.push(problem.as_note());
        Ok(copy)
    }

    /// Is there a record in the slot?
    pub(super) fn is_record(&self, number: u64, scratch: &mut Scratch) -> bool {
        let Some(place) = self.mft.place(number).filter(|_| self.mft.maps(number)) else {
            return false;
        };
        let mut signature = [0; 4];
        read_exact(&*self.volume, place.first(), &mut signature, scratch).is_ok()
            && signature == *SIGNATURE
    }

    /// Reads one record from `$MFT` itself.
    ///
    /// # Errors
    /// Why there is no record to be read.
    pub(super) fn load_original(
        &self,
        number: u64,
        scratch: &mut Scratch,
    ) -> Result<OwnedRecord, Problem> {
        self.load_from(&self.mft, number, scratch)
    }

    /// The copy in `$MFTMirr` of one of the first records, told as such.
    ///
    /// # Errors
    /// Why there is no such copy.
    pub(super) fn load_copy(
        &self,
        number: u64,
        scratch: &mut Scratch,
    ) -> Result<OwnedRecord, Problem> {
        let mut copy = self.load_from(&self.mirror, number, scratch)?;
        let how = ProblemKind::Inconsistent(term!("ntfs.read-copy-mftmirr"));
        copy.problems.push(Problem::note(NAME, copy.place.first(), how));
        Ok(copy)
    }

    fn load_from(
        &self,
        mft: &Mft,
        number: u64,
        scratch: &mut Scratch,
    ) -> Result<OwnedRecord, Problem> {
        let Some(place) = mft.place(number).filter(|_| mft.maps(number)) else {
            let at = number.saturating_mul(u64::from(mft.record_bytes));
            let how = term!("ntfs.record-number-behind-end-mft");
            return Err(Problem::damage(NAME, at, ProblemKind::Inconsistent(how)));
        };
        let mut bytes = Vec::new();
        let faults = mft.read(&*self.volume, number..number.saturating_add(1), &mut bytes, scratch);
        if let Some((_, reason)) = faults.first() {
            return Err(Problem::damage(NAME, place.first(), ProblemKind::Unreadable(*reason)));
        }
        if !bytes.starts_with(SIGNATURE) {
            return Err(no_signature(place.first(), &bytes));
        }
        let mut problems = Vec::new();
        update_sequence::restore(NAME, place.first(), &mut bytes, &mut problems);
        Ok(OwnedRecord { number, place, bytes, problems })
    }

    /// The entries of the attribute list among a base record's own attributes; `None` when it has
    /// none.
    pub(super) fn list(
        &self,
        own: &[Attribute<'_>],
        budget: &mut Budget,
        problems: &mut Vec<Problem>,
        scratch: &mut Scratch,
    ) -> Option<Vec<Entry>> {
        const NAME: &str = "$ATTRIBUTE_LIST";
        let list = own.iter().find(|attribute| attribute.type_code == type_code::ATTRIBUTE_LIST)?;
        if let Some(value) = list.value() {
            let value = Structure::new(NAME, value.at(), value.all());
            return Some(attribute_list::entries(&value, problems));
        }
        let stream =
            streams::find(own, type_code::ATTRIBUTE_LIST, list.name, &self.boot, problems)?;
        if let Err(problem) = budget.take_list(stream.size.min(LIST_BYTES_MAX), list.at) {
            problems.push(problem);
            return Some(Vec::new());
        }
        let content =
            MetadataStream { name: NAME, at: list.at, stream: &stream, limit: LIST_BYTES_MAX };
        let bytes = content.read(&*self.volume, problems, scratch);
        Some(attribute_list::entries(&Structure::new(NAME, list.at, &bytes), problems))
    }

    /// The records that extend `base`, by its list, each once and in the order of the list.
    pub(super) fn extensions(
        &self,
        base: &FileRecord<'_>,
        list: &[Entry],
        budget: &mut Budget,
        problems: &mut Vec<Problem>,
        scratch: &mut Scratch,
    ) -> Vec<OwnedRecord> {
        let mut seen = HashSet::from([base.number]);
        let mut extensions = Vec::new();
        for entry in list.iter().filter(|entry| seen.insert(entry.record.number)) {
            match self.extension(base, entry, scratch) {
                Ok(extension) => extensions.push(extension),
                Err(problem) => {
                    problems.push(problem);
                    if let Err(limit) = budget.take_foreign(base.place.first()) {
                        problems.push(limit);
                        break;
                    }
                }
            }
        }
        extensions
    }

    fn extension(
        &self,
        base: &FileRecord<'_>,
        entry: &Entry,
        scratch: &mut Scratch,
    ) -> Result<OwnedRecord, Problem> {
        let loaded = self.load(entry.record.number, scratch)?;
        let record = loaded.parse()?;
        if record.base != base.reference() || record.reference() != entry.record {
            let how = term!("ntfs.record-attribute-list-file-names");
            return Err(Problem::damage(
                NAME,
                record.place.first(),
                ProblemKind::Inconsistent(how),
            ));
        }
        Ok(loaded)
    }
}

/// All attributes of a file: those of its base record and, when it has a list, those of its
/// extension records that the list names. What it names and is not there, and what is there and not
/// named, is told.
pub(super) fn listed<'a>(
    all: Vec<Attribute<'a>>,
    list: &[Entry],
    loaded: &HashSet<u64>,
    problems: &mut Vec<Problem>,
) -> Vec<Attribute<'a>> {
    problems.extend(missing(&all, list, loaded));
    let keys: HashSet<_> = list.iter().map(Entry::key).collect();
    let is_named = |attribute: &Attribute<'_>| {
        attribute.type_code == type_code::ATTRIBUTE_LIST
            || keys.contains(&attribute_list::key_of(attribute))
    };
    let (kept, unnamed): (Vec<_>, Vec<_>) = all.into_iter().partition(is_named);
    with_unnamed(kept, unnamed, problems)
}

/// Adds the attributes that no list names, each with a note.
fn with_unnamed<'a>(
    mut kept: Vec<Attribute<'a>>,
    unnamed: Vec<Attribute<'a>>,
    problems: &mut Vec<Problem>,
) -> Vec<Attribute<'a>> {
    for attribute in unnamed {
        let how = term!("ntfs.attribute-list-file-does-not");
        problems.push(Problem::note(
            "attribute header",
            attribute.at,
            ProblemKind::Inconsistent(how),
        ));
        // Better an attribute too many than evidence that nobody sees, unless it would mix with a
        // named one.
        let twin = |other: &Attribute<'_>| {
            other.type_code == attribute.type_code && other.name == attribute.name
        };
        if !kept.iter().any(twin) {
            kept.push(attribute);
        }
    }
    kept
}

/// A problem for each attribute that the list names in a loaded record, and that is not there.
fn missing(all: &[Attribute<'_>], list: &[Entry], loaded: &HashSet<u64>) -> Vec<Problem> {
    let there: HashSet<_> = all.iter().map(attribute_list::key_of).collect();
    let at = all.first().map_or(0, |attribute| attribute.at);
    let how = term!("ntfs.attribute-list-names-attribute-record");
    let of_loaded = list.iter().filter(|entry| loaded.contains(&entry.record.number));
    let missing = of_loaded.filter(|entry| !there.contains(&entry.key()));
    missing
        .map(|_| Problem::damage("$ATTRIBUTE_LIST", at, ProblemKind::Inconsistent(how)))
        .collect()
}

/// What stands in place of the signature.
pub(super) fn no_signature(at: u64, bytes: &[u8]) -> Problem {
    let found = bytes.first_chunk::<4>().map_or(0, |found| u64::from(u32::from_le_bytes(*found)));
    let expected = byte_source::Expected::Exactly(u64::from(u32::from_le_bytes(*SIGNATURE)));
    Problem::damage(NAME, at, ProblemKind::Value { field: "signature", expected, found })
}
