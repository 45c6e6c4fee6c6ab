//! The container of an image on the host.

use std::path::Path;
use std::sync::Arc;

use byte_source::{Scratch, Source};
use disk_image::OpenedImage;
use words::Term;

use crate::evidence_error::EvidenceError;
use crate::file_fingerprint::WatchedFile;
use crate::host::{Folder, open_host_file};

/// A container that was opened, without a look at what the medium holds.
pub struct OpenContainer {
    /// The container and the medium inside it.
    pub image: OpenedImage,
    /// How the evidence file is read.
    pub reading: Term,
    /// The files that the container consists of, as they are read.
    pub files: Vec<Arc<dyn Source>>,
    /// What those of them that can change were when they were opened.
    pub watched: Vec<WatchedFile>,
}

/// Opens a container alone.
///
/// # Errors
/// When the file or its container cannot be opened at all.
pub fn open_container(path: &Path, scratch: &mut Scratch) -> Result<OpenContainer, EvidenceError> {
    let host =
        open_host_file(path).map_err(|error| EvidenceError::Io { path: path.to_owned(), error })?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = Folder::new(path.parent().map(Path::to_owned).unwrap_or_default());
    let first = Arc::clone(&host.source);
    let image = disk_image::open(&name, host.source, &folder, scratch)
        .map_err(|error| EvidenceError::Image { path: path.to_owned(), error: Box::new(error) })?;
    let opened = std::iter::once((first, host.watched)).chain(folder.opened());
    let (files, watched): (Vec<_>, Vec<_>) = opened.unzip();
    let watched = watched.into_iter().flatten().collect();
    Ok(OpenContainer { image, reading: host.reading, files, watched })
}
