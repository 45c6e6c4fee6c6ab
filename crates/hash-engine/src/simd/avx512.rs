//! Sixteen lanes in registers of 512 bits: AVX-512F and AVX-512BW.
#![allow(unsafe_code, reason = "intrinsics; each block has its argument")]

use std::arch::x86_64::*;

use super::{LaneStates, Row, Simd, Words, words};
use crate::Selection;
use crate::block::Block;

/// The instructions of AVX-512F and AVX-512BW. A value exists only where the processor has both.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx512(());

impl Avx512 {
    /// The instructions, if the processor and the operating system have them.
    pub(crate) fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw");
        has.then_some(Self(()))
    }
}

/// The truth table of a function of three bits, as VPTERNLOG takes it.
macro_rules! table {
    (|$x:ident, $y:ident, $z:ident| $function:expr) => {{
        const TABLE: i32 = {
            let $x = 0xf0_i32;
            let $y = 0xcc_i32;
            let $z = 0xaa_i32;
            $function & 0xff
        };
        TABLE
    }};
}

impl Words for Avx512 {
    type Vector = __m512i;

    #[inline(always)]
    fn splat(self, word: u32) -> __m512i {
        // SAFETY: `self` proves AVX-512F.
        unsafe { _mm512_set1_epi32(word.cast_signed()) }
    }

    #[inline(always)]
    fn add(self, x: __m512i, y: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512F.
        unsafe { _mm512_add_epi32(x, y) }
    }

    #[inline(always)]
    fn xor(self, x: __m512i, y: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512F.
        unsafe { _mm512_xor_si512(x, y) }
    }

    #[inline(always)]
    fn xor3(self, x: __m512i, y: __m512i, z: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512F.
        unsafe { _mm512_ternarylogic_epi32::<{ table!(|x, y, z| x ^ y ^ z) }>(x, y, z) }
    }

    #[inline(always)]
    fn choose(self, x: __m512i, y: __m512i, z: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512F.
        unsafe { _mm512_ternarylogic_epi32::<{ table!(|x, y, z| (x & y) | (!x & z)) }>(x, y, z) }
    }

    #[inline(always)]
    fn majority(self, x: __m512i, y: __m512i, z: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512F.
        unsafe {
            _mm512_ternarylogic_epi32::<{ table!(|x, y, z| (x & y) | (x & z) | (y & z)) }>(x, y, z)
        }
    }

    #[inline(always)]
    fn md5_i(self, x: __m512i, y: __m512i, z: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512F.
        unsafe { _mm512_ternarylogic_epi32::<{ table!(|x, y, z| y ^ (x | !z)) }>(x, y, z) }
    }

    #[inline(always)]
    fn rotate_left<const BITS: i32, const BACK: i32>(self, x: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512F.
        unsafe { _mm512_rol_epi32::<BITS>(x) }
    }

    #[inline(always)]
    fn shift_right<const BITS: u32>(self, x: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512F.
        unsafe { _mm512_srli_epi32::<BITS>(x) }
    }
}

impl Simd<16> for Avx512 {
    #[inline(always)]
    fn load(self, row: &Row<16>) -> __m512i {
        // SAFETY: `self` proves AVX-512F; a row is 64 bytes of initialised words, aligned to 64.
        unsafe { _mm512_load_si512(row.0.as_ptr().cast()) }
    }

    #[inline(always)]
    fn store(self, row: &mut Row<16>, vector: __m512i) {
        // SAFETY: `self` proves AVX-512F; a row is 64 bytes of words, aligned to 64, borrowed mutably.
        unsafe { _mm512_store_si512(row.0.as_mut_ptr().cast(), vector) }
    }

    #[inline(always)]
    fn swap_bytes(self, x: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512F and AVX-512BW.
        unsafe {
            let order = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
            _mm512_shuffle_epi8(x, _mm512_broadcast_i32x4(order))
        }
    }

    #[inline(always)]
    fn blend(self, mask: u32, x: __m512i, y: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512F.
        unsafe { _mm512_mask_mov_epi32(x, mask as u16, y) }
    }

    #[inline(always)]
    fn transpose(self, blocks: &[&Block; 16]) -> [__m512i; 16] {
        // Halves of lanes l and l + 8 share a register from the start: loads do that better than shuffles.
        // SAFETY: `self` proves AVX-512F; each load takes 32 of the 64 bytes of a block, of any alignment.
        let pair = |lane: usize, half: usize| unsafe {
            let low = _mm256_loadu_si256(blocks[lane].as_ptr().add(32 * half).cast());
            let high = _mm256_loadu_si256(blocks[lane + 8].as_ptr().add(32 * half).cast());
            _mm512_inserti64x4::<1>(_mm512_castsi256_si512(low), high)
        };
        // SAFETY: `self` proves AVX-512F.
        unsafe {
            let [a, b, c, d] = eight_words(std::array::from_fn(|lane| pair(lane, 0)));
            let [e, f, g, h] = eight_words(std::array::from_fn(|lane| pair(lane, 1)));
            [
                a[0], b[0], c[0], d[0], a[1], b[1], c[1], d[1], e[0], f[0], g[0], h[0], e[1], f[1],
                g[1], h[1],
            ]
        }
    }

    #[inline(always)]
    fn prefetch(self, address: *const u8) {
        // SAFETY: a prefetch does not access memory, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) }
    }

    fn compress(
        self,
        selection: Selection,
        states: &mut LaneStates<16>,
        lanes: &[&[Block]; 16],
        count: usize,
        last: u32,
    ) {
        #[target_feature(enable = "avx512f,avx512bw")]
        fn enabled(
            simd: Avx512,
            selection: Selection,
            states: &mut LaneStates<16>,
            lanes: &[&[Block]; 16],
            count: usize,
            last: u32,
        ) {
            words::compress(simd, selection, states, lanes, count, last);
        }
        // SAFETY: `self` proves AVX-512F and AVX-512BW.
        unsafe { enabled(self, selection, states, lanes, count, last) }
    }
}

/// Transposes eight words of sixteen lanes. Given: lane l and l + 8 in the halves of register l. Result: `[k][n]` is word k + 4 n.
#[inline]
#[target_feature(enable = "avx512f")]
fn eight_words(pairs: [__m512i; 8]) -> [[__m512i; 2]; 4] {
    let [p0, p1, p2, p3, p4, p5, p6, p7] = pairs;
    let low = four(p0, p1, p2, p3);
    let high = four(p4, p5, p6, p7);
    // A register of `low` now has, for lanes 0 to 3 and 8 to 11, the words k and k + 4, 128 bits each; `high` those of the others.
    let order_0 = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13);
    let order_4 = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
    std::array::from_fn(|k| {
        [
            _mm512_permutex2var_epi64(low[k], order_0, high[k]),
            _mm512_permutex2var_epi64(low[k], order_4, high[k]),
        ]
    })
}

/// Transposes the words of four registers in each of their four parts of 128 bits.
#[inline]
#[target_feature(enable = "avx512f")]
fn four(a: __m512i, b: __m512i, c: __m512i, d: __m512i) -> [__m512i; 4] {
    let ab_low = _mm512_unpacklo_epi32(a, b);
    let ab_high = _mm512_unpackhi_epi32(a, b);
    let cd_low = _mm512_unpacklo_epi32(c, d);
    let cd_high = _mm512_unpackhi_epi32(c, d);
    [
        _mm512_unpacklo_epi64(ab_low, cd_low),
        _mm512_unpackhi_epi64(ab_low, cd_low),
        _mm512_unpacklo_epi64(ab_high, cd_high),
        _mm512_unpackhi_epi64(ab_high, cd_high),
    ]
}
