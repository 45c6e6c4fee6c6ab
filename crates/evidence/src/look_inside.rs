//! From a container to its volumes and file systems.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use byte_source::{Problem, ProblemKind, Scratch, Source};
use filesystem::{FileSystemKind, OpenOptions, Recognised, recognise};
use volume::{Division, Extent, Role, SECOND_LUKS2_HEADER, Scheme, Volume, divide};
use words::term;

use crate::evidence_error::EvidenceError;
use crate::image::{EvidenceImage, FileSystemState, OpenFileSystem, OpenVolume};
use crate::logical::LogicalFiles;
use crate::node::{Node, NodeKind};
use crate::open_container::{OpenContainer, open_container};

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
pub fn look_inside(
    container: OpenContainer,
    options: &OpenOptions,
    scratch: &mut Scratch,
) -> EvidenceImage {
    look_inside_at(None, container, options, scratch)
}

/// As [`look_inside`], for an image that lies in the file `around`.
pub(crate) fn look_inside_at(
    around: Option<&Arc<Node>>,
    container: OpenContainer,
    options: &OpenOptions,
    scratch: &mut Scratch,
) -> EvidenceImage {
    let what = container.image.container;
    let medium = Arc::clone(&container.image.medium);
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
    let volume = whole_medium(image.medium.len());
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
    let division = Division {
        scheme: Scheme::None,
        sector_bytes,
        volumes: vec![volume],
        problems: Vec::new(),
    };
    EvidenceImage { image, reading, files, watched, division, volumes: vec![opened], node }
}

/// Returns the volume of a medium that is not divided.
fn whole_medium(length: u64) -> Volume {
    Volume {
        scheme: Scheme::None,
        number: 0,
        role: Role::Volume,
        extents: vec![Extent { start: 0, length }],
        type_code: String::new(),
        name: String::new(),
        encryption: None,
        member: None,
    }
}

/// Opens a part of the medium, with the file systems that are recognised in it.
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
            let opened = catch_unwind(open).unwrap_or_else(|_| Err(reader_failed()));
            let state = opened.map_or_else(FileSystemState::Closed, FileSystemState::Open);
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
