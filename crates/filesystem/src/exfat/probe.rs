//! Does a volume hold exFAT?

use byte_source::{Problem, ProblemKind, Scratch, Source, Structure, read_exact};

use crate::{FileSystemKind, Recognised};

use super::boot_sector::{BootSector, REGION_SECTORS, STRUCTURE, check_region};

/// Sector sizes for which the backup boot region is looked for.
const SECTOR_BYTES: [u64; 4] = [512, 1024, 2048, 4096];

/// Recognises exFAT.
pub(crate) fn probe(volume: &dyn Source, scratch: &mut Scratch) -> Option<Recognised> {
    let found = find(volume, scratch).ok()?;
    let reason = if found.from_backup {
        "\"EXFAT   \" in the backup boot region, whose checksum fits"
    } else {
        "\"EXFAT   \" at byte 3"
    };
    Some(Recognised { kind: FileSystemKind::ExFat, reason })
}

/// A boot sector, and what was wrong on the way to it.
pub(super) struct BootSectorFound {
    pub(super) boot: BootSector,
    pub(super) from_backup: bool,
    pub(super) problems: Vec<Problem>,
}

/// Finds the boot sector: the main one if its region's checksum fits, else the backup if its
/// checksum does, else the main one as it is.
///
/// # Errors
/// Why there is none.
pub(super) fn find(volume: &dyn Source, scratch: &mut Scratch) -> Result<BootSectorFound, Problem> {
    let main = read(volume, 0, scratch);
    let (main, wrong) = match main {
        Ok(boot) => match check_region(volume, 0, boot.bytes_per_sector, scratch) {
            Ok(()) => return Ok(whole(volume, boot, scratch)),
            Err(wrong) => (Some(boot), wrong),
        },
        Err(problem) => (None, problem),
    };
    let sizes = main.as_ref().map_or(SECTOR_BYTES.to_vec(), |boot| vec![boot.bytes_per_sector]);
    let backup = sizes.into_iter().find_map(|bytes| backup(volume, bytes, scratch));
    let from_backup = backup.is_some();
    match backup.or(main) {
        // Damage, though the backup has it all: whoever destroyed the region may have destroyed
        // more.
        Some(boot) => Ok(BootSectorFound { boot, from_backup, problems: vec![wrong] }),
        None => Err(wrong),
    }
}

/// The main boot sector of a region whose checksum fits, with a note when that of its backup does
/// not.
fn whole(volume: &dyn Source, boot: BootSector, scratch: &mut Scratch) -> BootSectorFound {
    let backup_at = boot.bytes_per_sector.saturating_mul(REGION_SECTORS);
    let backup = check_region(volume, backup_at, boot.bytes_per_sector, scratch);
    let problems = backup.err().map(Problem::as_note).into_iter().collect();
    BootSectorFound { boot, from_backup: false, problems }
}

fn backup(volume: &dyn Source, bytes_per_sector: u64, scratch: &mut Scratch) -> Option<BootSector> {
    let at = bytes_per_sector.saturating_mul(REGION_SECTORS);
    let boot = read(volume, at, scratch).ok()?;
    let fits = boot.bytes_per_sector == bytes_per_sector;
    (fits && check_region(volume, at, bytes_per_sector, scratch).is_ok()).then_some(boot)
}

fn read(volume: &dyn Source, at: u64, scratch: &mut Scratch) -> Result<BootSector, Problem> {
    let mut bytes = [0; 512];
    read_exact(volume, at, &mut bytes, scratch)
        .map_err(|why| Problem::damage(STRUCTURE, at, ProblemKind::Unreadable(why)))?;
    BootSector::parse(&Structure::new(STRUCTURE, at, &bytes))
}
