//! From the path of an image to its file systems.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use byte_source::{Problem, ProblemKind, Scratch, Severity, Source};
use case_model::NameEncoding;
use disk_image::{ImageError, OpenedImage};
use filesystem::{FileSystem, FileSystemKind, OpenOptions, Recognised, RecordId, recognise};
use thiserror::Error;
use volume::{Division, Extent, Role, SECOND_LUKS2_HEADER, Scheme, Volume, divide};
use words::{Term, term};

use crate::file_fingerprint::WatchedFile;
use crate::host::{Folder, open_host_file};
use crate::locator::{Locator, file_system_word};
use crate::logical::LogicalFiles;
use crate::node::{NestedError, Node, NodeKind};
use crate::on_medium::OnMedium;

/// An image that was opened, from the container to the file systems.
pub struct EvidenceImage {
    /// The container and the medium inside it.
    pub image: OpenedImage,
    /// How the evidence file is read.
    pub reading: Term,
    /// The files that the container consists of, as they are read.
    pub files: Vec<Arc<dyn Source>>,
    /// What those of them that can change were when they were opened.
    pub watched: Vec<WatchedFile>,
    /// How the medium is divided.
    pub division: Division,
    /// The parts that may hold a file system, with what they hold; in the order of the division.
    pub volumes: Vec<OpenVolume>,
    /// The image as a node: what it lies in, when it is no exhibit itself.
    pub node: Arc<Node>,
}

/// A part of the medium with what it holds.
pub struct OpenVolume {
    /// Its place in the division, from 0.
    pub ordinal: usize,
    /// The part.
    pub volume: Volume,
    /// Its bytes.
    pub source: Arc<dyn Source>,
    /// File systems that were recognised, opened or not.
    pub file_systems: Vec<OpenFileSystem>,
    /// The part as a node: a volume, or an encrypted one.
    pub node: Arc<Node>,
}

/// A file system that was recognised.
pub struct OpenFileSystem {
    /// Which one, and by what.
    pub recognised: Recognised,
    /// What came of it.
    pub state: FileSystemState,
}

/// What came of opening a file system.
pub enum FileSystemState {
    /// It can be read.
    Open(Box<dyn FileSystem>),
    /// It cannot: not supported, or damaged.
    Closed(Problem),
}

/// Why an image cannot be taken in at all.
#[derive(Debug, Error)]
pub enum EvidenceError {
    /// The file cannot be opened.
    #[error("{path}: {error}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        error: io::Error,
    },
    /// The container cannot be opened.
    #[error("{path}: {error}", path = path.display())]
    Image {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        error: Box<ImageError>,
    },
    /// An image inside another one cannot be opened.
    #[error("{path}: {error}", path = path.display())]
    Nested {
        /// Its address.
        path: PathBuf,
        /// What is wrong.
        #[source]
        error: Box<NestedError>,
    },
}

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

/// A file system that can be read, with the volume it stands on.
#[derive(Clone, Copy)]
pub struct ReadableFileSystem<'i> {
    /// The volume.
    pub volume: &'i OpenVolume,
    /// The file system.
    pub file_system: &'i dyn FileSystem,
}

