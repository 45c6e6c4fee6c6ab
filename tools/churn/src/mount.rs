//! Mounts an image with the driver that is its witness.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use faults::{Attempt, Outcome};
use tempfile::TempDir;

use crate::programs::run;

/// Who writes and reads a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Driver {
    /// Linux itself, by the type's name.
    Linux(&'static str),
    Ntfs3g,
    ExfatFuse,
    /// No mount: mtools read and write the image.
    Mtools,
}

/// A mounted image.
pub(crate) struct Mount {
    folder: TempDir,
    loop_device: Option<PathBuf>,
    is_mounted: bool,
}

impl Mount {
    /// Mounts an image to write on it; `options` are further ones of the driver, separated by commas.
    ///
    /// # Errors
    /// The driver, a loop device or the right to use them is missing; or the driver refuses the image.
    pub(crate) fn new(driver: Driver, image: &Path, options: &str) -> Outcome<Self> {
        let folder = TempDir::with_prefix("churn-mount-").when("a folder to mount on")?;
        let mut mount = Self { folder, loop_device: None, is_mounted: false };
        let join = |first: &str| {
            if options.is_empty() { first.to_owned() } else { format!("{first},{options}") }
        };
        let image = image.as_os_str();
        let at = mount.folder.path().as_os_str().to_owned();
        match driver {
            Driver::Linux(kind) => {
                let options = join("loop,noatime");
                run(
                    "mount",
                    &[
                        OsStr::new("-t"),
                        OsStr::new(kind),
                        OsStr::new("-o"),
                        OsStr::new(&options),
                        image,
                        &at,
                    ],
                )?;
            }
            Driver::Ntfs3g => {
                let options = join("streams_interface=windows,compression,noatime");
                run("ntfs-3g", &[OsStr::new("-o"), OsStr::new(&options), image, &at])?;
            }
            Driver::ExfatFuse => {
                let device = run("losetup", &[OsStr::new("-f"), OsStr::new("--show"), image])?;
                let device =
                    PathBuf::from(String::from_utf8_lossy(device.trim_ascii()).into_owned());
                let device = mount.loop_device.insert(device).clone();
                let options = join("noatime");
                run(
                    "mount.exfat-fuse",
                    &[OsStr::new("-o"), OsStr::new(&options), device.as_os_str(), &at],
                )?;
            }
            Driver::Mtools => {}
        }
        mount.is_mounted = true;
        Ok(mount)
    }

    /// Returns where it is mounted.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Unmounts: everything is on the image afterwards. It is tried again while the volume is busy: a process that another thread starts
    /// has our open files for a moment.
    ///
    /// # Errors
    /// The volume stays busy.
    pub(crate) fn unmount(mut self) -> Outcome<()> {
        let mut tries = 0;
        while let Err(failure) = run("umount", &[self.folder.path().as_os_str()]) {
            tries += 1;
            if tries == MOST_TRIES {
                return Err(failure);
            }
            std::thread::sleep(PAUSE);
        }
        self.is_mounted = false;
        match self.loop_device.take() {
            Some(device) => run("losetup", &[OsStr::new("-d"), device.as_os_str()]).map(drop),
            None => Ok(()),
        }
    }
}

/// How often a busy volume is unmounted, and the pause between.
const MOST_TRIES: u32 = 300;
const PAUSE: std::time::Duration = std::time::Duration::from_millis(20);

impl Drop for Mount {
    fn drop(&mut self) {
        if self.is_mounted {
            // Only after a failure: what is on the image does not count any more.
            drop(run("umount", &[OsStr::new("-l"), self.folder.path().as_os_str()]));
        }
        if let Some(device) = &self.loop_device {
            drop(run("losetup", &[OsStr::new("-d"), device.as_os_str()]));
        }
    }
}
