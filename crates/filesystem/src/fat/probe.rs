//! Does a volume hold a FAT file system?

use byte_source::{Problem, ProblemKind, Scratch, Source, Structure, read_exact};
use words::term;

use crate::{FileSystemKind, Recognised};

use super::Format;
use super::boot_sector::{BOOT_SECTOR_BYTES, BootSector};

const STRUCTURE: &str = "FAT boot sector";
/// Sector sizes for which the backup boot sector is looked for (it is in sector 6).
const SECTOR_BYTES: [u64; 4] = [512, 1024, 2048, 4096];
const BACKUP_SECTOR: u64 = 6;
/// BitLocker volumes: `-FVE-FS-` at byte 3, or (BitLocker To Go, which is dressed as FAT32) its identifier at byte 424.
const BITLOCKER: &[u8] = b"-FVE-FS-";
const BITLOCKER_TO_GO: [u8; 16] = [
    0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a, 0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01,
];
/// Names that other formats write where FAT keeps the name of the program that formatted it.
const OTHERS: [&[u8]; 5] = [b"NTFS    ", b"EXFAT   ", BITLOCKER, b"ReFS\0\0\0\0", b"HPFS    "];

impl Format {
    pub(super) const fn kind(self) -> FileSystemKind {
        match self {
            Self::Fat12 => FileSystemKind::Fat12,
            Self::Fat16 => FileSystemKind::Fat16,
            Self::Fat32 => FileSystemKind::Fat32,
            Self::ExFat => FileSystemKind::ExFat,
        }
    }
}

/// Recognises FAT12, FAT16 and FAT32.
pub(crate) fn probe(volume: &dyn Source, scratch: &mut Scratch) -> Option<Recognised> {
    find(volume, scratch)
        .ok()
        .map(|found| Recognised { kind: found.boot.format.kind(), reason: found.reason })
}

/// A boot sector, and how sure it is.
pub(super) struct BootSectorFound {
    pub(super) boot: BootSector,
    pub(super) reason: &'static str,
    /// What is wrong with the first boot sector, when this is its backup.
    pub(super) instead_of: Option<Problem>,
}

/// Finds the boot sector, or the backup that FAT32 keeps.
///
/// # Errors
/// Why there is none.
pub(super) fn find(volume: &dyn Source, scratch: &mut Scratch) -> Result<BootSectorFound, Problem> {
    let mut bytes = [0; BOOT_SECTOR_BYTES];
    let first = match read_exact(volume, 0, &mut bytes, scratch) {
        Ok(()) => {
            refuse_others(&bytes)?;
            BootSector::parse(&Structure::new(STRUCTURE, 0, &bytes))
        }
        Err(why) => Err(Problem::damage(STRUCTURE, 0, ProblemKind::Unreadable(why))),
    };
    let problem = match first {
        Ok(boot) => {
            let Some(reason) = evidence(volume, &bytes, &boot, scratch) else {
                let kind = ProblemKind::Inconsistent(term!("fat.neither-table-nor-signature-goes"));
                return Err(Problem::damage(STRUCTURE, 0, kind));
            };
            return Ok(BootSectorFound { boot, reason, instead_of: None });
        }
        Err(problem) => problem,
    };
    if looks_partitioned(&bytes) {
        return Err(problem);
    }
    let backup = SECTOR_BYTES.into_iter().find_map(|bytes| find_backup(volume, bytes, scratch));
    let Some(boot) = backup else { return Err(problem) };
    let reason = "backup boot sector in sector 6 and the media byte in the first FAT entry";
    Ok(BootSectorFound { boot, reason, instead_of: Some(problem) })
}

fn find_backup(
    volume: &dyn Source,
    sector_bytes: u64,
    scratch: &mut Scratch,
) -> Option<BootSector> {
    let at = sector_bytes.checked_mul(BACKUP_SECTOR)?;
    let mut bytes = [0; BOOT_SECTOR_BYTES];
    read_exact(volume, at, &mut bytes, scratch).ok()?;
    refuse_others(&bytes).ok()?;
    let boot = BootSector::parse(&Structure::new(STRUCTURE, at, &bytes)).ok()?;
    let fits = boot.backup_at == Some(at) && boot.bytes_per_sector == sector_bytes;
    (fits && media_is_in_table(volume, &boot, scratch)).then_some(boot)
}

