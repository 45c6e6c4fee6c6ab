//! The digests of one message that is not complete yet.

use case_model::Digests;

use crate::Selection;
use crate::blake3_tree::Blake3Tree;
use crate::block::BLOCK_BYTES;
use crate::midstates::Midstates;

/// The selected digests of one message after some of its bytes: chaining values, the bytes so far, and those of an incomplete block.
///
/// The same for one stream (`update`) and for [`Lanes`](crate::Lanes); both can take turns on one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageState {
    pub(crate) selection: Selection,
    pub(crate) midstates: Midstates,
    /// Bytes so far, modulo 2^64 as the standards have it.
    pub(crate) length: u64,
    /// The `length % 64` bytes of the incomplete block; what follows is of no meaning and kept zero.
    pub(crate) buffer: [u8; BLOCK_BYTES],
    pub(crate) blake3: Option<Box<Blake3Tree>>,
}

impl MessageState {
    /// The state of no bytes.
    #[must_use]
    pub fn new(selection: Selection) -> Self {
        Self {
            selection,
            midstates: Midstates::INITIAL,
            length: 0,
            buffer: [0; BLOCK_BYTES],
            blake3: selection.blake3.then(Box::default),
        }
    }

    /// Which digests.
    #[must_use]
    pub fn selection(&self) -> Selection {
        self.selection
    }

    /// Bytes taken.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Takes the next bytes, on one stream: by the processor's SHA extensions, MD5 in between, where it has them; else by the crates `md-5`,
    /// `sha1` and `sha2`.
    pub fn update(&mut self, bytes: &[u8]) {
        self.update_blake3(bytes);
        self.update_blocks(bytes);
    }

    /// The digests of all bytes taken.
    #[must_use]
    pub fn finish(mut self) -> Digests {
        let tail = self.tail().len();
        self.midstates.pad(self.selection, &self.buffer[..tail], self.length);
        self.into_digests()
    }

    /// The digests when the padding is done.
    pub(crate) fn into_digests(self) -> Digests {
        let blake3 = self.blake3.map(|tree| tree.finish());
        Digests { blake3, ..self.midstates.digests(self.selection) }
    }

    /// The state, leaving a new one.
    pub(crate) fn take(&mut self) -> Self {
        let fresh = Self::new(self.selection);
        std::mem::replace(self, fresh)
    }

    /// The bytes of the incomplete block.
    pub(crate) fn tail(&self) -> &[u8] {
        &self.buffer[..(self.length % BLOCK_BYTES as u64) as usize]
    }

    /// Takes the next bytes for BLAKE3, if that is selected.
    pub(crate) fn update_blake3(&mut self, bytes: &[u8]) {
        if let Some(tree) = &mut self.blake3 {
            tree.update(bytes);
        }
    }

    /// Takes the next bytes for all but BLAKE3.
    pub(crate) fn update_blocks(&mut self, mut bytes: &[u8]) {
        let held = self.tail().len();
        self.length = self.length.wrapping_add(bytes.len() as u64);
        if held > 0 {
            let (head, rest) = bytes.split_at(bytes.len().min(BLOCK_BYTES - held));
            self.buffer[held..held + head.len()].copy_from_slice(head);
            bytes = rest;
            if held + head.len() < BLOCK_BYTES {
                return;
            }
            self.midstates.compress(self.selection, &[self.buffer]);
        }
        let (blocks, tail) = bytes.as_chunks();
        self.midstates.compress(self.selection, blocks);
        self.buffer = [0; BLOCK_BYTES];
        self.buffer[..tail.len()].copy_from_slice(tail);
    }
}
