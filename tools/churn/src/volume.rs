//! What can be done with every volume, however it is reached.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::opening::open;

/// Changes of a volume. Paths are bytes, relative to its root.
pub(crate) trait Volume {
    /// Creates or replaces a file; writes in pieces of so many bytes (0: at once).
    fn write(&mut self, path: &[u8], bytes: &[u8], piece: usize) -> io::Result<()>;
    /// Writes behind the end of a file.
    fn append(&mut self, path: &[u8], bytes: &[u8]) -> io::Result<()>;
    /// Cuts a file to a part of its size: one over `divisor`.
    fn cut(&mut self, path: &[u8], divisor: u64) -> io::Result<()>;
    /// Removes a file.
    fn remove(&mut self, path: &[u8]) -> io::Result<()>;
    /// Creates a directory.
    fn create_directory(&mut self, path: &[u8]) -> io::Result<()>;
    /// Removes a directory with all that is in it.
    fn remove_tree(&mut self, path: &[u8]) -> io::Result<()>;
    /// Renames, and moves, a file.
    fn rename(&mut self, from: &[u8], to: &[u8]) -> io::Result<()>;
    /// Returns the folder in which the volume is mounted; `None` where it is changed without a mount.
    fn folder(&self) -> Option<&Path>;
}

/// A mounted volume.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    fn at(&self, path: &[u8]) -> PathBuf {
        self.0.join(OsStr::from_bytes(path))
    }
}

impl Volume for Folder {
    fn write(&mut self, path: &[u8], bytes: &[u8], piece: usize) -> io::Result<()> {
        let mut file =
            open(OpenOptions::new().write(true).create(true).truncate(true), &self.at(path))?;
        match piece {
            0 => file.write_all(bytes),
            piece => bytes.chunks(piece).try_for_each(|part| file.write_all(part)),
        }
    }

    fn append(&mut self, path: &[u8], bytes: &[u8]) -> io::Result<()> {
        open(OpenOptions::new().append(true), &self.at(path))?.write_all(bytes)
    }

    fn cut(&mut self, path: &[u8], divisor: u64) -> io::Result<()> {
        let file = open(OpenOptions::new().write(true), &self.at(path))?;
        file.set_len(file.metadata()?.len() / divisor)
    }

    fn remove(&mut self, path: &[u8]) -> io::Result<()> {
        fs::remove_file(self.at(path))
    }

    fn create_directory(&mut self, path: &[u8]) -> io::Result<()> {
        fs::create_dir(self.at(path))
    }

    fn remove_tree(&mut self, path: &[u8]) -> io::Result<()> {
        fs::remove_dir_all(self.at(path))
    }

    fn rename(&mut self, from: &[u8], to: &[u8]) -> io::Result<()> {
        fs::rename(self.at(from), self.at(to))
    }

    fn folder(&self) -> Option<&Path> {
        Some(&self.0)
    }
}
