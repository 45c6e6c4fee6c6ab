//! What a file system of an image holds, without a case.

use std::ops::Range;

use byte_source::{Problem, Scratch, Severity};
use case_model::{NameEncoding, push_readable};
use evidence::{
    DeletedName, Locator, Names, NoScanWatch, OnMedium, ReadableFileSystem, StreamChoice, Tree, TreePlace,
    TreeReader, push_readable_link, scan_isolated,
};
use filesystem::{Allocation, Found, Link, Record, RecordId, RecordKind, Stream, StreamKind};
use rayon::ThreadPool;
use rayon::prelude::*;

use crate::LookError;
use crate::entry_order::Sink;
use crate::listed_entry::ListedEntry;
use crate::pool::start_pool;
use crate::record_cache::{MOST_KEPT_BYTES, gather_kept};

/// Parts of a record table for each worker that are listed before they are handed over: bounds what waits.
const PARTS_AT_A_TIME: usize = 16;

/// Which entries are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListingScope {
    /// All.
    All,
    /// What a directory holds; `true`: and what is below.
    In(String, bool),
    /// The entries and streams of exactly this path.
    At(String),
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

    fn take(&mut self, part: &mut ListedPart, sink: &mut Sink<'_>) {
        self.orphans += std::mem::take(&mut part.orphans);
        self.problems.append(&mut part.problems);
        part.entries.drain(..).for_each(|listed| sink.take(listed));
    }
}

/// Lists the entries of a file system. `each` returns false to stop; entries come by path, directory by directory.
///
/// # Errors
/// When threads cannot be started.
pub fn list(
    readable: ReadableFileSystem<'_>,
    wanted: &ListingScope,
    deleted_only: bool,
    threads: usize,
    each: &mut dyn FnMut(&ListedEntry) -> bool,
) -> Result<Listing, LookError> {
    list_keeping(readable, wanted, deleted_only, threads, MOST_KEPT_BYTES, each)
}

/// As [`list`], with `most_kept_bytes` of records kept from the first look.
fn list_keeping(
    readable: ReadableFileSystem<'_>,
    wanted: &ListingScope,
    deleted_only: bool,
    threads: usize,
    most_kept_bytes: u64,
    each: &mut dyn FnMut(&ListedEntry) -> bool,
) -> Result<Listing, LookError> {
    let pool = start_pool(threads)?;
    let (names, kept) = pool.install(|| gather_kept(readable.file_system, most_kept_bytes));
    let lister = Lister::new(readable, &names, wanted, deleted_only);
    let mut sink = Sink::new(each);
    lister.names_alone().for_each(|listed| sink.take(listed));
    let mut listing = Listing { directory: lister.directory_exists(), ..Listing::default() };
    match kept {
        Some(records) => list_kept(&lister, records, &mut listing, &mut sink),
        None => list_again(&lister, &names, &pool, &mut listing, &mut sink),
    }
    sink.flush();
    listing.entries = sink.entries;
    listing.sorted = sink.sorted;
    listing.problems.extend(names.problems);
    listing.problems.sort();
    listing.problems.dedup();
    Ok(listing)
}

/// Takes the records that the first look kept.
fn list_kept(lister: &Lister<'_>, records: Vec<Record>, listing: &mut Listing, sink: &mut Sink<'_>) {
    let mut reader = lister.tree.reader();
    let mut part = ListedPart::default();
    for record in records {
        lister.record(record, &mut reader, &mut part);
        listing.take(&mut part, sink);
        if sink.stopped {
            return;
        }
    }
}

/// Scans the records a second time.
fn list_again(
    lister: &Lister<'_>,
    names: &Names,
    pool: &ThreadPool,
    listing: &mut Listing,
    sink: &mut Sink<'_>,
) {
    let workers = pool.current_num_threads().max(1);
    for ranges in names.parts.chunks(PARTS_AT_A_TIME * workers) {
        let listed: Vec<ListedPart> =
            pool.install(|| ranges.par_iter().map(|range| lister.part(range.clone())).collect());
        for mut part in listed {
            listing.take(&mut part, sink);
            if sink.stopped {
                return;
            }
        }
    }
}

