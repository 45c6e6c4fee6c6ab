//! One lane: where its message's next blocks lie.

use crate::block::{BLOCK_BYTES, Block, LENGTH_AT, padded};

/// A message of which a lane hashes the segments.
#[derive(Clone, Debug)]
pub(crate) struct Message<'a> {
    /// Its place among the messages given.
    pub(crate) place: usize,
    /// Bytes before these segments.
    pub(crate) length: u64,
    /// The `length % 64` bytes of an incomplete block before them.
    pub(crate) buffer: Block,
    /// The next bytes.
    pub(crate) segments: &'a [&'a [u8]],
    /// The message ends after them.
    pub(crate) ends: bool,
}

/// Blocks that lie side by side.
#[derive(Clone, Copy, Debug)]
enum Run<'a> {
    /// In the caller's memory.
    Caller(&'a [Block]),
    /// In the lane's own buffer: first block, end.
    Own(usize, usize),
}

/// A message on its way through a lane.
#[derive(Clone, Debug)]
pub(crate) struct Lane<'a> {
    place: usize,
    run: Run<'a>,
    /// What is left of the segment begun.
    segment: &'a [u8],
    /// Segments not begun.
    segments: &'a [&'a [u8]],
    /// Bytes in segments begun, and before them.
    length: u64,
    /// A block that straddles segments, or the padding.
    buffer: [Block; 2],
    /// Bytes in the buffer that no run has yet.
    held: usize,
    ends: bool,
    padded: bool,
}

impl<'a> Lane<'a> {
    /// A lane before the first run of its message.
    pub(crate) fn new(message: &Message<'a>) -> Self {
        Self {
            place: message.place,
            run: Run::Own(0, 0),
            segment: &[],
            segments: message.segments,
            length: message.length,
            buffer: [message.buffer, [0; BLOCK_BYTES]],
            held: (message.length % BLOCK_BYTES as u64) as usize,
            ends: message.ends,
            padded: false,
        }
    }

    /// The message's place.
    pub(crate) fn place(&self) -> usize {
        self.place
    }

    /// The message's length so far.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// The bytes of an incomplete block after the last run.
    pub(crate) fn tail(&self) -> &[u8] {
        &self.buffer[0][..self.held]
    }

    /// The blocks to hash now.
    pub(crate) fn blocks(&self) -> &[Block] {
        match self.run {
            Run::Caller(blocks) => blocks,
            Run::Own(first, end) => &self.buffer[first..end],
        }
    }

    /// The run is the padding: its last block ends in the message's length in bits, little-endian.
    pub(crate) fn is_padding(&self) -> bool {
        self.padded
    }

    /// `count` blocks have been hashed; false when the message has no more.
    pub(crate) fn advance(&mut self, count: usize) -> bool {
        match &mut self.run {
            Run::Caller(blocks) => *blocks = &blocks[count..],
            Run::Own(first, _) => *first += count,
        }
        !self.blocks().is_empty() || self.next_run()
    }

    /// Finds the next run when there is none; false when the message has no more.
    pub(crate) fn next_run(&mut self) -> bool {
        loop {
            if self.segment.is_empty() {
                let Some((segment, rest)) = self.segments.split_first() else {
                    return self.pad();
                };
                (self.segment, self.segments) = (segment, rest);
                self.length = self.length.wrapping_add(segment.len() as u64);
            }
            if if self.held > 0 { self.straddle() } else { self.whole_blocks() } {
                return true;
            }
        }
    }

    /// Completes the block in the buffer by the segment's first bytes; false if it needs more.
    fn straddle(&mut self) -> bool {
        let (head, rest) = self.segment.split_at(self.segment.len().min(BLOCK_BYTES - self.held));
        self.buffer[0][self.held..self.held + head.len()].copy_from_slice(head);
        self.segment = rest;
        self.held += head.len();
        if self.held < BLOCK_BYTES {
            return false;
        }
        self.held = 0;
        self.run = Run::Own(0, 1);
        true
    }

    /// Takes the segment's whole blocks where they lie, and its last bytes into the buffer; false if there is no whole block.
    fn whole_blocks(&mut self) -> bool {
        let (blocks, tail) = self.segment.as_chunks();
        self.segment = &[];
        self.buffer[0][..tail.len()].copy_from_slice(tail);
        self.held = tail.len();
        self.run = Run::Caller(blocks);
        !blocks.is_empty()
    }

    /// Makes the padding, once, if the message ends.
    fn pad(&mut self) -> bool {
        if !self.ends || self.padded {
            return false;
        }
        let (blocks, count) = padded(self.tail());
        self.buffer = blocks;
        let bits = self.length.wrapping_mul(8);
        self.buffer[count - 1][LENGTH_AT..].copy_from_slice(&bits.to_le_bytes());
        self.run = Run::Own(0, count);
        self.held = 0;
        self.padded = true;
        true
    }
}
