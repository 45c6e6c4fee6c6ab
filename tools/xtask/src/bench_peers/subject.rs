//! What is measured on.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::failure::{Attempt, Failure, Outcome};

/// An image.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub(super) path: PathBuf,
    /// EWF: the file's bytes are not the medium's.
    pub(super) coded: bool,
    /// Bytes of its file.
    pub(super) bytes: u64,
    /// Bytes of its file that are on the disk: holes are not.
    pub(super) disk_bytes: u64,
}

impl Subject {
    fn new(path: &Path) -> Outcome<Self> {
        let path = path.canonicalize().when(path.display())?;
        let metadata = path.metadata().when(path.display())?;
        let bytes = metadata.len();
        Ok(Self {
            coded: has_extension(&path, &["E01"]),
            bytes,
            disk_bytes: metadata.blocks().saturating_mul(512).min(bytes),
            path,
        })
    }

    pub(super) fn name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Reads the file once: it is in memory then, if there is room.
    pub(super) fn warm_up(&self) -> Outcome<()> {
        let mut file = File::open(&self.path).when(self.path.display())?;
        io::copy(&mut file, &mut io::sink()).map(drop).when(self.path.display())
    }
}

/// The images named, and those in the folders named.
pub(super) fn subjects(paths: &[PathBuf]) -> Outcome<Vec<Subject>> {
    let mut subjects = Vec::new();
    for path in paths {
        if !path.is_dir() {
            subjects.push(Subject::new(path)?);
            continue;
        }
        let listed = fs::read_dir(path).when(path.display())?;
        let mut files: Vec<PathBuf> =
            listed.filter_map(Result::ok).map(|entry| entry.path()).collect();
        files.retain(|file| has_extension(file, &["raw", "img", "dd", "E01"]));
        files.sort();
        subjects.extend(files.iter().map(|file| Subject::new(file)).collect::<Outcome<Vec<_>>>()?);
    }
    match subjects.is_empty() {
        true => {
            Err(Failure::new("no image to measure on; `cargo xtask bench-images DIR` makes some"))
        }
        false => Ok(subjects),
    }
}

fn has_extension(path: &Path, known: &[&str]) -> bool {
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    known.iter().any(|known| known.eq_ignore_ascii_case(&extension))
}
