//! The image that a differencing image was made from.

use byte_source::{Problem, ProblemKind};
use words::term;

use crate::beside::Found;
use crate::opening::Opening;
use crate::{ImageError, OpenedImage};

/// Images one on top of the other. Snapshots of years rarely make more than a few dozen; a file that is its own parent ends here.
const MOST_PARENTS: u32 = 64;

/// Opens the parent of the image that `opening` opens. `stored` is its path as the image tells it: only the file's name counts, and the
/// file must lie beside the image. `raw` says that the image knows its parent to be raw, whatever it looks like.
///
/// # Errors
/// [`ImageError::MissingFile`] when it is not there, or what opening it returns.
pub(crate) fn open(
    opening: &mut Opening<'_>,
    container: &'static str,
    stored: &str,
    raw: bool,
) -> Result<OpenedImage, ImageError> {
    let name = file_name(stored);
    let depth = opening.depth.saturating_add(1);
    if depth > MOST_PARENTS {
        let kind = ProblemKind::LimitReached {
            what: term!("image.parents-image"),
            limit: MOST_PARENTS.into(),
        };
        return Err(Problem::damage("image with a parent", 0, kind).into());
    }
    let Found { name, source } = beside(opening, container, name)?;
    if raw {
        return Ok(crate::raw::single(&name, source, "its child says that it is raw"));
    }
    (opening.open_other)(&name, source, opening.beside, depth, opening.scratch)
}

/// The file called `name` beside the image that `opening` opens.
///
/// # Errors
/// [`ImageError::MissingFile`] when it is not there, [`ImageError::Io`] when it cannot be opened.
pub(crate) fn beside(
    opening: &Opening<'_>,
    container: &'static str,
    name: &str,
) -> Result<Found, ImageError> {
    let found = opening.beside.open(name)?;
    found.ok_or_else(|| ImageError::MissingFile { container, name: name.to_owned() })
}

/// The last part of a path as Windows or Unix writes it, with or without a scheme before it.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
