//! The rows of a reading as an index has them: every record in use with all its paths.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use byte_source::Problem;
use case_model::readable_name;
use evidence::{Spill, TreeBuilder};
use filesystem::{Allocation, FileSystem, Link, LinkParent, Record, RecordId, RecordKind};

use super::outcome::Dependence;
use super::overlay::sectors;

/// Bytes that belong to an entry on either side of its place: FAT has its long name before it (20 entries of 32 bytes), exFAT and
/// NTFS behind it.
const ENTRY_BYTES: u64 = 640;
/// Directories above a name that are followed.
const MOST_ABOVE: u32 = 64;

/// A record, wherever it was found: start of the volume, identity.
pub(super) type RowKey = (u64, RecordId);

/// What the index says of a record besides its streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) allocated: bool,
    pub(super) kind: RecordKind,
    /// Every path; one of the folder of orphans when no directory leads to it.
    pub(super) paths: BTreeSet<String>,
    /// No directory leads to it, and the index says so.
    pub(super) orphan: bool,
}

/// Gives every record its paths as a scan does, with what the tree of names reports.
pub(super) fn rows(
    file_system: &dyn FileSystem,
    start: u64,
    records: &[Record],
    links: &[Link],
) -> (BTreeMap<RowKey, Row>, Vec<Problem>) {
    let builder = TreeBuilder::new(Arc::new(Spill::in_memory()));
    let mut part = builder.part();
    records.iter().for_each(|record| part.take_record(record));
    links.iter().for_each(|link| part.take_link(link.clone()));
    part.join();
    let tree = builder.finish(file_system.root());
    let mut reader = tree.reader();
    let mut rows = BTreeMap::new();
    for record in records {
        let (first, further) = reader.places(record);
        let orphan = first.orphan;
        let paths = std::iter::once(first).chain(further).map(|place| {
            let directory = tree.paths().get(place.directory).map_or("", String::as_str);
            let name = place.link.map(readable).unwrap_or_default();
            format!("{}/{name}", directory.trim_end_matches('/'))
        });
        let row = Row {
            allocated: record.allocation == Allocation::Allocated,
            kind: record.kind,
            paths: paths.collect(),
            orphan,
        };
        rows.insert((start, record.id), row);
    }
    (rows, tree.second_names().to_vec())
}

fn readable(link: &Link) -> String {
    link.readable.clone().unwrap_or_else(|| readable_name(&link.name, link.encoding))
}

/// Notes for every record in which sectors its names lie, and the records and names of the directories above it.
pub(super) fn hang_names(
    dependence: &mut Dependence,
    start: u64,
    records: &[Record],
    links: &[Link],
) {
    let mut of_child: BTreeMap<u64, Vec<&Link>> = BTreeMap::new();
    for link in links.iter().filter(|link| link.allocation == Allocation::Allocated) {
        of_child.entry(link.child.number).or_default().push(link);
    }
    let at: BTreeMap<u64, u64> =
        records.iter().map(|record| (record.id.number, record.at)).collect();
    for record in records {
        let mut ranges = vec![around(start, record.at)];
        let mut waiting = vec![record.id.number];
        let mut seen = BTreeSet::new();
        for _ in 0..MOST_ABOVE {
            let Some(number) = waiting.pop() else { break };
            if !seen.insert(number) {
                continue;
            }
            ranges.extend(at.get(&number).map(|at| around(start, *at)));
            for link in of_child.get(&number).into_iter().flatten() {
                ranges.push(around(start, link.at));
                if let LinkParent::Directory(parent) = link.parent {
                    waiting.push(parent.number);
                }
            }
        }
        dependence.rows.insert((start, record.id), ranges);
    }
}

/// The sectors of an entry.
fn around(start: u64, at: u64) -> Range<u64> {
    let place = start.saturating_add(at);
    sectors(&(place.saturating_sub(ENTRY_BYTES).max(start)..place.saturating_add(ENTRY_BYTES)))
}
