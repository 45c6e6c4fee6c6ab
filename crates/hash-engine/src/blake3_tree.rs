//! BLAKE3 of one stream as a stack of chaining values, which, unlike the crate's hasher, can be stored and taken up again.
//!
//! The tree (BLAKE3 paper, section 2.1) has chunks of 1024 bytes as leaves. The stack holds the chaining values of complete subtrees,
//! the largest first; the last ones are merged only when more input is certain, because the root is computed in another way.

use blake3::hazmat::{self, HasherExt, Mode};
use blake3::{CHUNK_LEN, Hasher};

/// Subtrees of a message of 2^64 bytes, and one that is not merged yet.
const MAX_SUBTREES: usize = 55;

/// The state of BLAKE3 after some bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Blake3Tree {
    /// Chaining values of subtrees, first part of the message first.
    subtrees: Vec<[u8; 32]>,
    /// Chunks in those subtrees.
    chunks: u64,
    /// Bytes after those chunks; a whole chunk stays here until more follows.
    tail: Vec<u8>,
}

impl Blake3Tree {
    /// A state of `length` bytes from its parts; `None` if they cannot belong together.
    pub(crate) fn from_parts(subtrees: Vec<[u8; 32]>, tail: Vec<u8>, length: u64) -> Option<Self> {
        let in_chunks = length.checked_sub(tail.len() as u64)?;
        let chunks = in_chunks / CHUNK_LEN as u64;
        let expected = (chunks.count_ones() as usize)..=MAX_SUBTREES;
        let fits = tail.len() <= CHUNK_LEN && in_chunks.is_multiple_of(CHUNK_LEN as u64);
        (fits && expected.contains(&subtrees.len())).then_some(Self { subtrees, chunks, tail })
    }

    /// Chaining values of complete subtrees.
    pub(crate) fn subtrees(&self) -> &[[u8; 32]] {
        &self.subtrees
    }

    /// At most 1024 bytes after the subtrees.
    pub(crate) fn tail(&self) -> &[u8] {
        &self.tail
    }

    /// Takes the next bytes.
    pub(crate) fn update(&mut self, mut bytes: &[u8]) {
        if !self.tail.is_empty() {
            let (head, rest) = bytes.split_at(bytes.len().min(CHUNK_LEN - self.tail.len()));
            self.tail.extend_from_slice(head);
            bytes = rest;
            if bytes.is_empty() {
                return;
            }
            let chunk = std::mem::take(&mut self.tail);
            self.push(&chunk);
        }
        while bytes.len() > CHUNK_LEN {
            let (subtree, rest) = bytes.split_at(self.next_subtree_bytes(bytes.len()));
            // The first one in two halves: were it all there is, their parent would be the root.
            let half =
                if self.chunks == 0 && subtree.len() > CHUNK_LEN { subtree.len() / 2 } else { 0 };
            let (left, right) = subtree.split_at(half);
            if !left.is_empty() {
                self.push(left);
            }
            self.push(right);
            bytes = rest;
        }
        self.tail.extend_from_slice(bytes);
    }

    /// The digest of all bytes taken.
    pub(crate) fn finish(mut self) -> [u8; 32] {
        if self.subtrees.is_empty() {
            return *blake3::hash(&self.tail).as_bytes();
        }
        if !self.tail.is_empty() {
            let chunk = std::mem::take(&mut self.tail);
            self.push(&chunk);
        }
        let mut right = self.subtrees.pop().unwrap_or_default();
        while let Some(left) = self.subtrees.pop() {
            if self.subtrees.is_empty() {
                return *hazmat::merge_subtrees_root(&left, &right, Mode::Hash).as_bytes();
            }
            right = hazmat::merge_subtrees_non_root(&left, &right, Mode::Hash);
        }
        right
    }

    /// Bytes of the largest subtree that may begin here and lies in the next `available` ones.
    fn next_subtree_bytes(&self, available: usize) -> usize {
        let largest = 1_usize << available.ilog2();
        match self.chunks.trailing_zeros() {
            _ if self.chunks == 0 => largest,
            zeros if zeros < 48 => largest.min(CHUNK_LEN << zeros),
            _ => largest,
        }
    }

    /// Merges what is certain not to be the root, then adds the chaining value of one more subtree.
    fn push(&mut self, subtree: &[u8]) {
        while self.subtrees.len() > self.chunks.count_ones() as usize {
            let (Some(right), Some(left)) = (self.subtrees.pop(), self.subtrees.pop()) else {
                break;
            };
            self.subtrees.push(hazmat::merge_subtrees_non_root(&left, &right, Mode::Hash));
        }
        let mut hasher = Hasher::new();
        hasher.set_input_offset(self.chunks.wrapping_mul(CHUNK_LEN as u64));
        self.subtrees.push(hasher.update(subtree).finalize_non_root());
        self.chunks = self.chunks.wrapping_add((subtree.len() / CHUNK_LEN).max(1) as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(count: usize) -> Vec<u8> {
        (0..count).map(|at| (at % 251) as u8).collect()
    }

    #[test]
    fn equals_the_crate_at_every_border_of_the_tree() {
        let all = bytes(70 << 10);
        for chunks in 0..=66 {
            for near in [-1_isize, 0, 1, 500] {
                let length = (chunks * 1024_isize + near).max(0) as usize;
                for step in [1023, 1024, 1025, 3000, 16384, 1 << 20] {
                    let mut tree = Blake3Tree::default();
                    all[..length].chunks(step).for_each(|part| tree.update(part));
                    assert_eq!(
                        tree.finish(),
                        *blake3::hash(&all[..length]).as_bytes(),
                        "{length} by {step}"
                    );
                }
            }
        }
    }

    #[test]
    fn parts_that_do_not_belong_together_are_refused() {
        let tree = |subtrees: usize, tail: usize, length| {
            Blake3Tree::from_parts(vec![[0; 32]; subtrees], vec![0; tail], length).is_some()
        };
        assert!(tree(1, 5, 1029) && tree(0, 0, 0) && tree(2, 0, 2048));
        assert!(!tree(0, 5, 1029), "a chunk without its chaining value");
        assert!(!tree(1, 5, 1030), "a length that the parts do not make");
        assert!(!tree(1, 1025, 2049) && !tree(56, 0, 1024) && !tree(0, 1, 0));
    }
}
