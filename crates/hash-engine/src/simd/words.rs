//! The words of all lanes' blocks: transposed once for all digests, byte-swapped once for SHA-1 and SHA-256.

use super::{LaneStates, Row, Simd};
use crate::Selection;
use crate::lane::Block;

/// Blocks ahead of the one being hashed that are asked for from memory.
const PREFETCH_BLOCKS: usize = 4;

/// Takes `count` blocks of each lane. The last of them is the last of the message in the lanes whose bit is set in `last`: it ends in
/// the message's length in bits, little-endian as MD5 has it; SHA-1 and SHA-256 see it big-endian.
///
/// # Panics
/// If a lane has fewer than `count` blocks.
pub(crate) fn compress<const L: usize, S: Simd<L>>(
    simd: S,
    selection: Selection,
    states: &mut LaneStates<L>,
    lanes: &[&[Block]; L],
    count: usize,
    last: u32,
) {
    let mut little = [Row([0; L]); 16];
    let mut big = [Row([0; L]); 16];
    for at in 0..count {
        for lane in lanes {
            simd.prefetch(lane.as_ptr().wrapping_add(at + PREFETCH_BLOCKS).cast());
        }
        let blocks = std::array::from_fn(|lane| &lanes[lane][at]);
        let last = if at + 1 == count { last } else { 0 };
        simd.words(&blocks, &mut little, &mut big, last);
        if selection.md5 {
            simd.md5(&mut states.md5, &little);
        }
        if selection.sha1 {
            simd.sha1(&mut states.sha1, &big);
        }
        if selection.sha256 {
            simd.sha256(&mut states.sha256, &big);
        }
    }
}

/// Fills `little` and `big` with the words of the blocks in either byte order.
#[inline(always)]
pub(super) fn transpose<const L: usize, S: Simd<L>>(
    simd: S,
    blocks: &[&Block; L],
    little: &mut [Row<L>; 16],
    big: &mut [Row<L>; 16],
    last: u32,
) {
    let words = simd.transpose(blocks);
    for (at, word) in words.into_iter().enumerate() {
        simd.store(&mut little[at], word);
        simd.store(&mut big[at], simd.swap_bytes(word));
    }
    if last != 0 {
        // The length's low word comes first for MD5, last for SHA-1 and SHA-256, whose bytes are then in the order of the machine.
        let high = simd.blend(last, simd.swap_bytes(words[14]), words[15]);
        let low = simd.blend(last, simd.swap_bytes(words[15]), words[14]);
        simd.store(&mut big[14], high);
        simd.store(&mut big[15], low);
    }
}
