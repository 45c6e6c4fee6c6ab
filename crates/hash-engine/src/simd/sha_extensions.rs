//! SHA-1 and SHA-256 of one message by the processor's SHA extensions, four steps at a time.
#![allow(unsafe_code, reason = "intrinsics; each block has its argument")]

use std::arch::x86_64::*;
use std::hint::black_box;

use crate::block::Block;

use super::sha256::K;

/// The SHA extensions, SSSE3 and SSE4.1. A value exists only where the processor has them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShaExtensions(());

impl ShaExtensions {
    /// The instructions, if the processor has them.
    pub(crate) fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("sha")
            && is_x86_feature_detected!("ssse3")
            && is_x86_feature_detected!("sse4.1");
        has.then_some(Self(()))
    }

    /// Words 4 N to 4 N + 3 of a block, big-endian, the first in the highest place if `first_high`, else in the lowest.
    #[inline(always)]
    fn load<const N: usize>(self, block: &Block, first_high: bool) -> __m128i {
        // SAFETY: `self` proves SSSE3; the load takes 16 of the 64 bytes of a block, of any alignment.
        unsafe {
            let bytes = _mm_loadu_si128(block.as_ptr().add(16 * N).cast());
            let order = if first_high {
                _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
            } else {
                _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3)
            };
            _mm_shuffle_epi8(bytes, order)
        }
    }
}

/// SHA-1 on its way through the blocks of one message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sha1Stream {
    extensions: ShaExtensions,
    /// a in the highest place.
    pub(super) abcd: __m128i,
    /// In the highest place: e, or a four steps ago, of which e is made.
    e: __m128i,
    /// The last sixteen W.
    w: [__m128i; 4],
    before: (__m128i, __m128i),
}

impl Sha1Stream {
    #[inline(always)]
    pub(super) fn new(extensions: ShaExtensions, [a, b, c, d, e]: [u32; 5]) -> Self {
        let [a, b, c, d, e] =
            [a.cast_signed(), b.cast_signed(), c.cast_signed(), d.cast_signed(), e.cast_signed()];
        // SAFETY: SSE2 is part of x86-64.
        unsafe {
            let abcd = _mm_set_epi32(a, b, c, d);
            let e = _mm_set_epi32(e, 0, 0, 0);
            let zero = _mm_setzero_si128();
            Self { extensions, abcd, e, w: [zero; 4], before: (abcd, e) }
        }
    }

    /// Steps 4 N to 4 N + 3 of the 80.
    #[inline(always)]
    pub(super) fn four_steps<const N: usize>(&mut self, block: &Block) {
        let Self { extensions, abcd, e, w, .. } = self;
        // SAFETY: `extensions` proves the SHA extensions.
        unsafe {
            if N < 4 {
                w[N % 4] = extensions.load::<N>(block, true);
            } else {
                let far =
                    _mm_xor_si128(_mm_sha1msg1_epu32(w[N % 4], w[(N + 1) % 4]), w[(N + 2) % 4]);
                w[N % 4] = _mm_sha1msg2_epu32(far, w[(N + 3) % 4]);
            }
            let e_and_w =
                if N == 0 { _mm_add_epi32(*e, w[0]) } else { _mm_sha1nexte_epu32(*e, w[N % 4]) };
            *e = *abcd;
            *abcd = match N / 5 {
                0 => _mm_sha1rnds4_epu32::<0>(*abcd, e_and_w),
                1 => _mm_sha1rnds4_epu32::<1>(*abcd, e_and_w),
                2 => _mm_sha1rnds4_epu32::<2>(*abcd, e_and_w),
                _ => _mm_sha1rnds4_epu32::<3>(*abcd, e_and_w),
            };
        }
    }

    /// After all steps of a block.
    #[inline(always)]
    pub(super) fn end_block(&mut self) {
        // SAFETY: `extensions` proves the SHA extensions.
        unsafe {
            self.abcd = _mm_add_epi32(self.abcd, self.before.0);
            self.e = _mm_sha1nexte_epu32(self.e, self.before.1);
        }
        self.before = (self.abcd, self.e);
    }

    /// H0 to H4.
    #[inline(always)]
    pub(super) fn values(self) -> [u32; 5] {
        let [[d, c, b, a], [_, _, _, e]] = [words(self.abcd), words(self.e)];
        [a, b, c, d, e]
    }
}

/// SHA-256 on its way through the blocks of one message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sha256Stream {
    extensions: ShaExtensions,
    /// a in the highest place.
    pub(super) abef: __m128i,
    /// c in the highest place.
    cdgh: __m128i,
    /// The last sixteen W.
    w: [__m128i; 4],
    before: (__m128i, __m128i),
}

impl Sha256Stream {
    #[inline(always)]
    pub(super) fn new(extensions: ShaExtensions, values: [u32; 8]) -> Self {
        let [a, b, c, d, e, f, g, h] = values.map(u32::cast_signed);
        // SAFETY: SSE2 is part of x86-64.
        unsafe {
            let abef = _mm_set_epi32(a, b, e, f);
            let cdgh = _mm_set_epi32(c, d, g, h);
            Self { extensions, abef, cdgh, w: [_mm_setzero_si128(); 4], before: (abef, cdgh) }
        }
    }

    /// Steps 4 N to 4 N + 3 of the 64.
    #[inline(always)]
    pub(super) fn four_steps<const N: usize>(&mut self, block: &Block) {
        let Self { extensions, abef, cdgh, w, .. } = self;
        // SAFETY: `extensions` proves the SHA extensions and SSSE3; the load takes four of the 64 words of K, of any alignment.
        unsafe {
            if N < 4 {
                w[N % 4] = extensions.load::<N>(block, false);
            } else {
                let middle = _mm_alignr_epi8::<4>(w[(N + 3) % 4], w[(N + 2) % 4]);
                let far = _mm_add_epi32(_mm_sha256msg1_epu32(w[N % 4], w[(N + 1) % 4]), middle);
                w[N % 4] = _mm_sha256msg2_epu32(far, w[(N + 3) % 4]);
            }
            let k = _mm_loadu_si128(K[4 * N..4 * N + 4].as_ptr().cast());
            let sum = _mm_add_epi32(w[N % 4], k);
            // Two steps make the new a, b, e, f, and the old ones the new c, d, g, h.
            *cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, sum);
            *abef = _mm_sha256rnds2_epu32(*abef, *cdgh, _mm_shuffle_epi32::<0b1110>(sum));
        }
    }

    /// After all steps of a block.
    #[inline(always)]
    pub(super) fn end_block(&mut self) {
        // SAFETY: SSE2 is part of x86-64.
        unsafe {
            self.abef = _mm_add_epi32(self.abef, self.before.0);
            self.cdgh = _mm_add_epi32(self.cdgh, self.before.1);
        }
        self.before = (self.abef, self.cdgh);
    }

    /// H0 to H7.
    #[inline(always)]
    pub(super) fn values(self) -> [u32; 8] {
        let [[f, e, b, a], [h, g, d, c]] = [words(self.abef), words(self.cdgh)];
        [a, b, c, d, e, f, g, h]
    }
}

/// The words of a register, the lowest first; in memory, lest the compiler gathers the words of several registers in a wider one: while the
/// upper half of any is in use, each of the SHA extensions' instructions takes a hundred cycles.
#[inline(always)]
fn words(register: __m128i) -> [u32; 4] {
    let mut words = [0; 4];
    // SAFETY: SSE2 is part of x86-64; the store takes the 16 bytes of four words, of any alignment.
    unsafe { _mm_storeu_si128(words.as_mut_ptr().cast(), register) }
    black_box(words)
}
