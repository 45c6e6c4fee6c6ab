//! Opening a volume: boot sector, MFT in the MFT, bitmap.

use std::sync::Arc;

use byte_source::{Problem, ProblemKind, Scratch, Source};
use words::term;

use super::boot_sector::BootSector;
use super::bootstrap;
use super::budget::KnownParts;
use super::metadata::{Directories, root_reference};
use super::mft::Mft;
use super::probe::{backup, sector};
use super::reader::Ntfs;
use super::record_bitmap::read_record_bitmap;
use super::records::Records;
use super::volume_information;
use crate::{FileSystem, FileSystemKind, OpenOptions, Place, Run, Summary};

/// Opens the file system.
///
/// # Errors
/// Neither boot sector is one, or neither `$MFT` nor `$MFTMirr` begins with a record.
pub(crate) fn open(
    volume: Arc<dyn Source>,
    _: &OpenOptions,
    scratch: &mut Scratch,
) -> Result<Box<dyn FileSystem>, Problem> {
    let mut problems = Vec::new();
    let boot = boot_sector(&*volume, &mut problems, scratch)?;
    let table = |lcn: u64, records: u64| {
        let length = records.saturating_mul(u64::from(boot.record_bytes));
        Mft::new(vec![Run { length, place: Place::At(boot.cluster_at(lcn)) }], length, boot.record_bytes)
    };
    // $MFTMirr holds the first four records, or as many as fit into a cluster.
    let mirror = table(boot.mftmirr_lcn, 4);
    let mft = table(boot.mft_lcn, 1);
    let mut records = Records { volume, boot, mft, mirror };
    bootstrap::bootstrap(&mut records, &mut problems, scratch)?;
    let mut bitmap_problems = Vec::new();
    let bitmap = read_record_bitmap(&records, &mut bitmap_problems, scratch);
    let metadata = Directories::find(&records, scratch);
    let information = volume_information::read(&records, &mut problems, scratch);
    let summary = Summary {
        kind: FileSystemKind::Ntfs,
        label: information.label,
        serial: format!("{:016X}", records.boot.serial_number),
        block_bytes: records.boot.cluster_bytes,
        blocks: records.boot.clusters(),
        problems,
    };
    let root = root_reference(&records, scratch);
    let known = KnownParts::default();
    Ok(Box::new(Ntfs { records, bitmap, bitmap_problems, metadata, root, summary, known }))
}

/// The boot sector, or its backup. What is wrong with either, and whether they differ, is noted.
fn boot_sector(
    volume: &dyn Source,
    problems: &mut Vec<Problem>,
    scratch: &mut Scratch,
) -> Result<BootSector, Problem> {
    let (bytes, unreadable) = sector(volume, 0, scratch);
    let problem = match BootSector::parse(0, &bytes) {
        Ok(boot) => {
            compare_with_backup(volume, &boot, &bytes, problems, scratch);
            return Ok(boot);
        }
        Err(problem) => unreadable.unwrap_or(problem),
    };
    let Some((at, boot)) = backup(volume, scratch) else { return Err(problem) };
    problems.push(problem.as_note());
    let how = ProblemKind::Inconsistent(term!("ntfs.boot-sector-damaged-backup-last"));
    problems.push(Problem::damage("NTFS boot sector", at, how));
    Ok(boot)
}

fn compare_with_backup(
    volume: &dyn Source,
    boot: &BootSector,
    bytes: &[u8],
    problems: &mut Vec<Problem>,
    scratch: &mut Scratch,
) {
    const NAME: &str = "backup boot sector";
    if boot.bytes() > volume.len() {
        return problems.push(Problem::damage(
            "NTFS volume",
            0,
            ProblemKind::OutOfBounds { wanted_end: boot.bytes(), available: volume.len() },
        ));
    }
    let (copy, unreadable) = sector(volume, boot.bytes(), scratch);
    if let Some(problem) = unreadable {
        problems.push(problem.as_note());
    } else if copy != bytes {
        let how = ProblemKind::Inconsistent(term!("ntfs.backup-boot-sector-differs-boot"));
        problems.push(Problem::note(NAME, boot.bytes(), how));
    }
}
