//! The extents of an image, each as a source.

use std::sync::Arc;

use byte_source::{BadReason, Problem, ProblemKind, Scratch, Section, Source};
use words::term;

use super::SECTOR_BYTES;
use super::described::{Extent, NAME};
use super::grains::{Grains, UNIT};
use super::sparse_header::{self, SparseHeader};
use crate::image::Image;
use crate::mapped_medium::{Layout, MappedMedium, Place, Stretch};
use crate::opening::Opening;
use crate::problems::inconsistent;
use crate::tail;
use crate::{ImageError, Segment};

/// The file that holds an extent.
pub(super) enum File {
    /// The extent needs none: it is zero.
    None,
    Missing,
    Found(Arc<dyn Source>),
}

/// The file of `extent`: the image's own when the descriptor is embedded, or the one beside it.
///
/// # Errors
/// [`ImageError::Io`] when it is there but cannot be opened.
pub(super) fn file(
    opening: &Opening<'_>,
    extent: &Extent,
    embedded: bool,
    image: &mut Image,
) -> Result<File, ImageError> {
    if extent.kind == "ZERO" {
        return Ok(File::None);
    }
    // Embedded, the one extent is the file itself, whatever it is called now.
    if embedded {
        return Ok(File::Found(Arc::clone(&opening.first)));
    }
    let Some(found) = opening.beside.open(&extent.name)? else { return Ok(File::Missing) };
    image.segments.push(Segment { name: found.name, bytes: found.source.len() });
    Ok(File::Found(found.source))
}

/// `extent` in its `file`, over what of the parent lies under it. What cannot be read at all is bad, and said.
pub(super) fn open(
    file: Arc<dyn Source>,
    extent: &Extent,
    below: Option<Arc<dyn Source>>,
    scratch: &mut Scratch,
    problems: &mut Vec<Problem>,
) -> Arc<dyn Source> {
    let bytes = extent.sectors.saturating_mul(SECTOR_BYTES);
    match extent.kind.as_str() {
        "FLAT" | "VMFS" => {
            let start = extent.offset.saturating_mul(SECTOR_BYTES);
            let end = start.saturating_add(bytes);
            if end > file.len() {
                problems.push(Problem::damage(
                    "VMDK flat extent",
                    start,
                    ProblemKind::OutOfBounds { wanted_end: end, available: file.len() },
                ));
            }
            Arc::new(Section::new(file, start..end))
        }
        "SPARSE" | "VMFSSPARSE" => match sparse(file, below, scratch, problems) {
            Ok(source) if source.len() == bytes => source,
            Ok(source) => {
                problems.push(inconsistent(
                    sparse_header::NAME,
                    0,
                    term!("vmdk.capacity-extent-header-not-descriptor"),
                ));
                Arc::new(Section::new(source, 0..bytes))
            }
            Err(problem) => {
                problems.push(problem);
                absent(bytes, BadReason::Opaque(term!("vmdk.vmdk-extent-whose-header-cannot")))
            }
        },
        _ => {
            let expected = term!("vmdk.one-flat-vmfs-sparse-vmfssparse");
            let kind = ProblemKind::line(extent.line, &extent.text, expected);
            problems.push(Problem::damage(NAME, 0, kind));
            absent(bytes, BadReason::Opaque(term!("vmdk.vmdk-extent-kind-not-supported")))
        }
    }
}

/// A sparse extent, as long as its header says.
///
/// # Errors
/// The [`Problem`] for which no grain can be found.
pub(super) fn sparse(
    file: Arc<dyn Source>,
    below: Option<Arc<dyn Source>>,
    scratch: &mut Scratch,
    problems: &mut Vec<Problem>,
) -> Result<Arc<dyn Source>, Problem> {
    let header = SparseHeader::read(&*file, scratch)?;
    problems.extend(notes(&header, &*file, scratch));
    let len = header.capacity.saturating_mul(SECTOR_BYTES);
    let grain = u32::try_from(header.grain_size.saturating_mul(SECTOR_BYTES)).unwrap_or(u32::MAX);
    let grains = Grains::new(header);
    grains.check_copies(&*file, scratch, problems);
    Ok(Arc::new(MappedMedium::new(grains, UNIT, len, grain, vec![file], below)))
}

/// Everything in one place.
struct Everywhere(Place);

/// Returns what is worth knowing of a sparse extent: how it was closed, and what is behind it.
fn notes(header: &SparseHeader, file: &dyn Source, scratch: &mut Scratch) -> Vec<Problem> {
    let how = term!("vmdk.extent-marked-not-closed-last");
    let unclean =
        header.unclean_shutdown.then(|| inconsistent(sparse_header::NAME, 0, how).as_note());
    let behind = header.end.and_then(|end| tail::behind(sparse_header::NAME, end, file, scratch));
    unclean.into_iter().chain(behind).collect()
}

impl Layout for Everywhere {
    fn stretch(&self, _: u64, _: &[Arc<dyn Source>], _: &mut Scratch) -> Stretch {
        Stretch { bytes: u64::MAX, place: self.0 }
    }
}

/// `bytes` that cannot be read.
pub(super) fn absent(bytes: u64, reason: BadReason) -> Arc<dyn Source> {
    Arc::new(MappedMedium::new(Everywhere(Place::Bad(reason)), UNIT, bytes, 1, Vec::new(), None))
}

/// `bytes` that no file stores: the parent's, or zero.
pub(super) fn zeros(bytes: u64, below: Option<Arc<dyn Source>>) -> Arc<dyn Source> {
    Arc::new(MappedMedium::new(Everywhere(Place::Parent), UNIT, bytes, 1, Vec::new(), below))
}
