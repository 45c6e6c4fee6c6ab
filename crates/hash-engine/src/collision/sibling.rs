//! The sibling of a block: what the other file of a colliding pair would have in its place.

use super::compression::{
    Block, CONSTANTS, EARLY_STEP, ROUND_STEPS, State, Words, function, step, sum,
};
use super::vectors::Vector;

impl Block {
    /// Returns whether the sibling that a vector describes ends in the same chaining value.
    ///
    /// The sibling has the same working state at the vector's step: from there its chaining value
    /// before the block and that after it are computed.
    #[cold]
    pub(super) fn sibling_ends_alike(&self, vector: &Vector) -> bool {
        let words: Words = std::array::from_fn(|step| self.words[step] ^ vector.differences[step]);
        let state = if vector.step == EARLY_STEP { self.early } else { self.late };
        let before = words[..vector.step].iter().enumerate().rfold(state, step_back);
        let last = words.iter().enumerate().skip(vector.step).fold(state, step_forwards);
        sum(before, last) == self.after
    }
}

/// Takes one step; each word comes with the number of its step.
fn step_forwards(state: State, (at, word): (usize, &u32)) -> State {
    match at / ROUND_STEPS {
        0 => step::<0>(state, *word),
        1 => step::<1>(state, *word),
        2 => step::<2>(state, *word),
        _ => step::<3>(state, *word),
    }
}

/// Takes one step back.
fn step_back([sum, a, b, c, d]: State, (at, word): (usize, &u32)) -> State {
    let b = b.rotate_right(30);
    let round = at / ROUND_STEPS;
    let added = a.rotate_left(5).wrapping_add(function(round, b, c, d));
    let e = sum.wrapping_sub(added).wrapping_sub(CONSTANTS[round]).wrapping_sub(*word);
    [a, b, c, d, e]
}
