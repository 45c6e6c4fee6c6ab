//! The entries of a set, in canonical order, and what changed from one set to another.

use byte_source::length;
use case_model::{Digests, HitDisposition, to_hex};

use super::error::HashSetError;
use super::open::{Library, OpenSet};
use crate::SetInfo;
use crate::compiled::{DETAILS_FILE, Entry, StoredEntry};

/// An entry of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetEntry {
    /// All digests of the file that the set has.
    pub digests: Digests,
    /// Size in bytes.
    pub size: Option<u64>,
    /// What the set says about it.
    pub disposition: HitDisposition,
    /// Category code as received.
    pub category: Option<String>,
    /// Names, in the order of the imported file.
    pub names: Vec<String>,
    /// What the publisher says in words.
    pub comment: Option<String>,
}

/// How an entry differs between two sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Only the new set has it.
    Added(SetEntry),
    /// Only the old set has it.
    Removed(SetEntry),
    /// The digests are the same; size, category or disposition are not.
    Changed {
        /// In the old set.
        old: SetEntry,
        /// In the new set.
        new: SetEntry,
    },
}

/// How much two sets differ. Names and comments are not compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Entries of the new set only.
    pub added: u64,
    /// Entries of the old set only.
    pub removed: u64,
    /// Entries with another size, category or disposition.
    pub changed: u64,
    /// Entries of both.
    pub unchanged: u64,
}

impl Library {
    /// Hands over the entries of the set with this content digest, in canonical order.
    ///
    /// # Errors
    /// [`HashSetError::NotFound`] or [`HashSetError::Damaged`]; `E` is what `each` gives back.
    pub fn entries<E: From<HashSetError>>(
        &self,
        digest: &[u8; 32],
        each: &mut dyn FnMut(SetEntry) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut cursor = Cursor::new(self, digest)?;
        while let Some(row) = cursor.row() {
            each(cursor.set.read(row)?)?;
            cursor.advance();
        }
        Ok(())
    }

    /// Hands over what changed from one set to another (by their content digests), in canonical order, and counts it.
    ///
    /// # Errors
    /// As [`Library::entries`].
    pub fn diff(
        &self,
        old: &[u8; 32],
        new: &[u8; 32],
        each: &mut dyn FnMut(Change),
    ) -> Result<Difference, HashSetError> {
        let mut old = Cursor::new(self, old)?;
        let mut new = Cursor::new(self, new)?;
        let mut difference = Difference::default();
        loop {
            // Entries with the same digests are neighbours: both sides hand over all of theirs at once.
            let left = old.key()?;
            let right = new.key()?;
            let first = match (left, right) {
                (None, None) => return Ok(difference),
                (Some(left), Some(right)) => left.min(right),
                (one, other) => one.or(other).unwrap_or_default(),
            };
            let old_entries = old.take_all(&first)?;
            let new_entries = new.take_all(&first)?;
            difference.compare(old_entries, new_entries, each);
        }
    }

    pub(super) fn set(&self, digest: &[u8; 32]) -> Result<(&SetInfo, &OpenSet), HashSetError> {
        let not_found = || HashSetError::NotFound { wanted: to_hex(digest) };
        let at = self
            .infos
            .binary_search_by_key(&digest, |info| &info.digest)
            .map_err(|_| not_found())?;
        self.infos.get(at).zip(self.sets.get(at)).ok_or_else(not_found)
    }
}

impl Difference {
    /// Compares the entries that two sets have for the same digests.
    fn compare(&mut self, old: Vec<SetEntry>, new: Vec<SetEntry>, each: &mut dyn FnMut(Change)) {
        let meaning = |entry: &SetEntry| (entry.size, entry.disposition, entry.category.clone());
        let in_old: Vec<_> = old.iter().map(meaning).collect();
        let in_new: Vec<_> = new.iter().map(meaning).collect();
        let both =
            old.len().saturating_sub(in_old.iter().filter(|one| !in_new.contains(one)).count());
        self.unchanged = self.unchanged.saturating_add(length(both));
        let mut old = old.into_iter().filter(|entry| !in_new.contains(&meaning(entry)));
        let mut new = new.into_iter().filter(|entry| !in_old.contains(&meaning(entry)));
        loop {
            let (count, change) = match (old.next(), new.next()) {
                (None, None) => return,
                (Some(old), Some(new)) => (&mut self.changed, Change::Changed { old, new }),
                (Some(old), None) => (&mut self.removed, Change::Removed(old)),
                (None, Some(new)) => (&mut self.added, Change::Added(new)),
            };
            *count = count.saturating_add(1);
            each(change);
        }
    }
}

/// The reading place in a set.
struct Cursor<'a> {
    set: &'a OpenSet,
    row: u64,
    entries: u64,
}

impl<'a> Cursor<'a> {
    fn new(library: &'a Library, digest: &[u8; 32]) -> Result<Self, HashSetError> {
        let (info, set) = library.set(digest)?;
        Ok(Self { set, row: 0, entries: info.entries() })
    }

    fn row(&self) -> Option<u32> {
        u32::try_from(self.row).ok().filter(|_| self.row < self.entries)
    }

    fn advance(&mut self) {
        self.row = self.row.saturating_add(1);
    }

    /// The digests of the entry here, as canonical forms are sorted by; `None` at the end.
    fn key(&self) -> Result<Option<Vec<u8>>, HashSetError> {
        self.row().map(|row| Ok(digest_key(&self.set.read_stored(row)?.entry))).transpose()
    }

    /// All entries from here on that have these digests.
    fn take_all(&mut self, key: &[u8]) -> Result<Vec<SetEntry>, HashSetError> {
        let mut entries = Vec::new();
        while let Some(row) = self.row() {
            if digest_key(&self.set.read_stored(row)?.entry) != key {
                break;
            }
            entries.push(self.set.read(row)?);
            self.advance();
        }
        Ok(entries)
    }
}

/// The canonical form of the digests alone.
fn digest_key(entry: &Entry) -> Vec<u8> {
    let disposition = HitDisposition::Known;
    let mut key = Vec::new();
    Entry { digests: entry.digests.clone(), size: None, disposition, category: None }
        .encode(&mut key);
    // Without the three bytes for no size, the disposition and no category.
    key.truncate(key.len().saturating_sub(3));
    key
}

impl OpenSet {
    fn read_stored(&self, row: u32) -> Result<StoredEntry, HashSetError> {
        self.details
            .entry(row)
            .map_err(|error| HashSetError::damaged(&self.folder.join(DETAILS_FILE), error))
    }

    /// The entry in `row` with all its names.
    fn read(&self, row: u32) -> Result<SetEntry, HashSetError> {
        let StoredEntry { entry, comment, .. } = self.read_stored(row)?;
        let names = self.details.names(row);
        let names =
            names.map_err(|error| HashSetError::damaged(&self.folder.join(DETAILS_FILE), error))?;
        let Entry { digests, size, disposition, category } = entry;
        Ok(SetEntry { digests, size, disposition, category, names, comment })
    }
}
