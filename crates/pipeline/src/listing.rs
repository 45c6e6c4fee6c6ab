//! What a file system of an image holds, without a case.

use std::ops::Range;

use byte_source::{Problem, Scratch, Severity};
use case_model::{NameEncoding, Times, readable_name};
use evidence::{DeletedName, Locator, OnMedium, Placed, ReadableFileSystem, StreamChoice, Tree};
use filesystem::{Allocation, Found, Owner, Record, RecordId, RecordKind, StreamKind};

use crate::ScanError;
use crate::gather::{Names, gather_names, guarded};
use crate::parts::in_order;
use crate::pool::start_pool;
use crate::rows::readable_link;

/// Entries that are sorted by path before they are handed over. What goes beyond comes in the order of the records, so that memory stays
/// bounded: an entry needs about 600 bytes.
const SORTED_ENTRIES: usize = 400_000;

/// Which entries are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All.
    All,
    /// What a directory holds; `true`: and what is below.
    In(String, bool),
    /// The entries and streams of exactly this path.
    At(String),
}

/// A name of a stream, or of an object without streams.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Where it is.
    pub locator: Locator,
    /// Full readable path; of a named stream `path:name`.
    pub path: String,
    /// The name's raw bytes and their encoding; empty for the root and for records without a name.
    pub name: (Vec<u8>, NameEncoding),
    /// Is this name in use, and its record?
    pub allocation: Allocation,
    /// No directory leads to it.
    pub orphan: bool,
    /// A deleted name whose record is gone, or in use for another file: what it named is unknown.
    pub name_alone: bool,
    /// A further name (hard link, or short name) of a record that is listed by its first one.
    pub further_name: bool,
    /// What it is.
    pub kind: RecordKind,
    /// True for the file system's own structures.
    pub metadata: bool,
    /// Which stream; `None` for objects without.
    pub stream: Option<StreamKind>,
    /// Size of the stream in bytes.
    pub size: u64,
    /// Times of the record; for a name alone those that the name keeps.
    pub times: Times,
    /// POSIX mode bits.
    pub mode: Option<u32>,
    /// Numeric owner.
    pub owner: Option<Owner>,
    /// The attribute word as on disk.
    pub attributes: u32,
    /// Readable target of a link.
    pub target: Option<String>,
    /// Byte offset of the record (of the name, for a name alone) on the medium.
    pub at: u64,
}

/// How a listing ended.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// Entries that were handed over.
    pub entries: u64,
    /// Does the directory that was asked for exist? True when none was.
    pub directory: bool,
    /// Entries that no directory leads to, wanted or not.
    pub orphans: u64,
    /// What is wrong with the file system's metadata.
    pub problems: Vec<Problem>,
    /// False when there were too many entries to sort.
    pub sorted: bool,
}

impl Listing {
    /// True when evidence was lost.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.problems.iter().any(|problem| problem.severity == Severity::Damage)
    }
}

/// Lists the entries of a file system. `each` returns false to stop; entries come by path, directory by directory.
///
/// # Errors
/// When threads cannot be started.
pub fn list(
    readable: ReadableFileSystem<'_>,
    wanted: &Wanted,
    deleted_only: bool,
    threads: usize,
    each: &mut dyn FnMut(Listed) -> bool,
) -> Result<Listing, ScanError> {
    let pool = start_pool(threads)?;
    let names = pool.install(|| gather_names(readable.file_system));
    let lister = Lister::new(readable, &names, wanted, deleted_only);
    let mut sink = Sink { waiting: Vec::new(), sorted: true, stopped: false, entries: 0, each };
    lister.names_alone().for_each(|listed| sink.take(listed));
    let mut listing = Listing { directory: lister.directory_exists(), ..Listing::default() };
    let written = in_order(
        &pool,
        names.parts.len(),
        &|part| Ok(names.parts.get(part).map(|range| lister.part(range.clone())).unwrap_or_default()),
        || (),
        |_, part: ListedPart| {
            listing.orphans += part.orphans;
            listing.problems.extend(part.problems);
            part.entries.into_iter().for_each(|listed| sink.take(listed));
            if sink.stopped { Err(()) } else { Ok(()) }
        },
    );
    if written.is_ok() {
        sink.flush();
    }
    listing.entries = sink.entries;
    listing.sorted = sink.sorted;
    listing.problems.extend(names.problems);
    listing.problems.sort();
    listing.problems.dedup();
    Ok(listing)
}

