//! `$Volume` (record 3): `$VOLUME_NAME` and `$VOLUME_INFORMATION`.

use byte_source::{Expected, Problem, ProblemKind, Scratch};
use case_model::{NameEncoding, readable_name};
use words::term;

use super::attribute::type_code;
use super::gather::attributes_of;
use super::records::Records;

/// Record of `$Volume`.
const VOLUME: u64 = 3;

/// `VOLUME_IS_DIRTY`.
const DIRTY: u16 = 1;

/// What the volume says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct VolumeInformation {
    pub(super) label: String,
}

/// Reads `$Volume`; a volume without one has no label. A volume that was not unmounted is noted.
pub(super) fn read(
    records: &Records,
    problems: &mut Vec<Problem>,
    scratch: &mut Scratch,
) -> VolumeInformation {
    let mut information = VolumeInformation::default();
    let read = attributes_of(records, VOLUME, scratch, &mut Vec::new(), |attributes, _, _| {
        for attribute in attributes {
            let Some(value) = attribute.value() else { continue };
            match attribute.type_code {
                type_code::VOLUME_NAME => {
                    information.label = readable_name(value.all(), NameEncoding::Utf16Le)
                }
                type_code::VOLUME_INFORMATION => problems.extend(noted(&value)),
                _ => {}
            }
        }
    });
    // The scan tells the same as damage of the record.
    problems.extend(read.err().map(Problem::as_note));
    information
}

fn noted(value: &byte_source::Structure<'_>) -> Vec<Problem> {
    const NAME: &str = "$VOLUME_INFORMATION";
    let mut problems = Vec::new();
    if let Ok(flags) = value.u16_le(0x0a)
        && flags & DIRTY != 0
    {
        let how = ProblemKind::Inconsistent(term!("ntfs.volume-marked-dirty-not-unmounted"));
        problems.push(Problem::note(NAME, value.at(), how));
    }
    if let Ok(major) = value.u8(8)
        && !matches!(major, 1..=3)
    {
        let expected = Expected::Within(1, 3);
        let kind = ProblemKind::Value { field: "major version", expected, found: u64::from(major) };
        problems.push(Problem::note(NAME, value.at(), kind));
    }
    problems
}
