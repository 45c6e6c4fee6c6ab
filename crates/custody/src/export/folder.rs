//! An export in a folder of this machine.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use super::storage::{ExportInput, ExportOutput, is_plain};

/// How deep folders are followed; exports have three levels.
const MAX_DEPTH: usize = 16;

/// A folder. Files are only created, never overwritten; links are never followed.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The folder at this path.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn path(&self, path: &str) -> io::Result<PathBuf> {
        match is_plain(path) {
            true => Ok(path.split('/').fold(self.root.clone(), |folder, name| folder.join(name))),
            false => {
                Err(io::Error::new(io::ErrorKind::InvalidInput, "a path that may leave the export"))
            }
        }
    }
}

impl ExportOutput for Folder {
    fn create(&mut self, path: &str) -> io::Result<Box<dyn Write + '_>> {
        let path = self.path(path)?;
        fs::create_dir_all(path.parent().unwrap_or(&self.root))?;
        Ok(Box::new(BufWriter::new(File::create_new(path)?)))
    }
}

impl ExportInput for Folder {
    fn paths(&self, limit: usize) -> io::Result<Vec<String>> {
        let mut found = Vec::new();
        list(&self.root, "", 0, limit, &mut found)?;
        found.sort_unstable();
        Ok(found)
    }

    fn open(&self, path: &str) -> io::Result<Box<dyn Read + '_>> {
        let path = self.path(path)?;
        match fs::symlink_metadata(&path)?.is_file() {
            true => Ok(Box::new(File::open(path)?)),
            false => Err(io::Error::new(io::ErrorKind::InvalidInput, "no ordinary file")),
        }
    }
}

fn list(
    folder: &Path,
    prefix: &str,
    depth: usize,
    limit: usize,
    found: &mut Vec<String>,
) -> io::Result<()> {
    if depth > MAX_DEPTH {
        return Err(io::Error::other("folders nested too deep for an export"));
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry
            .file_name()
            .into_string()
            .map_err(|_| io::Error::other("a file name that is not UTF-8"))?;
        let path = format!("{prefix}{name}");
        let kind = entry.file_type()?;
        if kind.is_dir() {
            list(&entry.path(), &format!("{path}/"), depth.saturating_add(1), limit, found)?;
        } else if !kind.is_file() {
            return Err(io::Error::other(format!("{path} is no ordinary file")));
        } else if found.len() >= limit {
            return Err(io::Error::other(format!("more than {limit} files")));
        } else {
            found.push(path);
        }
    }
    Ok(())
}
