//! Looking streams up in every set.

use std::collections::HashMap;

use case_model::{Algorithm, Digests, Hit, HitClass, to_hex};

use super::error::HashSetError;
use super::open::{Library, OpenSet};
use crate::SetInfo;
use crate::compiled::{DETAILS_FILE, DetailsError, Hset, HsetSearch, Row, StoredEntry};

/// Strongest first: the digest that a hit names.
const STRONGEST_FIRST: [Algorithm; 4] =
    [Algorithm::Sha256, Algorithm::Blake3, Algorithm::Sha1, Algorithm::Md5];

/// Entries of a batch that are read in one pass and kept until their hits are made.
const ENTRIES_AT_ONCE: usize = 4096;

/// One set, to be asked by itself.
#[derive(Clone, Copy)]
pub struct SetLookup<'l> {
    info: &'l SetInfo,
    set: &'l OpenSet,
    /// By algorithm, as [`Algorithm::ALL`].
    searches: [Option<HsetSearch<'l>>; 4],
}

impl<'l> SetLookup<'l> {
    /// What is known about the set.
    #[must_use]
    pub fn info(&self) -> &'l SetInfo {
        self.info
    }

    /// Does an entry of the set have this digest? Touches the digests only: tens of nanoseconds.
    #[must_use]
    #[inline]
    pub fn contains(&self, algorithm: Algorithm, digest: &[u8]) -> bool {
        self.search(algorithm).is_some_and(|search| search.position(digest).is_some())
    }

    /// As [`SetLookup::contains`] for many digests of one algorithm, side by side: hands over the numbers of those that are there, in order.
    pub fn contains_many<'d>(
        &self,
        algorithm: Algorithm,
        digests: impl Iterator<Item = &'d [u8]>,
        found: &mut dyn FnMut(usize),
    ) {
        if let Some(search) = self.search(algorithm) {
            search.positions(digests, &mut |group| {
                group.iter().for_each(|&(number, _)| found(number))
            });
        }
    }

    /// The set's digests of one algorithm, sorted as bytes.
    pub fn digests(&self, algorithm: Algorithm) -> impl Iterator<Item = &'l [u8]> {
        let hset = self.set.hsets.iter().find(|hset| hset.algorithm() == algorithm);
        hset.into_iter().flat_map(Hset::all)
    }

    /// As [`Library::lookup`], in this set alone.
    ///
    /// # Errors
    /// As [`Library::lookup`].
    pub fn hits(&self, digests: &Digests, size: u64) -> Result<Vec<Hit>, HashSetError> {
        let mut hits = Vec::new();
        if size != 0 {
            self.set.hits(self.info, digests, size, &mut hits)?;
        }
        Ok(hits)
    }

    #[inline]
    fn search(&self, algorithm: Algorithm) -> Option<&HsetSearch<'l>> {
        let place = match algorithm {
            Algorithm::Md5 => 0,
            Algorithm::Sha1 => 1,
            Algorithm::Sha256 => 2,
            Algorithm::Blake3 => 3,
        };
        self.searches.get(place)?.as_ref()
    }
}

