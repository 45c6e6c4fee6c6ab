//! Sizes at which storage changes its form, and bytes that compress well, a little, or not at all.

use crate::random::Random;

const MIB: usize = 1 << 20;

/// Sizes around inline limits, sectors, blocks, clusters and compression units.
pub(crate) const SIZES: [usize; 44] = [
    0,
    1,
    2,
    59,
    60,
    61,
    100,
    128,
    156,
    157,
    255,
    256,
    511,
    512,
    513,
    600,
    700,
    800,
    1000,
    1023,
    1024,
    1025,
    2047,
    2048,
    2049,
    4095,
    4096,
    4097,
    8191,
    12_288,
    12_289,
    16_385,
    65_535,
    65_536,
    65_537,
    100_000,
    262_144,
    274_432,
    274_433,
    MIB - 1,
    MIB,
    MIB + 1,
    1_500_000,
    3_000_000,
];

/// Returns one of [`SIZES`].
pub(crate) fn size(random: &mut Random) -> usize {
    random.pick(SIZES)
}

/// Returns one of [`SIZES`] up to a quarter of a megabyte.
pub(crate) fn small_size(random: &mut Random) -> usize {
    SIZES[random.index(36)]
}

/// Returns so many bytes of a drawn kind.
pub(crate) fn content(random: &mut Random, size: usize) -> Vec<u8> {
    match random.below(6) {
        0 => repeated(format!("line {} again and again\n", random.below(100)).as_bytes(), size),
        1 => {
            let length = random.pick([64, 4096, 5000]);
            repeated(&random.bytes(length), size)
        }
        2 => {
            let mut bytes = random.bytes(size / 2);
            bytes.resize(size, 0);
            bytes
        }
        // Blocks that begin as those of the ext journal do: the journal has to escape them.
        3 => {
            let mut block = vec![0xc0, 0x3b, 0x39, 0x98, 0, 0, 0, 1];
            block.extend(random.bytes(1016));
            repeated(&block, size)
        }
        _ => random.bytes(size),
    }
}

fn repeated(part: &[u8], size: usize) -> Vec<u8> {
    part.iter().copied().cycle().take(size).collect()
}
