//! Compiles sorted records into the files of a set.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use case_model::Algorithm;

use super::build_error::{BuildError, MOST_ENTRIES_OF_A_DIGEST};
use super::details::{DETAILS_FILE, DetailsWriter};
use super::details_feed::DetailsFeed;
use super::entry::{ContentDigest, NumberedEntry, Record};
use super::hset::hset_file;
use super::hset_header::MOST_DIGESTS;
use super::hset_writer::HsetWriter;
use super::row::Row;
use super::sorter::Sorter;
use crate::aside::Aside;
use crate::{AlgorithmCount, Beside};

/// Most names kept of one entry besides its first: more help nobody, and a hostile list could repeat one digest a billion times.
const MOST_NAMES: usize = 64;

/// Memory for the digests that several entries have, for each algorithm, in bytes: they are few, or sorted on disk.
const SHARED_BYTES: usize = 4 << 20;

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

/// Builds `details.db` and the `.hset` files in `folder` from the records of `sorter`, within about `memory_bytes`; on two threads where `beside`
/// starts one.
pub(crate) fn build(
    folder: &Path,
    sorter: Sorter,
    category_scheme: &str,
    memory_bytes: usize,
    beside: Option<Beside>,
    each: &mut dyn FnMut(u64) -> Result<(), BuildError>,
) -> Result<Built, BuildError> {
    let mut builder = Builder::new(folder, category_scheme, memory_bytes, beside)?;
    let mut sorted = sorter.into_sorted()?;
    let mut bytes = Vec::new();
    let mut records = 0_u64;
    while sorted.next(&mut bytes)? {
        let (record, form) = Record::decode(&bytes)
            .ok_or_else(|| io::Error::other("a spilled record came back damaged"))?;
        builder.take(record, form)?;
        records = records.saturating_add(1);
        each(records)?;
    }
    // Its runs on disk are not needed any more; the digests are sorted next.
    drop(sorted);
    builder.finish()
}

struct Builder {
    folder: PathBuf,
    beside: Option<Beside>,
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
            beside,
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
                self.current =
                    Some(Pending { form: form.to_vec(), first: record, more_names: Vec::new() });
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
        // MD5 and SHA-1 have about as many bytes as SHA-256 has: half the work each.
        let (short, long) =
            self.pairs.into_iter().partition(|(algorithm, _)| algorithm.length() < 32);
        let folder = self.folder.clone();
        let others =
            Aside::begin(self.beside, move || write_hsets(&folder, short, &content_digest))?;
        let written = write_hsets(&self.folder, long, &content_digest);
        // Whatever went wrong here: nobody writes into the folder any more when this returns.
        let mut all = others.result()??;
        all.extend(written?);
        let mut digests = Vec::new();
        for hset in all {
            digests.push(AlgorithmCount { algorithm: hset.algorithm, digests: hset.digests });
            write_shared(&details, hset)?;
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

/// A `.hset` file that was written.
struct Written {
    algorithm: Algorithm,
    digests: u64,
    /// Pairs of the digests that several entries have.
    shared: Sorter,
}

/// Writes the `.hset` files of some algorithms, none for those that the set has no digests of.
fn write_hsets(
    folder: &Path,
    pairs: Vec<(Algorithm, Sorter)>,
    set: &[u8; 32],
) -> Result<Vec<Written>, BuildError> {
    let files =
        pairs.into_iter().map(|(algorithm, sorter)| write_hset(folder, algorithm, sorter, set));
    files.filter_map(Result::transpose).collect()
}

/// Writes the `.hset` file of one algorithm, none when the set has no such digests.
fn write_hset(
    folder: &Path,
    algorithm: Algorithm,
    sorter: Sorter,
    set: &[u8; 32],
) -> Result<Option<Written>, BuildError> {
    let mut sorted = sorter.into_sorted()?;
    let mut pair = Vec::new();
    let mut more = sorted.next(&mut pair)?;
    if !more {
        return Ok(None);
    }
    let mut writer = HsetWriter::create(&folder.join(hset_file(algorithm)), folder, algorithm)?;
    let mut shared = Sorter::new(folder, SHARED_BYTES);
    let mut digest = Vec::new();
    let mut rows = Vec::new();
    while more {
        let (first, row) = split(&pair, algorithm)?;
        digest.clear();
        digest.extend_from_slice(first);
        rows.clear();
        rows.push(row);
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
        write_digest(&digest, &rows, &mut writer, &mut shared)?;
    }
    Ok(Some(Written { algorithm, digests: writer.finish(set)?, shared }))
}

/// Writes a digest with its row; several rows go to the table of shared digests.
fn write_digest(
    digest: &[u8],
    rows: &[u32],
    writer: &mut HsetWriter,
    shared: &mut Sorter,
) -> Result<(), BuildError> {
    if let &[row] = rows {
        return Ok(writer.push(digest, Row::One(row).encode())?);
    }
    rows.iter().try_for_each(|row| shared.push_parts([digest, row.to_be_bytes().as_slice()]))?;
    Ok(writer.push(digest, Row::Several.encode())?)
}

/// Writes down the rows of the digests that several entries have.
fn write_shared(details: &DetailsWriter, hset: Written) -> Result<(), BuildError> {
    let mut sorted = hset.shared.into_sorted()?;
    let mut pair = Vec::new();
    while sorted.next(&mut pair)? {
        let (digest, row) = split(&pair, hset.algorithm)?;
        details.shared(digest, hset.algorithm, row)?;
    }
    Ok(())
}

/// A digest and its row number.
fn split(pair: &[u8], algorithm: Algorithm) -> io::Result<(&[u8], u32)> {
    let damaged = || io::Error::other("a spilled digest came back damaged");
    let (digest, row) = pair.split_at_checked(algorithm.length()).ok_or_else(damaged)?;
    let row = row.first_chunk().ok_or_else(damaged)?;
    Ok((digest, u32::from_be_bytes(*row)))
}