/// Opens a container alone.
///
/// # Errors
/// When the file or its container cannot be opened at all.
pub fn open_container(path: &Path, scratch: &mut Scratch) -> Result<OpenContainer, EvidenceError> {
    let host = open_host_file(path).map_err(|error| EvidenceError::Io { path: path.to_owned(), error })?;
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

/// Opens an image: container, volumes, file systems. What cannot be read inside it is in the result, not an error.
///
/// # Errors
/// When the file or its container cannot be opened at all.
pub fn open_image(
    path: &Path,
    options: &OpenOptions,
    scratch: &mut Scratch,
) -> Result<EvidenceImage, EvidenceError> {
    Ok(look_inside(open_container(path, scratch)?, options, scratch))
}

/// Looks into a container that was opened: volumes, file systems. What cannot be read is in the result.
#[must_use]
pub fn look_inside(container: OpenContainer, options: &OpenOptions, scratch: &mut Scratch) -> EvidenceImage {
    look_inside_at(None, container, options, scratch)
}

/// As [`look_inside`], for an image that lies in the file `around`.
pub(crate) fn look_inside_at(
    around: Option<&Arc<Node>>,
    container: OpenContainer,
    options: &OpenOptions,
    scratch: &mut Scratch,
) -> EvidenceImage {
    let (what, medium) = (container.image.container, Arc::clone(&container.image.medium));
    let node = match around {
        Some(file) => file.inside(NodeKind::Image(what), medium),
        None => Node::exhibit(what, medium),
    };
    if container.image.logical_entries.is_some() {
        return logical_evidence(container, node);
    }
    let OpenContainer { image, reading, files, watched } = container;
    let division = divide(&image.medium, scratch);
    let volumes = division
        .volumes
        .iter()
        .enumerate()
        .filter(|(_, volume)| volume.role == Role::Volume)
        .map(|(ordinal, volume)| open_volume(ordinal, volume, &node, options, scratch))
        .collect();
    EvidenceImage { image, reading, files, watched, division, volumes, node }
}

/// Files without a medium: one volume, whose file system is the container's own tree.
fn logical_evidence(container: OpenContainer, node: Arc<Node>) -> EvidenceImage {
    let OpenContainer { mut image, reading, files, watched } = container;
    let entries = image.logical_entries.take().unwrap_or_default();
    let volume = Volume {
        scheme: Scheme::None,
        number: 0,
        role: Role::Volume,
        extents: vec![Extent { start: 0, length: image.medium.len() }],
        type_code: String::new(),
        name: String::new(),
        encryption: None,
        member: None,
    };
    let recognised =
        Recognised { kind: FileSystemKind::Logical, reason: "the container's own tree of files" };
    let file_system = LogicalFiles::new(Arc::clone(&image.medium), entries);
    let opened = OpenVolume {
        ordinal: 0,
        volume: volume.clone(),
        source: Arc::clone(&image.medium),
        file_systems: vec![OpenFileSystem {
            recognised,
            state: FileSystemState::Open(Box::new(file_system)),
        }],
        node: volume_node(&node, &volume, &image.medium),
    };
    let sector_bytes = image.sector_bytes;
    let division =
        Division { scheme: Scheme::None, sector_bytes, volumes: vec![volume], problems: Vec::new() };
    EvidenceImage { image, reading, files, watched, division, volumes: vec![opened], node }
}

fn open_volume(
    ordinal: usize,
    volume: &Volume,
    image: &Arc<Node>,
    options: &OpenOptions,
    scratch: &mut Scratch,
) -> OpenVolume {
    let source = volume.source(&image.source);
    let node = volume_node(image, volume, &source);
    let mut file_systems = Vec::new();
    // By its second header alone it is encrypted most likely: a file system that is found all the same is read.
    if volume.encryption.is_none_or(|name| name == SECOND_LUKS2_HEADER) {
        for (recognised, format) in recognise(source.as_ref(), scratch) {
            // One reader that fails costs its file system, not the image.
            let open = AssertUnwindSafe(|| format.open(Arc::clone(&source), options, scratch));
            let state = match catch_unwind(open) {
                Ok(Ok(file_system)) => FileSystemState::Open(file_system),
                Ok(Err(problem)) => FileSystemState::Closed(problem),
                Err(_) => FileSystemState::Closed(reader_failed()),
            };
            file_systems.push(OpenFileSystem { recognised, state });
        }
    }
    OpenVolume { ordinal, volume: volume.clone(), source, file_systems, node }
}

/// The node of a volume: what is encrypted is known before anybody has its key.
fn volume_node(image: &Arc<Node>, volume: &Volume, source: &Arc<dyn Source>) -> Arc<Node> {
    let start = volume.start();
    let what = match volume.encryption {
        Some(encryption) => NodeKind::Encrypted { encryption, start },
        None => NodeKind::Volume { scheme: volume.scheme, start },
    };
    image.inside(what, Arc::clone(source))
}

fn reader_failed() -> Problem {
    let kind = ProblemKind::Inconsistent(term!("evidence.reader-failed-when-opened-file"));
    Problem::damage("file system reader", 0, kind)
}

impl EvidenceImage {
    /// The file systems that can be read, in the order of the volumes.
    pub fn readable(&self) -> impl Iterator<Item = ReadableFileSystem<'_>> {
        self.volumes.iter().flat_map(|volume| {
            volume.file_systems.iter().filter_map(move |file_system| match &file_system.state {
                FileSystemState::Open(open) => {
                    Some(ReadableFileSystem { volume, file_system: open.as_ref() })
                }
                FileSystemState::Closed(_) => None,
            })
        })
    }

    /// The file system that a locator names.
    #[must_use]
    pub fn located(&self, locator: &Locator) -> Option<ReadableFileSystem<'_>> {
        self.readable().find(|readable| {
            readable.volume.volume.start() == locator.volume_offset
                && file_system_word(readable.file_system.summary().kind) == locator.file_system
        })
    }
}

impl<'i> ReadableFileSystem<'i> {
    /// Where its bytes are on the medium.
    #[must_use]
    pub fn on_medium(&self) -> OnMedium<'i> {
        OnMedium { extents: &self.volume.volume.extents }
    }

    /// How names of streams are coded: as UTF-16 on NTFS, as bytes elsewhere.
    #[must_use]
    pub fn stream_encoding(&self) -> NameEncoding {
        match self.file_system.summary().kind {
            FileSystemKind::Ntfs => NameEncoding::Utf16Le,
            _ => NameEncoding::Bytes,
        }
    }

    /// What stands before a locator of it when it is written for the exhibit: the images on the way, and a colon; nothing for a file
    /// system of the exhibit itself.
    #[must_use]
    pub fn around(&self) -> String {
        let place = self.volume.node.place();
        if place.is_exhibit() { String::new() } else { format!("{place}:") }
    }

    /// The locator of one of its records.
    #[must_use]
    pub fn locator(&self, record: RecordId) -> Locator {
        Locator::of_record(self.volume.volume.start(), self.file_system, record)
    }
}

impl OpenFileSystem {
    /// `read`, `unsupported` or `failed`.
    #[must_use]
    pub fn state_key(&self) -> &'static str {
        match &self.state {
            FileSystemState::Open(_) => "read",
            FileSystemState::Closed(Problem {
                kind:
                    ProblemKind::Unsupported { .. }
                    | ProblemKind::NotRead(_)
                    | ProblemKind::SnapshotsNotRead { .. },
                ..
            }) => "unsupported",
            FileSystemState::Closed(problem) if problem.severity == Severity::Note => "unsupported",
            FileSystemState::Closed(_) => "failed",
        }
    }
}
