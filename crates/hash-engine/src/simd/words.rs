//! The words of all lanes' blocks: transposed once for all digests, byte-swapped once for SHA-1 and SHA-256.

use super::{LaneStates, Row, Simd, md5, sha1, sha256};
use crate::Selection;
use crate::block::Block;

/// Blocks ahead of the one being hashed that are asked for from memory.
const PREFETCH_BLOCKS: usize = 4;

/// Takes `count` blocks of each lane. The last of them is the last of the message in the lanes whose bit is set in `last`: it ends in
/// the message's length in bits, little-endian as MD5 has it; SHA-1 and SHA-256 see it big-endian.
///
/// # Panics
/// If a lane has fewer than `count` blocks.
#[inline(always)]
pub(super) fn compress<const L: usize, S: Simd<L>>(
    simd: S,
    selection: Selection,
    states: &mut LaneStates<L>,
    lanes: &[&[Block]; L],
    count: usize,
    last: u32,
) {
    let mut runs: [&[Block]; L] = [&[]; L];
    for (run, lane) in runs.iter_mut().zip(lanes) {
        *run = &lane[..count];
    }
    for at in 0..count {
        let mut blocks = [&[0; 64]; L];
        for (block, run) in blocks.iter_mut().zip(&runs) {
            *block = &run[at];
            simd.prefetch(run.as_ptr().wrapping_add(at + PREFETCH_BLOCKS).cast());
        }
        let last = if at + 1 == count { last } else { 0 };
        transpose(simd, &blocks, &mut states.little, &mut states.big, last);
        if selection.md5 {
            md5::compress(simd, &mut states.md5, &states.little);
        }
        if selection.sha1 {
            sha1::compress(simd, &mut states.sha1, &states.big);
        }
        if selection.sha256 {
            sha256::compress(simd, &mut states.sha256, &states.big);
        }
    }
}

/// Fills `little` and `big` with the words of the blocks in either byte order.
#[inline(always)]
fn transpose<const L: usize, S: Simd<L>>(
    simd: S,
    blocks: &[&Block; L],
    little: &mut [Row<L>; 16],
    big: &mut [Row<L>; 16],
    last: u32,
) {
    let words = simd.transpose(blocks);
    for at in 0..16 {
        simd.store(&mut little[at], words[at]);
        simd.store(&mut big[at], simd.swap_bytes(words[at]));
    }
    if last != 0 {
        // The length's low word comes first for MD5, last for SHA-1 and SHA-256, whose bytes are then in the order of the machine.
        let high = simd.blend(last, simd.swap_bytes(words[14]), words[15]);
        let low = simd.blend(last, simd.swap_bytes(words[15]), words[14]);
        simd.store(&mut big[14], high);
        simd.store(&mut big[15], low);
    }
}
