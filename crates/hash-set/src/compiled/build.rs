//! Compiles sorted records into the files of a set.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use case_model::Algorithm;
use thiserror::Error;

use super::details::{DETAILS_FILE, DetailsWriter};
use super::details_feed::{DetailsFeed, NumberedEntry};
use super::entry::{ContentDigest, Record};
use super::hset::{Row, hset_file};
use super::hset_header::MOST_DIGESTS;
use super::hset_writer::HsetWriter;
use super::sorter::Sorter;
use crate::{AlgorithmCount, Beside};

/// Most names kept of one entry besides its first: more help nobody, and a hostile list could repeat one digest a billion times.
const MOST_NAMES: usize = 64;
/// Most entries (different sizes, categories, other digests) of one digest: each becomes a hit.
const MOST_ENTRIES_OF_A_DIGEST: usize = 256;

/// What was built.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) content_digest: [u8; 32],
    pub(crate) digests: Vec<AlgorithmCount>,
    pub(crate) entries: u64,
    pub(crate) duplicates: u64,
    /// Names beyond the most that are kept.
    pub(crate) names_left_out: u64,
}

/// Why a set could not be built.
#[derive(Debug, Error)]
pub(crate) enum BuildError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error("more than {MOST_DIGESTS} entries")]
    TooManyEntries,
    #[error("{algorithm} {digest} stands in more than {MOST_ENTRIES_OF_A_DIGEST} different entries")]
    TooManyEntriesOfADigest { algorithm: Algorithm, digest: String },
}

/// Builds `details.db` and the `.hset` files in `folder` from the records of `sorter`, within about `memory_bytes`; on two threads where `beside`
/// starts one.
pub(crate) fn build(
    folder: &Path,
    sorter: Sorter,
    category_scheme: &str,
    memory_bytes: usize,
    beside: Option<Beside>,
    each: &mut dyn FnMut(u64),
) -> Result<Built, BuildError> {
    let mut builder = Builder::new(folder, category_scheme, memory_bytes, beside)?;
    let mut sorted = sorter.into_sorted()?;
    let mut bytes = Vec::new();
    let mut records = 0_u64;
    while sorted.next(&mut bytes)? {
        let (record, form) =
            Record::decode(&bytes).ok_or_else(|| io::Error::other("a spilled record came back damaged"))?;
        builder.take(record, form)?;
        records = records.saturating_add(1);
        each(records);
    }
    builder.finish()
}

struct Builder {
    folder: PathBuf,
    details: DetailsFeed,
    pairs: Vec<(Algorithm, Sorter)>,
    content: ContentDigest,
    current: Option<Pending>,
    entries: u64,
    duplicates: u64,
    names_left_out: u64,
}

/// The entry whose records are coming.
struct Pending {
    form: Vec<u8>,
    first: Record,
    more_names: Vec<String>,
}

impl Builder {
    fn new(
        folder: &Path,
        category_scheme: &str,
        memory_bytes: usize,
        beside: Option<Beside>,
    ) -> Result<Self, BuildError> {
        let each = memory_bytes.checked_div(Algorithm::ALL.len()).unwrap_or(0);
        Ok(Self {
            folder: folder.to_path_buf(),
            details: DetailsFeed::new(DetailsWriter::create(&folder.join(DETAILS_FILE))?, beside)?,
            pairs: Algorithm::ALL.into_iter().map(|one| (one, Sorter::new(folder, each))).collect(),
            content: ContentDigest::new(category_scheme),
            current: None,
            entries: 0,
            duplicates: 0,
            names_left_out: 0,
        })
    }

    fn take(&mut self, record: Record, form: &[u8]) -> Result<(), BuildError> {
        match &mut self.current {
            Some(pending) if pending.form == form => {
                self.duplicates = self.duplicates.saturating_add(1);
                let left_out = pending.add(record);
                self.names_left_out = self.names_left_out.saturating_add(u64::from(left_out));
                Ok(())
            }
            _ => {
                self.flush()?;
                self.current = Some(Pending { form: form.to_vec(), first: record, more_names: Vec::new() });
                Ok(())
            }
        }
    }

