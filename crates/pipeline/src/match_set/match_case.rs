//! Matching sets against a case from its index, without the images.
//!
//! The digests of the case come sorted out of SQLite's index of their column and meet the sorted digests of the set: whichever of the two is
//! much shorter leads, so neither a small list against millions of files nor a reference library against a stick costs more than it must.
//! Hits, withdrawals and the ledger's entry are committed together.

use case_model::StopToken;
use case_store::{CaseFile, MatchingIndex, StoreError};
use custody::EntryBody;
use custody::content::{DecimalText, MatchContent, MatchedSet};
use hash_set::{Library, SetLookup};

use crate::match_set::set_match::SetMatch;
use crate::match_set::set_matcher::match_set;
use crate::{EntryAuthor, ScanError};

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
            let matched = match_sets(&transaction.matching_index(), library, &lookups, supersedes);
            matched.map_err(|error| match error {
                ScanError::Store(error) => error,
                other => set_aside(other, &mut failure),
            })
        })?;
        let index_digest = transaction.digest()?;
        let digests = (index_digest, transaction.case_frame()?);
        transaction
            .ledger()
            .append(&entry(&matched, digests, scribe, started).case(id.as_str()))?;
        Ok(MatchReport { sets: matched, index_digest })
    });
    match failure {
        Some(failure) => Err(failure),
        None => Ok(done?),
    }
}

/// Matches each set.
fn match_sets(
    index: &MatchingIndex<'_>,
    library: &Library,
    lookups: &[SetLookup<'_>],
    supersedes: &[String],
) -> Result<Vec<SetMatch>, ScanError> {
    lookups.iter().map(|lookup| match_set(index, library, lookup, supersedes)).collect()
}

/// Keeps an error that the transaction's type cannot carry; what is given back only rolls the transaction back.
fn set_aside(error: ScanError, failure: &mut Option<ScanError>) -> StoreError {
    *failure = Some(error);
    StoreError::Io {
        path: std::path::PathBuf::new(),
        error: std::io::Error::other("the match was given up"),
    }
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
        number_of_sets: DecimalText(u64::try_from(sets.len()).unwrap_or(u64::MAX)),
        new_hits: DecimalText(sets.iter().fold(0, |sum, set| sum.saturating_add(set.new_hits))),
        manifest: index_digest,
        case_frame: Some(case_frame),
    };
    scribe.entry_since(content, started)
}
