//! The attributes of a file, from its base record and the records that extend it.

use std::collections::HashSet;

use byte_source::{Problem, Scratch};

use super::attribute::Attribute;
use super::budget::Budget;
use super::file_record::FileRecord;
use super::records::{Records, listed};

/// Gathers the attributes of a base record and of the records that extend it, and hands them to `then`.
pub(super) fn gathered<T>(
    records: &Records,
    record: &FileRecord<'_>,
    budget: &mut Budget,
    problems: &mut Vec<Problem>,
    scratch: &mut Scratch,
    then: impl FnOnce(&[Attribute<'_>], &mut Budget, &mut Vec<Problem>, &mut Scratch) -> T,
) -> T {
    let mut attributes = Vec::new();
    record.attributes(&mut attributes, problems);
    let Some(list) = records.list(&attributes, budget, problems, scratch) else {
        return then(&attributes, budget, problems, scratch);
    };
    let extensions = records.extensions(record, &list, budget, problems, scratch);
    let mut loaded = HashSet::from([record.number]);
    for extension in &extensions {
        problems.extend(extension.problems.iter().cloned());
        if let Ok(extension) = extension.parse() {
            loaded.insert(extension.number);
            extension.attributes(&mut attributes, problems);
        }
    }
    let attributes = listed(attributes, &list, &loaded, problems);
    then(&attributes, budget, problems, scratch)
}

/// Hands the attributes of the file whose base record is `number` to `then`.
///
/// # Errors
/// Why there is no such record.
pub(super) fn attributes_of<T>(
    records: &Records,
    number: u64,
    scratch: &mut Scratch,
    problems: &mut Vec<Problem>,
    then: impl FnOnce(&[Attribute<'_>], &mut Vec<Problem>, &mut Scratch) -> T,
) -> Result<T, Problem> {
    let loaded = records.load(number, scratch)?;
    problems.extend(loaded.problems.iter().cloned());
    let record = loaded.parse()?;
    let then = |attributes: &[Attribute<'_>],
                _: &mut Budget,
                problems: &mut Vec<Problem>,
                scratch: &mut Scratch| { then(attributes, problems, scratch) };
    Ok(gathered(records, &record, &mut Budget::new(), problems, scratch, then))
}
