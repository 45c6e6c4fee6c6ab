//! QEMU copy-on-write images: versions 2 and 3 (`docs/interop/qcow2.rst` of QEMU), and version 1.

mod backing;
mod clusters;
mod extensions;
mod header;
mod version1;

use std::sync::Arc;

use byte_source::{Problem, ProblemKind};
use words::term;

use self::clusters::Clusters;
use self::header::Header;
use crate::image::Image;
use crate::mapped_medium::MappedMedium;
use crate::opening::{Opening, Probe};
use crate::problems::inconsistent;
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
            Err(Problem::damage(
                header::NAME,
                0,
                ProblemKind::Unsupported { feature: term!("qcow.version-qcow-header"), value },
            )
            .into())
        }
    }
}

/// Opens the file beside the image that holds its data.
fn open_data_file(
    opening: &Opening<'_>,
    extensions: &extensions::Extensions,
    image: &mut Image,
) -> Result<Arc<dyn byte_source::Source>, ImageError> {
    let stored = extensions.data_file.as_deref().unwrap_or_default();
    let path = backing::read("qcow2", stored, Some("raw"))?.path;
    let data = parent::beside(opening, "qcow2", parent::file_name(&path))?;
    image.segments.push(Segment { name: data.name, bytes: data.source.len() });
    Ok(data.source)
}

fn open_version2(opening: &mut Opening<'_>) -> Result<OpenedImage, ImageError> {
    let mut image = Image::of(Container::Qcow2, opening);
    let first = Arc::clone(&opening.first);
    let header = Header::read(&*first, opening.scratch, &mut image.problems)?;
    let extensions = extensions::read(&*first, &header, opening.scratch, &mut image.problems);
    let mut files = vec![Arc::clone(&first)];
    if header.has_data_file() {
        files.push(open_data_file(opening, &extensions, &mut image)?);
    }
    let format = extensions.backing_format.as_deref();
    let backing = match header.backing_file(&*first, opening.scratch)? {
        Some(stored) => Some(open_backing(opening, "qcow2", &stored, format, &mut image)?),
        None => None,
    };
    let grain = u32::try_from(header.cluster_bytes()).unwrap_or(u32::MAX);
    let clusters = Clusters::new(&header);
    clusters.check(first.len(), &mut image.problems);
    Ok(image.over(backing, |parent| {
        Arc::new(MappedMedium::new(clusters, UNIT, header.size, grain, files, parent))
    }))
}

/// Opens the backing image that is named `stored`. That its content is of another format than is said is damage.
fn open_backing(
    opening: &mut Opening<'_>,
    container: &'static str,
    stored: &str,
    format: Option<&str>,
    image: &mut Image,
) -> Result<OpenedImage, ImageError> {
    let backing = backing::read(container, stored, format)?;
    let raw = backing.format.as_deref() == Some("raw");
    let opened = parent::open(opening, container, &backing.path, raw)?;
    let said = match backing.format.as_deref() {
        None | Some("" | "raw") => None,
        Some("vpc") => Some("vhd"),
        Some(format) => Some(format),
    };
    if said.is_some_and(|said| said != opened.container.key()) {
        let problem =
            inconsistent("qcow2 backing format", 0, term!("qcow.backing-image-not-format-said"));
        image.problems.push(problem);
    }
    Ok(opened)
}
