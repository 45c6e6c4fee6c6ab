//! The unavoidable bit conditions of Stevens and Shumow ("Speeding up detection of SHA-1 collision
//! attacks using unavoidable attack conditions", USENIX Security 2017), relative to a vector.
//!
//! Vectors of one class that differ in K only are one vector at another step, and those that differ
//! in b are one vector at other bits. So a condition is written once, with the K that it holds for:
//! near the ends of an attack's differential path fewer of them do.

use super::vectors::Class::{self, One, Two};
use super::vectors::Vector;

/// A bit of an expanded block, relative to a vector.
#[derive(Clone, Copy)]
pub(super) struct Bit {
    /// Steps behind step K.
    step: i8,
    /// The bit of the word where b is 0.
    bit: u8,
}

impl Bit {
    /// Returns the step and the bit of a vector's blocks.
    pub(super) fn of(self, vector: &Vector) -> (u8, u8) {
        let step = (vector.first as i8).wrapping_add(self.step) as u8;
        (step, (self.bit + vector.shift as u8) % 32)
    }
}

/// Two bits that are equal, or are not, in every block of some vectors.
pub(super) struct Relation {
    class: Class,
    pub(super) first: Bit,
    pub(super) second: Bit,
    /// Whether the bits are equal, or differ.
    pub(super) is_equal: bool,
    /// The K of the vectors whose b is 0.
    unshifted: &'static [usize],
    /// The K of the vectors whose b is 2.
    shifted: &'static [usize],
}

impl Relation {
    /// Returns whether the relation holds in blocks of a vector.
    pub(super) fn is_of(&self, vector: &Vector) -> bool {
        let list = if vector.shift == 0 { self.unshifted } else { self.shifted };
        self.class == vector.class && list.contains(&vector.first)
    }
}

const fn equal(
    class: Class,
    first: (i8, u8),
    second: (i8, u8),
    unshifted: &'static [usize],
    shifted: &'static [usize],
) -> Relation {
    let first = Bit { step: first.0, bit: first.1 };
    let second = Bit { step: second.0, bit: second.1 };
    Relation { class, first, second, is_equal: true, unshifted, shifted }
}

const fn unequal(
    class: Class,
    first: (i8, u8),
    second: (i8, u8),
    unshifted: &'static [usize],
    shifted: &'static [usize],
) -> Relation {
    Relation { is_equal: false, ..equal(class, first, second, unshifted, shifted) }
}