/// Sorts what is few enough.
struct Sink<'e> {
    waiting: Vec<Listed>,
    sorted: bool,
    stopped: bool,
    entries: u64,
    each: &'e mut dyn FnMut(Listed) -> bool,
}

impl Sink<'_> {
    fn take(&mut self, listed: Listed) {
        self.waiting.push(listed);
        if self.waiting.len() >= SORTED_ENTRIES || !self.sorted {
            self.sorted = false;
            self.flush();
        }
    }

    fn flush(&mut self) {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.sort_by(by_path);
        for listed in waiting {
            if self.stopped {
                return;
            }
            self.entries += 1;
            self.stopped = !(self.each)(listed);
        }
    }
}

/// A directory comes before what is in it, and that before its next neighbour; equal paths in use before deleted ones, then by place.
fn by_path(a: &Listed, b: &Listed) -> std::cmp::Ordering {
    let key = |listed: &Listed| (listed.allocation, listed.locator.record, listed.at);
    let mapped = |byte: u8| if byte == b'/' { 0 } else { byte };
    a.path.bytes().map(mapped).cmp(b.path.bytes().map(mapped)).then_with(|| key(a).cmp(&key(b)))
}

#[derive(Default)]
struct ListedPart {
    entries: Vec<Listed>,
    orphans: u64,
    problems: Vec<Problem>,
}

/// Makes entries of records.
struct Lister<'l> {
    readable: ReadableFileSystem<'l>,
    tree: &'l Tree,
    medium: OnMedium<'l>,
    wanted: &'l Wanted,
    /// For each directory of the tree: may its entries be wanted?
    directories: Vec<bool>,
    deleted_only: bool,
}

impl<'l> Lister<'l> {
    fn new(
        readable: ReadableFileSystem<'l>,
        names: &'l Names,
        wanted: &'l Wanted,
        deleted_only: bool,
    ) -> Self {
        let directories = names.tree.paths().iter().map(|path| wanted.may_hold(path)).collect();
        let medium = readable.on_medium();
        Self { readable, tree: &names.tree, medium, wanted, directories, deleted_only }
    }

    fn directory_exists(&self) -> bool {
        match self.wanted {
            Wanted::In(directory, _) => self.tree.paths().contains(directory),
            Wanted::All | Wanted::At(_) => true,
        }
    }

    fn part(&self, range: Range<u64>) -> ListedPart {
        let mut part = ListedPart::default();
        let mut scratch = Scratch::new();
        let scanned = guarded(|| {
            self.readable.file_system.scan(range, &mut scratch, &mut |found| {
                if let Found::Record(record) = found {
                    self.record(&record, &mut part);
                }
            });
        });
        part.problems.extend(scanned.err());
        part
    }

    fn record(&self, record: &Record, part: &mut ListedPart) {
        part.problems.extend(record.problems.iter().cloned());
        let first = self.tree.place(record);
        part.orphans += u64::from(first.orphan);
        self.name(record, first, false, part);
        for further in self.tree.further_names(record) {
            let short = further.link.is_some_and(|link| link.space == filesystem::NameSpace::Short);
            if !short {
                self.name(record, further, true, part);
            }
        }
    }

    /// The streams of a record under one of its names.
    fn name(&self, record: &Record, placed: Placed<'_>, further_name: bool, part: &mut ListedPart) {
        let deleted = record.allocation == Allocation::Deleted;
        if !self.directories.get(placed.directory).copied().unwrap_or(false)
            || (self.deleted_only && !deleted)
        {
            return;
        }
        let (name, readable) = match placed.link {
            Some(link) => ((link.name.clone(), link.encoding), readable_link(link)),
            None if placed.orphan => (nameless(), format!("OrphanFile-{}", record.id.number)),
            None => (nameless(), String::new()),
        };
        let path = self.path(placed.directory, &readable);
        // Names of streams are coded as the names of files are; a record without a name is an NTFS record, whose names are UTF-16.
        let encoding = placed.link.map_or(NameEncoding::Utf16Le, |link| link.encoding);
        let listed = |stream: Option<usize>, path: String| {
            self.listed(record, (name.clone(), path), stream, encoding, (placed.orphan, further_name))
        };
        if !record.streams.iter().any(|stream| stream.kind == StreamKind::Data) {
            self.add(listed(None, path.clone()), part);
        }
        for (ordinal, stream) in record.streams.iter().enumerate() {
            let suffix = match stream.kind {
                StreamKind::Data => String::new(),
                _ => format!(":{}", readable_name(&stream.name, encoding)),
            };
            self.add(listed(Some(ordinal), format!("{path}{suffix}")), part);
        }
    }

