//! What stands before the data area besides the boot sector: its backup, FSInfo, the copies of the table.

use byte_source::{
    Expected, Problem, ProblemKind, Scratch, Source, Structure, index, length, read_exact, read_vec,
};
use words::term;

use crate::Found;

use super::boot_sector::{BOOT_SECTOR_BYTES, BootSector};
use super::volume::FatVolume;
use super::{Format, Table};

/// Bytes of two copies of the table that are compared at once.
const BLOCK_BYTES: u64 = 64 << 10;
/// Unreadable entries that are named one by one; of more, only the limit is reported.
const MOST_PROBLEMS: usize = 64;

/// The BIOS parameter block against its backup, and the marks of an unclean end.
pub(super) fn check(volume: &dyn Source, boot: &BootSector, scratch: &mut Scratch) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(backup_at) = boot.backup_at {
        problems.extend(compare_backup(volume, backup_at, scratch));
    }
    problems.extend(unclean(volume, boot, scratch));
    problems
}

fn compare_backup(volume: &dyn Source, backup_at: u64, scratch: &mut Scratch) -> Option<Problem> {
    const STRUCTURE: &str = "FAT32 backup boot sector";
    const PARAMETERS: std::ops::Range<usize> = 11..64;
    let (mut first, mut backup) = ([0; BOOT_SECTOR_BYTES], [0; BOOT_SECTOR_BYTES]);
    if read_exact(volume, 0, &mut first, scratch).is_err() {
        return None;
    }
    if let Err(why) = read_exact(volume, backup_at, &mut backup, scratch) {
        return Some(Problem::note(STRUCTURE, backup_at, ProblemKind::Unreadable(why)));
    }
    let kind = ProblemKind::Inconsistent(term!("fat.bios-parameter-block-differs-first"));
    (first.get(PARAMETERS) != backup.get(PARAMETERS)).then(|| Problem::note(STRUCTURE, backup_at, kind))
}

/// Entry 1 of the table keeps two bits (FAT spec, "FAT[1]"): clean shutdown, no disk errors; both are set on a healthy volume.
fn unclean(volume: &dyn Source, boot: &BootSector, scratch: &mut Scratch) -> Option<Problem> {
    let (bytes, shift) = match boot.format {
        Format::Fat16 => (2, 14),
        Format::Fat32 => (4, 26),
        Format::Fat12 | Format::ExFat => return None,
    };
    let at = boot.copy_at(boot.active_copy().0).saturating_add(bytes);
    let mut entry = [0; 4];
    read_exact(volume, at, &mut entry, scratch).ok()?;
    let bits = u64::from(u32::from_le_bytes(entry) >> shift & 3);
    let expected = Expected::Rule(term!("fat.3-clean-shutdown-no-disk"));
    let kind = ProblemKind::Value { field: "clean-shutdown and disk-error bits", expected, found: bits };
    (bits != 3).then(|| Problem::note("file allocation table", at, kind))
}

/// The number of free clusters that the FSInfo sector keeps (FAT spec, "FSInfo Sector"), when it does and where.
pub(super) fn free_clusters_by_fs_info(
    volume: &dyn Source,
    boot: &BootSector,
    scratch: &mut Scratch,
) -> Option<(u64, u32)> {
    const UNKNOWN: u32 = 0xffff_ffff;
    let at = boot.fs_info_at?;
    let bytes = read_vec(volume, at, 512, scratch).ok()?;
    let sector = Structure::new("FSInfo sector", at, &bytes);
    let signed = sector.u32_le(0).ok()? == 0x4161_5252 && sector.u32_le(484).ok()? == 0x6141_7272;
    let free = sector.u32_le(488).ok()?;
    (signed && free != UNKNOWN).then_some((at, free))
}

/// Adds a problem as long as there are not too many of them.
pub(super) fn push_limited(problems: &mut Vec<Problem>, structure: &'static str, at: u64, kind: ProblemKind) {
    match problems.len() {
        count if count < MOST_PROBLEMS => problems.push(Problem::damage(structure, at, kind)),
        MOST_PROBLEMS => {
            let kind = ProblemKind::LimitReached {
                what: term!("fat.problems-one-kind-named"),
                limit: length(MOST_PROBLEMS),
            };
            problems.push(Problem::damage(structure, at, kind));
        }
        _ => {}
    }
}

impl FatVolume {
    /// Reports each copy of the table that differs from the active one, with the first entry that does.
    pub(super) fn compare_copies(&self, scratch: &mut Scratch, each: &mut dyn FnMut(Found)) {
        for copy in self.table.copies.iter().skip(1) {
            if let Some(problem) = first_difference(&self.table, *copy, scratch) {
                each(Found::Problem(problem));
            }
        }
    }
}

fn first_difference(table: &Table, copy: u64, scratch: &mut Scratch) -> Option<Problem> {
    const STRUCTURE: &str = "file allocation table";
    let active = table.copies.first().copied()?;
    let mut offset = 0;
    while offset < table.used_bytes() {
        let count = table.used_bytes().saturating_sub(offset).min(BLOCK_BYTES);
        let mut read = |start: u64| {
            let at = start.saturating_add(offset);
            read_vec(&*table.volume, at, count, scratch)
                .map_err(|why| Problem::note(STRUCTURE, at, ProblemKind::Unreadable(why)))
        };
        match (read(active), read(copy)) {
            (Ok(one), Ok(other)) => {
                let differs = one.iter().zip(&other).position(|(one, other)| one != other);
                if let Some(place) = differs {
                    let place = offset.saturating_add(length(place));
                    return Some(difference(table, copy, place, &one, &other, offset));
                }
            }
            (Err(problem), _) | (_, Err(problem)) => return Some(problem),
        }
        offset = offset.saturating_add(count);
    }
    None
}

/// Names the cluster whose entry differs: the byte before it in the table, then its value in both copies.
fn difference(table: &Table, copy: u64, place: u64, one: &[u8], other: &[u8], block: u64) -> Problem {
    let cluster = place.saturating_mul(8).checked_div(table.format.bits()).unwrap_or(0);
    let cluster = u32::try_from(cluster).unwrap_or(u32::MAX);
    let entry = table.format.offset(cluster);
    let value = |bytes: &[u8]| {
        let bytes = bytes.get(index(entry.saturating_sub(block))..).unwrap_or_default();
        table.format.decode(cluster, bytes).map_or(0, u64::from)
    };
    let expected = Expected::Exactly(value(one));
    let kind = ProblemKind::Value {
        field: "first entry that differs from the active copy",
        expected,
        found: value(other),
    };
    Problem::note("file allocation table", copy.saturating_add(entry), kind)
}
