//! Replaying a journal in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use byte_source::{Expected, Problem, ProblemKind, Scratch, Source};
use words::term;

use super::fast_commit::{PlacedChange, read_changes};
use super::find::{Found, find_journal};
use super::log::{Log, LoggedBlock, checksum_fits, read_log};
use super::overlay::{Overlay, Substitute};
use super::replaced::Replaced;
use super::superblock::JournalSuperblock;
use super::unasked::unasked_journal;
use crate::ext::feature::{COMPAT_HAS_JOURNAL, INCOMPAT_RECOVER};
use crate::ext::group::Group;
use crate::ext::problems::Problems;
use crate::ext::volume::Volume;

/// Blocks of a journal that are replayed: 16 GiB of 4 KiB; `mke2fs` makes 1 GiB at most.
const MOST_LOG_BLOCKS: u32 = 1 << 22;

/// The result of replaying.
#[derive(Default)]
pub(in crate::ext) struct Replayed {
    /// The volume with the journal's blocks in their places; `None` when nothing had to be replayed, or could be.
    pub(in crate::ext) source: Option<Arc<dyn Source>>,
    /// Which blocks those are.
    pub(in crate::ext) replaced: Replaced,
    /// Changes by fast commits, in their order.
    pub(in crate::ext) changes: Vec<PlacedChange>,
    pub(in crate::ext) problems: Vec<Problem>,
}

/// Replays the journal when the superblock asks for it, or is a copy, which would not know.
pub(in crate::ext) fn replay(
    volume: &Volume,
    is_copy: bool,
    groups: &[Group],
    scratch: &mut Scratch,
) -> Replayed {
    let mut problems = Problems::default();
    let wanted = volume.superblock.incompat(INCOMPAT_RECOVER);
    if !volume.superblock.compat(COMPAT_HAS_JOURNAL) || !wanted && !is_copy {
        let problems = unasked_journal(volume, groups, scratch).into_iter().collect();
        return Replayed { problems, ..Replayed::default() };
    }
    let replayed =
        replay_journal(volume, groups, &mut problems, scratch).unwrap_or_else(|problem| {
            problems.push(problem);
            let how = term!("ext.could-not-replayed-not-written");
            problems.push(Problem::damage("journal", 0, ProblemKind::Inconsistent(how)));
            Replayed::default()
        });
    Replayed { problems: problems.into_vec(), ..replayed }
}

fn replay_journal(
    volume: &Volume,
    groups: &[Group],
    problems: &mut Problems,
    scratch: &mut Scratch,
) -> Result<Replayed, Problem> {
    if volume.superblock.s_journal_inum == 0 {
        let kind =
            ProblemKind::Unsupported { feature: term!("ext.journal-another-device"), value: 0 };
        return Err(Problem::damage("journal", 0, kind));
    }
    let found = find_journal(volume, groups, problems, scratch)?;
    if found.journal.s_start == 0 {
        return Ok(Replayed { source: Some(Arc::clone(&volume.source)), ..Replayed::default() });
    }
    if found.journal.log_end > MOST_LOG_BLOCKS {
        let what = term!("ext.blocks-journal");
        let kind = ProblemKind::LimitReached { what, limit: MOST_LOG_BLOCKS.into() };
        return Err(Problem::damage("journal superblock", found.at, kind));
    }
    Ok(replay_log(volume, &found, problems, scratch))
}

/// Replays the transactions of the log and the fast commits behind it.
fn replay_log(
    volume: &Volume,
    found: &Found<'_>,
    problems: &mut Problems,
    scratch: &mut Scratch,
) -> Replayed {
    let Found { blocks, journal, at } = found;
    let log = read_log(blocks, journal, problems, scratch);
    let changes = read_changes(blocks, journal, log.next_sequence, problems, scratch);
    let substitutes = Arc::new(substitutes(volume, journal, &log, problems, scratch));
    tell(*at, &log, (substitutes.len(), changes.len()), problems);
    let replaced = Replaced::new(Arc::clone(&substitutes), volume.block_bytes);
    let overlay = Overlay::new(Arc::clone(&volume.source), volume.block_bytes, substitutes);
    Replayed { source: Some(Arc::new(overlay)), replaced, changes, problems: Vec::new() }
}

/// The last committed state of every block that was not revoked afterwards.
fn substitutes(
    volume: &Volume,
    journal: &JournalSuperblock,
    log: &Log,
    problems: &mut Problems,
    scratch: &mut Scratch,
) -> BTreeMap<u64, Substitute> {
    let mut substitutes = BTreeMap::new();
    for logged in log.blocks.iter().filter(|logged| !is_revoked(log, logged)) {
        let checked = check_logged(volume, journal, logged, scratch);
        if problems.take(checked).is_some() {
            let substitute = Substitute { at: logged.at, escaped: logged.tag.escaped };
            substitutes.insert(logged.tag.t_blocknr, substitute);
        }
    }
    substitutes
}

/// True when this or a later transaction revoked the block.
fn is_revoked(log: &Log, logged: &LoggedBlock) -> bool {
    let revoke = log.revoked.get(&logged.tag.t_blocknr);
    // Sequence numbers wrap around: the difference tells which is later.
    revoke.is_some_and(|revoke| revoke.wrapping_sub(logged.sequence) <= u32::MAX >> 1)
}

/// Checks that a logged block belongs into the volume and is what was written.
fn check_logged(
    volume: &Volume,
    journal: &JournalSuperblock,
    logged: &LoggedBlock,
    scratch: &mut Scratch,
) -> Result<(), Problem> {
    let blocks = volume.superblock.s_blocks_count;
    let found = logged.tag.t_blocknr;
    if found >= blocks {
        let expected = Expected::Within(0, blocks.saturating_sub(1));
        let kind = ProblemKind::Value { field: "t_blocknr", expected, found };
        return Err(Problem::damage("journal descriptor block", logged.at, kind));
    }
    let end = logged.at.saturating_add(volume.block_bytes);
    let bytes = volume.bytes("journal data block", logged.at..end, scratch)?;
    if checksum_fits(journal, logged, &bytes) {
        return Ok(());
    }
    let kind = ProblemKind::Inconsistent(term!("ext.checksum-does-not-fit-not"));
    Err(Problem::damage("journal data block", logged.at, kind))
}

/// Says what was replayed.
fn tell(at: u64, log: &Log, (blocks, changes): (usize, usize), problems: &mut Problems) {
    let rule = term!("ext.0-after-clean-unmount-journal");
    let mut note = |field, found| {
        let kind = ProblemKind::Value { field, expected: Expected::Rule(rule), found };
        problems.push(Problem::note("journal", at, kind));
    };
    note("number of transactions to replay", log.transactions);
    note("number of blocks to replay", byte_source::length(blocks));
    if changes > 0 {
        note("number of changes by fast commits to replay", byte_source::length(changes));
    }
}
