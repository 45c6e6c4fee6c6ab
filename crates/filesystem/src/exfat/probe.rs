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

/// Finds the boot sector: the main one if its region's checksum fits, else the backup if its checksum does, else the main one as it is.
///
/// # Errors
/// Why there is none.
pub(super) fn find(volume: &dyn Source, scratch: &mut Scratch) -> Result<BootSectorFound, Problem> {
    let main = read(volume, 0, scratch).map(|boot| {
        let wrong = check_region(volume, 0, boot.bytes_per_sector, scratch).err();
        (boot, wrong)
    });
    let sizes = match &main {
        Ok((boot, None)) => {
            let backup_at = boot.bytes_per_sector.saturating_mul(REGION_SECTORS);
            let backup = check_region(volume, backup_at, boot.bytes_per_sector, scratch);
            let problems = backup.err().map(Problem::as_note).into_iter().collect();
            return Ok(BootSectorFound { boot: boot.clone(), from_backup: false, problems });
        }
        Ok((boot, Some(_))) => vec![boot.bytes_per_sector],
        Err(_) => SECTOR_BYTES.to_vec(),
    };
    let backup = sizes.into_iter().find_map(|bytes| backup(volume, bytes, scratch));
    let (boot, from_backup, wrong) = match (main, backup) {
        // Damage, though the backup has it all: whoever destroyed the region may have destroyed more.
        (Ok((_, wrong)), Some(boot)) => (boot, true, wrong),
        (Err(problem), Some(boot)) => (boot, true, Some(problem)),
        (Ok((boot, wrong)), None) => (boot, false, wrong),
        (Err(problem), None) => return Err(problem),
    };
    Ok(BootSectorFound { boot, from_backup, problems: wrong.into_iter().collect() })
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
