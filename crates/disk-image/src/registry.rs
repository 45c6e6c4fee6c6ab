//! Which container is this? One line a format.

use std::sync::Arc;

use byte_source::{Scratch, Source};

use crate::beside::Beside;
use crate::opening::{Opening, Probe};
use crate::{
    ImageError, Neighbours, OpenedImage, dmg, ewf, ewf2, length_limit, qcow, raw, unsupported, vdi,
    vhd, vhdx, vmdk,
};

/// A format: how it is recognised by content (the answer says by what) and how it is opened.
struct Format {
    recognise: fn(&Probe) -> Option<&'static str>,
    open: fn(Opening<'_>) -> Result<OpenedImage, ImageError>,
}

/// All formats, the surest signature first. What none recognises is raw.
const FORMATS: &[Format] = &[
    Format { recognise: ewf::recognise, open: ewf::open },
    Format { recognise: ewf2::recognise, open: ewf2::open },
    Format { recognise: qcow::recognise, open: qcow::open },
    Format { recognise: vmdk::recognise, open: vmdk::open },
    Format { recognise: vhdx::recognise, open: vhdx::open },
    Format { recognise: vdi::recognise, open: vdi::open },
    Format { recognise: vhd::recognise, open: vhd::open },
    Format { recognise: dmg::recognise, open: dmg::open },
    Format { recognise: unsupported::recognise, open: unsupported::open },
];

/// Recognises the container of the file called `name` by its content and opens it; a file that no format recognises is a raw image.
///
/// # Errors
/// [`ImageError`] when there is nothing to read at all. Damage that leaves something readable is in [`OpenedImage::problems`].
pub fn open(
    name: &str,
    first: Arc<dyn Source>,
    neighbours: &dyn Neighbours,
    scratch: &mut Scratch,
) -> Result<OpenedImage, ImageError> {
    let beside = Beside::new(neighbours);
    let mut image = open_at_depth(name, first, &beside, 0, scratch)?;
    image.problems.extend(beside.problem());
    Ok(length_limit::limit(image))
}

/// [`open`], for an image that is the parent of `depth` others.
pub(crate) fn open_at_depth(
    name: &str,
    first: Arc<dyn Source>,
    beside: &Beside<'_>,
    depth: u32,
    scratch: &mut Scratch,
) -> Result<OpenedImage, ImageError> {
    if first.is_empty() {
        return Err(ImageError::Empty);
    }
    let probe = Probe::of(&first, scratch);
    let recognised = FORMATS
        .iter()
        .find_map(|format| (format.recognise)(&probe).map(|reason| (format.open, reason)));
    let (open, reason) = recognised.unwrap_or((raw::open, "no container signature"));
    open(Opening { name, first, beside, reason, depth, open_other: open_at_depth, scratch })
}
