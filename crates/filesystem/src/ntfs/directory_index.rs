//! The index of a directory (`$I30`). Names come from the records themselves; the index tells what
//! the records do not: names of records that are damaged, and stale entries in what is not in use
//! of it.

use byte_source::{Expected, Problem, ProblemKind, Scratch, Structure, index};
use std::collections::HashSet;
use std::ops::Range;
use words::term;

use super::attribute::{Attribute, type_code};
use super::budget::Budget;
use super::content::MetadataStream;
use super::file_name::{FileName, names};
use super::file_record::FileRecord;
use super::file_reference::FileReference;
use super::gather::gathered;
use super::index_entry::{self, IndexEntry};
use super::mft::Mft;
use super::placement::Placement;
use super::records::Records;
use super::{streams, update_sequence};
use crate::{Allocation, Layout, Link, RecordRef, Stream};

/// `$I30` in UTF-16LE.
const INDEX_NAME: &[u8] = b"$\0I\x003\x000\0";

/// Records of an index that are read at once.
const RECORDS_AT_ONCE: u64 = 64;

const INDEX_ROOT: u32 = 0x90;
const INDEX_ALLOCATION: u32 = 0xa0;

/// Links that only the index of `directory` tells: of children whose record is damaged, or does not
/// have the name any more, and deleted names of a child that is not known
/// ([`RecordRef::UNKNOWN_CHILD`]).
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
        budget,
        problems,
        scratch,
        directory: directory.reference(),
        is_live: directory.is_in_use(),
        seen: HashSet::new(),
        links: Vec::new(),
        foreign: None,
    };
    search.root(attributes);
    search.allocation(attributes);
    let foreign = search.foreign.map(|(at, parent)| foreign_entry(at, parent, search.directory));
    search.problems.extend(foreign);
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
    budget: &'a mut Budget,
    /// What is wrong with the index.
    problems: &'a mut Vec<Problem>,
    scratch: &'a mut Scratch,
    directory: FileReference,
    is_live: bool,
    /// Children and names that were handed over.
    seen: HashSet<(FileReference, Vec<u8>)>,
    links: Vec<Link>,
    /// The first entry in use whose key names another directory: its place, and that directory's
    /// number.
    foreign: Option<(u64, u64)>,
}

