//! One record of an image, with all that is known of it.

use byte_source::{Problem, Scratch};
use case_model::{NameEncoding, Times};
use evidence::{
    EvidenceImage, Locator, NoScanWatch, OnMedium, ReadableFileSystem, Tree, TreePlace,
    gather_names, guarded, readable_link,
};
use filesystem::{Allocation, NameSpace, Record};

use crate::LookError;
use crate::listing::list;
use crate::listing_scope::ListingScope;
use crate::pool::start_pool;

/// A record with its names.
#[derive(Clone, Debug)]
pub struct RecordDescription {
    /// The record.
    pub record: Record,
    /// All its names: in use and deleted, long and short.
    pub names: Vec<NamePlace>,
}

/// A name of a record.
#[derive(Clone, Debug)]
pub struct NamePlace {
    /// Full readable path.
    pub path: String,
    /// The name's raw bytes.
    pub name: Vec<u8>,
    /// How to understand them.
    pub encoding: NameEncoding,
    /// Is it the name that people see?
    pub space: NameSpace,
    /// Is it in use?
    pub allocation: Allocation,
    /// No directory leads to it.
    pub orphan: bool,
    /// Byte offset of the name's entry on the medium.
    pub at: u64,
    /// The times that the name keeps.
    pub times: Option<Times>,
}

/// Reads a record again, and all names that stand for it.
///
/// # Errors
/// When threads cannot be started. What is wrong with the record is the inner error.
pub fn describe(
    readable: ReadableFileSystem<'_>,
    locator: &Locator,
    threads: usize,
) -> Result<Result<RecordDescription, Problem>, LookError> {
    let mut scratch = Scratch::new();
    let read = guarded(|| readable.file_system.record(locator.record, &mut scratch));
    let record = match read.and_then(|record| record) {
        Ok(record) => record,
        Err(problem) => return Ok(Err(problem)),
    };
    let names = start_pool(threads)?.install(|| gather_names(readable.file_system, &NoScanWatch));
    let tree = &names.tree;
    let medium = readable.on_medium();
    let mut reader = tree.reader();
    let names =
        reader.all_names(&record).filter_map(|placed| NamePlace::of(&placed, tree, &medium));
    let names = names.collect();
    Ok(Ok(RecordDescription { record, names }))
}

impl NamePlace {
    /// Returns the name at one place of a record; `None` when there is none.
    fn of(placed: &TreePlace<'_>, tree: &Tree, medium: &OnMedium<'_>) -> Option<Self> {
        let link = placed.link?;
        let above = tree.paths().get(placed.directory).map_or("", String::as_str);
        Some(Self {
            path: format!("{}/{}", above.trim_end_matches('/'), readable_link(link)),
            name: link.name.clone(),
            encoding: link.encoding,
            space: link.space,
            allocation: link.allocation,
            orphan: placed.orphan,
            at: medium.at(link.at),
            times: link.times.as_deref().copied(),
        })
    }
}

/// What stands at a path.
#[derive(Clone, Debug)]
pub struct PathTarget {
    /// Where it is.
    pub locator: Locator,
    /// Is it in use?
    pub allocation: Allocation,
    /// A deleted name whose record is gone, or in use for another file.
    pub name_alone: bool,
}

/// The entries and streams of a path in those file systems of an image that `chosen` lets through; in use before deleted ones.
///
/// # Errors
/// When threads cannot be started.
pub fn look_up(
    image: &EvidenceImage,
    path: &str,
    threads: usize,
    chosen: &dyn Fn(&ReadableFileSystem<'_>) -> bool,
) -> Result<Vec<PathTarget>, LookError> {
    let wanted = ListingScope::At(path.to_owned());
    let mut found = Vec::new();
    for readable in image.readable().filter(|readable| chosen(readable)) {
        list(readable, &wanted, false, threads, &mut |listed| {
            let allocation = listed.allocation;
            let name_alone = listed.name_alone;
            found.push(PathTarget { locator: listed.locator.clone(), allocation, name_alone });
            true
        })?;
    }
    found.sort_by_key(|found: &PathTarget| found.allocation);
    Ok(found)
}
