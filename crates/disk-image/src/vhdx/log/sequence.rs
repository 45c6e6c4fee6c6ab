//! The active sequence: the entries that have to be replayed (MS-VHDX 2.3.2).

use byte_source::{ProblemKind, length};
use words::{Term, term};

use super::SECTOR_BYTES;
use super::entry::{self, Entry};

/// Said when there is none.
pub(super) const NONE: Term = term!("vhdx.log-marked-not-empty-but");
/// How often the bytes of a log may be read while sequences are searched; each is read once in a log that was not made to hurt.
const MOST_PASSES: u64 = 8;

/// The entries to replay, in order: of all sequences that begin with the tail of their last entry, the one with the highest numbers.
///
/// # Errors
/// The [`ProblemKind`] for which there are none.
pub(super) fn active(log: &[u8], log_guid: &[u8; 16]) -> Result<Vec<Entry>, ProblemKind> {
    let len = length(log.len());
    let mut room = len.saturating_mul(MOST_PASSES);
    let mut best: Vec<Entry> = Vec::new();
    let mut start = 0_u64;
    while start < len {
        let found = sequence(log, start, log_guid, &mut room)?;
        let end =
            found.iter().fold(start, |at, entry| at.saturating_add(length(entry.bytes.len())));
        let found = from_tail(found);
        if newest(&found) > newest(&best) {
            best = found;
        }
        // A sequence that wraps ends the search.
        start = end.max(start.saturating_add(SECTOR_BYTES));
    }
    if best.is_empty() { Err(ProblemKind::Inconsistent(NONE)) } else { Ok(best) }
}

/// What is said of a log that asks to be read more often.
const TOO_MANY_PASSES: ProblemKind =
    ProblemKind::LimitReached { what: term!("vhdx.times-vhdx-log-read"), limit: MOST_PASSES };

/// Returns the number of the last entry.
fn newest(entries: &[Entry]) -> u64 {
    entries.last().map_or(0, |last| last.sequence_number)
}

/// Tells whether an entry has the number behind that of another one.
fn follows(last: &Entry, next: &Entry) -> bool {
    last.sequence_number.checked_add(1).is_some_and(|number| number == next.sequence_number)
}

/// The sound entries from byte `start` of the log on, each with the number behind the one before.
fn sequence(
    log: &[u8],
    start: u64,
    guid: &[u8; 16],
    room: &mut u64,
) -> Result<Vec<Entry>, ProblemKind> {
    let len = length(log.len());
    let mut found: Vec<Entry> = Vec::new();
    let mut at = start;
    let mut taken = 0_u64;
    while let Some(bytes) = entry::stated_length(log, at) {
        taken = taken.saturating_add(bytes);
        *room = room.checked_sub(bytes).ok_or(TOO_MANY_PASSES)?;
        let Some(next) = entry::read(log, at, bytes, guid).filter(|_| taken <= len) else { break };
        if found.last().is_some_and(|last| !follows(last, &next)) {
            break;
        }
        at = at.saturating_add(bytes).checked_rem(len).unwrap_or(0);
        found.push(next);
    }
    Ok(found)
}

/// The entries from the tail of the last one on; none when the tail is not among them.
fn from_tail(mut found: Vec<Entry>) -> Vec<Entry> {
    let tail = found.last().map(|last| last.tail);
    match found.iter().position(|entry| Some(entry.at) == tail) {
        Some(first) => found.split_off(first),
        None => Vec::new(),
    }
}
