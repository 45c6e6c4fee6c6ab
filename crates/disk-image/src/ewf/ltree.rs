//! The section `ltree`: the tree of a logical evidence file.

use byte_source::{Problem, ProblemKind, Scratch, Source, Structure, read_vec};
use md5::{Digest, Md5};
use simd_adler32::adler32;
use words::term;

use super::section::Section;
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
    let mut zeroed = bytes.clone();
    if let Some(field) = zeroed.get_mut(24..28) {
        field.fill(0);
    }
    let mut problems = Vec::new();
    let stored = header.u32_le(24)?;
    let computed = adler32(&zeroed.as_slice());
    problems.extend(checksum(&header, "header checksum", stored, computed));
    let text_at = data.start.saturating_add(HEADER_BYTES);
    let room = data.end.saturating_sub(text_at);
    let stated = header.u64_le(16)?;
    if stated > room {
        problems.push(header.damage(ProblemKind::OutOfBounds { wanted_end: stated, available: room }));
    }
    let count = stated.min(room);
    if count > logical::MOST_BYTES {
        return Err(header.damage(ProblemKind::LimitReached {
            what: term!("ewf.bytes-tree"),
            limit: logical::MOST_BYTES,
        }));
    }
    let text = read_vec(source, text_at, count, scratch).map_err(unreadable)?;
    let stored = header.array::<16>(0)?;
    let computed = <[u8; 16]>::from(Md5::digest(&text));
    if stored != computed {
        let half = |digest: [u8; 16]| digest.first_chunk().copied().map_or(0, u64::from_be_bytes);
        let stored = half(stored);
        let computed = half(computed);
        let field = "integrity hash (first half of the MD5)";
        problems.push(header.damage(ProblemKind::Checksum { field, stored, computed }));
    }
    let mut tree = logical::read(&Structure::new(NAME, place.saturating_add(HEADER_BYTES), &text));
    problems.append(&mut tree.problems);
    Ok(Tree { problems, ..tree })
}
