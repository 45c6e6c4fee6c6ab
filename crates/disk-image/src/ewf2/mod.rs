//! Expert Witness Compression Format, version 2 (`.Ex01`, `.Lx01`): EnCase 7 and later, libewf.
//!
//! A segment file is a file header and sections, each with its descriptor behind its data. Sector tables say which chunks they hold, so that
//! what is missing is known by number. After "Expert Witness Compression Format version 2 specification" of the libewf project.
//! Positions in problems count over all segment files, one after the other.

mod digest;
mod error_table;
mod file_header;
mod media;
mod object;
mod placement;
mod section;
mod section_data;
mod sector_table;
mod segment_name;
mod set;
mod single_files;

use std::sync::Arc;

use self::set::Contents;
use crate::ewf::chunks::Chunks;
use crate::ewf::medium_end::Counted;
use crate::ewf::segment::Version;
use crate::opening::{Opening, Probe};
use crate::{Claim, Container, ImageError, OpenedImage, Segment};

/// How segment files of version 2 are read.
const VERSION_2: Version<Contents> = Version {
    read: |source, start, scratch, problems| {
        let header = file_header::read(source, start, scratch)?;
        let chain = section::walk(source, scratch, problems);
        Ok((header.segment_number, Contents { header, chain }))
    },
    ends_image: |contents| contents.chain.is_done(),
    name: segment_name::segment_name,
    most: segment_name::MOST_SEGMENTS,
};

/// Recognises a segment file of version 2.
pub(crate) fn recognise(probe: &Probe) -> Option<&'static str> {
    if probe.begins(0, &file_header::SIGNATURE) {
        return Some("EVF2 signature of an EWF version 2 segment file");
    }
    probe
        .begins(0, &file_header::LOGICAL_SIGNATURE)
        .then_some("LEF2 signature of an EWF version 2 logical evidence file")
}

/// Opens an image of which `first` is a segment file.
pub(crate) fn open(opening: Opening<'_>) -> Result<OpenedImage, ImageError> {
    let Opening { name, first, beside, reason, scratch, .. } = opening;
    let mut problems = Vec::new();
    let files = VERSION_2.gather(name, first, beside, scratch, &mut problems)?;
    let mut set = set::read(&files, scratch, problems)?;
    let media = set.media()?;
    let logical = files.first().is_some_and(|file| file.chain.header.logical);
    let tree = logical.then(|| set.tree());
    let plan = match &tree {
        Some(tree) => set.plan(&files, &media, tree.total_bytes.unwrap_or(0), Counted::Bytes),
        None => {
            set.plan(&files, &media, media.stated_bytes(), Counted::Sectors(media.bytes_per_sector))
        }
    };
    let stated_bytes = Some(plan.stated).filter(|stated| *stated > 0);
    let (medium, problem) = Chunks::new(plan, scratch);
    set.problems.extend(problem);
    let mut claims = set.claims();
    if let Some(file) = files.first() {
        let header = &file.chain.header;
        claims.push(Claim {
            field: "compression method",
            value: header.compression.name().to_owned(),
        });
        claims.push(Claim {
            field: "set identifier",
            value: case_model::to_hex(&header.set_identifier),
        });
    }
    Ok(OpenedImage {
        container: if logical { Container::Ewf2Logical } else { Container::Ewf2 },
        reason,
        medium: Arc::new(medium),
        stated_bytes,
        sector_bytes: media.bytes_per_sector,
        segments: files
            .iter()
            .map(|file| Segment { name: file.name.clone(), bytes: file.source.len() })
            .collect(),
        stored_digests: set.stored_digests,
        claims,
        logical_entries: tree.map(|tree| tree.entries),
        problems: set.problems,
    })
}
