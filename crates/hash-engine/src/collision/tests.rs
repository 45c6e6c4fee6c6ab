use super::compression::{STEPS, Words};
use super::conditions::{broken_bit, possible_vectors};
use super::vectors::{Class, VECTORS, Vector};
use crate::reference;

/// Marsaglia's xorshift generator with 64 bits: the same numbers on every machine.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as u32
    }
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The digest is that of the table in the crate sha1-checked 0.10.0, a translation of the program
/// of Stevens and Shumow: 32 vectors of 80 words, big-endian.
#[test]
fn the_differences_of_all_vectors_are_those_that_are_published() {
    let words = VECTORS.iter().flat_map(|vector| vector.differences);
    let bytes: Vec<u8> = words.flat_map(u32::to_be_bytes).collect();
    assert_eq!(
        hex(&reference::sha256(&bytes)),
        "0c9ab8736a839581a5716b66bace5048fdde4984d63006f71affeac30f99e199"
    );
}

/// The digest is that of the answers of sha1-checked 0.10.0 (`ubc_check`), big-endian.
#[test]
fn the_conditions_exclude_what_the_published_ones_exclude() {
    let mut numbers = Numbers(0x1234_5678_9abc_def1);
    let mut answers = Vec::new();
    let mut met = 0_u32;
    for round in 0..64 * VECTORS.len() {
        let mut words: Words = std::array::from_fn(|_| numbers.next());
        answers.extend(possible_vectors(&words).to_be_bytes());
        meet(&mut words, round % VECTORS.len());
        met |= possible_vectors(&words);
        answers.extend(possible_vectors(&words).to_be_bytes());
        // Any bit may decide, or not, whether the block still meets all conditions.
        for _ in 0..16 {
            let mut words = words;
            let step = 35 + numbers.next() as usize % 30;
            let bit = numbers.next() % 32;
            words[step] ^= 1 << bit;
            answers.extend(possible_vectors(&words).to_be_bytes());
        }
    }
    assert_eq!(met, u32::MAX, "a block was found that meets the conditions of each vector");
    assert_eq!(
        hex(&reference::sha256(&answers)),
        "7a021a8ef94242022451984942715a7b8b8a287fe5be3b4666fd31b4ec0527c4"
    );
}

/// Changes words until they meet all conditions of a vector.
fn meet(words: &mut Words, vector: usize) {
    // Conditions share bits: one that is mended may break another one, but not for ever.
    for _ in 0..STEPS {
        let Some((step, bit)) = broken_bit(words, 1 << vector) else { return };
        words[step] ^= bit;
    }
}

/// The two files of SHAttered differ in bytes 192 to 319, two blocks: II(52, 0) by its finders.
#[test]
fn a_vector_gives_the_difference_of_a_pair_that_was_found() {
    let of_class = |vector: &&Vector| vector.class == Class::Two && vector.shift == 0;
    let vector = VECTORS.iter().filter(of_class).find(|vector| vector.first == 52).unwrap();
    assert_eq!(vector.differences[..16], SHATTERED);
}

/// Exclusive or of bytes 192 to 255 of shattered-1.pdf and shattered-2.pdf.
const SHATTERED: [u32; 16] = [
    0x0c00_0002,
    0xc000_0010,
    0xb400_001c,
    0x3c00_0004,
    0xbc00_001a,
    0x2000_0010,
    0x2400_001c,
    0xec00_0014,
    0x0c00_0002,
    0xc000_0010,
    0xb400_001c,
    0x2c00_0004,
    0xbc00_0018,
    0xb000_0010,
    0x0000_000c,
    0xb800_0010,
];
