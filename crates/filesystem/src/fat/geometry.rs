//! Do the fields of the boot sector that say where the clusters lie go with what lies there?
//!
//! The number of root entries of FAT12 and FAT16 has no copy and no checksum. When it is wrong, every cluster is elsewhere, and files
//! have other bytes. Directories can tell: each begins with ".", which names the cluster that it lies in (FAT spec, "FAT Directory
//! Structure").

use byte_source::{Expected, Problem, ProblemKind, Scratch, Source, Structure, length, read_exact};
use words::{Term, term};

use crate::Allocation;

use super::boot_sector::BootSector;
use super::directory::SLOT_BYTES;
use super::directory_entry::{DirectoryEntry, SlotKind};
use super::tree::Tree;
use super::{Directory, Format};

const STRUCTURE: &str = "FAT boot sector";
/// Directories that are asked at most; one that confirms is enough.
const MOST_ASKED: usize = 4096;
/// Root entries that formatters write at most (Windows, mkfs.fat, mtools, FatFs: 512).
const MOST_ROOT_ENTRIES: u16 = 512;
/// Smaller numbers that formatters write: those of disks and of small media.
const USUAL_ROOT_ENTRIES: [u16; 11] = [16, 32, 48, 64, 112, 128, 192, 224, 240, 256, 512];

/// What the directories say of the place of the clusters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// One begins with its own ".".
    Confirmed,
    /// None does, and one in use should.
    Denied,
    /// There is no directory that could tell.
    Unknown,
}

/// Returns what speaks against the place of the clusters.
pub(super) fn check(
    volume: &dyn Source,
    boot: &BootSector,
    tree: &Tree,
    scratch: &mut Scratch,
) -> Option<Problem> {
    let answer = ask_directories(volume, boot.format, tree, scratch);
    if answer == Answer::Denied {
        let kind = ProblemKind::Inconsistent(term!("fat.suspicious-geometry"));
        return Some(Problem::damage(STRUCTURE, 0, kind));
    }
    if boot.format == Format::Fat32 {
        return None;
    }
    // Without a cluster in use no file can have other bytes.
    let matters = !tree.reached.is_empty();
    root_entries_problem(boot, answer == Answer::Confirmed, matters)
}

/// What is wrong with the number of root entries, which the directories confirm or say nothing of.
fn root_entries_problem(boot: &BootSector, is_confirmed: bool, matters: bool) -> Option<Problem> {
    let entries = boot.root_entries;
    let wrong = |rule: Term| {
        let expected = Expected::Rule(rule);
        let kind = ProblemKind::Value { field: "BPB_RootEntCnt", expected, found: entries.into() };
        Problem::damage(STRUCTURE, 0, kind)
    };
    let root_bytes = u64::from(entries).saturating_mul(length(SLOT_BYTES));
    let fills_sectors = root_bytes.is_multiple_of(boot.bytes_per_sector);
    match (is_confirmed, fills_sectors) {
        (true, true) => None,
        (true, false) => Some(wrong(term!("fat.root-entries-whole-sectors")).as_note()),
        (false, false) => Some(wrong(term!("fat.root-entries-whole-sectors"))),
        (false, true) if !matters || USUAL_ROOT_ENTRIES.contains(&entries) => None,
        (false, true) => {
            let problem = wrong(term!("fat.root-entries-unconfirmed"));
            Some(if entries > MOST_ROOT_ENTRIES { problem } else { problem.as_note() })
        }
    }
}

/// Asks the directories for their first slot until one confirms.
fn ask_directories(
    volume: &dyn Source,
    format: Format,
    tree: &Tree,
    scratch: &mut Scratch,
) -> Answer {
    let mut answer = Answer::Unknown;
    let below_root = (1..tree.directories.len()).filter_map(|number| tree.directories.get(number));
    for directory in below_root.take(MOST_ASKED) {
        match begins_with_itself(volume, format, directory, scratch) {
            Some(true) => return Answer::Confirmed,
            Some(false) if directory.allocation == Allocation::Allocated => answer = Answer::Denied,
            _ => {}
        }
    }
    answer
}

/// Does a directory begin with "." and its own cluster? `None` when that cannot be read.
fn begins_with_itself(
    volume: &dyn Source,
    format: Format,
    directory: &Directory,
    scratch: &mut Scratch,
) -> Option<bool> {
    let at = directory.extents.first()?.start;
    let mut bytes = [0; SLOT_BYTES];
    read_exact(volume, at, &mut bytes, scratch).ok()?;
    let slot = Structure::new("directory entry", at, &bytes);
    let is_dot = SlotKind::of(&slot).ok()? == SlotKind::Dot;
    let cluster = DirectoryEntry::read(&slot).ok()?.first_cluster(format);
    Some(is_dot && cluster == directory.first_cluster)
}
