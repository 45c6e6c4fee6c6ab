//! The chaining values of all lanes.

use crate::Selection;
use crate::midstates::Midstates;

/// One word of each lane.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(crate) struct Row<const L: usize>(pub(crate) [u32; L]);

/// The chaining values of all lanes, word by word; and room to work.
#[derive(Clone, Debug)]
pub(crate) struct LaneStates<const L: usize> {
    pub(crate) md5: [Row<L>; 4],
    pub(crate) sha1: [Row<L>; 5],
    pub(crate) sha256: [Row<L>; 8],
    /// Words of the block being hashed, as MD5 takes them.
    pub(super) little: [Row<L>; 16],
    /// The same, as SHA-1 and SHA-256 take them.
    pub(super) big: [Row<L>; 16],
}

impl<const L: usize> LaneStates<L> {
    pub(crate) const fn new() -> Self {
        let row = Row([0; L]);
        Self { md5: [row; 4], sha1: [row; 5], sha256: [row; 8], little: [row; 16], big: [row; 16] }
    }

    /// Puts a message's values into a lane.
    pub(crate) fn put(&mut self, lane: usize, selection: Selection, values: &Midstates) {
        if selection.md5 {
            put(&mut self.md5, lane, &values.md5);
        }
        if selection.sha1 {
            put(&mut self.sha1, lane, &values.sha1);
        }
        if selection.sha256 {
            put(&mut self.sha256, lane, &values.sha256);
        }
    }

    /// The values of a lane's message.
    pub(crate) fn get(&self, lane: usize, selection: Selection, values: &mut Midstates) {
        if selection.md5 {
            get(&self.md5, lane, &mut values.md5);
        }
        if selection.sha1 {
            get(&self.sha1, lane, &mut values.sha1);
        }
        if selection.sha256 {
            get(&self.sha256, lane, &mut values.sha256);
        }
    }
}

fn get<const L: usize>(rows: &[Row<L>], lane: usize, words: &mut [u32]) {
    for (row, word) in rows.iter().zip(words) {
        *word = row.0[lane];
    }
}

fn put<const L: usize>(rows: &mut [Row<L>], lane: usize, words: &[u32]) {
    for (row, word) in rows.iter_mut().zip(words) {
        row.0[lane] = *word;
    }
}
