//! VMware virtual disks: descriptor files, monolithic and split extents, sparse, flat and stream-optimised (Virtual Disk Format 5.0).

mod described;
mod descriptor;
mod descriptor_text;
mod extent;
mod grains;
mod sparse_header;

use std::sync::Arc;

use byte_source::{BadReason, Concatenation, Problem, ProblemKind, Section, Source};
use words::term;

use self::described::Descriptor;
use crate::image::Image;
use crate::opening::{Opening, Probe};
use crate::problems::{inconsistent, limit_reached};
use crate::{Container, ImageError, OpenedImage, parent};

/// `parentCID` of an image without a parent.
const NO_PARENT: &str = "ffffffff";
/// Bytes of a sector, in which descriptors count.
const SECTOR_BYTES: u64 = 512;

/// Recognises a sparse extent or a descriptor file.
pub(crate) fn recognise(probe: &Probe) -> Option<&'static str> {
    if probe.begins(0, sparse_header::HOSTED_SIGNATURE) {
        return Some("KDMV signature of a VMDK sparse extent");
    }
    if probe.begins(0, sparse_header::ESX_SIGNATURE) && probe.begins(4, &[1, 0, 0, 0]) {
        return Some("COWD signature of a VMDK sparse extent");
    }
    probe.begins(0, descriptor::SIGNATURE).then_some("VMDK descriptor file")
}

/// Opens a monolithic image, or all extents that a descriptor file names.
pub(crate) fn open(mut opening: Opening<'_>) -> Result<OpenedImage, ImageError> {
    let mut image = Image::of(Container::Vmdk, &opening);
    let Some((descriptor, embedded)) = descriptor::find(&*opening.first, opening.scratch)? else {
        return open_lone_extent(&mut opening, image);
    };
    claim(&descriptor, &mut image);
    image.problems.extend(descriptor.notes.iter().cloned());
    let parent = open_parent(&mut opening, &descriptor, &mut image.problems)?;
    let below = parent.as_ref().map(|parent| Arc::clone(&parent.medium));
    let mut parts: Vec<Arc<dyn Source>> = Vec::new();
    let mut start = 0_u64;
    let mut missing = Vec::new();
    for (number, extent) in (1..).zip(&descriptor.extents) {
        let bytes = extent.sectors.saturating_mul(SECTOR_BYTES);
        let below = below.as_ref().map(|parent| part_of(parent, start, bytes));
        let file = extent::file(&opening, extent, embedded, &mut image)?;
        let part = match file {
            extent::File::None => None,
            extent::File::Missing => {
                missing.push((number, extent.name.clone()));
                Some(extent::absent(bytes, BadReason::MissingSegment { number }))
            }
            extent::File::Found(file) => Some(extent::open(
                file,
                extent,
                below.clone(),
                opening.scratch,
                &mut image.problems,
            )),
        };
        parts.push(part.unwrap_or_else(|| extent::zeros(bytes, below)));
        start = start.saturating_add(bytes);
    }
    if let Some((_, name)) = missing.first().filter(|_| missing.len() == parts.len()) {
        return Err(ImageError::MissingFile { container: "VMDK", name: name.clone() });
    }
    for (number, _) in missing {
        image.problems.push(Problem::damage(
            "VMDK extent",
            0,
            ProblemKind::Unreadable(BadReason::MissingSegment { number }),
        ));
    }
    let medium = Concatenation::new(parts)
        .ok_or_else(|| limit_reached("VMDK descriptor", 0, term!("vmdk.bytes-medium"), u64::MAX))?;
    Ok(image.over(parent, |_| Arc::new(medium)))
}

/// A sparse extent that holds no descriptor: one file of a split image.
fn open_lone_extent(
    opening: &mut Opening<'_>,
    mut image: Image,
) -> Result<OpenedImage, ImageError> {
    image.problems.push(inconsistent(
        "VMDK sparse extent",
        0,
        term!("vmdk.extent-no-descriptor-may-one"),
    ));
    let file = Arc::clone(&opening.first);
    let medium = extent::sparse(file, None, opening.scratch, &mut image.problems)?;
    // How long the whole image is the descriptor would say.
    Ok(OpenedImage { stated_bytes: None, ..image.with(medium) })
}

/// The bytes of a parent that lie under an extent; the parent may end before.
fn part_of(parent: &Arc<dyn Source>, start: u64, bytes: u64) -> Arc<dyn Source> {
    let end = start.saturating_add(bytes).min(parent.len());
    Arc::new(Section::new(Arc::clone(parent), start.min(end)..end))
}

fn open_parent(
    opening: &mut Opening<'_>,
    descriptor: &Descriptor,
    problems: &mut Vec<Problem>,
) -> Result<Option<OpenedImage>, ImageError> {
    let wanted = match descriptor.value("parentCID") {
        Some(wanted) if !wanted.eq_ignore_ascii_case(NO_PARENT) => wanted,
        _ => return Ok(None),
    };
    let hint = descriptor.value("parentFileNameHint").unwrap_or("(a parent without a name)");
    let parent = parent::open(opening, "VMDK", hint, false)?;
    let found =
        parent.claims.iter().find(|claim| claim.field == "CID").map(|claim| claim.value.as_str());
    if !found.is_some_and(|found| found.eq_ignore_ascii_case(wanted)) {
        problems.push(inconsistent("VMDK descriptor", 0, term!("vmdk.parent-cid-not-one-image")));
    }
    Ok(Some(parent))
}

fn claim(descriptor: &Descriptor, image: &mut Image) {
    for (key, field) in [
        ("CID", "CID"),
        ("createType", "create type"),
        ("ddb.virtualHWVersion", "virtual hardware version"),
        ("ddb.adapterType", "adapter type"),
        ("ddb.uuid", "UUID"),
        ("ddb.longContentID", "content identifier"),
    ] {
        image.claim(field, descriptor.value(key).unwrap_or_default());
    }
}
