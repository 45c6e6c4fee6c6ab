//! An image that was opened, from the container to the file systems.

use std::sync::Arc;

use byte_source::{Problem, ProblemKind, Severity, Source};
use case_model::NameEncoding;
use disk_image::OpenedImage;
use filesystem::{FileSystem, FileSystemKind, Recognised, RecordId};
use volume::{Division, Volume};
use words::Term;

use crate::file_fingerprint::WatchedFile;
use crate::locator::{Locator, file_system_word};
use crate::node::Node;
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

/// A file system that can be read, with the volume it stands on.
#[derive(Clone, Copy)]
pub struct ReadableFileSystem<'i> {
    /// The volume.
    pub volume: &'i OpenVolume,
    /// The file system.
    pub file_system: &'i dyn FileSystem,
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
