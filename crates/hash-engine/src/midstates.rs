//! The chaining values of MD5, SHA-1 and SHA-256 of one message.

use case_model::Digests;

use crate::Selection;

/// Chaining values after whole blocks. Those of digests that are not selected stay initial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Midstates {
    /// A, B, C, D.
    pub(crate) md5: [u32; 4],
    /// H0 to H4.
    pub(crate) sha1: [u32; 5],
    /// H0 to H7.
    pub(crate) sha256: [u32; 8],
}

impl Midstates {
    /// RFC 1321 section 3.3; FIPS 180-4 sections 5.3.1 and 5.3.3.
    pub(crate) const INITIAL: Self = Self {
        md5: [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476],
        sha1: [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0],
        sha256: [
            0x6a09_e667,
            0xbb67_ae85,
            0x3c6e_f372,
            0xa54f_f53a,
            0x510e_527f,
            0x9b05_688c,
            0x1f83_d9ab,
            0x5be0_cd19,
        ],
    };

    /// The digests after the padding.
    pub(crate) fn digests(&self, selection: Selection) -> Digests {
        Digests {
            md5: selection.md5.then(|| digest_of(&self.md5, u32::to_le_bytes)),
            sha1: selection.sha1.then(|| digest_of(&self.sha1, u32::to_be_bytes)),
            sha256: selection.sha256.then(|| digest_of(&self.sha256, u32::to_be_bytes)),
            blake3: None,
        }
    }
}

/// The words in the byte order of the digest.
fn digest_of<const N: usize>(words: &[u32], bytes_of: impl Fn(u32) -> [u8; 4]) -> [u8; N] {
    let mut digest = [0; N];
    for (to, word) in digest.chunks_exact_mut(4).zip(words) {
        to.copy_from_slice(&bytes_of(*word));
    }
    digest
}
