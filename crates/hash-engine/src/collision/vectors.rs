//! The disturbance vectors of attacks on SHA-1, and the differences that they give a block.
//!
//! A vector is I(K, b) or II(K, b) (S. Manuel, "Classification and generation of disturbance
//! vectors for collision attacks against SHA-1", 2011): 16 words from word K on, shifted by b bits,
//! decide all others. Each disturbance is corrected by the five steps after it.

use super::compression::{EARLY_STEP, LATE_STEP, STEPS};

/// The class of a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// One disturbance, in word K + 15.
    One,
    /// A disturbance in word K + 15, and those of words K + 1 and K + 3, which are one bit lower.
    Two,
}

/// A disturbance vector, and what follows from it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vector {
    pub(super) class: Class,
    /// The number K of its name.
    pub(super) first: usize,
    /// The number b of its name.
    pub(super) shift: u32,
    /// The step at which a block and its sibling have the same working state.
    pub(super) step: usize,
    /// The difference (exclusive or) of a block and its sibling, expanded.
    pub(super) differences: [u32; STEPS],
}

/// The vectors for which an attack is feasible, as Stevens and Shumow list them.
pub(super) static VECTORS: [Vector; 32] = [
    vector(Class::One, 43, 0),
    vector(Class::One, 44, 0),
    vector(Class::One, 45, 0),
    vector(Class::One, 46, 0),
    vector(Class::One, 46, 2),
    vector(Class::One, 47, 0),
    vector(Class::One, 47, 2),
    vector(Class::One, 48, 0),
    vector(Class::One, 48, 2),
    vector(Class::One, 49, 0),
    vector(Class::One, 49, 2),
    vector(Class::One, 50, 0),
    vector(Class::One, 50, 2),
    vector(Class::One, 51, 0),
    vector(Class::One, 51, 2),
    vector(Class::One, 52, 0),
    vector(Class::Two, 45, 0),
    vector(Class::Two, 46, 0),
    vector(Class::Two, 46, 2),
    vector(Class::Two, 47, 0),
    vector(Class::Two, 48, 0),
    vector(Class::Two, 49, 0),
    vector(Class::Two, 49, 2),
    vector(Class::Two, 50, 0),
    vector(Class::Two, 50, 2),
    vector(Class::Two, 51, 0),
    vector(Class::Two, 51, 2),
    vector(Class::Two, 52, 0),
    vector(Class::Two, 53, 0),
    vector(Class::Two, 54, 0),
    vector(Class::Two, 55, 0),
    vector(Class::Two, 56, 0),
];

/// The first K whose sibling is computed from [`LATE_STEP`].
const FIRST_LATE: usize = 50;
/// Steps before step 0 whose disturbances are still corrected in step 0 and later.
const EARLIER: usize = 5;

const fn vector(class: Class, first: usize, shift: u32) -> Vector {
    let step = if first < FIRST_LATE { EARLY_STEP } else { LATE_STEP };
    let differences = differences(&disturbances(class, first, shift));
    Vector { class, first, shift, step, differences }
}

/// Returns the disturbances of steps -5 to 79.
const fn disturbances(class: Class, first: usize, shift: u32) -> [u32; EARLIER + STEPS] {
    let mut words = [0; EARLIER + STEPS];
    let start = first + EARLIER;
    words[start + 15] = 1 << shift;
    if matches!(class, Class::Two) {
        words[start + 1] = (1_u32 << 31).rotate_left(shift);
        words[start + 3] = words[start + 1];
    }
    let mut at = start + 16;
    while at < words.len() {
        let mixed = words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16];
        words[at] = mixed.rotate_left(1);
        at += 1;
    }
    at = start;
    while at > 0 {
        at -= 1;
        let mixed = words[at + 16].rotate_right(1);
        words[at] = mixed ^ words[at + 13] ^ words[at + 8] ^ words[at + 2];
    }
    words
}

/// Returns the differences of the expanded block: each disturbance and its five corrections.
const fn differences(words: &[u32; EARLIER + STEPS]) -> [u32; STEPS] {
    let mut differences = [0; STEPS];
    let mut step = 0;
    while step < STEPS {
        let at = step + EARLIER;
        let rotated_by_5 = words[at - 1].rotate_left(5);
        let rotated_by_30 = (words[at - 3] ^ words[at - 4] ^ words[at - 5]).rotate_left(30);
        differences[step] = words[at] ^ rotated_by_5 ^ words[at - 2] ^ rotated_by_30;
        step += 1;
    }
    differences
}
