//! Expert Witness Compression Format, version 1 (`.E01`, `.s01`, `.L01`): EnCase, FTK Imager, linen, SMART, libewf.
//!
//! A segment file is a file header and a chain of sections. The medium is cut into chunks of one size; tables say where they lie.
//! Positions in problems count over all segment files, one after the other.

pub(crate) mod chunks;
pub(crate) mod error2;
mod file_header;
mod hash;
pub(crate) mod header;
pub(crate) mod layout;
mod ltree;
pub(crate) mod medium_end;
pub(crate) mod placed;
mod section;
pub(crate) mod segment;
mod segment_name;
mod set;
pub(crate) mod stored_chunk;
mod table;
pub(crate) mod volume;

use std::sync::Arc;

use self::medium_end::Counted;
use self::section::{Chain, ChainEnd};
use self::segment::Version;
use crate::opening::{Opening, Probe};
use crate::{Container, ImageError, OpenedImage, Segment};

/// How segment files of version 1 are read.
const VERSION_1: Version<Chain> = Version {
    read: |source, start, scratch, problems| {
        let number = file_header::segment_number(source, start, scratch)?;
        Ok((number.into(), section::walk(source, scratch, problems)))
    },
    ends_image: |chain| chain.end == ChainEnd::Done,
    name: segment_name::segment_name,
    most: segment_name::MOST_SEGMENTS,
};

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
    let Opening { name, first, beside, reason, scratch, .. } = opening;
    let mut start = [0; 8];
    // What is unreadable is zero and no signature.
    let _ = byte_source::read_exact(&*first, 0, &mut start, scratch);
    let logical = start == file_header::LOGICAL_SIGNATURE;
    let mut problems = Vec::new();
    let files = VERSION_1.gather(name, first, beside, scratch, &mut problems)?;
    let mut set = set::read(files, logical, scratch, problems)?;
    let plan = chunks::Plan {
        files: set.files.iter().map(|file| Arc::clone(&file.source)).collect(),
        tables: std::mem::take(&mut set.layout.tables),
        holes: std::mem::take(&mut set.layout.holes),
        chunks: set.layout.chunks,
        chunk_bytes: set.volume.chunk_bytes(),
        stated: set.stated_bytes(),
        counted: if logical {
            Counted::Bytes
        } else {
            Counted::Sectors(set.volume.bytes_per_sector)
        },
    };
    let stated_bytes = Some(plan.stated).filter(|stated| *stated > 0);
    let (medium, problem) = chunks::Chunks::new(plan, scratch);
    set.problems.extend(problem);
    let segments = set
        .files
        .iter()
        .map(|file| Segment { name: file.name.clone(), bytes: file.source.len() })
        .collect();
    Ok(OpenedImage {
        container: if logical { Container::EwfLogical } else { Container::Ewf },
        reason,
        medium: Arc::new(medium),
        stated_bytes,
        sector_bytes: set.volume.bytes_per_sector,
        segments,
        stored_digests: set.stored_digests,
        claims: set.claims,
        logical_entries: logical.then(|| set.tree.map(|tree| tree.entries).unwrap_or_default()),
        problems: set.problems,
    })
}
