//! Is there an NTFS volume?

use byte_source::{Problem, ProblemKind, Scratch, Source, read_exact};

use super::boot_sector::{BOOT_SECTOR_BYTES, BootSector, OEM_ID};
use super::file_record::SIGNATURE;
use crate::{FileSystemKind, Recognised};

/// By the boot sector, or by the backup boot sector when that leads to a record.
pub(crate) fn probe(volume: &dyn Source, scratch: &mut Scratch) -> Option<Recognised> {
    let kind = FileSystemKind::Ntfs;
    let (first, _) = sector(volume, 0, scratch);
    if first.get(3..11) == Some(OEM_ID) {
        return Some(Recognised { kind, reason: "signature \"NTFS    \" at byte 3" });
    }
    let (_, boot) = backup(volume, scratch)?;
    let leads = |lcn: u64| {
        let mut signature = [0; 4];
        read_exact(volume, boot.cluster_at(lcn), &mut signature, scratch).is_ok()
            && signature == *SIGNATURE
    };
    [boot.mft_lcn, boot.mftmirr_lcn].into_iter().any(leads).then_some(Recognised {
        kind,
        reason: "backup boot sector in the last sector, and the MFT that it names",
    })
}

/// The 512 bytes at `at`, zeros where they cannot be read, and why.
pub(super) fn sector(
    volume: &dyn Source,
    at: u64,
    scratch: &mut Scratch,
) -> (Vec<u8>, Option<Problem>) {
    let mut bytes = vec![0; BOOT_SECTOR_BYTES];
    let read = read_exact(volume, at, &mut bytes, scratch);
    let problem = read
        .err()
        .map(|reason| Problem::damage("NTFS boot sector", at, ProblemKind::Unreadable(reason)));
    (bytes, problem)
}

/// The backup boot sector: the last sector of the volume, for every size of sector.
pub(super) fn backup(volume: &dyn Source, scratch: &mut Scratch) -> Option<(u64, BootSector)> {
    [512, 4096, 1024, 2048, 256].into_iter().find_map(|sector_bytes| {
        let at = volume.len().checked_sub(sector_bytes)?;
        let (bytes, _) = sector(volume, at, scratch);
        let boot = BootSector::parse(at, &bytes).ok()?;
        Some((at, boot))
    })
}
