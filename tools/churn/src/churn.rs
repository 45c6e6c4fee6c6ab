//! The state of a disk while operations change it, as they know it.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use crate::content::{content, size};
use crate::file_systems::FileSystem;
use crate::names;
use crate::operations;
use crate::random::Random;
use crate::volume::Volume;

/// A disk under way. Paths are bytes, relative to its root.
pub(crate) struct Churn<'a> {
    pub(crate) volume: &'a mut dyn Volume,
    pub(crate) system: &'static FileSystem,
    seed: u64,
    pub(crate) files: Vec<Vec<u8>>,
    pub(crate) directories: Vec<Vec<u8>>,
    /// Files that are open: when they are deleted, they are orphans until the volume is unmounted.
    pub(crate) held: Vec<File>,
    /// A line an operation: what it did, or why it could not.
    pub(crate) log: Vec<String>,
}

impl<'a> Churn<'a> {
    pub(crate) fn new(volume: &'a mut dyn Volume, system: &'static FileSystem, seed: u64) -> Self {
        let files = Vec::new();
        let directories = vec![Vec::new()];
        Self { volume, system, seed, files, directories, held: Vec::new(), log: Vec::new() }
    }

    /// Does operation `number`: its choices depend on the seed and this number alone, so that others can be left out.
    pub(crate) fn step(&mut self, number: u32) {
        let mut random = Random::new(format_args!("{}:{}:{number}", self.system.name, self.seed));
        let operation = operations::draw(&mut random, self.system);
        // A full disk, or a name that is there already, is an ordinary end of an operation.
        let said = (operation.run)(self, &mut random, number)
            .unwrap_or_else(|error| format!("not done: {error}"));
        self.log.push(format!("{number} {} {said}", operation.name));
    }

    /// Draws a path that no other operation draws.
    pub(crate) fn new_path(&self, random: &mut Random, number: u32) -> Vec<u8> {
        let directory = self.directory(random);
        join(&directory, &names::draw(random, self.system.family, number))
    }

    /// Returns one of the directories, or the root.
    pub(crate) fn directory(&self, random: &mut Random) -> Vec<u8> {
        self.directories.get(random.index(self.directories.len())).cloned().unwrap_or_default()
    }

    /// Returns one of the files; makes the first one.
    pub(crate) fn file(&mut self, random: &mut Random) -> io::Result<Vec<u8>> {
        if self.files.is_empty() {
            let bytes = size(random);
            self.write(b"first.bin", &content(random, bytes), 0)?;
        }
        Ok(self.files.get(random.index(self.files.len())).cloned().unwrap_or_default())
    }

    /// Writes a file, and remembers it, though a part of it may lack where the disk is full.
    pub(crate) fn write(&mut self, path: &[u8], bytes: &[u8], piece: usize) -> io::Result<()> {
        let written = self.volume.write(path, bytes, piece);
        let is_there = match self.volume.folder() {
            Some(folder) => folder.join(OsStr::from_bytes(path)).symlink_metadata().is_ok(),
            None => written.is_ok(),
        };
        self.forget(path);
        if is_there {
            self.files.push(path.to_vec());
        }
        written
    }

    /// Removes a file.
    pub(crate) fn remove(&mut self, path: &[u8]) -> io::Result<()> {
        self.volume.remove(path)?;
        self.forget(path);
        Ok(())
    }

    /// Removes a directory with everything in it.
    pub(crate) fn remove_tree(&mut self, path: &[u8]) -> io::Result<()> {
        self.volume.remove_tree(path)?;
        let below = join(path, b"");
        self.files.retain(|file| !file.starts_with(&below));
        self.directories.retain(|directory| directory != path && !directory.starts_with(&below));
        Ok(())
    }

    /// Creates a directory.
    pub(crate) fn create_directory(&mut self, path: &[u8]) -> io::Result<()> {
        self.volume.create_directory(path)?;
        self.directories.push(path.to_vec());
        Ok(())
    }

    /// Renames a file, over another one perhaps.
    pub(crate) fn rename(&mut self, from: &[u8], to: &[u8]) -> io::Result<()> {
        if from == to {
            return Ok(());
        }
        self.volume.rename(from, to)?;
        self.forget(to);
        // Two names of one file: rename does nothing.
        if !self.at(from).is_ok_and(|path| path.symlink_metadata().is_ok()) {
            self.forget(from);
        }
        self.files.push(to.to_vec());
        Ok(())
    }

    pub(crate) fn forget(&mut self, path: &[u8]) {
        self.files.retain(|file| file != path);
    }

    /// Returns where a path is mounted.
    ///
    /// # Errors
    /// The volume is changed without a mount.
    pub(crate) fn at(&self, path: &[u8]) -> io::Result<PathBuf> {
        let folder =
            self.volume.folder().ok_or_else(|| io::Error::other("this volume is not mounted"))?;
        Ok(folder.join(OsStr::from_bytes(path)))
    }
}

/// Joins a path and a name.
pub(crate) fn join(directory: &[u8], name: &[u8]) -> Vec<u8> {
    match directory.is_empty() {
        true => name.to_vec(),
        false => [directory, b"/", name].concat(),
    }
}

/// Writes a path for people.
pub(crate) fn shown(path: &[u8]) -> String {
    path.escape_ascii().to_string()
}
