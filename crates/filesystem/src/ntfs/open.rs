//! Opening a volume: boot sector, MFT in the MFT, bitmap.

use std::collections::HashSet;
use std::sync::Arc;

use byte_source::{Problem, ProblemKind, Scratch, Source};

use super::attribute::{Attribute, type_code};
use super::boot_sector::BootSector;
use super::file_record::NAME;
use super::file_system::{Ntfs, record_bitmap, root};
use super::metadata::Directories;
use super::mft::Mft;
use super::probe::{backup, sector};
use super::records::{Budget, OwnedRecord, Records};
use super::{streams, volume_information};
use crate::{FileSystem, FileSystemKind, Layout, OpenOptions, Place, Run, Summary};

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
    bootstrap(&mut records, &mut problems, scratch)?;
    let mut bitmap_problems = Vec::new();
    let bitmap = record_bitmap(&records, &mut bitmap_problems, scratch);
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
    let root = root(&records, scratch);
    Ok(Box::new(Ntfs { records, bitmap, bitmap_problems, metadata, root, summary }))
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
    let how = ProblemKind::Inconsistent("the boot sector is damaged: its backup in the last sector was read");
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
        let how = ProblemKind::Inconsistent("the backup boot sector differs from the boot sector");
        problems.push(Problem::note(NAME, boot.bytes(), how));
    }
}

/// Finds all of the MFT: its first record describes where it lies, and the records that extend that one lie in the part of it
/// that is known by then.
fn bootstrap(
    records: &mut Records,
    problems: &mut Vec<Problem>,
    scratch: &mut Scratch,
) -> Result<(), Problem> {
    /// An `$MFT` in thousands of runs takes a dozen records, most of them within the part that is known first.
    const ADOPTIONS_MAX: u64 = 256;
    let first = records.load(0, scratch)?;
    problems.extend(first.problems.iter().cloned());
    let record = first.parse()?;
    let mut own = Vec::new();
    record.attributes(&mut own, problems);
    adopt(records, &own)?;
    let list = records.list(&own, &mut Budget::new(), problems, scratch).unwrap_or_default();
    let mut wanted: Vec<_> = list.iter().filter(|entry| entry.type_code == type_code::DATA).collect();
    wanted.sort_by_key(|entry| entry.lowest_vcn);
    let mut seen = HashSet::from([0]);
    let wanted: Vec<u64> =
        wanted.iter().map(|entry| entry.record.number).filter(|number| seen.insert(*number)).collect();
    let mut loaded: Vec<OwnedRecord> = Vec::new();
    let mut adoptions = 0_u64;
    for number in wanted {
        // Parts by ascending VCN: each lies in what the parts before it map, as it must for NTFS itself.
        if !records.mft.maps(number) {
            adoptions = adoptions.saturating_add(1);
            if adoptions > ADOPTIONS_MAX {
                let what = "times that the known part of $MFT was extended to read the next part";
                let kind = ProblemKind::LimitReached { what, limit: ADOPTIONS_MAX };
                problems.push(Problem::damage("$MFT", record.place.first(), kind));
                break;
            }
            adopt_all(records, &own, &loaded, &mut Vec::new())?;
        }
        match records.load(number, scratch) {
            Ok(extension) => loaded.push(extension),
            Err(problem) => problems.push(problem),
        }
    }
    if loaded.is_empty() { Ok(()) } else { adopt_all(records, &own, &loaded, problems) }
}

/// Makes `$MFT`'s data, as far as the records read by now describe it, the MFT.
fn adopt_all(
    records: &mut Records,
    own: &[Attribute<'_>],
    loaded: &[OwnedRecord],
    problems: &mut Vec<Problem>,
) -> Result<(), Problem> {
    let mut attributes = own.to_vec();
    for extension in loaded {
        let record = extension.parse()?;
        if record.base.number != 0 {
            let how = "a record that the attribute list of $MFT names belongs to another file";
            problems.push(Problem::damage(NAME, record.place.first(), ProblemKind::Inconsistent(how)));
            continue;
        }
        record.attributes(&mut attributes, &mut Vec::new());
    }
    adopt(records, &attributes)
}

fn adopt(records: &mut Records, attributes: &[Attribute<'_>]) -> Result<(), Problem> {
    let at = attributes.first().map_or(0, |attribute| attribute.at);
    // The gaps that are still there while the parts are gathered are no damage; what remains is told with record 0.
    let stream = streams::find(attributes, type_code::DATA, &[], &records.boot, &mut Vec::new());
    let Some(stream) = stream else {
        return Err(Problem::damage("$MFT", at, ProblemKind::Inconsistent("$MFT has no $DATA attribute")));
    };
    let Layout::Runs(runs) = stream.layout else {
        return Err(Problem::damage(
            "$MFT",
            at,
            ProblemKind::Inconsistent("the data of $MFT does not lie in plain runs"),
        ));
    };
    let size = stream.size.min(records.volume.len());
    records.mft = Mft::new(runs, size, records.boot.record_bytes);
    Ok(())
}