impl Library {
    /// The set with this content digest, to be asked by itself.
    ///
    /// # Errors
    /// [`HashSetError::NotFound`].
    pub fn one(&self, digest: &[u8; 32]) -> Result<SetLookup<'_>, HashSetError> {
        let (info, set) = self.set(digest)?;
        let search = |algorithm| {
            set.hsets.iter().find(|hset| hset.algorithm() == algorithm).map(Hset::search)
        };
        Ok(SetLookup { info, set, searches: Algorithm::ALL.map(search) })
    }

    /// Looks one stream of `size` bytes up in every set: one hit for every entry that shares a digest with it, by set and
    /// then by entry. A stream of no bytes is never looked up.
    ///
    /// # Errors
    /// [`HashSetError::Damaged`] when the details of an entry cannot be read: the hit must not be lost.
    pub fn lookup(&self, digests: &Digests, size: u64) -> Result<Vec<Hit>, HashSetError> {
        let mut hits = Vec::new();
        if size == 0 {
            return Ok(hits);
        }
        for (info, set) in self.active_open() {
            set.hits(info, digests, size, &mut hits)?;
        }
        Ok(hits)
    }

    /// Looks many streams (digests, size in bytes) up at once: the same as [`Library::lookup`] for each, but every set is
    /// walked in the order of its digests.
    ///
    /// # Errors
    /// As [`Library::lookup`].
    pub fn lookup_batch(&self, streams: &[(Digests, u64)]) -> Result<Vec<Vec<Hit>>, HashSetError> {
        let orders = Algorithm::ALL.map(|algorithm| (algorithm, sorted_by(streams, algorithm)));
        let mut hits = vec![Vec::new(); streams.len()];
        for (info, set) in self.active_open() {
            // By row: the entries are read in one pass, each once.
            for pairs in set.pairs(streams, &orders)?.chunks(ENTRIES_AT_ONCE) {
                let entries = set.entries_of(pairs)?;
                for &(row, number) in pairs {
                    if let (Some(stored), Some((digests, size)), Some(hits)) =
                        (entries.get(&row), streams.get(number), hits.get_mut(number))
                    {
                        hits.push(set.hit(info, row, stored, digests, *size)?);
                    }
                }
            }
        }
        Ok(hits)
    }
}

impl Library {
    /// All names that the set of `hit` gives the files with its digest, in the order of the imported file.
    ///
    /// # Errors
    /// [`HashSetError::NotFound`] when the set is no longer there, [`HashSetError::Damaged`] when it cannot be read.
    pub fn names(&self, hit: &Hit) -> Result<Vec<String>, HashSetError> {
        let not_found = || HashSetError::NotFound { wanted: to_hex(&hit.set_digest) };
        let at = self
            .infos
            .binary_search_by_key(&&hit.set_digest, |info| &info.digest)
            .map_err(|_| not_found())?;
        let set = self.sets.get(at).ok_or_else(not_found)?;
        let mut names = Vec::new();
        for row in set.rows_of(&hit.digest, hit.algorithm)? {
            names.extend(set.details.names(row).map_err(|error| set.damaged(error))?);
        }
        Ok(names)
    }
}

/// Numbers of the streams that can be looked up by `algorithm`, by the first eight bytes of their digests: near enough to the order of the
/// set that its pages are walked once, and cheap to sort.
fn sorted_by(streams: &[(Digests, u64)], algorithm: Algorithm) -> Vec<usize> {
    let first_bytes = |digests: &Digests| {
        digests.get(algorithm)?.first_chunk().map(|first| u64::from_be_bytes(*first))
    };
    let mut keyed: Vec<(u64, usize)> = streams
        .iter()
        .enumerate()
        .filter(|(_, (_, size))| *size != 0)
        .filter_map(|(number, (digests, _))| Some((first_bytes(digests)?, number)))
        .collect();
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, number)| number).collect()
}

/// Returns the class of a hit: whether another digest differs, and the stored size.
fn class_of(differs: bool, stored: Option<u64>, size: u64) -> HitClass {
    match stored {
        _ if differs => HitClass::PartialDigests,
        Some(stored) if stored != size => HitClass::SizeDiffers,
        _ => HitClass::Full,
    }
}

impl OpenSet {
    /// Reads the entries of some rows in one pass, each once.
    fn entries_of(
        &self,
        pairs: &[(u32, usize)],
    ) -> Result<HashMap<u32, StoredEntry>, HashSetError> {
        let mut rows: Vec<u32> = pairs.iter().map(|&(row, _)| row).collect();
        rows.dedup();
        let entries = self.details.entries_in(&rows).map_err(|error| self.damaged(error))?;
        Ok(rows.into_iter().zip(entries).collect())
    }

    /// Returns the rows of a digest.
    fn rows_of(&self, digest: &[u8], algorithm: Algorithm) -> Result<Vec<u32>, HashSetError> {
        let mut rows = Vec::new();
        for hset in self.hsets.iter().filter(|hset| hset.algorithm() == algorithm) {
            if let Some(row) = hset.find(digest) {
                self.each_row(digest, algorithm, row, &mut |row| rows.push(row))?;
            }
        }
        Ok(rows)
    }