/// What besides the BIOS parameter block says that this is FAT.
fn evidence(
    volume: &dyn Source,
    bytes: &[u8; BOOT_SECTOR_BYTES],
    boot: &BootSector,
    scratch: &mut Scratch,
) -> Option<&'static str> {
    if media_is_in_table(volume, boot, scratch) {
        return Some("BIOS parameter block and the media byte in the first FAT entry");
    }
    let word_at = if boot.format == Format::Fat32 { 82 } else { 54 };
    let named = bytes.get(word_at..).is_some_and(|rest| rest.starts_with(b"FAT"));
    (named && is_signed(bytes) && !looks_partitioned(bytes))
        .then_some("BIOS parameter block, \"FAT\" in the boot sector and signature 0xAA55")
}

/// Returns the damage when no copy of the table begins as the boot sector says: then a wrong field of the boot sector may show an
/// empty volume, and nothing else would say so.
pub(super) fn table_problem(
    volume: &dyn Source,
    boot: &BootSector,
    scratch: &mut Scratch,
) -> Option<Problem> {
    let how = term!("fat.does-not-begin-media-byte");
    let lost = !media_is_in_table(volume, boot, scratch);
    lost.then(|| {
        Problem::damage("file allocation table", boot.copy_at(0), ProblemKind::Inconsistent(how))
    })
}

/// Entry 0 of the table holds the media byte, the rest of it ones (FAT spec, `FAT[0]`).
fn media_is_in_table(volume: &dyn Source, boot: &BootSector, scratch: &mut Scratch) -> bool {
    (0..boot.fats).any(|copy| {
        let mut entry = [0; 4];
        let read = read_exact(volume, boot.copy_at(copy), &mut entry, scratch);
        let [media, second, third, fourth] = entry;
        let ones = match boot.format {
            Format::Fat12 => second & 0x0f == 0x0f,
            Format::Fat16 => second == 0xff,
            Format::Fat32 | Format::ExFat => {
                second == 0xff && third == 0xff && fourth & 0x0f == 0x0f
            }
        };
        read.is_ok() && media == boot.media && ones
    })
}

fn refuse_others(bytes: &[u8; BOOT_SECTOR_BYTES]) -> Result<(), Problem> {
    let name = bytes.get(3..11).unwrap_or_default();
    let to_go = bytes.get(424..440).is_some_and(|id| id == BITLOCKER_TO_GO);
    let kind = if name == BITLOCKER || to_go {
        ProblemKind::Inconsistent(term!("fat.bitlocker-volume-not-fat"))
    } else if OTHERS.contains(&name) {
        ProblemKind::Inconsistent(term!("fat.boot-sector-another-file-system"))
    } else {
        return Ok(());
    };
    Err(Problem::damage(STRUCTURE, 0, kind))
}

fn is_signed(bytes: &[u8; BOOT_SECTOR_BYTES]) -> bool {
    bytes.ends_with(&[0x55, 0xaa])
}

/// Is this rather a master boot record? Four slots with a status of 0 or 0x80, and a partition in one of them at least.
fn looks_partitioned(bytes: &[u8; BOOT_SECTOR_BYTES]) -> bool {
    let slots: Vec<&[u8]> = bytes.get(446..510).unwrap_or_default().chunks_exact(16).collect();
    let states = slots.iter().all(|slot| matches!(slot.first(), Some(0 | 0x80)));
    let used = slots.iter().any(|slot| {
        let filled = |from: usize| {
            slot.get(from..from.saturating_add(4)).is_some_and(|field| field != [0; 4])
        };
        slot.get(4).is_some_and(|kind| *kind != 0) && filled(8) && filled(12)
    });
    is_signed(bytes) && states && used
}
