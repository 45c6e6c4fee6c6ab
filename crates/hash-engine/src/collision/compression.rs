//! The compression function of SHA-1 (FIPS 180-4 section 6.1.2), and two states within it.

use super::BLOCK_BYTES;

/// The words a to e of FIPS 180-4, or a chaining value.
pub(super) type State = [u32; 5];
/// The message schedule: a block, expanded.
pub(super) type Words = [u32; STEPS];

/// Steps of a block.
pub(super) const STEPS: usize = 80;
/// Steps that have one function and one constant.
pub(super) const ROUND_STEPS: usize = 20;
/// The chaining value before the first block (section 5.3.1).
pub(super) const INITIAL_STATE: State = [
    0x6745_2301, // A
    0xefcd_ab89, // B
    0x98ba_dcfe, // C
    0x1032_5476, // D
    0xc3d2_e1f0, // E
];
/// The constant of each round (section 4.2.1).
pub(super) const CONSTANTS: [u32; 4] = [0x5a82_7999, 0x6ed9_eba1, 0x8f1b_bcdc, 0xca62_c1d6];

/// The step from which a sibling is computed, for vectors that differ early.
pub(super) const EARLY_STEP: usize = 58;
/// The step from which a sibling is computed, for vectors that differ late.
pub(super) const LATE_STEP: usize = 65;

/// A block that was compressed, with what its siblings are computed from.
pub(super) struct Block {
    pub(super) words: Words,
    /// The working state before [`EARLY_STEP`].
    pub(super) early: State,
    /// The working state before [`LATE_STEP`].
    pub(super) late: State,
    /// The chaining value after the block.
    pub(super) after: State,
}

impl Block {
    /// Compresses a block into a chaining value.
    pub(super) fn compress(before: State, bytes: &[u8; BLOCK_BYTES]) -> Self {
        let words = expand(bytes);
        let first = forwards::<0>(before, &words[..ROUND_STEPS]);
        let second = forwards::<1>(first, &words[ROUND_STEPS..2 * ROUND_STEPS]);
        let early = forwards::<2>(second, &words[2 * ROUND_STEPS..EARLY_STEP]);
        let third = forwards::<2>(early, &words[EARLY_STEP..3 * ROUND_STEPS]);
        let late = forwards::<3>(third, &words[3 * ROUND_STEPS..LATE_STEP]);
        let last = forwards::<3>(late, &words[LATE_STEP..]);
        Self { words, early, late, after: sum(before, last) }
    }
}

fn expand(bytes: &[u8; BLOCK_BYTES]) -> Words {
    let mut words = [0; STEPS];
    let (block, _) = bytes.as_chunks();
    let mut sixteen = std::array::from_fn(|at| u32::from_be_bytes(block[at]));
    for part in words.as_chunks_mut().0 {
        *part = sixteen;
        sixteen = following(sixteen);
    }
    words
}

/// Returns the 16 words of the schedule that follow 16 others.
#[inline(always)]
fn following(mut words: [u32; 16]) -> [u32; 16] {
    for at in 0..16 {
        // Step t - n is at (at + 16 - n) % 16: it was replaced where that is before `at`.
        let mixed = words[(at + 13) % 16] ^ words[(at + 8) % 16] ^ words[(at + 2) % 16] ^ words[at];
        words[at] = mixed.rotate_left(1);
    }
    words
}

/// Takes steps of one round.
#[inline(always)]
fn forwards<const ROUND: usize>(mut state: State, words: &[u32]) -> State {
    // After five steps each word is at its place again, so the compiler moves none of them.
    let (fives, rest) = words.as_chunks::<5>();
    for five in fives {
        for word in five {
            state = step::<ROUND>(state, *word);
        }
    }
    rest.iter().fold(state, |state, word| step::<ROUND>(state, *word))
}

/// Takes one step.
#[inline(always)]
pub(super) fn step<const ROUND: usize>([a, b, c, d, e]: State, word: u32) -> State {
    let function = function(ROUND, b, c, d);
    let added = e.wrapping_add(CONSTANTS[ROUND]).wrapping_add(word).wrapping_add(function);
    let sum = a.rotate_left(5).wrapping_add(added);
    [sum, a, b.rotate_left(30), c, d]
}

/// The functions of section 4.1.1.
#[inline(always)]
pub(super) fn function(round: usize, b: u32, c: u32, d: u32) -> u32 {
    match round {
        0 => d ^ (b & (c ^ d)),
        2 => (b & c) | (d & (b | c)),
        _ => b ^ c ^ d,
    }
}

/// Adds two states, word by word.
pub(super) fn sum(left: State, right: State) -> State {
    std::array::from_fn(|at| left[at].wrapping_add(right[at]))
}
