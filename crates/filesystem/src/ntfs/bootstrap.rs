//! The MFT lies in the MFT: its first record describes where it lies, and the records that extend
//! that one lie in the part of it that is known by then.

use std::collections::HashSet;

use byte_source::{Problem, ProblemKind, Scratch};
use words::term;

use super::attribute::{Attribute, type_code};
use super::attribute_list::Entry;
use super::budget::Budget;
use super::file_name::names;
use super::file_record::NAME;
use super::mft::Mft;
use super::records::{OwnedRecord, Records};
use super::streams;
use crate::Layout;

/// Finds all of the MFT from its first record, or from the copy of that in `$MFTMirr` when the
/// original does not lead to records.
///
/// # Errors
/// Neither is a record that describes an MFT.
pub(super) fn bootstrap(
    records: &mut Records,
    problems: &mut Vec<Problem>,
    scratch: &mut Scratch,
) -> Result<(), Problem> {
    let start = records.mft.clone();
    let mut failure = None;
    let mut poor = None;
    for from_copy in [false, true] {
        records.mft = start.clone();
        let mut these = Vec::new();
        match follow_first(records, from_copy, &mut these, scratch) {
            Ok(()) if leads_to_records(records, scratch) => {
                problems.extend(failure.map(Problem::as_note));
                problems.extend(these);
                return Ok(());
            }
            Ok(()) => {
                failure = failure.or(Some(leads_nowhere(records)));
                poor = poor.or(Some((records.mft.clone(), these)));
            }
            Err(problem) => failure = failure.or(Some(problem)),
        }
    }
    match poor {
        // An MFT that does not begin with records is better than none.
        Some((mft, these)) => {
            records.mft = mft;
            problems.extend(failure.into_iter().chain(these));
            Ok(())
        }
        None => failure.map_or(Ok(()), Err),
    }
}

/// Makes what the first record, or its copy in `$MFTMirr`, describes the MFT.
fn follow_first(
    records: &mut Records,
    from_copy: bool,
    problems: &mut Vec<Problem>,
    scratch: &mut Scratch,
) -> Result<(), Problem> {
    let first = if from_copy {
        records.load_copy(0, scratch)?
    } else {
        records.load_original(0, scratch)?
    };
    follow(records, &first, problems, scratch)
}

/// The problem of an MFT that does not begin with records.
fn leads_nowhere(records: &Records) -> Problem {
    let how = ProblemKind::Inconsistent(term!("ntfs.first-record-describes-mft-does"));
    let at = records.mft.place(0).map_or(0, |place| place.first());
    Problem::damage("$MFT", at, how)
}

/// Does the MFT begin with records? Some of them may be damaged.
fn leads_to_records(records: &Records, scratch: &mut Scratch) -> bool {
    /// All volumes have these.
    const FIRST: u64 = 12;
    const ENOUGH: usize = 3;
    (0..FIRST).filter(|number| records.is_record(*number, scratch)).count() >= ENOUGH
}

/// Makes what the record 0 `first` describes the MFT, with the records that extend it.
fn follow(
    records: &mut Records,
    first: &OwnedRecord,
    problems: &mut Vec<Problem>,
    scratch: &mut Scratch,
) -> Result<(), Problem> {
    problems.extend(first.problems.iter().cloned());
    let record = first.parse()?;
    let mut own = Vec::new();
    record.attributes(&mut own, problems);
    if is_called_otherwise(&own) {
        let how = ProblemKind::Inconsistent(term!("ntfs.first-record-mft-not-mft"));
        return Err(Problem::damage(NAME, record.place.first(), how));
    }
    adopt(records, &own)?;
    let list = records.list(&own, &mut Budget::new(), problems, scratch).unwrap_or_default();
    let first = First { own, at: record.place.first() };
    follow_list(records, &first, &list, problems, scratch)
}