    fn add(&self, listed: Listed, part: &mut ListedPart) {
        if self.wanted.is_met(&listed.path) {
            part.entries.push(listed);
        }
    }

    fn listed(
        &self,
        record: &Record,
        (name, path): ((Vec<u8>, NameEncoding), String),
        ordinal: Option<usize>,
        encoding: NameEncoding,
        (orphan, further_name): (bool, bool),
    ) -> Listed {
        let mut locator = self.readable.locator(record.id);
        if let Some(ordinal) = ordinal {
            locator.stream = StreamChoice::of(record, ordinal, encoding);
        }
        let stream = ordinal.and_then(|ordinal| record.streams.get(ordinal));
        Listed {
            locator,
            path,
            name,
            allocation: record.allocation,
            orphan,
            name_alone: false,
            further_name,
            kind: record.kind,
            metadata: record.metadata,
            stream: stream.map(|stream| stream.kind),
            size: stream.map_or(0, |stream| stream.size),
            times: record.times,
            mode: record.mode,
            owner: record.owner,
            attributes: record.attributes,
            target: record.target.as_ref().map(|(_, readable)| readable.clone()),
            at: self.medium.at(record.at),
        }
    }

    fn path(&self, directory: usize, name: &str) -> String {
        let above = self.tree.paths().get(directory).map_or("", String::as_str);
        match (above, name) {
            (above, "") => above.to_owned(),
            ("/", name) => format!("/{name}"),
            (above, name) => format!("{above}/{name}"),
        }
    }

    fn names_alone(&self) -> impl Iterator<Item = Listed> {
        self.tree
            .deleted_names()
            .filter(|name| self.directories.get(name.directory).copied().unwrap_or(false))
            .filter(|name| name.link.space != filesystem::NameSpace::Short)
            .map(|name| self.name_alone(&name))
            .filter(|listed| self.wanted.is_met(&listed.path))
    }

    fn name_alone(&self, name: &DeletedName<'_>) -> Listed {
        let link = name.link;
        let id = RecordId { number: link.child.number, generation: link.child.generation.unwrap_or(0) };
        Listed {
            locator: self.readable.locator(id),
            path: self.path(name.directory, &readable_link(link)),
            name: (link.name.clone(), link.encoding),
            allocation: Allocation::Deleted,
            orphan: name.orphan,
            name_alone: true,
            further_name: false,
            kind: RecordKind::Unknown,
            metadata: false,
            stream: None,
            size: 0,
            times: link.times.as_deref().copied().unwrap_or_default(),
            mode: None,
            owner: None,
            attributes: 0,
            target: None,
            at: self.medium.at(link.at),
        }
    }
}

fn nameless() -> (Vec<u8>, NameEncoding) {
    (Vec::new(), NameEncoding::Bytes)
}

impl Wanted {
    /// May a directory of this path hold what is wanted? (The root's own entry lies in the root.)
    fn may_hold(&self, directory: &str) -> bool {
        match self {
            Self::All => true,
            Self::In(wanted, false) => directory == wanted,
            Self::In(wanted, true) => directory == wanted || is_below(directory, wanted),
            // A name may hold any character but the separator; a path too long stands elsewhere.
            Self::At(path) => path.starts_with(directory),
        }
    }

    fn is_met(&self, path: &str) -> bool {
        match self {
            Self::All => true,
            Self::In(wanted, _) => path != wanted,
            Self::At(wanted) => path == wanted,
        }
    }
}

fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| above == "/" || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_wanted_with_what_is_below_it_and_not_with_what_begins_alike() {
        let below = Wanted::In("/a".to_owned(), true);
        assert!(below.may_hold("/a") && below.may_hold("/a/b"));
        assert!(!below.may_hold("/ab") && !below.may_hold("/"));
        let all = Wanted::In("/".to_owned(), true);
        assert!(all.may_hold("/") && all.may_hold("/a/b"));
        let flat = Wanted::In("/a".to_owned(), false);
        assert!(flat.may_hold("/a") && !flat.may_hold("/a/b"));
        assert!(flat.is_met("/a/x") && !flat.is_met("/a"));
    }
}
