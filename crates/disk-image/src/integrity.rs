//! Integrity hashes of EWF: the MD5 of what a section holds.

use byte_source::ProblemKind;
use md5::{Digest, Md5};

/// Returns what is wrong when data have another MD5 than is stored.
pub(crate) fn integrity_fault(stored: [u8; 16], data: &[u8]) -> Option<ProblemKind> {
    let low = |digest: [u8; 16]| digest.first_chunk().copied().map_or(0, u64::from_be_bytes);
    let stored = low(stored);
    let computed = low(Md5::digest(data).into());
    let field = "integrity hash (first half of the MD5)";
    (stored != computed).then_some(ProblemKind::Checksum { field, stored, computed })
}
