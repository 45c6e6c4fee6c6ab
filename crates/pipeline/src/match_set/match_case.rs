//! Matching sets against a case from its index, without the images.
//!
//! The digests of the case come sorted out of SQLite's index of their column and meet the sorted digests of the set: whichever of the two is
//! much shorter leads, so neither a small list against millions of files nor a reference library against a stick costs more than it must.
//! Hits, withdrawals and the ledger's entry are committed together.

use case_model::{Algorithm, HitClass, StopToken, to_hex};
use case_store::{CaseFile, EntryId, MatchingIndex, RecordedSet, StoreError};
use custody::EntryBody;
use custody::content::{DecimalText, MatchContent, MatchedSet};
use hash_set::{Library, SetInfo, SetLookup};

use crate::{EntryAuthor, ScanError};

/// A set that has fewer digests than the case has entries by this factor leads: one step in SQLite's index costs as much as so many steps
/// along it.
const SET_LEADS_FROM: u64 = 16;
/// Memory for remembering which entries were looked at, in bytes: half a billion entries. Beyond, an entry may be looked at once for
/// each algorithm, which adds nothing.
const MOST_SEEN_BYTES: usize = 64 << 20;
/// Sets that an entry of the ledger spells out; the rest is counted.
const MAX_LISTED: usize = 100;

/// What a match gave.
#[derive(Clone, Debug)]
pub struct MatchReport {
    /// Each set, in the order given.
    pub sets: Vec<SetMatch>,
    /// The canonical digest of the index afterwards.
    pub index_digest: [u8; 32],
}

/// What matching one set gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetMatch {
    /// Content digest of the set.
    pub digest: [u8; 32],
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Entries of the case that the set lists.
    pub files: u64,
    /// Hits that were added.
    pub new_hits: u64,
    /// Hits that were recorded before.
    pub hits_before: u64,
    /// Of all these hits: one digest agrees, another does not.
    pub possible_collisions: u64,
    /// Of all these hits: the size does not agree.
    pub other_sizes: u64,
    /// Entries that an earlier version listed and this one does not, newly marked.
    pub withdrawn: u64,
    /// The same, marked before.
    pub withdrawn_before: u64,
    /// Sets of the same name that the case has hits of and the lab no longer has: nobody can say whether they are older.
    pub unclear: Vec<String>,
}

/// Matches `sets` (content digests) against a case. `supersedes` names sets, by name or by the beginning of their content digest, whose place
/// each of `sets` takes; a set of the same name that was imported before is always taken so.
///
/// # Errors
/// [`ScanError::Stopped`] after a stop. When the case or a set cannot be read or the case cannot be written: nothing is recorded then.
pub fn match_case(
    case: &mut CaseFile,
    library: &Library,
    sets: &[[u8; 32]],
    supersedes: &[String],
    scribe: &EntryAuthor,
    stop: &StopToken,
) -> Result<MatchReport, ScanError> {
    let started = scribe.now();
    let lookups = sets.iter().map(|digest| library.one(digest)).collect::<Result<Vec<_>, _>>()?;
    // The digests come out of these; a case whose scan was broken off may not have them.
    case.build_indexes_unless_stopped(stop)?;
    let id = case.id().clone();
    let mut failure = None;
    let done = case.transaction_unless_stopped(stop, |transaction| {
        // A scan that was interrupted is still resumed with the hits that are added here.
        let matched: Vec<SetMatch> = transaction.resealing(|transaction| {
            let index = transaction.matching_index();
            let matched = lookups.iter().map(|lookup| match_set(&index, library, lookup, supersedes));
            matched.collect::<Result<_, ScanError>>().map_err(|error| match error {
                ScanError::Store(error) => error,
                other => set_aside(other, &mut failure),
            })
        })?;
        let index_digest = transaction.digest()?;
        let digests = (index_digest, transaction.case_frame()?);
        transaction.ledger().append(&entry(&matched, digests, scribe, started).case(id.as_str()))?;
        Ok(MatchReport { sets: matched, index_digest })
    });
    match failure {
        Some(failure) => Err(failure),
        None => Ok(done?),
    }
}

/// Keeps an error that the transaction's type cannot carry; what is given back only rolls the transaction back.
fn set_aside(error: ScanError, failure: &mut Option<ScanError>) -> StoreError {
    *failure = Some(error);
    StoreError::Io { path: std::path::PathBuf::new(), error: std::io::Error::other("the match was given up") }
}

fn entry(
    sets: &[SetMatch],
    (index_digest, case_frame): ([u8; 32], [u8; 32]),
    scribe: &EntryAuthor,
    started: i64,
) -> EntryBody {
    let listed = sets.iter().take(MAX_LISTED).map(|set| MatchedSet {
        name: set.name.clone(),
        version: set.version.clone(),
        digest: set.digest,
        files: DecimalText(set.files),
        new_hits: DecimalText(set.new_hits),
        hits_before: DecimalText(set.hits_before),
        withdrawn: DecimalText(set.withdrawn),
    });
    let content = MatchContent {
        sets: listed.collect(),
        number_of_sets: DecimalText(sets.len() as u64),
        new_hits: DecimalText(sets.iter().map(|set| set.new_hits).sum()),
        manifest: index_digest,
        case_frame: Some(case_frame),
    };
    scribe.entry_since(content, started)
}

