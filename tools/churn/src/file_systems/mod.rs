//! The file systems that are tried: a further one joins with an entry in [`FILE_SYSTEMS`].

mod ext;
mod windows;

use std::path::Path;

use faults::Outcome;

use crate::disk_state::DiskState;
use crate::mount::{Driver, Mount};
use crate::programs::missing;
use crate::random::Random;

/// File systems of one family have the same operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Ext,
    Ntfs,
    Exfat,
    Fat,
}

/// Formats an image, with options drawn from the seed; gives the command.
type Format = fn(&FileSystem, &mut Random, &Path) -> Outcome<String>;

/// A file system: who formats it, who writes and reads it, what may become of it.
#[derive(Debug)]
pub struct FileSystem {
    /// The name for the command line, and in athar's report.
    pub name: &'static str,
    pub(crate) family: Family,
    /// Sizes of its disks in MiB.
    sizes: &'static [u64],
    format: Format,
    /// Who writes the disk, and says afterwards what is in it.
    pub(crate) driver: Driver,
    /// Programs without which it cannot be tried.
    programs: &'static [&'static str],
    /// A program, with its arguments, that ends with 0 when it finds no fault in an image.
    pub(crate) checker: &'static [&'static str],
    /// In which states its disks are taken.
    pub(crate) states: &'static [DiskState],
}

use DiskState::{Clean, CopiedWhileMounted, PowerLoss};

const MKE2FS: &[&str] = &["mke2fs", "e2fsck", "mount", "umount"];
const FAT_PROGRAMS: &[&str] =
    &["mkfs.fat", "mcopy", "mdel", "mmd", "mdeltree", "mren", "mmove", "mtype", "mdir", "fsck.fat"];
const E2FSCK: &[&str] = &["e2fsck", "-fn"];
const FSCK_FAT: &[&str] = &["fsck.fat", "-n"];

/// Every file system that athar reads.
#[rustfmt::skip]
pub const FILE_SYSTEMS: &[FileSystem] = &[
    FileSystem { name: "ext2", family: Family::Ext, sizes: &[8, 12, 16, 24], format: ext::format, driver: Driver::Linux("ext2"),
        programs: MKE2FS, checker: E2FSCK, states: &[Clean, Clean, CopiedWhileMounted] },
    FileSystem { name: "ext3", family: Family::Ext, sizes: &[12, 16, 24], format: ext::format, driver: Driver::Linux("ext3"),
        programs: MKE2FS, checker: E2FSCK, states: &[Clean, CopiedWhileMounted, PowerLoss] },
    FileSystem { name: "ext4", family: Family::Ext, sizes: &[12, 16, 24, 32], format: ext::format, driver: Driver::Linux("ext4"),
        programs: MKE2FS, checker: E2FSCK, states: &[Clean, Clean, CopiedWhileMounted, PowerLoss, PowerLoss] },
    FileSystem { name: "ntfs", family: Family::Ntfs, sizes: &[8, 12, 16, 24], format: windows::ntfs, driver: Driver::Ntfs3g,
        programs: &["mkfs.ntfs", "ntfs-3g", "ntfsfix", "umount"], checker: &["ntfsfix", "-n"], states: &[Clean, Clean, CopiedWhileMounted, PowerLoss] },
    FileSystem { name: "exfat", family: Family::Exfat, sizes: &[8, 16, 24], format: windows::exfat, driver: Driver::ExfatFuse,
        programs: &["mkfs.exfat", "mount.exfat-fuse", "fsck.exfat", "losetup", "umount"], checker: &["fsck.exfat", "-n"], states: &[Clean, Clean, CopiedWhileMounted] },
    FileSystem { name: "fat12", family: Family::Fat, sizes: &[4, 8, 16], format: windows::fat, driver: Driver::Mtools,
        programs: FAT_PROGRAMS, checker: FSCK_FAT, states: &[Clean] },
    FileSystem { name: "fat16", family: Family::Fat, sizes: &[16, 32], format: windows::fat, driver: Driver::Mtools,
        programs: FAT_PROGRAMS, checker: FSCK_FAT, states: &[Clean] },
    FileSystem { name: "fat32", family: Family::Fat, sizes: &[34, 40], format: windows::fat, driver: Driver::Mtools,
        programs: FAT_PROGRAMS, checker: FSCK_FAT, states: &[Clean] },
];

impl FileSystem {
    /// Returns the file system of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        FILE_SYSTEMS.iter().find(|system| system.name == name)
    }

    /// Says why disks of it cannot be made on this machine: a program lacks, or it must not be mounted here.
    ///
    /// # Errors
    /// There is no room for a small image.
    pub fn unavailable(&'static self) -> Outcome<Option<String>> {
        let lacking = missing(self.programs);
        if !lacking.is_empty() {
            return Ok(Some(format!("not installed: {}", lacking.join(", "))));
        }
        let folder = crate::disk::scratch()?;
        let image = folder.path().join("probe.raw");
        if let Err(failure) = self.create(&mut Random::new("probe"), &image) {
            return Ok(Some(failure.to_string()));
        }
        Ok(match self.driver {
            Driver::Mtools => None,
            driver => Mount::new(driver, &image, "")
                .and_then(Mount::unmount)
                .err()
                .map(|failure| failure.to_string()),
        })
    }

    /// Creates and formats an image; gives the command.
    pub(crate) fn create(&self, random: &mut Random, image: &Path) -> Outcome<String> {
        use faults::Attempt;
        let size = self.sizes[random.index(self.sizes.len())] << 20;
        let file = std::fs::File::create(image).when(image.display())?;
        file.set_len(size).when(image.display())?;
        (self.format)(self, random, image)
    }
}
