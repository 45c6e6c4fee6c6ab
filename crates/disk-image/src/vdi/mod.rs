//! VirtualBox disk images: dynamic, fixed and differencing. Differencing images know their parent by an identifier only, not by name.

mod blocks;
mod header;
mod parent_image;

use std::sync::Arc;

use words::term;

use self::blocks::Blocks;
use crate::image::Image;
use crate::mapped_medium::MappedMedium;
use crate::opening::{Opening, Probe};
use crate::problems::unsupported;
use crate::{Container, ImageError, OpenedImage};

const DYNAMIC: u32 = 1;
const FIXED: u32 = 2;
const UNDO: u32 = 3;
const DIFFERENCING: u32 = 4;

/// Recognises an image by the signature behind its text.
pub(crate) fn recognise(probe: &Probe) -> Option<&'static str> {
    probe.begins(64, &header::SIGNATURE).then_some("VDI signature at byte 64")
}

fn claim(header: &header::Header, image: &mut Image) {
    image.claim("creator", header.creator.clone());
    image.claim("description", header.description.clone());
    image.claim("image UUID", parent_image::text(&header.uuid));
}

fn open_parent(
    header: &header::Header,
    opening: &mut Opening<'_>,
    image: &mut Image,
) -> Result<Option<OpenedImage>, ImageError> {
    match header.image_type {
        DYNAMIC | FIXED => Ok(None),
        UNDO | DIFFERENCING => {
            image.claim("parent UUID", parent_image::text(&header.linkage_uuid));
            parent_image::open(header, opening, &mut image.problems).map(Some)
        }
        other => {
            Err(unsupported(header::NAME, 0, term!("vdi.vdi-image-type"), other.into()).into())
        }
    }
}

/// Opens an image.
pub(crate) fn open(mut opening: Opening<'_>) -> Result<OpenedImage, ImageError> {
    let mut image = Image::of(Container::Vdi, &opening);
    let first = Arc::clone(&opening.first);
    let header = header::read(&*first, opening.scratch)?;
    claim(&header, &mut image);
    let parent = open_parent(&header, &mut opening, &mut image)?;
    let blocks = Blocks::new(&header);
    blocks.check(header.disk_size, &mut image.problems);
    let len = header.disk_size;
    let grain = header.block_size;
    Ok(image.over(parent, |parent| {
        Arc::new(MappedMedium::new(blocks, "VDI block", len, grain, vec![first], parent))
    }))
}
