//! The root, leaf by leaf.

use sha2::{Digest, Sha256};

/// A SHA-256 digest.
pub type Hash = [u8; 32];

/// The root of a tree without leaves: SHA-256 of nothing.
pub const EMPTY_ROOT: Hash = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// The leaf of an entry: SHA-256(0x00 ‖ body).
#[must_use]
pub fn leaf_hash(body: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(body).finalize().into()
}

/// An inner node: SHA-256(0x01 ‖ left ‖ right).
pub(super) fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of the tree over these leaves.
#[must_use]
pub fn merkle_root(leaves: &[Hash]) -> Hash {
    let mut builder = MerkleBuilder::new();
    leaves.iter().for_each(|leaf| builder.push(*leaf));
    builder.root()
}

/// Computes the root leaf by leaf and keeps at most 64 hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MerkleBuilder {
    /// Roots of perfect trees from left to right; the sizes are the powers of two that `size` is the sum of.
    peaks: Vec<Hash>,
    size: u64,
}

impl MerkleBuilder {
    /// A tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        // Every trailing one bit of the size is a perfect tree that the new one completes to a larger one.
        for _ in 0..self.size.trailing_ones() {
            match self.peaks.pop() {
                Some(left) => node = node_hash(&left, &node),
                None => break,
            }
        }
        self.peaks.push(node);
        self.size = self.size.saturating_add(1);
    }

    /// Leaves so far.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root of the leaves so far.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return EMPTY_ROOT };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }
}
