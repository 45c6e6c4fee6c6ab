//! The index of a directory (`$I30`). Names come from the records themselves; the index tells what the records do not: names of
//! records that are damaged, and stale entries in what is not in use of it.

use std::collections::HashSet;

use byte_source::{Expected, Problem, ProblemKind, Scratch, Structure, index};
use words::term;

use super::attribute::{Attribute, type_code};
use super::budget::Budget;
use super::file_name::FileName;
use super::file_record::FileRecord;
use super::file_reference::FileReference;
use super::gather::gathered;
use super::index_entry::{self, IndexEntry};
use super::mft::Mft;
use super::placement::Placement;
use super::records::Records;
use super::{streams, update_sequence};
use crate::{Allocation, Layout, Link, RecordRef};

/// `$I30` in UTF-16LE.
const INDEX_NAME: &[u8] = b"$\0I\x003\x000\0";

/// Records of an index that are read at once.
const RECORDS_AT_ONCE: u64 = 64;

const INDEX_ROOT: u32 = 0x90;
const INDEX_ALLOCATION: u32 = 0xa0;

/// Links that only the index of `directory` tells: of children whose record is damaged, or does not have the name any more, and
/// deleted names of a child that is not known ([`RecordRef::UNKNOWN_CHILD`]).
pub(super) fn links(
    records: &Records,
    directory: &FileRecord<'_>,
    attributes: &[Attribute<'_>],
    budget: &mut Budget,
    problems: &mut Vec<Problem>,
    scratch: &mut Scratch,
) -> Vec<Link> {
    let mut search = Search {
        records,
        directory: directory.reference(),
        is_live: directory.is_in_use(),
        seen: HashSet::new(),
        links: Vec::new(),
        foreign: None,
    };
    let is_root =
        |attribute: &&Attribute<'_>| attribute.type_code == INDEX_ROOT && attribute.name == INDEX_NAME;
    for root in attributes.iter().filter(is_root).filter_map(Attribute::value) {
        let place = Placement::whole(root.at());
        search.node(&root, 0x10, true, &place, budget, scratch);
    }
    search.allocation(attributes, budget, problems, scratch);
    problems.extend(search.foreign.map(|(at, parent)| foreign_entry(at, parent, search.directory)));
    search.links
}

/// An entry that stands in one directory and says that it belongs to another.
fn foreign_entry(at: u64, parent: u64, directory: FileReference) -> Problem {
    let expected = Expected::Exactly(directory.number);
    let kind = ProblemKind::Value {
        field: "parent directory in the key of an entry in use",
        expected,
        found: parent,
    };
    Problem::damage("index entry", at, kind)
}

struct Search<'a> {
    records: &'a Records,
    directory: FileReference,
    is_live: bool,
    /// Children and names that were handed over.
    seen: HashSet<(FileReference, Vec<u8>)>,
    links: Vec<Link>,
    /// The first entry in use whose key names another directory: its place, and that directory's number.
    foreign: Option<(u64, u64)>,
}

