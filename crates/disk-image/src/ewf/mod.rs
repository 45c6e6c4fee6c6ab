//! Expert Witness Compression Format, version 1 (`.E01`, `.s01`): EnCase, FTK Imager, linen, SMART, libewf.
//!
//! A segment file is a file header and a chain of sections. The medium is cut into chunks of one size; tables say where they lie.
//! Positions in problems count over all segment files, one after the other.

mod chunks;
mod error2;
mod file_header;
mod hash;
mod header;
mod layout;
mod section;
mod segment;
mod set;
mod table;
mod volume;

use std::sync::Arc;

use byte_source::{Problem, ProblemKind};

use crate::registry::{Opening, Probe};
use crate::{Container, ImageError, OpenedImage, Segment};

/// Recognises a segment file of version 1.
pub(crate) fn recognise(probe: &Probe) -> Option<&'static str> {
    if probe.begins(0, &file_header::SIGNATURE) {
        return Some("EVF signature of an EWF segment file");
    }
    probe
        .begins(0, &file_header::LOGICAL_SIGNATURE)
        .then_some("LVF signature of an EWF logical evidence file")
}

/// Opens an image of which `first` is a segment file.
pub(crate) fn open(opening: Opening<'_>) -> Result<OpenedImage, ImageError> {
    let Opening { name, first, neighbours, reason, scratch, .. } = opening;
    let mut start = [0; 8];
    // What is unreadable is zero and no signature.
    let _ = byte_source::read_exact(&*first, 0, &mut start, scratch);
    if start == file_header::LOGICAL_SIGNATURE {
        let kind = ProblemKind::Unsupported { feature: "logical evidence file (L01)", value: 0 };
        return Err(Problem::damage("EWF file header", 0, kind).into());
    }
    let mut problems = Vec::new();
    let files = segment::gather(name, first, neighbours, scratch, &mut problems)?;
    let mut set = set::read(files, scratch, problems)?;
    let medium = chunks::Chunks::new(&mut set, scratch);
    let segments =
        set.files.iter().map(|file| Segment { name: file.name.clone(), bytes: file.source.len() }).collect();
    Ok(OpenedImage {
        container: Container::Ewf,
        reason,
        medium: Arc::new(medium),
        sector_bytes: set.volume.bytes_per_sector,
        segments,
        stored_digests: set.stored_digests,
        claims: set.claims,
        problems: set.problems,
    })
}
