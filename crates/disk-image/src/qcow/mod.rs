//! QEMU copy-on-write images: versions 2 and 3 (`docs/interop/qcow2.rst` of QEMU), and version 1.

mod clusters;
mod extensions;
mod header;
mod version1;

use std::sync::Arc;

use byte_source::{Problem, ProblemKind};

use self::clusters::Clusters;
use self::header::Header;
use crate::image::Image;
use crate::registry::{Opening, Probe};
use crate::stretch::Laid;
use crate::{Container, ImageError, OpenedImage, Segment, parent};

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
    let mut image = Image::of(Container::Qcow2, opening);
    let first = Arc::clone(&opening.first);
    let header = Header::read(&*first, opening.scratch, &mut image.problems)?;
    let extensions = extensions::read(&*first, &header, opening.scratch, &mut image.problems);
    let mut files = vec![Arc::clone(&first)];
    if header.has_data_file() {
        let stored = extensions.data_file.as_deref().unwrap_or_default();
        let name = parent::file_name(stored);
        let data = parent::beside(opening, "qcow2", name)?;
        image.segments.push(Segment { name: name.to_owned(), bytes: data.len() });
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
    clusters.check(first.len(), &mut image.problems);
    Ok(image.over(backing, |parent| Arc::new(Laid::new(clusters, UNIT, header.size, grain, files, parent))))
}