    /// Writes the entry whose records have all come.
    fn flush(&mut self) -> Result<(), BuildError> {
        let Some(pending) = self.current.take() else {
            return Ok(());
        };
        let row = u32::try_from(self.entries).map_err(|_| BuildError::TooManyEntries)?;
        if u64::from(row) >= MOST_DIGESTS {
            return Err(BuildError::TooManyEntries);
        }
        self.content.update(&pending.form);
        for (algorithm, sorter) in &mut self.pairs {
            if let Some(digest) = pending.first.entry.digests.get(*algorithm) {
                sorter.push_parts([digest, &row.to_be_bytes()])?;
            }
        }
        self.entries = self.entries.saturating_add(1);
        let Pending { first: record, more_names, .. } = pending;
        self.details.take(NumberedEntry { row, record, more_names })?;
        Ok(())
    }

    fn finish(mut self) -> Result<Built, BuildError> {
        self.flush()?;
        let details = self.details.finish()?;
        let content_digest = self.content.finish();
        let mut digests = Vec::new();
        for (algorithm, sorter) in self.pairs {
            let count = write_hset(&self.folder, algorithm, sorter, &details, &content_digest)?;
            digests.extend(count.map(|digests| AlgorithmCount { algorithm, digests }));
        }
        details.finish()?;
        File::open(self.folder.join(DETAILS_FILE))?.sync_all()?;
        Ok(Built {
            content_digest,
            digests,
            entries: self.entries,
            duplicates: self.duplicates,
            names_left_out: self.names_left_out,
        })
    }
}

impl Pending {
    /// Adds what another record of the same entry tells. True when its name was left out.
    fn add(&mut self, record: Record) -> bool {
        if self.first.comment.is_none() {
            self.first.comment = record.comment;
        }
        let Some(name) = record.name else {
            return false;
        };
        match &self.first.name {
            None => self.first.name = Some(name),
            Some(first) if *first == name || self.more_names.contains(&name) => {}
            Some(_) if self.more_names.len() >= MOST_NAMES => return true,
            Some(_) => self.more_names.push(name),
        }
        false
    }
}

/// Writes the `.hset` file of one algorithm, none when the set has no such digests.
fn write_hset(
    folder: &Path,
    algorithm: Algorithm,
    sorter: Sorter,
    details: &DetailsWriter,
    set: &[u8; 32],
) -> Result<Option<u64>, BuildError> {
    let mut sorted = sorter.into_sorted()?;
    let mut pair = Vec::new();
    let mut more = sorted.next(&mut pair)?;
    if !more {
        return Ok(None);
    }
    let mut writer = HsetWriter::create(&folder.join(hset_file(algorithm)), folder, algorithm)?;
    while more {
        let (digest, row) = split(&pair, algorithm)?;
        let digest = digest.to_vec();
        let mut rows = vec![row];
        loop {
            more = sorted.next(&mut pair)?;
            if !more || !pair.starts_with(&digest) {
                break;
            }
            if rows.len() >= MOST_ENTRIES_OF_A_DIGEST {
                let digest = case_model::to_hex(&digest);
                return Err(BuildError::TooManyEntriesOfADigest { algorithm, digest });
            }
            rows.push(split(&pair, algorithm)?.1);
        }
        match rows.as_slice() {
            &[row] => writer.push(&digest, Row::One(row).encode())?,
            several => {
                details.shared(&digest, algorithm, several)?;
                writer.push(&digest, Row::Several.encode())?;
            }
        }
    }
    Ok(Some(writer.finish(set)?))
}

/// A digest and its row number.
fn split(pair: &[u8], algorithm: Algorithm) -> io::Result<(&[u8], u32)> {
    let damaged = || io::Error::other("a spilled digest came back damaged");
    let (digest, row) = pair.split_at_checked(algorithm.length()).ok_or_else(damaged)?;
    let row = row.first_chunk().ok_or_else(damaged)?;
    Ok((digest, u32::from_be_bytes(*row)))
}
