//! Changes that a hostile person would make to an image: fields, copies of structures, circles.

use crate::packed::{HEAD, RECORD, SECTOR};

/// A reproducible stream of numbers (SplitMix64).
#[derive(Clone, Debug)]
pub struct Numbers(pub u64);

impl Numbers {
    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 when `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        let number = self.draw() % u64::try_from(end.max(1)).unwrap_or(1);
        usize::try_from(number).unwrap_or(0)
    }
}

/// Changes a packed image in place, by one to four changes; its length stays.
pub fn mutate(packed: &mut [u8], seed: u64) {
    let mut numbers = Numbers(seed);
    for _ in 0..=numbers.below(4) {
        change(packed, &mut numbers);
    }
}

fn change(packed: &mut [u8], numbers: &mut Numbers) {
    let sectors = packed.len().saturating_sub(HEAD) / RECORD;
    if sectors == 0 {
        return;
    }
    let start = |number: usize| HEAD + number * RECORD + 4;
    let one = start(numbers.below(sectors));
    let other = start(numbers.below(sectors));
    match numbers.below(16) {
        // A structure over another: two records that are one, a directory that is its own parent.
        0 => packed.copy_within(other..other + SECTOR, one),
        // A sector somewhere else.
        1 => packed.copy_within(other - 4..other, one - 4),
        2 => {
            let count = 1 << numbers.below(9);
            let to = numbers.below(SECTOR - count + 1);
            let from = numbers.below(SECTOR - count + 1);
            packed.copy_within(other + from..other + from + count, one + to);
        }
        3 => packed[one + numbers.below(SECTOR)] ^= 1 << numbers.below(8),
        4 => packed[one + numbers.below(SECTOR)] = numbers.draw().to_le_bytes()[0],
        5 if numbers.below(4) == 0 => {
            let cut = numbers.below(HEAD / 2);
            packed[cut] = numbers.draw().to_le_bytes()[0];
        }
        // Fields that another structure holds, at their usual places.
        6 | 7 => {
            let width = [2, 4, 8][numbers.below(3)];
            let to = numbers.below(SECTOR / width) * width;
            let from = numbers.below(SECTOR / width) * width;
            packed.copy_within(other + from..other + from + width, one + to);
        }
        _ => put_number(&mut packed[one..one + SECTOR], numbers),
    }
}

/// Puts a number that parsers count wrong with into a field.
pub(crate) fn put_number(sector: &mut [u8], numbers: &mut Numbers) {
    let width = [1, 2, 4, 4, 8][numbers.below(5)];
    let at = numbers.below(sector.len() / width) * width;
    let field = &mut sector[at..at + width];
    let mut bytes = [0; 8];
    bytes[..width].copy_from_slice(field);
    let now = u64::from_le_bytes(bytes);
    let value = match numbers.below(10) {
        0 => 0,
        1 => 1,
        2 => u64::MAX,
        3 => u64::MAX >> 1,
        4 => 1 << numbers.below(64),
        5 => (1 << numbers.below(64)) - 1,
        6 => now.wrapping_add(1),
        7 => now.wrapping_sub(1),
        8 => now.wrapping_add(numbers.draw() % 64),
        _ => numbers.draw() % 1024,
    };
    let big = numbers.below(4) == 0;
    let value = value.to_le_bytes();
    field.copy_from_slice(&value[..width]);
    if big {
        field.reverse();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_mutant_and_any_input_is_taken() {
        let original: Vec<u8> = (0..HEAD + 3 * RECORD).map(|at| at.to_le_bytes()[0]).collect();
        for seed in 0..2000 {
            let mut one = original.clone();
            let mut other = original.clone();
            mutate(&mut one, seed);
            mutate(&mut other, seed);
            assert_eq!(one, other);
        }
        for length in [0, 7, HEAD, HEAD + 3, HEAD + RECORD] {
            (0..100).for_each(|seed| mutate(&mut vec![1; length], seed));
        }
    }
}
