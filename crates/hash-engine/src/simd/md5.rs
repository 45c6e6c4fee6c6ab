//! MD5 (RFC 1321).

use std::hint::black_box;

use super::{Row, Simd, Words, scalar::Scalar};
use crate::block::Block;

/// T of section 3.4: the first 32 bits after the point of |sin(i)|, i = 1 to 64.
#[rustfmt::skip]
const T: [u32; 64] = [
    0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a, 0xa830_4613, 0xfd46_9501,
    0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be, 0x6b90_1122, 0xfd98_7193, 0xa679_438e, 0x49b4_0821,
    0xf61e_2562, 0xc040_b340, 0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d, 0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8,
    0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed, 0xa9e3_e905, 0xfcef_a3f8, 0x676f_02d9, 0x8d2a_4c8a,
    0xfffa_3942, 0x8771_f681, 0x6d9d_6122, 0xfde5_380c, 0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70,
    0x289b_7ec6, 0xeaa1_27fa, 0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665,
    0xf429_2244, 0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92, 0xffef_f47d, 0x8584_5dd1,
    0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1, 0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb, 0xeb86_d391,
];

/// The sixteen words of a block of each message.
pub(super) trait BlockWords<W: Words> {
    /// `X[k]`, little-endian.
    fn word(&self, words: W, k: usize) -> W::Vector;
}

impl<const L: usize, S: Simd<L>> BlockWords<S> for [Row<L>; 16] {
    #[inline(always)]
    fn word(&self, simd: S, k: usize) -> S::Vector {
        simd.load(&self[k])
    }
}

impl BlockWords<Scalar> for Block {
    #[inline(always)]
    fn word(&self, _: Scalar, k: usize) -> u32 {
        u32::from_le_bytes([self[4 * k], self[4 * k + 1], self[4 * k + 2], self[4 * k + 3]])
    }
}

/// One block of each lane, as little-endian words.
#[inline(always)]
pub(super) fn compress<const L: usize, S: Simd<L>>(
    simd: S,
    state: &mut [Row<L>; 4],
    block: &[Row<L>; 16],
) {
    let before = super::load_all(simd, state);
    let mut after = before;
    let t = hidden_t();
    macro_rules! all {
        ($($n:literal)*) => { $(four_operations::<$n, _, _>(simd, &mut after, block, t);)* };
    }
    all!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    super::add_all(simd, state, before, after);
}

/// T, hidden from the compiler: it would add what it knows to be constant last, on the chain that the next operation waits for.
#[inline(always)]
pub(super) fn hidden_t() -> &'static [u32; 64] {
    black_box(&T)
}

/// Operations 4 N to 4 N + 3 of the 64 of section 3.4.
#[inline(always)]
pub(super) fn four_operations<const N: usize, W: Words, B: BlockWords<W>>(
    words: W,
    state: &mut [W::Vector; 4],
    block: &B,
    t: &[u32; 64],
) {
    let [mut a, mut b, mut c, mut d] = *state;
    // a = b + ((a + function(b, c, d) + X[k] + T[i]) <<< s)
    macro_rules! operation {
        ($a:ident $b:ident $c:ident $d:ident, $function:ident, $s:literal, $i:expr) => {
            let (step, first) = [(1, 0), (5, 1), (3, 5), (7, 0)][N / 4];
            let word = words.add(block.word(words, (first + step * $i) % 16), words.splat(t[$i]));
            let sum = $function(words, words.add($a, word), $b, $c, $d);
            $a = words.add($b, words.rotate_left::<$s, { 32 - $s }>(sum));
        };
    }
    macro_rules! four {
        ($function:ident, $s0:literal $s1:literal $s2:literal $s3:literal) => {
            operation!(a b c d, $function, $s0, 4 * N);
            operation!(d a b c, $function, $s1, 4 * N + 1);
            operation!(c d a b, $function, $s2, 4 * N + 2);
            operation!(b c d a, $function, $s3, 4 * N + 3);
        };
    }
    match N / 4 {
        0 => {
            four!(f, 7 12 17 22);
        }
        1 => {
            four!(g, 5 9 14 20);
        }
        2 => {
            four!(h, 4 11 16 23);
        }
        _ => {
            four!(i, 6 10 15 21);
        }
    }
    *state = [a, b, c, d];
}

#[inline(always)]
fn f<W: Words>(words: W, sum: W::Vector, x: W::Vector, y: W::Vector, z: W::Vector) -> W::Vector {
    words.add(sum, words.choose(x, y, z))
}

#[inline(always)]
fn g<W: Words>(words: W, sum: W::Vector, x: W::Vector, y: W::Vector, z: W::Vector) -> W::Vector {
    words.add_md5_g(sum, x, y, z)
}

#[inline(always)]
fn h<W: Words>(words: W, sum: W::Vector, x: W::Vector, y: W::Vector, z: W::Vector) -> W::Vector {
    words.add(sum, words.xor3(x, y, z))
}

#[inline(always)]
fn i<W: Words>(words: W, sum: W::Vector, x: W::Vector, y: W::Vector, z: W::Vector) -> W::Vector {
    words.add(sum, words.md5_i(x, y, z))
}
