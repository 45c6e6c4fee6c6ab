//! The digests of one message, braided: each is a chain in which a step waits for the one before, so that the processor has time for the
//! steps of the others in between. MD5, the longest chain, sets the pace.
#![allow(
    unsafe_code,
    reason = "a function for which instructions are enabled, and an empty assembler block; both have their argument"
)]

use std::arch::asm;

use super::md5::{self, hidden_t};
use super::scalar::Scalar;
use super::sha_extensions::{Sha1Stream, Sha256Stream, ShaExtensions};
use crate::Selection;
use crate::block::Block;
use crate::midstates::Midstates;

impl ShaExtensions {
    /// Takes whole blocks of one message, one after the other.
    pub(crate) fn compress(self, selection: Selection, values: &mut Midstates, blocks: &[Block]) {
        #[target_feature(enable = "sha,ssse3,sse4.1")]
        fn enabled(
            extensions: ShaExtensions,
            selection: Selection,
            values: &mut Midstates,
            blocks: &[Block],
        ) {
            match (selection.md5, selection.sha1, selection.sha256) {
                (true, true, true) => braid::<true, true, true>(extensions, values, blocks),
                (true, true, false) => braid::<true, true, false>(extensions, values, blocks),
                (true, false, true) => braid::<true, false, true>(extensions, values, blocks),
                (true, false, false) => braid::<true, false, false>(extensions, values, blocks),
                (false, true, true) => braid::<false, true, true>(extensions, values, blocks),
                (false, true, false) => braid::<false, true, false>(extensions, values, blocks),
                (false, false, true) => braid::<false, false, true>(extensions, values, blocks),
                (false, false, false) => (),
            }
        }
        // SAFETY: `self` proves the instructions.
        unsafe { enabled(self, selection, values, blocks) }
    }
}

#[inline(always)]
fn braid<const MD5: bool, const SHA1: bool, const SHA256: bool>(
    extensions: ShaExtensions,
    values: &mut Midstates,
    blocks: &[Block],
) {
    let t = hidden_t();
    let mut md5 = values.md5;
    let mut sha1 = Sha1Stream::new(extensions, values.sha1);
    let mut sha256 = Sha256Stream::new(extensions, values.sha256);
    for block in blocks {
        let before = md5;
        // 16 times four steps of MD5 and of SHA-256; SHA-1 has 20.
        macro_rules! strands {
            ($($n:literal: $($sha1:literal)*;)*) => { $(
                if MD5 {
                    md5::four_operations::<$n, _, _>(Scalar, &mut md5, block, t);
                }
                if SHA256 {
                    sha256.four_steps::<$n>(block);
                }
                if SHA1 {
                    $(sha1.four_steps::<$sha1>(block);)*
                }
                tie(&mut md5, &mut sha1, &mut sha256);
            )* };
        }
        strands!(
            0: 0; 1: 1; 2: 2; 3: 3 4; 4: 5; 5: 6; 6: 7; 7: 8 9;
            8: 10; 9: 11; 10: 12; 11: 13 14; 12: 15; 13: 16; 14: 17; 15: 18 19;
        );
        for (word, before) in md5.iter_mut().zip(before) {
            *word = word.wrapping_add(before);
        }
        sha1.end_block();
        sha256.end_block();
    }
    if MD5 {
        values.md5 = md5;
    }
    if SHA1 {
        values.sha1 = sha1.values();
    }
    if SHA256 {
        values.sha256 = sha256.values();
    }
}

/// Keeps the compiler from moving the steps of one strand past those of the others, as it otherwise does by hundreds.
#[inline(always)]
fn tie(md5: &mut [u32; 4], sha1: &mut Sha1Stream, sha256: &mut Sha256Stream) {
    let x = &mut md5[0];
    let y = &mut sha1.abcd;
    let z = &mut sha256.abef;
    // SAFETY: there is no instruction.
    unsafe {
        asm!(
            "/* {0:e} {1} {2} */",
            inout(reg) * x,
            inout(xmm_reg) * y,
            inout(xmm_reg) * z,
            options(nomem, nostack, preserves_flags)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_selection_is_as_by_the_crates_and_leaves_the_others_alone() {
        let Some(extensions) = ShaExtensions::detect() else {
            println!("skipped: this processor has no SHA extensions");
            return;
        };
        let blocks: Vec<Block> =
            (0..9).map(|n| std::array::from_fn(|at| (n * 89 + at * 37) as u8)).collect();
        for number in 0..8 {
            let [md5, sha1, sha256] = [1, 2, 4].map(|bit| number & bit != 0);
            let selection = Selection { md5, sha1, sha256, blake3: false };
            for count in 0..=blocks.len() {
                let mut braided = Midstates::INITIAL;
                let mut expected = Midstates::INITIAL;
                extensions.compress(selection, &mut braided, &blocks[..count]);
                expected.compress_by_crates(selection, &blocks[..count]);
                assert_eq!(braided, expected, "{selection:?}, {count} blocks");
            }
        }
    }
}