fn match_set(
    index: &MatchingIndex<'_>,
    library: &Library,
    lookup: &SetLookup<'_>,
    supersedes: &[String],
) -> Result<SetMatch, ScanError> {
    let info = lookup.info();
    let mut matching = SetMatcher {
        index,
        lookup,
        seen: EntryBits::default(),
        found: SetMatch {
            digest: info.digest,
            name: info.name.clone(),
            version: info.version.clone(),
            files: 0,
            new_hits: 0,
            hits_before: 0,
            possible_collisions: 0,
            other_sizes: 0,
            withdrawn: 0,
            withdrawn_before: 0,
            unclear: Vec::new(),
        },
    };
    // What the case knew before this match decides which set is the older one.
    let recorded = index.sets()?;
    let (entries, _) = index.size()?;
    for algorithm in Algorithm::ALL.into_iter().rev().filter(|one| info.count(*one) > 0) {
        if info.count(algorithm).saturating_mul(SET_LEADS_FROM) < entries {
            for digest in lookup.digests(algorithm) {
                index.entries_of::<ScanError>(algorithm, digest, |entry| matching.candidate(entry))?;
            }
        } else {
            index.digests::<ScanError>(algorithm, |digest, entry| {
                match lookup.contains(algorithm, digest) {
                    true => matching.candidate(entry),
                    false => Ok(()),
                }
            })?;
        }
    }
    for older in &recorded {
        match age(older, info, &recorded, library, supersedes) {
            VersionOrder::Older => matching.withdraw(older)?,
            VersionOrder::Unclear => matching.found.unclear.push(format!("{} {}", older.name, older.version)),
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
    /// An entry that shares a digest with the set.
    fn candidate(&mut self, entry: EntryId) -> Result<(), ScanError> {
        if !self.seen.first_time(entry) {
            return Ok(());
        }
        let Some((digests, size)) = self.index.stream(entry)? else { return Ok(()) };
        let hits = self.lookup.hits(&digests, size)?;
        self.found.files += u64::from(!hits.is_empty());
        for hit in hits {
            match self.index.insert_hit(entry, &hit)? {
                true => self.found.new_hits += 1,
                false => self.found.hits_before += 1,
            }
            match hit.class {
                HitClass::Full => {}
                HitClass::PartialDigests => self.found.possible_collisions += 1,
                HitClass::SizeDiffers => self.found.other_sizes += 1,
            }
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
                match index.withdraw(entry, older.id, (&info.digest, &info.name, &info.version))? {
                    true => self.found.withdrawn += 1,
                    false => self.found.withdrawn_before += 1,
                }
            }
            Ok(())
        })
    }
}

/// What a set that the case has hits of is to the set that is matched.
enum VersionOrder {
    Older,
    Unclear,
    Other,
}

fn age(
    recorded: &RecordedSet,
    new: &SetInfo,
    all: &[RecordedSet],
    library: &Library,
    supersedes: &[String],
) -> VersionOrder {
    if recorded.digest == new.digest {
        return VersionOrder::Other;
    }
    let hex = to_hex(&recorded.digest);
    let named = |wanted: &String| {
        *wanted == recorded.name || wanted.len() >= 4 && hex.starts_with(&wanted.to_ascii_lowercase())
    };
    if supersedes.iter().any(named) {
        return VersionOrder::Older;
    }
    if recorded.name != new.name {
        return VersionOrder::Other;
    }
    match library.sets().iter().find(|set| set.digest == recorded.digest) {
        Some(other) if other.imported_at_ns < new.imported_at_ns => VersionOrder::Older,
        Some(_) => VersionOrder::Other,
        // Gone from the lab. The case met it before the new one, or after it; or it has not met the new one yet.
        None => match all.iter().find(|one| one.digest == new.digest) {
            Some(met) if recorded.id < met.id => VersionOrder::Older,
            Some(_) => VersionOrder::Other,
            None => VersionOrder::Unclear,
        },
    }
}

/// Which entries were looked at: one bit each.
#[derive(Default)]
struct EntryBits(Vec<u64>);

impl EntryBits {
    /// True the first time; always true for rows beyond the memory.
    fn first_time(&mut self, entry: EntryId) -> bool {
        let Ok(bit) = usize::try_from(entry.number()) else { return true };
        let (word, bit) = (bit / 64, bit % 64);
        if word >= MOST_SEEN_BYTES / 8 {
            return true;
        }
        if word >= self.0.len() {
            self.0.resize((word + 1).next_power_of_two(), 0);
        }
        let Some(word) = self.0.get_mut(word) else { return true };
        let before = *word;
        *word |= 1 << bit;
        before != *word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_looked_at_once() {
        let mut seen = EntryBits::default();
        for entry in [0, 1, 63, 64, 1_000_000].map(EntryId::from_number) {
            assert!(seen.first_time(entry) && !seen.first_time(entry), "{entry}");
        }
        let (last, none) = (EntryId::from_number(i64::MAX), EntryId::from_number(-1));
        assert!(seen.first_time(last) && seen.first_time(last) && seen.first_time(none));
    }
}
