//! One message in the processor's ordinary registers.
use super::Words;

/// Words of 32 bits as every processor has them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scalar;

impl Words for Scalar {
    type Vector = u32;

    #[inline(always)]
    fn splat(self, word: u32) -> u32 {
        word
    }

    #[inline(always)]
    fn add(self, x: u32, y: u32) -> u32 {
        x.wrapping_add(y)
    }

    #[inline(always)]
    fn xor(self, x: u32, y: u32) -> u32 {
        x ^ y
    }

    #[inline(always)]
    fn xor3(self, x: u32, y: u32, z: u32) -> u32 {
        x ^ (y ^ z)
    }

    #[inline(always)]
    fn choose(self, x: u32, y: u32, z: u32) -> u32 {
        ((y ^ z) & x) ^ z
    }

    #[inline(always)]
    fn majority(self, x: u32, y: u32, z: u32) -> u32 {
        (x & y) | ((x | y) & z)
    }

    #[inline(always)]
    fn md5_i(self, x: u32, y: u32, z: u32) -> u32 {
        y ^ (x | !z)
    }

    #[inline(always)]
    fn add_md5_g(self, sum: u32, x: u32, y: u32, z: u32) -> u32 {
        // The two parts have no bit in common, and only the second must wait for x, which comes last.
        sum.wrapping_add(y & !z).wrapping_add(x & z)
    }

    #[inline(always)]
    fn rotate_left<const BITS: i32, const BACK: i32>(self, x: u32) -> u32 {
        x.rotate_left(BITS.cast_unsigned())
    }

    #[inline(always)]
    fn shift_right<const BITS: u32>(self, x: u32) -> u32 {
        x >> BITS
    }
}
