//! The section `ltree`: the tree of a logical evidence file.

use byte_source::{Problem, ProblemKind, Scratch, Source, Structure, read_vec};
use simd_adler32::adler32;
use words::term;

use super::section::Section;
use crate::integrity::integrity_fault;
use crate::logical::{self, Tree};
use crate::problems::{checksum, unreadable};

const NAME: &str = "EWF ltree section";
/// Length in bytes of the header: MD5 of the text (16), its size (8), Adler-32 of the header without itself (4), little-endian, unknown (20).
const HEADER_BYTES: u64 = 48;

/// Reads the tree in an `ltree` section of a segment file that begins at byte `start` of the image. Wrong checksums are among its problems.
///
/// # Errors
/// The [`Problem`] for which it cannot be read.
pub(super) fn read(
    source: &dyn Source,
    start: u64,
    section: &Section,
    scratch: &mut Scratch,
) -> Result<Tree, Problem> {
    let data = section.data();
    let place = start.saturating_add(data.start);
    let unreadable = unreadable(NAME, place);
    let bytes = read_vec(source, data.start, HEADER_BYTES, scratch).map_err(unreadable)?;
    let header = Structure::new(NAME, place, &bytes);
    let mut problems = Vec::new();
    problems.extend(checksum(
        &header,
        "header checksum",
        header.u32_le(24)?,
        computed_checksum(&bytes),
    ));
    let text_at = data.start.saturating_add(HEADER_BYTES);
    let count = text_bytes(&header, data.end.saturating_sub(text_at), &mut problems)?;
    let text = read_vec(source, text_at, count, scratch).map_err(unreadable)?;
    problems.extend(integrity_fault(header.array(0)?, &text).map(|kind| header.damage(kind)));
    let mut tree = logical::read(&Structure::new(NAME, place.saturating_add(HEADER_BYTES), &text));
    problems.append(&mut tree.problems);
    Ok(Tree { problems, ..tree })
}

/// Returns the Adler-32 of a header with zeros in place of its own.
fn computed_checksum(header: &[u8]) -> u32 {
    let mut zeroed = header.to_vec();
    if let Some(field) = zeroed.get_mut(24..28) {
        field.fill(0);
    }
    adler32(&zeroed.as_slice())
}

/// Returns the length of the text, as stated or as there is room for.
fn text_bytes(
    header: &Structure<'_>,
    room: u64,
    problems: &mut Vec<Problem>,
) -> Result<u64, Problem> {
    let stated = header.u64_le(16)?;
    if stated > room {
        problems
            .push(header.damage(ProblemKind::OutOfBounds { wanted_end: stated, available: room }));
    }
    let count = stated.min(room);
    let kind =
        ProblemKind::LimitReached { what: term!("ewf.bytes-tree"), limit: logical::MOST_BYTES };
    if count > logical::MOST_BYTES { Err(header.damage(kind)) } else { Ok(count) }
}
