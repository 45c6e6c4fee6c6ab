//! MD5 (RFC 1321).

use std::hint::black_box;

use super::{Row, Simd};

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

/// One block of each lane, as little-endian words.
#[inline(always)]
pub(super) fn compress<const L: usize, S: Simd<L>>(simd: S, state: &mut [Row<L>; 4], words: &[Row<L>; 16]) {
    // Were the constants known to be constants, they would be added last, where the next step waits for the sum.
    let t = black_box(&T);
    let before = super::load_all(simd, state);
    let [mut a, mut b, mut c, mut d] = before;
    // One of the 64 operations: a = b + ((a + function(b, c, d) + X[k] + T[i]) <<< s)
    macro_rules! operation {
        ($a:ident $b:ident $c:ident $d:ident, $function:ident, $k:expr, $s:literal, $i:expr) => {
            let word = simd.add(simd.load(&words[$k]), simd.splat(t[$i]));
            let sum = simd.add(simd.add($a, word), function!($function, $b, $c, $d));
            $a = simd.add($b, rotate!(sum, $s));
        };
    }
    macro_rules! function {
        (f, $x:ident, $y:ident, $z:ident) => {
            simd.choose($x, $y, $z)
        };
        (g, $x:ident, $y:ident, $z:ident) => {
            simd.choose($z, $x, $y)
        };
        (h, $x:ident, $y:ident, $z:ident) => {
            simd.xor3($x, $y, $z)
        };
        (i, $x:ident, $y:ident, $z:ident) => {
            simd.md5_i($x, $y, $z)
        };
    }
    macro_rules! rotate {
        ($x:expr, $s:literal) => {
            simd.rotate_left::<$s, { 32 - $s }>($x)
        };
    }
    macro_rules! round {
        ($function:ident, $step:literal, $first:literal, $t:literal, $s0:literal $s1:literal $s2:literal $s3:literal: $($i:literal)*) => {
            $(
                operation!(a b c d, $function, ($first + $step * $i) % 16, $s0, $t + $i);
                operation!(d a b c, $function, ($first + $step * ($i + 1)) % 16, $s1, $t + $i + 1);
                operation!(c d a b, $function, ($first + $step * ($i + 2)) % 16, $s2, $t + $i + 2);
                operation!(b c d a, $function, ($first + $step * ($i + 3)) % 16, $s3, $t + $i + 3);
            )*
        };
    }
    round!(f, 1, 0, 0, 7 12 17 22: 0 4 8 12);
    round!(g, 5, 1, 16, 5 9 14 20: 0 4 8 12);
    round!(h, 3, 5, 32, 4 11 16 23: 0 4 8 12);
    round!(i, 7, 0, 48, 6 10 15 21: 0 4 8 12);
    super::add_all(simd, state, before, [a, b, c, d]);
}
