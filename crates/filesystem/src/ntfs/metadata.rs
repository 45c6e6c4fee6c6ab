//! Which records are the file system's own.

use std::ops::RangeInclusive;

use byte_source::Scratch;

use super::attribute::type_code;
use super::file_name::FileName;
use super::file_reference::FileReference;
use super::records::Records;
use crate::{RecordKind, RecordRef};

/// The root directory's record.
pub(super) const ROOT: u64 = 5;

/// `$Extend`, the directory of most later metadata files.
const EXTEND: u64 = 11;

/// Records from here on belong to users, or to `$Extend`.
pub(super) const FIRST_USER_RECORD: u64 = 16;

/// Kept for files to come (12 to 15) and for the extension records of `$MFT` (16 to 23).
pub(super) const RESERVED_RECORDS: RangeInclusive<u64> = 12..=23;

/// `$Extend` and the directories below it.
#[derive(Clone, Debug, Default)]
pub(super) struct Directories(Vec<FileReference>);

impl Directories {
    /// Finds them among the first records.
    pub(super) fn find(records: &Records, scratch: &mut Scratch) -> Self {
        /// Formatting makes them: they take the first records behind the reserved ones.
        const SEARCHED: u64 = 128;
        let mut found = vec![FileReference { number: EXTEND, sequence: 11 }];
        if let Ok(loaded) = records.load(EXTEND, scratch) {
            found.extend(loaded.parse().ok().map(|record| record.reference()));
        }
        for number in FIRST_USER_RECORD..records.mft.slots.min(SEARCHED) {
            let Ok(loaded) = records.load(number, scratch) else { continue };
            let Ok(record) = loaded.parse() else { continue };
            if !record.is_directory() || !record.is_in_use() {
                continue;
            }
            let mut attributes = Vec::new();
            record.attributes(&mut attributes, &mut Vec::new());
            let names = attributes.iter().filter(|attribute| attribute.type_code == type_code::FILE_NAME);
            let mut names = names.filter_map(|attribute| FileName::parse(&attribute.value()?, 0).ok());
            if names.any(|name| found.contains(&name.parent) && !holds_user_files(&name)) {
                found.push(record.reference());
            }
        }
        Self(found)
    }

    /// Is the record of this number, kind and names the file system's own?
    pub(super) fn holds(&self, number: u64, kind: RecordKind, names: &[FileName<'_>]) -> bool {
        number < FIRST_USER_RECORD
            || kind == RecordKind::Reserved
            || names.iter().any(|name| self.0.contains(&name.parent))
    }
}

/// `$Extend\$Deleted` holds files that users deleted while programs still had them open.
fn holds_user_files(name: &FileName<'_>) -> bool {
    name.name == b"$\0D\0e\0l\0e\0t\0e\0d\0"
}

/// The root directory as references to it are made.
pub(super) fn root_reference(records: &Records, scratch: &mut Scratch) -> RecordRef {
    let loaded = records.load(ROOT, scratch).ok();
    let sequence = loaded.and_then(|loaded| loaded.parse().ok().map(|record| record.generation()));
    RecordRef { number: ROOT, generation: Some(u64::from(sequence.unwrap_or(5))) }
}
