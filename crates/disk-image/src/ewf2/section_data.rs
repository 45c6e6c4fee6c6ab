//! The data of a section, whole and checked.

use byte_source::{Problem, ProblemKind, Scratch, Source, Structure, read_vec};
use md5::{Digest, Md5};
use simd_adler32::adler32;
use words::term;

use super::section::Section;
use crate::problems::{checksum, limit_reached, unreadable};

/// Where the sections that are read lie: a segment file and its place in the image.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The segment file.
    pub(super) source: &'a dyn Source,
    /// Byte offset of its first byte in the image.
    pub(super) start: u64,
}

/// The data of `section`, called `name` in problems: at most `most` bytes. A wrong MD5 is a problem beside it.
///
/// # Errors
/// The [`Problem`] for which it cannot be read.
pub(super) fn read(
    name: &'static str,
    place: Place<'_>,
    section: &Section,
    most: u64,
    scratch: &mut Scratch,
) -> Result<(Vec<u8>, Option<Problem>), Problem> {
    let data = section.data();
    let at = place.start.saturating_add(data.start);
    let count = data.end.saturating_sub(data.start);
    if count > most {
        return Err(limit_reached(name, at, term!("ewf2.bytes-ewf2-section-metadata"), most));
    }
    let bytes = read_vec(place.source, data.start, count, scratch).map_err(unreadable(name, at))?;
    let fault = section.integrity_hash().and_then(|stored| {
        let computed: [u8; 16] = Md5::digest(&bytes).into();
        let low = |digest: [u8; 16]| digest.first_chunk().copied().map_or(0, u64::from_be_bytes);
        let stored = low(stored);
        let computed = low(computed);
        let field = "integrity hash (first half of the MD5)";
        (stored != computed)
            .then(|| Problem::damage(name, at, ProblemKind::Checksum { field, stored, computed }))
    });
    Ok((bytes, fault))
}

/// The problem when the Adler-32 at `checksum_at` is not that of the bytes from `from` up to it.
pub(super) fn compare(
    structure: &Structure<'_>,
    field: &'static str,
    from: usize,
    checksum_at: usize,
) -> Result<Option<Problem>, Problem> {
    let bytes = structure.bytes(from, checksum_at.saturating_sub(from))?;
    let stored = structure.u32_le(checksum_at)?;
    Ok(checksum(structure, field, stored, adler32(&bytes)))
}