/// Record 0: its own attributes, and its byte offset in the volume.
struct First<'a> {
    own: Vec<Attribute<'a>>,
    at: u64,
}

/// Makes what the records of the attribute list `list` of record 0 describe part of the MFT.
fn follow_list(
    records: &mut Records,
    first: &First<'_>,
    list: &[Entry],
    problems: &mut Vec<Problem>,
    scratch: &mut Scratch,
) -> Result<(), Problem> {
    /// An `$MFT` in thousands of runs takes a dozen records, most of them within the part that is
    /// known first.
    const ADOPTIONS_MAX: u64 = 256;
    let mut loaded: Vec<OwnedRecord> = Vec::new();
    let mut adoptions = 0_u64;
    for number in records_of_data(list) {
        // Parts by ascending VCN: each lies in what the parts before it map, as it must for NTFS
        // itself.
        if !records.mft.maps(number) {
            adoptions = adoptions.saturating_add(1);
            if adoptions > ADOPTIONS_MAX {
                let what = term!("ntfs.times-known-part-mft-extended");
                let kind = ProblemKind::LimitReached { what, limit: ADOPTIONS_MAX };
                problems.push(Problem::damage("$MFT", first.at, kind));
                break;
            }
            adopt_all(records, &first.own, &loaded, &mut Vec::new())?;
        }
        match records.load(number, scratch) {
            Ok(extension) => loaded.push(extension),
            Err(problem) => problems.push(problem),
        }
    }
    if loaded.is_empty() { Ok(()) } else { adopt_all(records, &first.own, &loaded, problems) }
}

/// The numbers of the records that hold parts of `$DATA`, each once, by ascending VCN, without
/// record 0.
fn records_of_data(list: &[Entry]) -> Vec<u64> {
    let mut parts: Vec<_> =
        list.iter().filter(|entry| entry.type_code == type_code::DATA).collect();
    parts.sort_by_key(|entry| entry.lowest_vcn);
    let mut seen = HashSet::from([0]);
    parts.iter().map(|entry| entry.record.number).filter(|number| seen.insert(*number)).collect()
}

/// The record of another file: a damaged boot sector may point to any of them.
fn is_called_otherwise(own: &[Attribute<'_>]) -> bool {
    let mut names = names(own).peekable();
    names.peek().is_some() && !names.any(|name| name.name == b"$\0M\0F\0T\0")
}

/// Makes `$MFT`'s data, as far as the records read by now describe it, the MFT.
fn adopt_all(
    records: &mut Records,
    own: &[Attribute<'_>],
    loaded: &[OwnedRecord],
    problems: &mut Vec<Problem>,
) -> Result<(), Problem> {
    let mut attributes = own.to_vec();
    for extension in loaded {
        let record = extension.parse()?;
        if record.base.number != 0 {
            let how = term!("ntfs.record-attribute-list-mft-names");
            problems.push(Problem::damage(
                NAME,
                record.place.first(),
                ProblemKind::Inconsistent(how),
            ));
            continue;
        }
        record.attributes(&mut attributes, &mut Vec::new());
    }
    adopt(records, &attributes)
}

fn adopt(records: &mut Records, attributes: &[Attribute<'_>]) -> Result<(), Problem> {
    let at = attributes.first().map_or(0, |attribute| attribute.at);
    let damage = |how| Problem::damage("$MFT", at, ProblemKind::Inconsistent(how));
    // The gaps that are still there while the parts are gathered are no damage; what remains is
    // told with record 0.
    let stream = streams::find(attributes, type_code::DATA, &[], &records.boot, &mut Vec::new());
    let stream = stream.ok_or_else(|| damage(term!("ntfs.mft-no-data-attribute")))?;
    let Layout::Runs(runs) = stream.layout else {
        return Err(damage(term!("ntfs.data-mft-does-not-lie")));
    };
    let size = stream.size.min(records.volume.len());
    records.mft = Mft::new(runs, size, records.boot.record_bytes);
    Ok(())
}
