//! SHA-1 (FIPS 180-4 section 6.1.2).

use super::{Row, Simd};

/// K of section 4.2.1, each for twenty steps.
const K: [u32; 4] = [0x5a82_7999, 0x6ed9_eba1, 0x8f1b_bcdc, 0xca62_c1d6];

/// One block of each lane, as big-endian words.
#[inline(always)]
pub(super) fn compress<const L: usize, S: Simd<L>>(
    simd: S,
    state: &mut [Row<L>; 5],
    words: &[Row<L>; 16],
) {
    let before = super::load_all(simd, state);
    // a to e; instead of moving them on, each step counts from another place.
    let mut s = before;
    // The last sixteen W.
    let mut w = [simd.splat(0); 16];
    macro_rules! step {
        ($function:ident, $k:ident, $t:literal) => {
            if $t < 16 {
                w[$t % 16] = simd.load(&words[$t % 16]);
            } else {
                let far = simd.xor3(w[($t + 13) % 16], w[($t + 8) % 16], w[($t + 2) % 16]);
                w[$t % 16] = simd.rotate_left::<1, 31>(simd.xor(far, w[$t % 16]));
            }
            let [a, b, c, d, e] = [80 - $t, 81 - $t, 82 - $t, 83 - $t, 84 - $t].map(|at| at % 5);
            let word = simd.add(simd.add(w[$t % 16], $k), s[e]);
            let sum = simd.add(word, simd.$function(s[b], s[c], s[d]));
            s[e] = simd.add(sum, simd.rotate_left::<5, 27>(s[a]));
            s[b] = simd.rotate_left::<30, 2>(s[b]);
        };
    }
    macro_rules! steps {
        ($function:ident, $k:expr, $($t:literal)*) => {
            let k = simd.splat($k);
            $(step!($function, k, $t);)*
        };
    }
    steps!(choose, K[0], 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19);
    steps!(xor3, K[1], 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39);
    steps!(majority, K[2], 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59);
    steps!(xor3, K[3], 60 61 62 63 64 65 66 67 68 69 70 71 72 73 74 75 76 77 78 79);
    super::add_all(simd, state, before, s);
}
