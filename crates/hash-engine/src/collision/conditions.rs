//! Unavoidable bit conditions: which vectors a block may belong to.

use std::sync::LazyLock;

use super::compression::Words;
use super::relations::{RELATIONS, Relation};
use super::vectors::{VECTORS, Vector};

/// Two bits of an expanded block that must be equal, or must not, in blocks of some vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Condition {
    /// The step of the first bit.
    first: u8,
    /// The step of the second one.
    second: u8,
    /// Bits by which the second word is rotated left: its bit is then below that of the first one.
    rotation: u8,
    /// The bit of the first word.
    bit: u32,
    /// 0 where the bits must be equal, `bit` where they must not.
    difference: u32,
    /// A bit for each vector.
    vectors: u32,
}

/// Conditions after which it is looked whether any vector is left.
const GROUP: usize = 8;

/// All conditions, those of several vectors once; those that exclude most come first.
static CONDITIONS: LazyLock<Vec<Condition>> = LazyLock::new(|| in_order(all_conditions()));

/// Returns a bit for each of [`VECTORS`] whose conditions an expanded block meets.
pub(super) fn possible_vectors(words: &Words) -> u32 {
    let mut left = u32::MAX;
    for group in CONDITIONS.chunks(GROUP) {
        for condition in group {
            left &= condition.vectors_left(words);
        }
        if left == 0 {
            return 0;
        }
    }
    left
}

impl Condition {
    fn new(relation: &Relation, vector: &Vector, vectors: u32) -> Self {
        let (first, first_bit) = relation.first.of(vector);
        let (second, second_bit) = relation.second.of(vector);
        let bit = 1 << first_bit;
        Self {
            first,
            second,
            rotation: (first_bit + 32 - second_bit) % 32,
            bit,
            difference: if relation.is_equal { 0 } else { bit },
            vectors,
        }
    }

    /// Returns the vectors that an expanded block may belong to for all that this condition says.
    #[inline]
    fn vectors_left(&self, words: &Words) -> u32 {
        let second = words[usize::from(self.second)].rotate_left(self.rotation.into());
        let is_met = (words[usize::from(self.first)] ^ second) & self.bit == self.difference;
        if is_met { u32::MAX } else { !self.vectors }
    }

    /// Returns the numbers of its vectors.
    fn numbers(&self) -> impl Iterator<Item = usize> {
        let vectors = self.vectors;
        (0..VECTORS.len()).filter(move |number| vectors >> number & 1 == 1)
    }

    fn asks_the_same(&self, other: &Self) -> bool {
        Self { vectors: other.vectors, ..*self } == *other
    }
}

fn all_conditions() -> Vec<Condition> {
    let mut conditions: Vec<Condition> = Vec::new();
    for relation in &RELATIONS {
        for (number, vector) in VECTORS.iter().enumerate().filter(|(_, v)| relation.is_of(v)) {
            let new = Condition::new(relation, vector, 1 << number);
            match conditions.iter_mut().find(|condition| condition.asks_the_same(&new)) {
                Some(condition) => condition.vectors |= new.vectors,
                None => conditions.push(new),
            }
        }
    }
    conditions
}

/// Puts first what excludes most of the vectors that the earlier conditions are likely to leave.
fn in_order(mut conditions: Vec<Condition>) -> Vec<Condition> {
    // Each condition halves the chance that a vector is left of an ordinary block.
    let mut chances = [1.0_f64; VECTORS.len()];
    let mut ordered = Vec::with_capacity(conditions.len());
    loop {
        let best = (0..conditions.len()).max_by(|one, other| {
            gain(&conditions[*one], &chances).total_cmp(&gain(&conditions[*other], &chances))
        });
        let Some(best) = best else { return ordered };
        let condition = conditions.swap_remove(best);
        condition.numbers().for_each(|number| chances[number] /= 2.0);
        ordered.push(condition);
    }
}

/// Returns how many vectors a condition is likely to exclude, of those that are left.
fn gain(condition: &Condition, chances: &[f64; VECTORS.len()]) -> f64 {
    condition.numbers().map(|number| chances[number] / 2.0).sum()
}

/// Returns the step and the bit whose change meets a condition of a vector that is not met.
#[cfg(test)]
pub(super) fn broken_bit(words: &Words, vector: u32) -> Option<(usize, u32)> {
    let is_broken = |condition: &&Condition| condition.vectors_left(words) & vector == 0;
    let broken = CONDITIONS.iter().find(is_broken)?;
    Some((usize::from(broken.first), broken.bit))
}
