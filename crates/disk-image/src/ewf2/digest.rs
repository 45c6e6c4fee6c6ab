//! The sections with the MD5 and the SHA-1 of the medium.

use byte_source::{Problem, Scratch, Structure};
use case_model::Algorithm;

use super::section::Section;
use super::section_data::{self, Place, compare};
use crate::StoredDigest;

/// Bytes of a section at most: the digest, an Adler-32, padding.
const MOST_BYTES: u64 = 4096;

/// Reads a digest of `algorithm` and its Adler-32; `None` when it is not set. A wrong integrity hash of the section is a problem beside it.
///
/// # Errors
/// The [`Problem`] for which it cannot be relied on.
pub(super) fn read(
    algorithm: Algorithm,
    place: Place<'_>,
    section: &Section,
    scratch: &mut Scratch,
) -> Result<(Option<StoredDigest>, Option<Problem>), Problem> {
    let name = if algorithm == Algorithm::Md5 {
        "EWF2 MD5 hash section"
    } else {
        "EWF2 SHA1 hash section"
    };
    let (bytes, fault) = section_data::read(name, place, section, MOST_BYTES, scratch)?;
    let structure = Structure::new(name, place.start.saturating_add(section.data().start), &bytes);
    if let Some(problem) = compare(&structure, "checksum", 0, algorithm.length())? {
        return Err(problem);
    }
    let digest = structure.bytes(0, algorithm.length())?.to_vec();
    let set = digest.iter().any(|byte| *byte != 0);
    Ok((set.then_some(StoredDigest { algorithm, digest, place: name }), fault))
}
