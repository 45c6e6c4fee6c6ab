//! What stands before the data area besides the boot sector: its backup, FSInfo.

use byte_source::{
    Expected, Problem, ProblemKind, Scratch, Source, Structure, read_exact, read_vec,
};
use words::term;

use super::Format;
use super::boot_sector::{BOOT_SECTOR_BYTES, BootSector};

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
    let mut first = [0; BOOT_SECTOR_BYTES];
    let mut backup = [0; BOOT_SECTOR_BYTES];
    if read_exact(volume, 0, &mut first, scratch).is_err() {
        return None;
    }
    if let Err(why) = read_exact(volume, backup_at, &mut backup, scratch) {
        return Some(Problem::note(STRUCTURE, backup_at, ProblemKind::Unreadable(why)));
    }
    let kind = ProblemKind::Inconsistent(term!("fat.bios-parameter-block-differs-first"));
    (first.get(PARAMETERS) != backup.get(PARAMETERS))
        .then(|| Problem::note(STRUCTURE, backup_at, kind))
}

/// Entry 1 of the table keeps two bits (FAT spec, `FAT[1]`): clean shutdown, no disk errors; both are set on a healthy volume.
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
    let kind =
        ProblemKind::Value { field: "clean-shutdown and disk-error bits", expected, found: bits };
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
