//! Messages and what their digests are, by the slow reference and by the crates, which must agree.

use case_model::Digests;
use hash_engine::{Selection, reference};

/// Bytes that do not repeat within 64 KiB.
pub(crate) fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|at| (at.wrapping_mul(0x9e37_79b1) >> 11) as u8 ^ (at >> 16) as u8).collect()
}

/// All sixteen.
pub(crate) fn selections() -> Vec<Selection> {
    let bit = |number: u32, bit: u32| number >> bit & 1 == 1;
    (0..16)
        .map(|n| Selection {
            md5: bit(n, 0),
            sha1: bit(n, 1),
            sha256: bit(n, 2),
            blake3: bit(n, 3),
        })
        .collect()
}

/// The digests of a message.
pub(crate) fn digests_of(selection: Selection, message: &[u8]) -> Digests {
    use sha2::Digest;
    let md5: [u8; 16] = md5::Md5::digest(message).into();
    let sha1: [u8; 20] = sha1::Sha1::digest(message).into();
    let sha256: [u8; 32] = sha2::Sha256::digest(message).into();
    if message.len() <= 4097 {
        assert_eq!(md5, reference::md5(message));
        assert_eq!(sha1, reference::sha1(message));
        assert_eq!(sha256, reference::sha256(message));
    }
    Digests {
        md5: selection.md5.then_some(md5),
        sha1: selection.sha1.then_some(sha1),
        sha256: selection.sha256.then_some(sha256),
        blake3: selection.blake3.then(|| *blake3::hash(message).as_bytes()),
    }
}

/// SplitMix64: the same numbers for a seed, everywhere.
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end as u64) as usize
    }

    /// A length, often near the border of a block.
    pub(crate) fn length(&mut self, most: usize) -> usize {
        let length = self.below(most);
        let at_border = length / 64 * 64 + [0, 1, 55, 56, 63][self.below(5)];
        if self.below(2) == 0 { at_border } else { length }
    }

    /// Cuts some of `rest` (or all of it) into segments.
    pub(crate) fn segments<'a>(&mut self, rest: &mut &'a [u8], all: bool) -> Vec<&'a [u8]> {
        let mut segments = Vec::new();
        for _ in 0..self.below(5) {
            let length = self.length(rest.len() + 1).min(rest.len());
            segments.extend(rest.split_off(..length));
        }
        if all {
            segments.push(std::mem::take(rest));
        }
        segments
    }
}
