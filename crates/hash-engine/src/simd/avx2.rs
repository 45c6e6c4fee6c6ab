//! Eight lanes in registers of 256 bits: AVX2.
#![allow(unsafe_code, reason = "intrinsics; each block has its argument")]

use std::arch::x86_64::*;

use super::{LaneStates, Row, Simd, Words, words};
use crate::Selection;
use crate::block::Block;

/// The instructions of AVX2. A value exists only where the processor has them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx2(());

impl Avx2 {
    /// The instructions, if the processor and the operating system have them.
    pub(crate) fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(()))
    }
}

impl Words for Avx2 {
    type Vector = __m256i;

    #[inline(always)]
    fn splat(self, word: u32) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_set1_epi32(word.cast_signed()) }
    }

    #[inline(always)]
    fn add(self, x: __m256i, y: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_add_epi32(x, y) }
    }

    #[inline(always)]
    fn xor(self, x: __m256i, y: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_xor_si256(x, y) }
    }

    #[inline(always)]
    fn xor3(self, x: __m256i, y: __m256i, z: __m256i) -> __m256i {
        self.xor(self.xor(x, y), z)
    }

    #[inline(always)]
    fn choose(self, x: __m256i, y: __m256i, z: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_xor_si256(_mm256_and_si256(_mm256_xor_si256(y, z), x), z) }
    }

    #[inline(always)]
    fn majority(self, x: __m256i, y: __m256i, z: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe {
            _mm256_or_si256(_mm256_and_si256(x, y), _mm256_and_si256(_mm256_or_si256(x, y), z))
        }
    }

    #[inline(always)]
    fn md5_i(self, x: __m256i, y: __m256i, z: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe {
            _mm256_xor_si256(y, _mm256_or_si256(x, _mm256_xor_si256(z, _mm256_set1_epi32(-1))))
        }
    }

    #[inline(always)]
    fn rotate_left<const BITS: i32, const BACK: i32>(self, x: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_or_si256(_mm256_slli_epi32::<BITS>(x), _mm256_srli_epi32::<BACK>(x)) }
    }

    #[inline(always)]
    fn shift_right<const BITS: u32>(self, x: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_srl_epi32(x, _mm_cvtsi32_si128(BITS.cast_signed())) }
    }
}

impl Simd<8> for Avx2 {
    #[inline(always)]
    fn load(self, row: &Row<8>) -> __m256i {
        // SAFETY: `self` proves AVX2; a row is 32 bytes of initialised words, aligned to 64.
        unsafe { _mm256_load_si256(row.0.as_ptr().cast()) }
    }

    #[inline(always)]
    fn store(self, row: &mut Row<8>, vector: __m256i) {
        // SAFETY: `self` proves AVX2; a row is 32 bytes of words, aligned to 64, borrowed mutably.
        unsafe { _mm256_store_si256(row.0.as_mut_ptr().cast(), vector) }
    }

    #[inline(always)]
    fn swap_bytes(self, x: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe {
            let order = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
            _mm256_shuffle_epi8(x, _mm256_broadcastsi128_si256(order))
        }
    }

    #[inline(always)]
    fn blend(self, mask: u32, x: __m256i, y: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe {
            let bits = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
            let chosen = _mm256_cmpeq_epi32(
                _mm256_and_si256(_mm256_set1_epi32(mask.cast_signed()), bits),
                bits,
            );
            _mm256_blendv_epi8(x, y, chosen)
        }
    }

    #[inline(always)]
    fn transpose(self, blocks: &[&Block; 8]) -> [__m256i; 16] {
        // A quarter of lanes l and l + 4 shares a register from the start: loads do that better than shuffles.
        // SAFETY: `self` proves AVX2; each load takes 16 of the 64 bytes of a block, of any alignment.
        let pair = |lane: usize, quarter: usize| unsafe {
            let low = _mm_loadu_si128(blocks[lane].as_ptr().add(16 * quarter).cast());
            let high = _mm_loadu_si128(blocks[lane + 4].as_ptr().add(16 * quarter).cast());
            _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(low), high)
        };
        // SAFETY: `self` proves AVX2.
        let [a, b, c, d] = [0, 1, 2, 3].map(|quarter| unsafe {
            four(pair(0, quarter), pair(1, quarter), pair(2, quarter), pair(3, quarter))
        });
        [
            a[0], a[1], a[2], a[3], b[0], b[1], b[2], b[3], c[0], c[1], c[2], c[3], d[0], d[1],
            d[2], d[3],
        ]
    }

    #[inline(always)]
    fn prefetch(self, address: *const u8) {
        // SAFETY: a prefetch does not access memory, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) }
    }

    fn compress(
        self,
        selection: Selection,
        states: &mut LaneStates<8>,
        lanes: &[&[Block]; 8],
        count: usize,
        last: u32,
    ) {
        #[target_feature(enable = "avx2")]
        fn enabled(
            simd: Avx2,
            selection: Selection,
            states: &mut LaneStates<8>,
            lanes: &[&[Block]; 8],
            count: usize,
            last: u32,
        ) {
            words::compress(simd, selection, states, lanes, count, last);
        }
        // SAFETY: `self` proves AVX2.
        unsafe { enabled(self, selection, states, lanes, count, last) }
    }
}

/// Transposes the words of four registers in each of their two parts of 128 bits.
#[inline]
#[target_feature(enable = "avx2")]
fn four(a: __m256i, b: __m256i, c: __m256i, d: __m256i) -> [__m256i; 4] {
    let ab_low = _mm256_unpacklo_epi32(a, b);
    let ab_high = _mm256_unpackhi_epi32(a, b);
    let cd_low = _mm256_unpacklo_epi32(c, d);
    let cd_high = _mm256_unpackhi_epi32(c, d);
    [
        _mm256_unpacklo_epi64(ab_low, cd_low),
        _mm256_unpackhi_epi64(ab_low, cd_low),
        _mm256_unpacklo_epi64(ab_high, cd_high),
        _mm256_unpackhi_epi64(ab_high, cd_high),
    ]
}
