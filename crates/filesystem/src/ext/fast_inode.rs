//! An inode as fast commits left it.

use byte_source::{Problem, ProblemKind, Structure};

use super::extent_edits::ExtentEdits;
use super::inode::{EXTENTS, I_BLOCK_AT, I_BLOCK_BYTES, INLINE_DATA, Inode};
use super::superblock::Superblock;

/// An extent tree without extents: magic, no entries, room for 4, depth 0, generation 0.
const EMPTY_TREE: [u8; 12] = [0x0a, 0xf3, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0];

/// An inode that was changed: its bytes, and its extents, which fast commits give as ranges.
pub(super) struct FastInode {
    pub(super) bytes: Vec<u8>,
    pub(super) edits: ExtentEdits,
}

impl FastInode {
    /// The inode with these bytes, not changed yet.
    pub(super) fn new(bytes: Vec<u8>, block_bytes: u64) -> Self {
        Self { bytes, edits: ExtentEdits::new(block_bytes) }
    }

    /// True when `i_mode` and `i_links_count` say that the inode is in use.
    pub(super) fn in_use(&self) -> bool {
        self.u16_at(0) != 0 && self.u16_at(0x1a) != 0
    }

    /// Sets `i_links_count` to what `count` makes of it.
    pub(super) fn set_links(&mut self, count: impl FnOnce(u16) -> u16) {
        let links = count(self.u16_at(0x1a));
        self.put(0x1a, &links.to_le_bytes());
    }

    /// Takes all fields but `i_block`, as the kernel does: extents come as ranges. Inline data comes with the inode.
    pub(super) fn replace(&mut self, bytes: &[u8]) {
        let behind = I_BLOCK_AT.saturating_add(I_BLOCK_BYTES);
        self.put(0, bytes.get(..I_BLOCK_AT).unwrap_or_default());
        let rest = bytes.get(behind..bytes.len().min(self.bytes.len())).unwrap_or_default();
        self.put(behind, rest);
        let flags = Structure::new("inode", 0, &self.bytes).u32_le(0x20).unwrap_or(0);
        let i_block = self.bytes.get(I_BLOCK_AT..);
        let has_tree = i_block.is_some_and(|block| block.starts_with(&EMPTY_TREE[..2]));
        if flags & EXTENTS != 0 && !has_tree {
            self.put(I_BLOCK_AT, &[0; I_BLOCK_BYTES]);
            self.put(I_BLOCK_AT, &EMPTY_TREE);
        } else if flags & INLINE_DATA != 0 {
            self.put(I_BLOCK_AT, bytes.get(I_BLOCK_AT..behind).unwrap_or_default());
        }
    }

    /// Puts the right `i_checksum` in. The one that a tag carries is that of an inode with other extents;
    /// a right one keeps readers from calling the inode damaged.
    pub(super) fn renew_checksum(&mut self, number: u64, superblock: &Superblock) {
        let bytes = self.bytes.clone();
        let Ok(inode) = Inode::parse(Structure::new("inode", 0, &bytes), number, superblock) else {
            return;
        };
        let wrong = inode.checksum_problem(superblock);
        let Some(Problem { kind: ProblemKind::Checksum { computed, .. }, .. }) = wrong else {
            return;
        };
        let [a, b, c, d] = u32::try_from(computed).unwrap_or(0).to_le_bytes();
        self.put(0x7c, &[a, b]);
        if inode.i_extra_isize >= 4 {
            self.put(0x82, &[c, d]);
        }
    }

    fn u16_at(&self, at: usize) -> u16 {
        Structure::new("inode", 0, &self.bytes).u16_le(at).unwrap_or(0)
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        let end = at.saturating_add(bytes.len());
        if let Some(place) = self.bytes.get_mut(at..end) {
            place.copy_from_slice(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extents_of_an_inode_are_kept_when_its_fields_are_replaced() {
        let mut known = FastInode::new(vec![0; 256], 1024);
        known.put(I_BLOCK_AT, &EMPTY_TREE);
        known.put(I_BLOCK_AT + 2, &[1]);
        let mut fields = vec![7; 200];
        fields[0x20..0x24].copy_from_slice(&EXTENTS.to_le_bytes());
        known.replace(&fields);
        assert_eq!(
            (known.bytes[0], known.bytes[I_BLOCK_AT + 2], known.bytes[0x70], known.bytes[200]),
            (7, 1, 7, 0)
        );
        let mut blank = FastInode::new(vec![0; 256], 1024);
        blank.replace(&fields);
        assert!(blank.bytes[I_BLOCK_AT..].starts_with(&EMPTY_TREE));
    }
}