#[derive(Default)]
struct ListedPart {
    entries: Vec<ListedEntry>,
    orphans: u64,
    problems: Vec<Problem>,
}

/// Makes entries of records.
struct Lister<'l> {
    readable: ReadableFileSystem<'l>,
    tree: &'l Tree,
    medium: OnMedium<'l>,
    /// The file system's word and the volume's offset, as every locator has them.
    locator: Locator,
    wanted: &'l ListingScope,
    /// For each directory of the tree: may its entries be wanted?
    directories: Vec<bool>,
    deleted_only: bool,
}

impl<'l> Lister<'l> {
    fn new(
        readable: ReadableFileSystem<'l>,
        names: &'l Names,
        wanted: &'l ListingScope,
        deleted_only: bool,
    ) -> Self {
        let directories = names.tree.paths().iter().map(|path| wanted.may_hold(path)).collect();
        let medium = readable.on_medium();
        let locator = readable.locator(RecordId { number: 0, generation: 0 });
        Self { readable, tree: &names.tree, medium, locator, wanted, directories, deleted_only }
    }

    fn directory_exists(&self) -> bool {
        match self.wanted {
            ListingScope::In(directory, _) => self.tree.paths().contains(directory),
            ListingScope::All | ListingScope::At(_) => true,
        }
    }

    fn part(&self, range: Range<u64>) -> ListedPart {
        let mut reader = self.tree.reader();
        let mut take = |part: &mut ListedPart, found| {
            if let Found::Record(record) = found {
                self.record(*record, &mut reader, part);
            }
        };
        let (mut part, failed) = scan_isolated(
            self.readable.file_system,
            range,
            &mut Scratch::new(),
            &NoScanWatch,
            &ListedPart::default,
            &mut take,
        );
        part.problems.extend(failed);
        part
    }

    fn record(&self, mut record: Record, reader: &mut TreeReader<'_>, part: &mut ListedPart) {
        part.problems.append(&mut record.problems);
        let (first, further) = reader.places(&record);
        part.orphans += u64::from(first.orphan);
        self.name(&record, first, false, part);
        for further in further {
            let short = further.link.is_some_and(|link| link.space == filesystem::NameSpace::Short);
            if !short {
                self.name(&record, further, true, part);
            }
        }
    }

    /// The streams of a record under one of its names.
    fn name(&self, record: &Record, placed: TreePlace<'_>, further_name: bool, part: &mut ListedPart) {
        let deleted = record.allocation == Allocation::Deleted;
        if !self.directories.get(placed.directory).copied().unwrap_or(false)
            || (self.deleted_only && !deleted)
        {
            return;
        }
        // Names of streams are coded as the names of files are; a record without a name is an NTFS record, whose names are UTF-16.
        let encoding = placed.link.map_or(NameEncoding::Utf16Le, |link| link.encoding);
        let streams = (0..record.streams.len()).map(Some);
        let has_data = record.streams.iter().any(|stream| stream.kind == StreamKind::Data);
        for ordinal in (!has_data).then_some(None).into_iter().chain(streams) {
            let stream = ordinal.and_then(|ordinal| record.streams.get(ordinal));
            let path = self.path_of(record.id, &placed, stream, encoding);
            if self.wanted.is_met(&path) {
                part.entries.push(self.listed(record, &placed, path, ordinal, further_name));
            }
        }
    }

    /// The full readable path of a stream, or of an object without.
    fn path_of(
        &self,
        id: RecordId,
        placed: &TreePlace<'_>,
        stream: Option<&Stream>,
        encoding: NameEncoding,
    ) -> String {
        let above = self.tree.paths().get(placed.directory).map_or("", String::as_str);
        let link = placed.link;
        let readable_bytes =
            link.map_or(16, |link| link.readable.as_ref().map_or(link.name.len(), String::len));
        let mut path = String::with_capacity(above.len() + 2 + readable_bytes);
        path.push_str(above);
        match link {
            Some(link) => push_name(link, &mut path),
            None if placed.orphan => path.push_str(&format!("/OrphanFile-{}", id.number)),
            None => {}
        }
        if let Some(stream) = stream.filter(|stream| stream.kind != StreamKind::Data) {
            path.push(':');
            push_readable(&stream.name, encoding, &mut path);
        }
        path
    }

