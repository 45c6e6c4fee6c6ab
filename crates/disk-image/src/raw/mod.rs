//! Raw images: the file is the medium, or several files are.

mod split;

use std::sync::Arc;

use byte_source::{Concatenation, Source};

use crate::beside::Found;
use crate::opening::Opening;
use crate::{Container, ImageError, OpenedImage, Segment};

/// Bytes of a sector where nothing says otherwise.
pub(crate) const SECTOR_BYTES: u32 = 512;

/// By what a split image is recognised.
const IN_SERIES: &str =
    "no container signature, and the files that follow in the series of its name are beside it";

/// Opens a raw image. A name that ends as the first of a numbered series does, with the second file beside it, is a split image.
pub(crate) fn open(opening: Opening<'_>) -> Result<OpenedImage, ImageError> {
    let Opening { name, first, beside, reason, .. } = opening;
    let series = match split::Series::of(name) {
        Some(series) => series.gather(beside)?,
        None => split::Gathered::default(),
    };
    let problems = series.problems;
    if series.files.is_empty() {
        return Ok(OpenedImage { problems, ..single(name, first, reason) });
    }
    let mut files = vec![Found { name: name.to_owned(), source: Arc::clone(&first) }];
    files.extend(series.files);
    let segments = files
        .iter()
        .map(|file| Segment { name: file.name.clone(), bytes: file.source.len() })
        .collect();
    let parts = files.into_iter().map(|file| file.source).collect();
    let medium = Concatenation::new(parts).ok_or_else(|| ImageError::Problem(split::too_long()))?;
    Ok(OpenedImage {
        container: Container::SplitRaw,
        medium: Arc::new(medium),
        segments,
        problems,
        ..single(name, first, IN_SERIES)
    })
}

/// The one file called `name` as the medium.
pub(crate) fn single(name: &str, file: Arc<dyn Source>, reason: &'static str) -> OpenedImage {
    OpenedImage {
        container: Container::Raw,
        reason,
        segments: vec![Segment { name: name.to_owned(), bytes: file.len() }],
        medium: file,
        stated_bytes: None,
        sector_bytes: SECTOR_BYTES,
        stored_digests: Vec::new(),
        claims: Vec::new(),
        logical_entries: None,
        problems: Vec::new(),
    }
}
