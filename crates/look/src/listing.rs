//! What a file system of an image holds, without a case.

use byte_source::{Problem, Severity};
use evidence::{Names, ReadableFileSystem};
use filesystem::Record;
use rayon::ThreadPool;
use rayon::prelude::*;

use crate::LookError;
use crate::entry_order::Sink;
use crate::listed_entry::ListedEntry;
use crate::lister::{ListedPart, Lister};
use crate::listing_scope::ListingScope;
use crate::pool::start_pool;
use crate::record_cache::{MOST_KEPT_BYTES, gather_kept};

/// Parts of a record table for each worker that are listed before they are handed over: bounds what waits.
const PARTS_AT_A_TIME: usize = 16;

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

    /// Adds problems, each once and in order.
    fn add_problems(&mut self, problems: Vec<Problem>) {
        self.problems.extend(problems);
        self.problems.sort();
        self.problems.dedup();
    }

    fn take(&mut self, part: &mut ListedPart, sink: &mut Sink<'_>) {
        self.orphans = self.orphans.saturating_add(std::mem::take(&mut part.orphans));
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
    listing.add_problems(names.problems);
    Ok(listing)
}

/// Takes the records that the first look kept.
fn list_kept(
    lister: &Lister<'_>,
    records: Vec<Record>,
    listing: &mut Listing,
    sink: &mut Sink<'_>,
) {
    let mut reader = lister.reader();
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
    for ranges in names.parts.chunks(PARTS_AT_A_TIME.saturating_mul(workers)) {
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use byte_source::Scratch;

    use super::*;

    #[test]
    fn a_listing_that_keeps_no_records_reads_them_again_and_is_the_same() {
        let demo =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/demo/demo.raw");
        let options = filesystem::OpenOptions::default();
        let image = evidence::open_image(&demo, &options, &mut Scratch::new()).unwrap();
        for readable in image.readable() {
            let [kept, again] = [MOST_KEPT_BYTES, 0].map(|most| {
                let mut entries = Vec::new();
                let listing =
                    list_keeping(readable, &ListingScope::All, false, 2, most, &mut |listed| {
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
