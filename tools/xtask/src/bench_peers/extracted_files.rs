//! An image's files as files of this machine: what hashdeep is given.

use std::path::Path;

use tempfile::TempDir;

use super::mounted::Mounted;
use super::subject::Subject;
use crate::failure::Attempt;
use crate::process::{exists, output, program};

/// The files of an image.
pub(super) enum ExtractedFiles {
    /// Seen through the kernel's own file system: no copy.
    Mounted(Mounted),
    /// Copied by The Sleuth Kit.
    Copied(TempDir),
    /// They could not be had, or nobody needs them.
    Absent(String),
}

impl ExtractedFiles {
    /// Mounts an ext image where this may be done; copies the files of others to a folder in `scratch`.
    pub(super) fn of(subject: &Subject, scratch: &Path) -> Self {
        if subject.coded {
            return Self::Absent("the raw image has the same files".to_owned());
        }
        if let Ok(mounted) = Mounted::read_only(&subject.path) {
            return Self::Mounted(mounted);
        }
        if !exists("tsk_recover") {
            return Self::Absent("the files cannot be extracted without tsk_recover".to_owned());
        }
        eprintln!("  extracting the files with tsk_recover…");
        let copied = TempDir::with_prefix_in("athar-extracted-", scratch).when("temporary folder");
        let recovered = copied.and_then(|folder| {
            output(program("tsk_recover", ["-a"], scratch).arg(&subject.path).arg(folder.path()))?;
            Ok(folder)
        });
        match recovered {
            Ok(folder) => Self::Copied(folder),
            Err(failure) => Self::Absent(format!("the files could not be extracted: {failure}")),
        }
    }

    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Self::Mounted(mounted) => Some(mounted.path()),
            Self::Copied(folder) => Some(folder.path()),
            Self::Absent(_) => None,
        }
    }

    /// How they were made readable, for those who judge the figures.
    pub(super) fn told(&self) -> Option<&'static str> {
        match self {
            Self::Mounted(_) => {
                Some("hashdeep reads the files through a read-only mount of the image")
            }
            Self::Copied(_) => {
                Some("hashdeep reads the files from a folder that `tsk_recover -a` filled")
            }
            Self::Absent(_) => None,
        }
    }
}
