//! Digests of one stream, byte after byte.

use case_model::Digests;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::Selection;

/// Zeros for holes, so that a hole needs no memory of its own size.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];
/// Bytes that all digests take in turn while they are in the first-level cache.
const STRIDE_BYTES: usize = 16 << 10;

/// Computes the selected digests of one stream.
#[derive(Clone)]
pub struct StreamHasher {
    md5: Option<Md5>,
    sha1: Option<Sha1>,
    sha256: Option<Sha256>,
    blake3: Option<Box<blake3::Hasher>>,
}

impl StreamHasher {
    /// A hasher of no bytes yet.
    #[must_use]
    pub fn new(selection: Selection) -> Self {
        Self {
            md5: selection.md5.then(Md5::new),
            sha1: selection.sha1.then(Sha1::new),
            sha256: selection.sha256.then(Sha256::new),
            blake3: selection.blake3.then(Box::default),
        }
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(STRIDE_BYTES) {
            if let Some(md5) = &mut self.md5 {
                md5.update(part);
            }
            if let Some(sha1) = &mut self.sha1 {
                sha1.update(part);
            }
            if let Some(sha256) = &mut self.sha256 {
                sha256.update(part);
            }
        }
        if let Some(blake3) = &mut self.blake3 {
            blake3.update(bytes);
        }
    }

    /// Takes `count` zero bytes.
    pub fn update_zeros(&mut self, count: u64) {
        let mut left = count;
        while left > 0 {
            let part = usize::try_from(left).unwrap_or(usize::MAX).min(ZEROS.len());
            self.update(&ZEROS[..part]);
            left -= part as u64;
        }
    }

    /// The digests of all bytes taken.
    #[must_use]
    pub fn finish(self) -> Digests {
        Digests {
            md5: self.md5.map(|md5| md5.finalize().into()),
            sha1: self.sha1.map(|sha1| sha1.finalize().into()),
            sha256: self.sha256.map(|sha256| sha256.finalize().into()),
            blake3: self.blake3.map(|blake3| *blake3.finalize().as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use case_model::to_hex;

    use super::*;

    #[test]
    fn digests_of_abc_are_those_of_the_standards() {
        let all = Selection { md5: true, sha1: true, sha256: true, blake3: true };
        let mut hasher = StreamHasher::new(all);
        hasher.update(b"a");
        hasher.update(b"bc");
        let digests = hasher.finish();
        // RFC 1321 A.5; FIPS 180-4 examples; `printf abc | b3sum`
        assert_eq!(to_hex(&digests.md5.unwrap()), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(to_hex(&digests.sha1.unwrap()), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(
            to_hex(&digests.sha256.unwrap()),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(
            to_hex(&digests.blake3.unwrap()),
            "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"
        );
    }

    #[test]
    fn zeros_hash_like_zeros() {
        let mut by_count = StreamHasher::new(Selection::FILES);
        by_count.update_zeros(200_001);
        let mut by_bytes = StreamHasher::new(Selection::FILES);
        by_bytes.update(&vec![0; 200_001]);
        assert_eq!(by_count.finish(), by_bytes.finish());
    }
}
