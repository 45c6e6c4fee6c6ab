//! SHA-256 (FIPS 180-4 section 6.2.2).

use std::hint::black_box;

use super::{Row, Simd};

/// K of section 4.2.2.
#[rustfmt::skip]
pub(super) const K: [u32; 64] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
];

/// One block of each lane, as big-endian words.
#[inline(always)]
pub(super) fn compress<const L: usize, S: Simd<L>>(
    simd: S,
    state: &mut [Row<L>; 8],
    words: &[Row<L>; 16],
) {
    // Were the constants known to be constants, they would be added last, where the next step waits for the sum.
    let ([k, rest @ ..], _) = black_box(&K).as_chunks::<16>() else { return };
    let before = super::load_all(simd, state);
    // a to h; instead of moving them on, each step counts from another place.
    let mut s = before;
    // The last sixteen W.
    let mut w = [simd.splat(0); 16];
    macro_rules! step {
        ($k:ident, $i:literal) => {
            let [a, b, c, d] = [16 - $i, 17 - $i, 18 - $i, 19 - $i].map(|at| at % 8);
            let [e, f, g, h] = [20 - $i, 21 - $i, 22 - $i, 23 - $i].map(|at| at % 8);
            let word = simd.add(simd.add(w[$i], simd.splat($k[$i])), s[h]);
            let t1 = simd.add(simd.add(word, simd.choose(s[e], s[f], s[g])), sum1(simd, s[e]));
            s[d] = simd.add(s[d], t1);
            s[h] = simd.add(simd.add(t1, simd.majority(s[a], s[b], s[c])), sum0(simd, s[a]));
        };
    }
    macro_rules! steps {
        ($($i:literal)*) => {
            $(
                w[$i] = simd.load(&words[$i]);
                step!(k, $i);
            )*
            for k in rest {
                $(
                    let near = simd.add(w[($i + 9) % 16], sigma1(simd, w[($i + 14) % 16]));
                    w[$i] = simd.add(simd.add(w[$i], sigma0(simd, w[($i + 1) % 16])), near);
                    step!(k, $i);
                )*
            }
        };
    }
    steps!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    super::add_all(simd, state, before, s);
}

/// Σ0 of section 4.1.2: rotations to the right by 2, 13 and 22.
#[inline(always)]
fn sum0<const L: usize, S: Simd<L>>(simd: S, x: S::Vector) -> S::Vector {
    simd.xor3(
        simd.rotate_left::<30, 2>(x),
        simd.rotate_left::<19, 13>(x),
        simd.rotate_left::<10, 22>(x),
    )
}

/// Σ1: rotations to the right by 6, 11 and 25.
#[inline(always)]
fn sum1<const L: usize, S: Simd<L>>(simd: S, x: S::Vector) -> S::Vector {
    simd.xor3(
        simd.rotate_left::<26, 6>(x),
        simd.rotate_left::<21, 11>(x),
        simd.rotate_left::<7, 25>(x),
    )
}

/// σ0: rotations to the right by 7 and 18, shift by 3.
#[inline(always)]
fn sigma0<const L: usize, S: Simd<L>>(simd: S, x: S::Vector) -> S::Vector {
    simd.xor3(simd.rotate_left::<25, 7>(x), simd.rotate_left::<14, 18>(x), simd.shift_right::<3>(x))
}

/// σ1: rotations to the right by 17 and 19, shift by 10.
#[inline(always)]
fn sigma1<const L: usize, S: Simd<L>>(simd: S, x: S::Vector) -> S::Vector {
    simd.xor3(
        simd.rotate_left::<15, 17>(x),
        simd.rotate_left::<13, 19>(x),
        simd.shift_right::<10>(x),
    )
}
