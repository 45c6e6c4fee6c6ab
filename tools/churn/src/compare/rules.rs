//! Differences that are no faults of athar, each by a rule with a name.

use std::ffi::OsStr;
use std::fs;

use faults::{Attempt, Outcome};
use serde_json::Value;

use super::abandoned::only_abandoned_records;
use crate::disk::Disk;
use crate::disk_state::DiskState;
use crate::file_systems::{Family, FileSystem};
use crate::programs::run;
use crate::scan::Scan;

/// Why a difference is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// A scan is incomplete, and the file system's own checker finds faults, too: drivers leave them when a disk is full, or when the
    /// power goes.
    CheckerFindsFaults,
    /// The power went while ntfs-3g, which writes no journal, had a part of its changes in memory: records of the two states do not fit.
    /// The scan must say so, and the live entries are compared all the same.
    WritesUnderWay,
    /// ntfs-3g took an extension record for a list of attributes, and the disk was full: the record is in use, empty, and no record lists
    /// it. `istat` of The Sleuth Kit shows the same; the scan must say so.
    AbandonedRecord,
    /// A file was deleted while it was open: the driver freed it when the copy was mounted; on the medium it is still there. On exFAT
    /// its clusters are in use and belong to no entry: they are listed as lost chains, and the scan says so.
    DeletedWhileOpen,
    /// The power went before the name of an inode was written: e2fsck calls it unattached, athar lists it as an orphan.
    UnattachedInode,
    /// The driver shows a name but cannot reach or read the file.
    DriverCannotRead,
    /// ntfs-3g stores links and special files as system files with content of its own.
    NtfsSpecialFile,
    /// ntfs-3g shows parts of seconds before 1970 wrongly: the remainder of its division is negative.
    NtfsBefore1970,
    /// Linux stamps directories and removed names when it replays a journal.
    ReplayStamps,
    /// exfat-fuse and mtools show local times in whole or double seconds.
    CoarseTimes,
    /// athar does not call the extents exact, and says why: ranges cannot be compared by them.
    ExtentsNotExact,
    /// The value of an attribute lies in an inode of its own: athar gives its size and the inode, which is listed with its digests.
    AttributeInInode,
    /// Directories and the root count their children's links differently.
    LinksOfDirectories,
}

impl Rule {
    /// Returns the name for the table of figures.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CheckerFindsFaults => "checker-finds-faults",
            Self::WritesUnderWay => "writes-under-way",
            Self::AbandonedRecord => "abandoned-record",
            Self::DeletedWhileOpen => "deleted-while-open",
            Self::UnattachedInode => "unattached-inode",
            Self::DriverCannotRead => "driver-cannot-read",
            Self::NtfsSpecialFile => "ntfs-special-file",
            Self::NtfsBefore1970 => "ntfs-before-1970",
            Self::ReplayStamps => "replay-stamps",
            Self::CoarseTimes => "coarse-times",
            Self::ExtentsNotExact => "extents-not-exact",
            Self::AttributeInInode => "attribute-in-inode",
            Self::LinksOfDirectories => "links-of-directories",
        }
    }
}

/// Returns the rule by which a scan of this disk need not be complete; `None` when it must be.
///
/// # Errors
/// No copy can be made for the checker.
pub(super) fn may_be_incomplete(
    system: &FileSystem,
    disk: &Disk,
    scan: &Scan,
) -> Outcome<Option<Rule>> {
    Ok(match (system.family, disk.state) {
        (Family::Ntfs, DiskState::PowerLoss) => Some(Rule::WritesUnderWay),
        (Family::Ntfs, _) if only_abandoned_records(&disk.image, scan) => {
            Some(Rule::AbandonedRecord)
        }
        (Family::Exfat, DiskState::CopiedWhileMounted) if only_lost_chains(scan) => {
            Some(Rule::DeletedWhileOpen)
        }
        _ => checker_finds_faults(system, disk)?.then_some(Rule::CheckerFindsFaults),
    })
}

/// Does a scan report no other damage than clusters that belong to no entry?
fn only_lost_chains(scan: &Scan) -> bool {
    let damages = scan.report["first_damages"].as_array();
    let is_lost = |damage: &Value| {
        damage.as_str().is_some_and(|text| text.contains("that belong to no file"))
    };
    damages.is_some_and(|damages| !damages.is_empty() && damages.iter().all(is_lost))
}

/// Does e2fsck call an inode of a copy unattached?
///
/// # Errors
/// No copy can be made.
pub(super) fn is_unattached(disk: &Disk, inode: u64) -> Outcome<bool> {
    let copy = disk.image.with_extension("unattached");
    fs::copy(&disk.image, &copy).when(copy.display())?;
    let checked = run("e2fsck", &["-fn".as_ref(), copy.as_os_str()]);
    fs::remove_file(&copy).when(copy.display())?;
    let words = format!("Unattached inode {inode}\n");
    Ok(checked.is_err_and(|failure| failure.to_string().contains(&words)))
}

/// Does the file system's own checker find faults in a copy, with its journal replayed?
///
/// # Errors
/// No copy can be made.
fn checker_finds_faults(system: &FileSystem, disk: &Disk) -> Outcome<bool> {
    let Some((program, arguments)) = system.checker.split_first() else { return Ok(false) };
    let copy = disk.image.with_extension("checked");
    fs::copy(&disk.image, &copy).when(copy.display())?;
    if system.family == Family::Ext {
        // Replays the journal, and repairs nothing else.
        drop(run(
            "e2fsck",
            &["-p".as_ref(), "-E".as_ref(), "journal_only".as_ref(), copy.as_os_str()],
        ));
    }
    let words: Vec<&OsStr> = arguments.iter().map(OsStr::new).chain([copy.as_os_str()]).collect();
    let is_sound = run(program, &words).is_ok();
    fs::remove_file(&copy).when(copy.display())?;
    Ok(!is_sound)
}