    /// Adds the hits of one stream.
    fn hits(
        &self,
        info: &SetInfo,
        digests: &Digests,
        size: u64,
        hits: &mut Vec<Hit>,
    ) -> Result<(), HashSetError> {
        let mut rows = Vec::new();
        for hset in &self.hsets {
            let digest = digests.get(hset.algorithm());
            if let Some((digest, row)) =
                digest.and_then(|digest| Some((digest, hset.find(digest)?)))
            {
                self.each_row(digest, hset.algorithm(), row, &mut |row| rows.push(row))?;
            }
        }
        rows.sort_unstable();
        rows.dedup();
        for row in rows {
            let stored = self.details.entry(row).map_err(|error| self.damaged(error))?;
            hits.push(self.hit(info, row, &stored, digests, size)?);
        }
        Ok(())
    }

    /// Pairs of row and stream number that share a digest, each once, by row.
    fn pairs(
        &self,
        streams: &[(Digests, u64)],
        orders: &[(Algorithm, Vec<usize>)],
    ) -> Result<Vec<(u32, usize)>, HashSetError> {
        let mut pairs = Vec::new();
        for hset in &self.hsets {
            let algorithm = hset.algorithm();
            let order =
                orders.iter().filter(|(one, _)| *one == algorithm).flat_map(|(_, order)| order);
            let digest_of = |number: usize| {
                streams
                    .get(number)
                    .and_then(|(digests, _)| digests.get(algorithm))
                    .unwrap_or_default()
            };
            let mut found = Vec::new();
            hset.find_many(order.clone().map(|&number| digest_of(number)), &mut |at, row| {
                found.push((at, row))
            });
            let numbers: Vec<usize> = order.copied().collect();
            for (at, row) in found {
                let number = numbers.get(at).copied().unwrap_or(usize::MAX);
                self.each_row(digest_of(number), algorithm, row, &mut |row| {
                    pairs.push((row, number))
                })?;
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        Ok(pairs)
    }

    fn each_row(
        &self,
        digest: &[u8],
        algorithm: Algorithm,
        row: Row,
        each: &mut dyn FnMut(u32),
    ) -> Result<(), HashSetError> {
        match row {
            Row::One(row) => each(row),
            Row::Several => {
                let rows =
                    self.details.shared(digest, algorithm).map_err(|error| self.damaged(error))?;
                if rows.is_empty() {
                    return Err(self.damaged(DetailsError::Shared { digest: to_hex(digest) }));
                }
                rows.into_iter().for_each(each);
            }
        }
        Ok(())
    }

    /// What the entry in `row` says about a stream that shares a digest with it.
    fn hit(
        &self,
        info: &SetInfo,
        row: u32,
        stored: &StoredEntry,
        digests: &Digests,
        size: u64,
    ) -> Result<Hit, HashSetError> {
        let agrees = |algorithm: &Algorithm| {
            Some(stored.entry.digests.get(*algorithm)? == digests.get(*algorithm)?)
        };
        let agreeing = STRONGEST_FIRST.into_iter().find(|one| agrees(one) == Some(true));
        let differs = STRONGEST_FIRST.iter().any(|one| agrees(one) == Some(false));
        let Some((algorithm, digest)) = agreeing.and_then(|one| Some((one, digests.get(one)?)))
        else {
            // The .hset file led here, the entry has another digest: one of the two is damaged.
            return Err(self.damaged(DetailsError::Row { row }));
        };
        let class = class_of(differs, stored.entry.size, size);
        Ok(Hit {
            set_digest: info.digest,
            set_name: info.name.clone(),
            set_version: info.version.clone(),
            algorithm,
            digest: digest.to_vec(),
            disposition: stored.entry.disposition,
            class,
            label: label(stored),
        })
    }

    fn damaged(&self, error: DetailsError) -> HashSetError {
        HashSetError::damaged(&self.folder.join(DETAILS_FILE), error)
    }
}

/// What the set calls the file: its name, else its category.
fn label(stored: &StoredEntry) -> String {
    match (&stored.name, &stored.entry.category) {
        (Some(name), _) => name.clone(),
        (None, Some(category)) => format!("category {category}"),
        (None, None) => String::new(),
    }
}
