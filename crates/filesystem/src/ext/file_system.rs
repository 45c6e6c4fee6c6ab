//! The reader as a file system.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use byte_source::{Expected, Problem, ProblemKind, Scratch, Source};
use case_model::{NameEncoding, readable_name};
use words::term;

use super::bitmap::inode_bitmap;
use super::budget::Budget;
use super::fast_commits::FastCommits;
use super::feature::RO_COMPAT_SHARED_BLOCKS;
use super::group::{Group, read_groups};
use super::inode_table::with_inode;
use super::journal::replay;
use super::leads::Rescued;
use super::locate::{Located, locate};
use super::orphan::read_orphans;
use super::part::{RanOut, inodes_of_part};
use super::problems::Problems;
use super::record::{ROOT, build_record};
use super::state::{Circumstances, state_of};
use super::superblock::Superblock;
use super::volume::Volume;
use crate::{
    AllocationUnits, Census, Extents, FileSystem, Found, OpenOptions, Record, RecordId, RecordRef,
    RecordSpace, Stream, Summary, extents,
};

/// An ext2, ext3 or ext4 file system.
pub(super) struct Ext {
    pub(super) volume: Volume,
    /// Byte offset of the superblock that was read.
    pub(super) superblock_at: u64,
    pub(super) groups: Vec<Group>,
    pub(super) orphans: HashSet<u64>,
    pub(super) ran_out: RanOut,
    /// Inodes past the unused ones of their groups; known once a name has led there.
    pub(super) rescued: OnceLock<Rescued>,
    summary: Summary,
}

/// Opens an ext file system.
///
/// # Errors
/// Why neither the superblock nor a copy of it can be used, or the group descriptors cannot.
pub(crate) fn open(
    source: Arc<dyn Source>,
    _: &OpenOptions,
    scratch: &mut Scratch,
) -> Result<Box<dyn FileSystem>, Problem> {
    let mut opened = read_volume(source, scratch)?;
    let replayed = replay(&opened.volume, opened.from_copy, &opened.groups, scratch);
    let mut of_journal = replayed.problems;
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
    let Opened { mut volume, superblock_at, groups, mut problems, .. } = opened;
    if !replayed.changes.is_empty() {
        let mut of_changes = Problems::default();
        volume.fast = FastCommits::apply(replayed.changes, &volume, &groups, &mut of_changes, scratch);
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

impl FileSystem for Ext {
    fn summary(&self) -> &Summary {
        &self.summary
    }

    fn volume(&self) -> &Arc<dyn Source> {
        &self.volume.source
    }

    fn root(&self) -> RecordRef {
        RecordRef { number: ROOT, generation: None }
    }

    fn allocation_units(&self) -> AllocationUnits {
        let superblock = &self.volume.superblock;
        let shared = superblock.ro_compat(RO_COMPAT_SHARED_BLOCKS);
        AllocationUnits { first_at: 0, bytes: superblock.block_bytes, shared }
    }

    fn extents(&self, stream: &Stream) -> Option<Extents> {
        let found = extents(stream, self.volume.source.len())?;
        Some(self.volume.replaced.stored(found))
    }

    fn record_space(&self) -> RecordSpace {
        let superblock = &self.volume.superblock;
        RecordSpace { slots: superblock.s_inodes_count.into(), part: inodes_of_part(superblock) }
    }

    fn scan(&self, part: Range<u64>, scratch: &mut Scratch, each: &mut dyn FnMut(Found)) {
        self.scan_slots(part, scratch, each);
    }

    fn record(&self, id: RecordId, scratch: &mut Scratch) -> Result<Record, Problem> {
        let reserved = id.number < self.volume.superblock.s_first_ino.into();
        let around = Circumstances {
            reserved,
            orphan: self.orphans.contains(&id.number),
            in_bitmap: self.volume.fast.in_use(id.number).or_else(|| self.bit_of(id.number, scratch)),
        };
        let rescue = self.rescue_of(id.number, scratch);
        let past_unused = rescue.map_or_else(Vec::new, |_| self.past_unused(id.number));
        let volume = &self.volume;
        with_inode(volume, &self.groups, id.number, scratch, |inode, scratch| {
            if u64::from(inode.i_generation) != id.generation {
                let expected = Expected::Exactly(id.generation);
                let found = inode.i_generation.into();
                let kind = ProblemKind::Value { field: "i_generation", expected, found };
                return Err(inode.bytes.damage(kind));
            }
            let unused = || inode.bytes.damage(ProblemKind::Inconsistent(term!("ext.inode-not-use")));
            let state = state_of(inode, around).ok_or_else(unused)?;
            let with_group = |mut record: Record| {
                record.problems.extend(past_unused);
                record
            };
            let mut budget = rescue
                .map_or_else(|| Budget::new(volume), |rescue| Budget::with_left(volume, rescue.blocks_left));
            let built = build_record(volume, inode, state.clone(), &mut budget, scratch);
            if rescue.is_some() || !budget.was_asked() {
                return Ok(with_group(built.record));
            }
            // What the scan gave: inodes before this one may have left too little.
            let mut budget = self.budget_of(id.number.saturating_sub(1), scratch);
            budget.begin(id.number);
            Ok(build_record(volume, inode, state, &mut budget, scratch).record)
        })?
    }

    fn census(&self, scratch: &mut Scratch) -> Census {
        self.count_inodes(scratch)
    }

    fn unallocated(&self, scratch: &mut Scratch, each: &mut dyn FnMut(Range<u64>)) -> Vec<Problem> {
        self.free_ranges(scratch, each)
    }
}

impl Ext {
    /// The inode bitmap's bit of an inode; `None` when it cannot be read.
    pub(super) fn bit_of(&self, number: u64, scratch: &mut Scratch) -> Option<bool> {
        let slot = number.checked_sub(1)?;
        let per_group = u64::from(self.volume.superblock.s_inodes_per_group);
        let group = self.groups.get(byte_source::index(slot.checked_div(per_group)?))?;
        if !group.known {
            return None;
        }
        if group.inode_uninit {
            return Some(false);
        }
        let (bitmap, _) = inode_bitmap(&self.volume, group, scratch).ok()?;
        Some(bitmap.has(u32::try_from(slot.checked_rem(per_group)?).ok()?))
    }
}
