//! Makes entries of a listing from records and their names.

use std::ops::Range;

use byte_source::{Problem, Scratch};
use case_model::{NameEncoding, push_readable};
use evidence::{
    DeletedName, Locator, Names, NoScanWatch, OnMedium, ReadableFileSystem, StreamChoice, Tree,
    TreePlace, TreeReader, push_readable_link, scan_isolated,
};
use filesystem::{Allocation, Found, Link, Record, RecordId, RecordKind, Stream, StreamKind};

use crate::listed_entry::ListedEntry;
use crate::listing_scope::ListingScope;

/// What was listed of a part of a record table.
#[derive(Default)]
pub(crate) struct ListedPart {
    pub(crate) entries: Vec<ListedEntry>,
    /// Entries that no directory leads to, wanted or not.
    pub(crate) orphans: u64,
    pub(crate) problems: Vec<Problem>,
}

/// Makes entries of records.
pub(crate) struct Lister<'l> {
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
    pub(crate) fn new(
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

    /// Does the directory that was asked for exist?
    pub(crate) fn directory_exists(&self) -> bool {
        match self.wanted {
            ListingScope::In(directory, _) => self.tree.paths().contains(directory),
            ListingScope::All | ListingScope::At(_) => true,
        }
    }

    pub(crate) fn reader(&self) -> TreeReader<'l> {
        self.tree.reader()
    }

    /// Lists the records of a part, which is scanned again.
    pub(crate) fn part(&self, range: Range<u64>) -> ListedPart {
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

    /// Lists a record, under each of its names.
    pub(crate) fn record(
        &self,
        mut record: Record,
        reader: &mut TreeReader<'_>,
        part: &mut ListedPart,
    ) {
        part.problems.append(&mut record.problems);
        let (first, further) = reader.places(&record);
        part.orphans = part.orphans.saturating_add(u64::from(first.orphan));
        self.name(&record, first, false, part);
        for further in further {
            let short = further.link.is_some_and(|link| link.space == filesystem::NameSpace::Short);
            if !short {
                self.name(&record, further, true, part);
            }
        }
    }

    /// The streams of a record under one of its names.
    fn name(
        &self,
        record: &Record,
        placed: TreePlace<'_>,
        further_name: bool,
        part: &mut ListedPart,
    ) {
        if !self.may_list(record, placed) {
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

    /// May a record at this place be wanted, as far as its directory and its state tell?
    fn may_list(&self, record: &Record, placed: TreePlace<'_>) -> bool {
        let is_deleted = record.allocation == Allocation::Deleted;
        let in_scope = self.directories.get(placed.directory).copied().unwrap_or(false);
        in_scope && (is_deleted || !self.deleted_only)
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
        let mut path =
            String::with_capacity(above.len().saturating_add(2).saturating_add(readable_bytes));
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
        let name = placed
            .link
            .map_or((Vec::new(), NameEncoding::Bytes), |link| (link.name.clone(), link.encoding));
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

    /// Lists the names without a record.
    pub(crate) fn names_alone(&self) -> impl Iterator<Item = ListedEntry> {
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
        let id =
            RecordId { number: link.child.number, generation: link.child.generation.unwrap_or(0) };
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