impl Search<'_> {
    /// Searches the node in `$INDEX_ROOT`.
    fn root(&mut self, attributes: &[Attribute<'_>]) {
        let is_root = |attribute: &&Attribute<'_>| {
            attribute.type_code == INDEX_ROOT && attribute.name == INDEX_NAME
        };
        for root in attributes.iter().filter(is_root).filter_map(Attribute::value) {
            self.node(&root, 0x10, true, &Placement::whole(root.at()));
        }
    }

    /// Searches the records of `$INDEX_ALLOCATION`.
    fn allocation(&mut self, attributes: &[Attribute<'_>]) {
        let at = attributes.first().map_or(0, |attribute| attribute.at);
        let Some(stream) = self.attribute(attributes, INDEX_ALLOCATION) else { return };
        let Layout::Runs(runs) = stream.layout else {
            let how = ProblemKind::Inconsistent(term!("ntfs.index-directory-does-not-lie"));
            return self.problems.push(Problem::damage("$INDEX_ALLOCATION", at, how));
        };
        let bitmap = self.attribute(attributes, type_code::BITMAP);
        let size = stream.size.min(self.records.volume.len());
        let table = Mft::new(runs, size, self.records.boot.index_record_bytes);
        if let Err(problem) = self.budget.take_index(size, at) {
            return self.problems.push(problem);
        }
        let used = UsedRecords(bitmap.map(|bitmap| self.bitmap(&bitmap, table.slots, at)));
        let mut block = Vec::new();
        let mut start = 0_u64;
        while start < table.slots {
            let next = start.saturating_add(RECORDS_AT_ONCE).min(table.slots);
            self.index_records(&table, start..next, &used, &mut block, at);
            start = next;
        }
    }

    /// The attribute `$I30` of that type.
    fn attribute(&mut self, attributes: &[Attribute<'_>], type_code: u32) -> Option<Stream> {
        streams::find(attributes, type_code, INDEX_NAME, &self.records.boot, self.problems)
    }

    /// The content of `$I30:$BITMAP`, as far as it matters for so many index records.
    fn bitmap(&mut self, bitmap: &Stream, records: u64, at: u64) -> Vec<u8> {
        let limit = records.div_ceil(8);
        let content = MetadataStream { name: "$I30:$BITMAP", at, stream: bitmap, limit };
        content.read(&*self.records.volume, &mut Vec::new(), self.scratch)
    }

    /// Reads some index records into `block` and searches them. `at` stands for those without a
    /// place.
    fn index_records(
        &mut self,
        table: &Mft,
        numbers: Range<u64>,
        used: &UsedRecords,
        block: &mut Vec<u8>,
        at: u64,
    ) {
        let bytes = u64::from(table.record_bytes);
        for (bad, reason) in table.read(&*self.records.volume, numbers.clone(), block, self.scratch)
        {
            let number = numbers.start.saturating_add(bad.start.checked_div(bytes).unwrap_or(0));
            let at = table.place(number).map_or(at, |place| place.first());
            self.problems.push(Problem::note("index record", at, ProblemKind::Unreadable(reason)));
        }
        for (number, bytes) in numbers.zip(block.chunks_exact_mut(index(bytes))) {
            if let Some(place) = table.place(number) {
                self.index_record(bytes, used.has(number), &place);
            }
        }
    }

    /// Searches one index record.
    fn index_record(&mut self, bytes: &mut [u8], is_used: bool, place: &Placement) {
        const NAME: &str = "index record";
        if !bytes.starts_with(b"INDX") {
            if is_used && self.is_live {
                // Nothing is lost: the names are in the records of the children.
                let found = bytes
                    .first_chunk::<4>()
                    .map_or(0, |found| u64::from(u32::from_le_bytes(*found)));
                let expected = Expected::Exactly(u64::from(u32::from_le_bytes(*b"INDX")));
                let kind = ProblemKind::Value { field: "signature", expected, found };
                self.problems.push(Problem::note(NAME, place.first(), kind));
            }
            return;
        }
        let mut torn = Vec::new();
        update_sequence::restore(NAME, place.first(), bytes, &mut torn);
        self.problems.extend(torn.into_iter().map(Problem::as_note));
        self.node(&Structure::new(NAME, place.first(), bytes), 0x18, is_used, place);
    }

    /// Searches a node whose index header begins at `header`.
    fn node(&mut self, node: &Structure<'_>, header: usize, is_used: bool, place: &Placement) {
        let Ok(first) = node.u32_le(header) else { return };
        let Ok(end) = node.u32_le(header.saturating_add(4)) else { return };
        let within = |offset: u32| header.saturating_add(index(u64::from(offset))).min(node.len());
        let area = within(first)..within(end);
        let mut unused = area.start..node.len();
        if self.is_live && is_used {
            unused.start = area.end;
            for entry in index_entry::live(node, area, place) {
                self.live(&entry);
            }
        }
        self.unused(node, unused, place);
    }

    /// Searches what is not in use of a node.
    fn unused(&mut self, node: &Structure<'_>, unused: Range<usize>, place: &Placement) {
        for name in index_entry::headless(node, unused.clone(), self.directory, place) {
            // Whoever knows all names leaves out those that a record still tells.
            self.links.push(name.link(
                FileReference { number: 0, sequence: 0 },
                Allocation::Deleted,
                &[],
            ));
        }
        let stale: Vec<_> = index_entry::stale(node, unused, self.directory, place);
        for entry in &stale {
            let of_child = stale.iter().filter(|other| other.child == entry.child);
            let of_child: Vec<FileName<'_>> = of_child.map(|other| other.name.clone()).collect();
            self.stale(entry, &of_child);
        }
    }

    /// An entry in use: handed over when its child is no record any more. Names in use come from
    /// the records, so one that stands here and belongs elsewhere is not listed here.
    fn live(&mut self, entry: &IndexEntry<'_>) {
        let child = entry.child;
        let parent = entry.name.parent.number;
        if parent != self.directory.number {
            self.foreign = self.foreign.or(Some((entry.name.at, parent)));
        }
        if child.number == self.directory.number
            || self.records.is_record(child.number, self.scratch)
            || self.records.load_copy(child.number, self.scratch).is_ok()
        {
            return;
        }
        if self.seen.insert((child, entry.name.name.to_vec())) {
            let mut link =
                entry.name.link(child, Allocation::Allocated, std::slice::from_ref(&entry.name));
            // The generation of a record that cannot be read is not known.
            link.child = RecordRef { number: child.number, generation: None };
            self.links.push(link);
        }
    }

    /// An entry that is not in use: handed over when no record tells the same name.
    fn stale(&mut self, entry: &IndexEntry<'_>, names: &[FileName<'_>]) {
        let key = (entry.child, entry.name.name.to_vec());
        if !self.records.mft.maps(entry.child.number) || self.seen.contains(&key) {
            return;
        }
        if !self.has_name(entry) {
            self.links.push(entry.name.link(entry.child, Allocation::Deleted, names));
        }
        self.seen.insert(key);
    }

    /// Does the child's record, in this generation, have the entry's name?
    fn has_name(&mut self, entry: &IndexEntry<'_>) -> bool {
        let Ok(loaded) = self.records.load(entry.child.number, self.scratch) else { return false };
        let Ok(record) = loaded.parse() else { return false };
        if record.reference() != entry.child {
            return false;
        }
        let directory = self.directory;
        let is_same = |name: FileName<'_>| name.parent == directory && name.name == entry.name.name;
        let has_it = |attributes: &[Attribute<'_>],
                      _: &mut Budget,
                      _: &mut Vec<Problem>,
                      _: &mut Scratch| { names(attributes).any(is_same) };
        gathered(self.records, &record, self.budget, &mut Vec::new(), self.scratch, has_it)
    }
}

/// The bitmap of an index; without one, all of its records count as used.
struct UsedRecords(Option<Vec<u8>>);

impl UsedRecords {
    fn has(&self, number: u64) -> bool {
        let byte = self.0.as_ref().and_then(|used| used.get(index(number / 8)));
        let bit = u32::try_from(number % 8).unwrap_or(0);
        byte.is_none_or(|byte| byte.checked_shr(bit).unwrap_or(0) & 1 != 0)
    }
}
