//! QEMU copy-on-write images: versions 2 and 3 (`docs/interop/qcow2.rst` of QEMU), and version 1.

mod clusters;
mod extensions;
mod header;
mod version1;

use std::sync::Arc;

use byte_source::{Problem, ProblemKind};

use self::clusters::Clusters;
use self::header::Header;
use crate::registry::{Opening, Probe};
use crate::stretch::Laid;
use crate::{Container, ImageError, OpenedImage, Segment, parent, raw};

/// Begins all versions.
const SIGNATURE: &[u8] = b"QFI\xfb";
/// What clusters are called in `BadReason`.
const UNIT: &str = "qcow cluster";

/// Recognises an image of any version.
pub(crate) fn recognise(probe: &Probe) -> Option<&'static str> {
    probe.begins(0, SIGNATURE).then_some("QFI signature of a QEMU copy-on-write image")
}

/// Opens an image of any version.
pub(crate) fn open(mut opening: Opening<'_>) -> Result<OpenedImage, ImageError> {
    let mut head = [0; 8];
    let _ = byte_source::read_exact(&*opening.first, 0, &mut head, opening.scratch);
    match head {
        [.., 1] => version1::open(&mut opening),
        [.., 2 | 3] => open_version2(&mut opening),
        [.., a, b, c, d] => {
            let value = u32::from_be_bytes([a, b, c, d]).into();
            let kind = ProblemKind::Unsupported { feature: "version of the qcow header", value };
            Err(Problem::damage(header::NAME, 0, kind).into())
        }
    }
}

fn open_version2(opening: &mut Opening<'_>) -> Result<OpenedImage, ImageError> {
    let mut problems = Vec::new();
    let first = Arc::clone(&opening.first);
    let header = Header::read(&*first, opening.scratch, &mut problems)?;
    let extensions = extensions::read(&*first, &header, opening.scratch, &mut problems);
    let mut files = vec![Arc::clone(&first)];
    let mut segments = vec![Segment { name: opening.name.to_owned(), bytes: first.len() }];
    if header.has_data_file() {
        let stored = extensions.data_file.as_deref().unwrap_or_default();
        let name = parent::file_name(stored);
        let data = parent::beside(opening, "qcow2", name)?;
        segments.push(Segment { name: name.to_owned(), bytes: data.len() });
        files.push(data);
    }
    let backing = match header.backing_file(&*first, opening.scratch)? {
        Some(stored) => {
            let raw = extensions.backing_format.as_deref() == Some("raw");
            Some(parent::open(opening, "qcow2", &stored, raw)?)
        }
        None => None,
    };
    let grain = u32::try_from(header.cluster_bytes()).unwrap_or(u32::MAX);
    let clusters = Clusters::new(&header);
    clusters.check(first.len(), &mut problems);
    Ok(finish(
        Image { container: Container::Qcow2, reason: opening.reason, segments, problems },
        backing,
        |parent| Arc::new(Laid::new(clusters, UNIT, header.size, grain, files, parent)),
    ))
}

/// What is known of an image before its medium is made.
struct Image {
    container: Container,
    reason: &'static str,
    segments: Vec<Segment>,
    problems: Vec<Problem>,
}

/// Puts image and backing image together.
fn finish(
    image: Image,
    backing: Option<OpenedImage>,
    medium: impl FnOnce(Option<Arc<dyn byte_source::Source>>) -> Arc<dyn byte_source::Source>,
) -> OpenedImage {
    let Image { container, reason, mut segments, mut problems } = image;
    let mut below = None;
    if let Some(backing) = backing {
        segments.extend(backing.segments);
        problems.extend(backing.problems);
        below = Some(backing.medium);
    }
    OpenedImage {
        container,
        reason,
        medium: medium(below),
        sector_bytes: raw::SECTOR_BYTES,
        segments,
        stored_digests: Vec::new(),
        claims: Vec::new(),
        problems,
    }
}
