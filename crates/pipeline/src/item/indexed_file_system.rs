//! A file system that has its row.

use case_store::{DirectoryId, FileSystemId};
use evidence::{OnMedium, OpenVolume};
use filesystem::FileSystem;

use crate::item::first_look::FirstLook;

/// A file system with the rows that were written of it before its parts.
pub(crate) struct IndexedFileSystem<'i> {
    pub(crate) row: FileSystemId,
    pub(crate) file_system: &'i dyn FileSystem,
    pub(crate) volume: &'i OpenVolume,
    pub(crate) first_look: FirstLook,
    /// The rows of its directories, in the order of [`evidence::Tree::paths`].
    pub(crate) directories: Vec<DirectoryId>,
}

impl<'i> IndexedFileSystem<'i> {
    /// Returns a file system whose directories have no rows yet.
    pub(crate) fn new(
        row: FileSystemId,
        file_system: &'i dyn FileSystem,
        volume: &'i OpenVolume,
        first_look: FirstLook,
    ) -> Self {
        Self { row, file_system, volume, first_look, directories: Vec::new() }
    }

    /// Returns the places of its bytes on the medium.
    pub(crate) fn on_medium(&self) -> OnMedium<'i> {
        OnMedium { extents: &self.volume.volume.extents }
    }
}