/// The relations: step and bit of two bits, and the K of the vectors whose b is 0 and 2.
pub(super) static RELATIONS: [Relation; 70] = [
    // Class I
    equal(One, (-16, 3), (-12, 28), &[51], &[51]),
    equal(One, (-14, 4), (-14, 31), &[], &[51]),
    unequal(One, (-14, 4), (-13, 4), &[50, 51, 52], &[]),
    unequal(One, (-14, 31), (-13, 4), &[], &[49, 50, 51]),
    equal(One, (-13, 4), (-9, 29), &[48, 49, 50, 51, 52], &[]),
    unequal(One, (-11, 31), (-10, 4), &[], &[46, 47, 48, 50, 51]),
    unequal(One, (-11, 31), (-9, 31), &[], &[49]),
    equal(One, (-10, 4), (-9, 31), &[], &[49, 50, 51]),
    equal(One, (-10, 4), (-7, 29), &[47, 48, 49, 50, 51, 52], &[]),
    equal(One, (-10, 4), (-6, 29), &[45, 46], &[]),
    equal(One, (-8, 29), (-7, 29), &[48, 49, 50, 51, 52], &[]),
    equal(One, (-7, 29), (-6, 29), &[47, 48, 49, 50, 51, 52], &[]),
    unequal(One, (-7, 31), (-6, 4), &[], &[46, 47, 48, 51]),
    unequal(One, (-7, 31), (1, 31), &[], &[49, 50]),
    unequal(One, (-6, 4), (-4, 4), &[43, 44, 45, 46], &[]),
    equal(One, (-6, 4), (-4, 4), &[], &[46, 47, 48, 49, 50, 51]),
    equal(One, (-6, 4), (-3, 29), &[43, 44, 45, 46, 47, 48, 49, 50, 51, 52], &[]),
    unequal(One, (-4, 4), (-2, 4), &[43, 44], &[]),
    equal(One, (-4, 4), (-2, 4), &[], &[46, 47, 48, 49, 50, 51]),
    equal(One, (-4, 4), (-1, 29), &[43, 44, 45, 46, 47, 48, 49, 50, 51, 52], &[]),
    equal(One, (-4, 29), (-3, 29), &[44, 45, 46, 47, 48, 49, 50, 51, 52], &[]),
    unequal(One, (-4, 29), (3, 29), &[52], &[]),
    unequal(One, (-3, 29), (-1, 29), &[47, 48, 49, 50, 51, 52], &[]),
    unequal(One, (-3, 29), (4, 29), &[51], &[]),
    equal(One, (-2, 4), (0, 4), &[], &[46, 47, 48, 49, 50, 51]),
    equal(One, (-2, 4), (1, 29), &[43, 44, 45, 46, 47, 48, 49, 50, 51, 52], &[]),
    unequal(One, (-1, 29), (1, 29), &[45, 46, 47, 48, 49, 50, 51], &[]),
    equal(One, (0, 4), (1, 31), &[], &[46, 47, 48, 49, 50, 51]),
    equal(One, (0, 4), (3, 29), &[43, 44, 45, 46, 47, 48, 49, 50, 51, 52], &[]),
    unequal(One, (1, 29), (3, 29), &[43, 44, 45, 46, 47, 48, 49], &[]),
    unequal(One, (1, 29), (4, 29), &[50, 52], &[]),
    equal(One, (3, 29), (4, 29), &[43, 44, 45, 46, 47, 48, 49, 50, 51, 52], &[]),
    unequal(One, (15, 0), (16, 5), &[45, 46, 47, 48], &[46, 47, 48]),
    unequal(One, (15, 0), (20, 30), &[43, 44], &[]),
    equal(One, (16, 5), (20, 30), &[43, 44], &[]),
    unequal(One, (18, 1), (19, 6), &[43, 44, 45], &[]),
    // Class II
    unequal(Two, (-18, 4), (-16, 4), &[54, 55, 56], &[]),
    equal(Two, (-18, 4), (-15, 29), &[55, 56], &[]),
    unequal(Two, (-16, 4), (-14, 4), &[52, 53, 54, 55, 56], &[]),
    equal(Two, (-16, 4), (-13, 29), &[53, 54, 55, 56], &[]),
    equal(Two, (-16, 29), (-15, 29), &[56], &[]),
    unequal(Two, (-13, 30), (-8, 28), &[48, 49, 50, 51, 52], &[49, 50, 51]),
    equal(Two, (-12, 3), (-8, 28), &[47, 48, 49, 50, 51, 52, 53, 54, 55, 56], &[49, 50, 51]),
    equal(Two, (-12, 4), (-8, 29), &[47, 48, 49, 50, 51, 52, 53, 54, 55, 56], &[]),
    unequal(Two, (-10, 31), (-9, 4), &[], &[46, 49, 50, 51]),
    equal(Two, (-9, 4), (-8, 31), &[], &[49, 50, 51]),
    equal(Two, (-9, 4), (-6, 29), &[46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56], &[]),
    equal(Two, (-9, 4), (-5, 29), &[45], &[]),
    equal(Two, (-7, 29), (-6, 29), &[47, 48, 49, 50, 51, 52, 53, 54, 55, 56], &[]),
    equal(Two, (-6, 29), (-5, 29), &[46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56], &[]),
    unequal(Two, (-5, 31), (-4, 4), &[], &[46, 49]),
    unequal(Two, (-5, 31), (-3, 31), &[], &[50, 51]),
    equal(Two, (-4, 4), (-3, 31), &[], &[46, 49, 50, 51]),
    equal(Two, (-4, 4), (-1, 29), &[45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56], &[]),
    equal(Two, (-2, 29), (-1, 29), &[45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56], &[]),
    equal(Two, (-1, 29), (0, 29), &[45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56], &[]),
    unequal(Two, (1, 31), (5, 31), &[], &[46, 49, 50, 51]),
    equal(Two, (2, 4), (4, 4), &[], &[46, 49, 50, 51]),
    equal(Two, (2, 4), (4, 29), &[55], &[]),
    equal(Two, (2, 4), (5, 29), &[45, 46, 47, 48, 49, 50, 51, 52, 53, 54], &[]),
    equal(Two, (4, 4), (5, 31), &[], &[46, 49, 50, 51]),
    equal(Two, (4, 4), (7, 29), &[45, 46, 47, 48, 49, 50, 51, 52], &[]),
    equal(Two, (4, 4), (8, 29), &[53, 54, 55, 56], &[]),
    equal(Two, (4, 29), (5, 29), &[45, 46, 47, 48, 49, 50, 51, 52, 53, 54], &[]),
    unequal(Two, (4, 29), (7, 29), &[47, 49, 52], &[]),
    unequal(Two, (5, 29), (7, 29), &[45], &[]),
    unequal(Two, (5, 29), (8, 29), &[46, 48, 50, 51, 53], &[]),
    equal(Two, (7, 29), (8, 29), &[45, 46, 47, 48, 49, 50, 51, 52], &[]),
    unequal(Two, (15, 0), (16, 5), &[45, 46, 47, 48], &[46]),
    unequal(Two, (18, 1), (19, 6), &[45], &[]),
];