    fn listed(
        &self,
        record: &Record,
        placed: &TreePlace<'_>,
        path: String,
        ordinal: Option<usize>,
        further_name: bool,
    ) -> ListedEntry {
        let name =
            placed.link.map_or((Vec::new(), NameEncoding::Bytes), |link| (link.name.clone(), link.encoding));
        let encoding = placed.link.map_or(NameEncoding::Utf16Le, |link| link.encoding);
        let mut locator = self.locator(record.id);
        if let Some(ordinal) = ordinal {
            locator.stream = StreamChoice::of(record, ordinal, encoding);
        }
        let stream = ordinal.and_then(|ordinal| record.streams.get(ordinal));
        ListedEntry {
            locator,
            path,
            name,
            allocation: record.allocation,
            orphan: placed.orphan,
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

    fn locator(&self, record: RecordId) -> Locator {
        Locator { record, ..self.locator.clone() }
    }

    fn names_alone(&self) -> impl Iterator<Item = ListedEntry> {
        self.tree
            .deleted_names()
            .filter(|name| self.directories.get(name.directory).copied().unwrap_or(false))
            .filter(|name| name.link.space != filesystem::NameSpace::Short)
            .filter(|name| !self.deleted_only || name.link.allocation == Allocation::Deleted)
            .map(|name| self.name_alone(&name))
            .filter(|listed| self.wanted.is_met(&listed.path))
    }

    fn name_alone(&self, name: &DeletedName) -> ListedEntry {
        let link = &name.link;
        let id = RecordId { number: link.child.number, generation: link.child.generation.unwrap_or(0) };
        let placed = TreePlace { directory: name.directory, link: Some(link), orphan: name.orphan };
        ListedEntry {
            locator: self.locator(id),
            path: self.path_of(id, &placed, None, link.encoding),
            name: (link.name.clone(), link.encoding),
            allocation: link.allocation,
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

/// Appends a name to the path of its directory. The root's path ends in a separator already; an empty name leaves the path as it is.
fn push_name(link: &Link, path: &mut String) {
    let directory_bytes = path.len();
    if path != "/" {
        path.push('/');
    }
    let start = path.len();
    push_readable_link(link, path);
    if path.len() == start {
        path.truncate(directory_bytes);
    }
}

impl ListingScope {
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
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_wanted_with_what_is_below_it_and_not_with_what_begins_alike() {
        let below = ListingScope::In("/a".to_owned(), true);
        assert!(below.may_hold("/a") && below.may_hold("/a/b"));
        assert!(!below.may_hold("/ab") && !below.may_hold("/"));
        let all = ListingScope::In("/".to_owned(), true);
        assert!(all.may_hold("/") && all.may_hold("/a/b"));
        let flat = ListingScope::In("/a".to_owned(), false);
        assert!(flat.may_hold("/a") && !flat.may_hold("/a/b"));
        assert!(flat.is_met("/a/x") && !flat.is_met("/a"));
    }

    #[test]
    fn a_listing_that_keeps_no_records_reads_them_again_and_is_the_same() {
        let demo = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/demo/demo.raw");
        let options = filesystem::OpenOptions::default();
        let image = evidence::open_image(&demo, &options, &mut Scratch::new()).unwrap();
        for readable in image.readable() {
            let [kept, again] = [MOST_KEPT_BYTES, 0].map(|most| {
                let mut entries = Vec::new();
                let listing = list_keeping(readable, &ListingScope::All, false, 2, most, &mut |listed| {
                    entries.push(format!("{listed:?}"));
                    true
                });
                (format!("{:?}", listing.unwrap()), entries)
            });
            assert!(kept.1.len() > 5);
            assert_eq!(kept, again);
        }
    }
}
