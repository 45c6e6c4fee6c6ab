//! Opens an ext file system: superblock, group descriptors, journal, orphans.

use std::sync::{Arc, OnceLock};

use byte_source::{Problem, ProblemKind, Scratch, Source};
use case_model::{NameEncoding, readable_name};
use words::term;

use super::budget::RanOut;
use super::fast_commit_replay::replay_fast_commits;
use super::group::{Group, read_groups};
use super::journal::{PlacedChange, replay};
use super::locate::{Located, locate};
use super::orphan::read_orphans;
use super::problems::Problems;
use super::reader::Ext;
use super::superblock::Superblock;
use super::volume::Volume;
use crate::{FileSystem, OpenOptions, Summary};

/// Opens an ext file system.
///
/// # Errors
/// Why neither the superblock nor a copy of it can be used, or the group descriptors cannot.
pub(crate) fn open(
    source: Arc<dyn Source>,
    _: &OpenOptions,
    scratch: &mut Scratch,
) -> Result<Box<dyn FileSystem>, Problem> {
    let mut of_journal = Vec::new();
    let (opened, changes) = replay_journal(read_volume(source, scratch)?, &mut of_journal, scratch);
    let Opened { mut volume, superblock_at, groups, mut problems, .. } = opened;
    if !changes.is_empty() {
        let mut of_changes = Problems::default();
        volume.fast = replay_fast_commits(changes, &volume, &groups, &mut of_changes, scratch);
        of_journal.extend(of_changes.into_vec());
    }
    let (orphans, of_orphans) = read_orphans(&volume, &groups, scratch);
    problems.extend(of_journal.into_iter().chain(of_orphans));
    let summary = summary(&volume.superblock, problems);
    Ok(Box::new(Ext {
        volume,
        superblock_at,
        groups,
        orphans,
        ran_out: RanOut::default(),
        rescued: OnceLock::new(),
        summary,
    }))
}

/// A volume with what must be known before anything else is read.
struct Opened {
    volume: Volume,
    superblock_at: u64,
    /// Is the superblock a copy?
    from_copy: bool,
    groups: Vec<Group>,
    problems: Vec<Problem>,
}

/// Reads superblock and group descriptors.
fn read_volume(source: Arc<dyn Source>, scratch: &mut Scratch) -> Result<Opened, Problem> {
    let Located { superblock, at, backup_of_group, mut problems } = locate(&*source, scratch)?;
    problems.extend(length_problem(&superblock, source.len()));
    let volume = Volume::new(source, superblock);
    let (groups, of_groups) = read_groups(&volume, scratch)?;
    problems.extend(of_groups);
    Ok(Opened { volume, superblock_at: at, from_copy: backup_of_group.is_some(), groups, problems })
}

/// Replays the transactions of the journal. Returns the volume with them, and the changes by fast commits behind them.
fn replay_journal(
    mut opened: Opened,
    of_journal: &mut Vec<Problem>,
    scratch: &mut Scratch,
) -> (Opened, Vec<PlacedChange>) {
    let replayed = replay(&opened.volume, opened.from_copy, &opened.groups, scratch);
    of_journal.extend(replayed.problems);
    if let Some(source) = replayed.source {
        // What the journal holds may mend superblock and group descriptors; if it spoils them, it is left out.
        match read_volume(source, scratch) {
            Ok(mut mended) => {
                // What the journal mends is told all the same: it is damaged on the medium.
                opened.problems.retain(|problem| !mended.problems.contains(problem));
                mended.problems.extend(opened.problems.into_iter().map(Problem::as_note));
                opened = mended;
                opened.volume.replaced = replayed.replaced;
            }
            Err(problem) => of_journal.push(problem),
        }
    }
    (opened, replayed.changes)
}

fn summary(superblock: &Superblock, problems: Vec<Problem>) -> Summary {
    let label = superblock.s_volume_name;
    let label = label.split(|byte| *byte == 0).next().unwrap_or_default();
    let serial = superblock.s_uuid.iter().enumerate().fold(String::new(), |text, (at, byte)| {
        let dash = if matches!(at, 4 | 6 | 8 | 10) { "-" } else { "" };
        format!("{text}{dash}{byte:02x}")
    });
    Summary {
        kind: superblock.kind(),
        label: readable_name(label, NameEncoding::Bytes),
        serial,
        block_bytes: superblock.block_bytes,
        blocks: superblock.s_blocks_count,
        problems,
    }
}

/// The volume may be shorter than the file system, which costs evidence, or longer, which an examiner should know.
fn length_problem(superblock: &Superblock, volume_bytes: u64) -> Option<Problem> {
    let block_bytes = u64::from(superblock.block_bytes);
    let end = superblock.s_blocks_count.saturating_mul(block_bytes);
    if end > volume_bytes {
        let kind = ProblemKind::OutOfBounds { wanted_end: end, available: volume_bytes };
        Some(Problem::damage("file system", 0, kind))
    } else if volume_bytes.saturating_sub(end) >= block_bytes {
        let kind = ProblemKind::Inconsistent(term!("ext.volume-goes-behind-end-file"));
        Some(Problem::note("volume", end, kind))
    } else {
        None
    }
}
