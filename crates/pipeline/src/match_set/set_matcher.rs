//! One set while it is matched against a case.

use case_model::{Algorithm, HitClass};
use case_store::{EntryId, MatchingIndex, RecordedSet};
use hash_set::{Library, SetLookup};

use crate::ScanError;
use crate::match_set::entry_bits::EntryBits;
use crate::match_set::set_match::SetMatch;
use crate::match_set::version_order::{VersionOrder, version_order};

/// A set that has fewer digests than the case has entries by this factor leads: one step in SQLite's index costs as much as so many steps
/// along it.
const SET_LEADS_FROM: u64 = 16;

/// Matches a set, and marks what the older versions of it hit and it does not list.
///
/// # Errors
/// When the case or the set cannot be read, or the case cannot be written.
pub(crate) fn match_set(
    index: &MatchingIndex<'_>,
    library: &Library,
    lookup: &SetLookup<'_>,
    supersedes: &[String],
) -> Result<SetMatch, ScanError> {
    let info = lookup.info();
    let found = SetMatch::of(info);
    let mut matching = SetMatcher { index, lookup, seen: EntryBits::default(), found };
    // What the case knew before this match decides which set is the older one.
    let recorded = index.sets()?;
    matching.match_entries()?;
    for older in &recorded {
        match version_order(older, info, &recorded, library, supersedes) {
            VersionOrder::Older => matching.withdraw(older)?,
            VersionOrder::Unclear => {
                matching.found.unclear.push(format!("{} {}", older.name, older.version))
            }
            VersionOrder::Other => {}
        }
    }
    Ok(matching.found)
}

/// One set while it is matched.
struct SetMatcher<'m> {
    index: &'m MatchingIndex<'m>,
    lookup: &'m SetLookup<'m>,
    seen: EntryBits,
    found: SetMatch,
}

impl SetMatcher<'_> {
    /// Looks up the entries that share a digest with the set.
    fn match_entries(&mut self) -> Result<(), ScanError> {
        let index = self.index;
        let lookup = self.lookup;
        let info = lookup.info();
        let (entries, _) = index.size()?;
        for algorithm in Algorithm::ALL.into_iter().rev().filter(|one| info.count(*one) > 0) {
            if info.count(algorithm).saturating_mul(SET_LEADS_FROM) < entries {
                for digest in lookup.digests(algorithm) {
                    index.entries_of::<ScanError>(algorithm, digest, |entry| {
                        self.candidate(entry)
                    })?;
                }
            } else {
                index.digests::<ScanError>(algorithm, |digest, entry| {
                    match lookup.contains(algorithm, digest) {
                        true => self.candidate(entry),
                        false => Ok(()),
                    }
                })?;
            }
        }
        Ok(())
    }

    /// An entry that shares a digest with the set.
    fn candidate(&mut self, entry: EntryId) -> Result<(), ScanError> {
        if !self.seen.first_time(entry) {
            return Ok(());
        }
        let Some((digests, size)) = self.index.stream(entry)? else { return Ok(()) };
        let hits = self.lookup.hits(&digests, size)?;
        add(&mut self.found.files, !hits.is_empty());
        for hit in hits {
            let is_new = self.index.insert_hit(entry, &hit)?;
            add(&mut self.found.new_hits, is_new);
            add(&mut self.found.hits_before, !is_new);
            add(&mut self.found.possible_collisions, hit.class == HitClass::PartialDigests);
            add(&mut self.found.other_sizes, hit.class == HitClass::SizeDiffers);
        }
        Ok(())
    }

    /// Marks what `older` hit and this set no longer lists.
    fn withdraw(&mut self, older: &RecordedSet) -> Result<(), ScanError> {
        let info = self.lookup.info();
        let index = self.index;
        index.entries_hit::<ScanError>(older.id, |entry| {
            let listed = match index.stream(entry)? {
                Some((digests, size)) => !self.lookup.hits(&digests, size)?.is_empty(),
                None => false,
            };
            if !listed {
                let is_new =
                    index.withdraw(entry, older.id, (&info.digest, &info.name, &info.version))?;
                add(&mut self.found.withdrawn, is_new);
                add(&mut self.found.withdrawn_before, !is_new);
            }
            Ok(())
        })
    }
}

/// Counts one when it is so.
fn add(count: &mut u64, is_so: bool) {
    *count = count.saturating_add(u64::from(is_so));
}