impl Search<'_> {
    /// Searches the records of `$INDEX_ALLOCATION`.
    fn allocation(
        &mut self,
        attributes: &[Attribute<'_>],
        budget: &mut Budget,
        problems: &mut Vec<Problem>,
        scratch: &mut Scratch,
    ) {
        let boot = &self.records.boot;
        let Some(stream) = streams::find(attributes, INDEX_ALLOCATION, INDEX_NAME, boot, problems) else {
            return;
        };
        let at = attributes.first().map_or(0, |attribute| attribute.at);
        let Layout::Runs(runs) = stream.layout else {
            let how = ProblemKind::Inconsistent(term!("ntfs.index-directory-does-not-lie"));
            return problems.push(Problem::damage("$INDEX_ALLOCATION", at, how));
        };
        let bitmap = streams::find(attributes, type_code::BITMAP, INDEX_NAME, boot, problems);
        let size = stream.size.min(self.records.volume.len());
        let table = Mft::new(runs, size, boot.index_record_bytes);
        if let Err(problem) = budget.take_index(size, at) {
            return problems.push(problem);
        }
        let volume = &*self.records.volume;
        let used = bitmap.map(|bitmap| {
            let limit = table.slots.div_ceil(8);
            super::content::read(volume, "$I30:$BITMAP", at, &bitmap, limit, &mut Vec::new(), scratch)
        });
        let is_used = |number: u64| {
            let byte = used.as_ref().and_then(|used| used.get(index(number / 8)));
            let bit = u32::try_from(number % 8).unwrap_or(0);
            byte.is_none_or(|byte| byte.checked_shr(bit).unwrap_or(0) & 1 != 0)
        };
        let mut block = Vec::new();
        let mut start = 0_u64;
        while start < table.slots {
            let next = start.saturating_add(RECORDS_AT_ONCE).min(table.slots);
            for (bad, reason) in table.read(volume, start..next, &mut block, scratch) {
                let number = start
                    .saturating_add(bad.start.checked_div(u64::from(boot.index_record_bytes)).unwrap_or(0));
                let at = table.place(number).map_or(at, |place| place.first());
                problems.push(Problem::note("index record", at, ProblemKind::Unreadable(reason)));
            }
            let record_bytes = index(u64::from(boot.index_record_bytes));
            for (number, bytes) in (start..next).zip(block.chunks_exact_mut(record_bytes)) {
                if let Some(place) = table.place(number) {
                    self.record(bytes, is_used(number), &place, budget, problems, scratch);
                }
            }
            start = next;
        }
    }

    /// Searches one index record.
    fn record(
        &mut self,
        bytes: &mut [u8],
        is_used: bool,
        place: &Placement,
        budget: &mut Budget,
        problems: &mut Vec<Problem>,
        scratch: &mut Scratch,
    ) {
        const NAME: &str = "index record";
        if !bytes.starts_with(b"INDX") {
            if is_used && self.is_live {
                // Nothing is lost: the names are in the records of the children.
                let found = bytes.first_chunk::<4>().map_or(0, |found| u64::from(u32::from_le_bytes(*found)));
                let expected = Expected::Exactly(u64::from(u32::from_le_bytes(*b"INDX")));
                let kind = ProblemKind::Value { field: "signature", expected, found };
                problems.push(Problem::note(NAME, place.first(), kind));
            }
            return;
        }
        let mut torn = Vec::new();
        update_sequence::restore(NAME, place.first(), bytes, &mut torn);
        problems.extend(torn.into_iter().map(Problem::as_note));
        let node = Structure::new(NAME, place.first(), bytes);
        self.node(&node, 0x18, is_used, place, budget, scratch);
    }

    /// Searches a node whose index header begins at `header`.
    fn node(
        &mut self,
        node: &Structure<'_>,
        header: usize,
        is_used: bool,
        place: &Placement,
        budget: &mut Budget,
        scratch: &mut Scratch,
    ) {
        let (Ok(first), Ok(end)) = (node.u32_le(header), node.u32_le(header.saturating_add(4))) else {
            return;
        };
        let within = |offset: u32| header.saturating_add(index(u64::from(offset))).min(node.len());
        let area = within(first)..within(end);
        let mut unused = area.clone();
        if self.is_live && is_used {
            for entry in index_entry::live(node, area.clone(), place) {
                self.live(&entry, scratch);
            }
            unused = area.end..node.len();
        } else {
            unused.end = node.len();
        }
        for name in index_entry::headless(node, unused.clone(), self.directory, place) {
            // Whoever knows all names leaves out those that a record still tells.
            self.links.push(name.link(FileReference { number: 0, sequence: 0 }, Allocation::Deleted, &[]));
        }
        let stale = index_entry::stale(node, unused, self.directory, place);
        let names: Vec<FileName<'_>> = stale.iter().map(|entry| entry.name.clone()).collect();
        for entry in &stale {
            let of_child: Vec<FileName<'_>> = stale
                .iter()
                .zip(&names)
                .filter(|(other, _)| other.child == entry.child)
                .map(|(_, name)| name.clone())
                .collect();
            self.stale(entry, &of_child, budget, scratch);
        }
    }

    /// An entry in use: handed over when its child is no record any more. Names in use come from the records, so one that stands here and
    /// belongs elsewhere is not listed here.
    fn live(&mut self, entry: &IndexEntry<'_>, scratch: &mut Scratch) {
        let (child, parent) = (entry.child, entry.name.parent.number);
        if parent != self.directory.number {
            self.foreign = self.foreign.or(Some((entry.name.at, parent)));
        }
        if child.number == self.directory.number
            || self.records.is_record(child.number, scratch)
            || self.records.load_copy(child.number, scratch).is_ok()
        {
            return;
        }
        if self.seen.insert((child, entry.name.name.to_vec())) {
            let mut link = entry.name.link(child, Allocation::Allocated, std::slice::from_ref(&entry.name));
            // The generation of a record that cannot be read is not known.
            link.child = RecordRef { number: child.number, generation: None };
            self.links.push(link);
        }
    }

    /// An entry that is not in use: handed over when no record tells the same name.
    fn stale(
        &mut self,
        entry: &IndexEntry<'_>,
        names: &[FileName<'_>],
        budget: &mut Budget,
        scratch: &mut Scratch,
    ) {
        let key = (entry.child, entry.name.name.to_vec());
        if !self.records.mft.maps(entry.child.number) || self.seen.contains(&key) {
            return;
        }
        if !self.has_name(entry, budget, scratch) {
            self.links.push(entry.name.link(entry.child, Allocation::Deleted, names));
        }
        self.seen.insert(key);
    }

    /// Does the child's record, in this generation, have the entry's name?
    fn has_name(&self, entry: &IndexEntry<'_>, budget: &mut Budget, scratch: &mut Scratch) -> bool {
        let Ok(loaded) = self.records.load(entry.child.number, scratch) else { return false };
        let Ok(record) = loaded.parse() else { return false };
        let is_same = |name: &FileName<'_>| name.parent == self.directory && name.name == entry.name.name;
        record.reference() == entry.child
            && gathered(self.records, &record, budget, &mut Vec::new(), scratch, |attributes, _, _, _| {
                attributes
                    .iter()
                    .filter(|attribute| attribute.type_code == type_code::FILE_NAME)
                    .filter_map(|attribute| FileName::parse(&attribute.value()?, 0).ok())
                    .any(|name| is_same(&name))
            })
    }
}
