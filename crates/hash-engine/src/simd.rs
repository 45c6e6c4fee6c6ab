//! The digests of as many messages as a register has lanes, step by step side by side.
//!
//! What a digest does is written once, over [`Simd`]; a processor's instructions are in the file of its name. `unsafe` stands only there.

mod md5;
mod sha1;
mod sha256;
mod states;
mod words;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod braid;
#[cfg(target_arch = "x86_64")]
mod scalar;
#[cfg(target_arch = "x86_64")]
mod sha_extensions;

#[cfg(target_arch = "x86_64")]
pub(crate) use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) use avx512::Avx512;
#[cfg(target_arch = "x86_64")]
pub(crate) use sha_extensions::ShaExtensions;
pub(crate) use states::{LaneStates, Row};

use crate::Selection;
use crate::block::Block;

/// Operations on one word of each of some messages. A value exists only where the processor has the instructions.
///
/// Whatever is generic over this is `inline(always)`, so that it becomes part of a function for which these instructions are enabled.
pub(crate) trait Words: Copy {
    /// One word of each message.
    type Vector: Copy;

    /// The same word for each message.
    fn splat(self, word: u32) -> Self::Vector;
    /// Sum modulo 2^32.
    fn add(self, x: Self::Vector, y: Self::Vector) -> Self::Vector;
    /// x ⊕ y.
    fn xor(self, x: Self::Vector, y: Self::Vector) -> Self::Vector;
    /// x ⊕ y ⊕ z: Parity of SHA-1, H of MD5.
    fn xor3(self, x: Self::Vector, y: Self::Vector, z: Self::Vector) -> Self::Vector;
    /// y where x is 1, z where it is 0: Ch of SHA, F of MD5.
    fn choose(self, x: Self::Vector, y: Self::Vector, z: Self::Vector) -> Self::Vector;
    /// Maj of SHA.
    fn majority(self, x: Self::Vector, y: Self::Vector, z: Self::Vector) -> Self::Vector;
    /// y ⊕ (x ∨ ¬z): I of MD5.
    fn md5_i(self, x: Self::Vector, y: Self::Vector, z: Self::Vector) -> Self::Vector;
    /// sum + G of MD5, y where z is 0, x where it is 1.
    #[inline(always)]
    fn add_md5_g(
        self,
        sum: Self::Vector,
        x: Self::Vector,
        y: Self::Vector,
        z: Self::Vector,
    ) -> Self::Vector {
        self.add(sum, self.choose(z, x, y))
    }
    /// Rotation to the left by 1 to 31 bits.
    fn rotate_left<const BITS: i32, const BACK: i32>(self, x: Self::Vector) -> Self::Vector;
    /// Shift to the right.
    fn shift_right<const BITS: u32>(self, x: Self::Vector) -> Self::Vector;
}

/// Instructions on vectors of `L` words of 32 bits, one of each lane.
pub(crate) trait Simd<const L: usize>: Words {
    /// The word of each lane from memory.
    fn load(self, row: &Row<L>) -> Self::Vector;
    /// The word of each lane to memory.
    fn store(self, row: &mut Row<L>, vector: Self::Vector);
    /// Other byte order.
    fn swap_bytes(self, x: Self::Vector) -> Self::Vector;
    /// y in the lanes whose bit is set in `mask`, else x.
    fn blend(self, mask: u32, x: Self::Vector, y: Self::Vector) -> Self::Vector;
    /// Word 0 of all blocks, word 1 of all blocks, …; little-endian.
    fn transpose(self, blocks: &[&Block; L]) -> [Self::Vector; 16];
    /// Asks for the memory at `address`; whatever stands there, it is not an access.
    fn prefetch(self, address: *const u8);

    /// [`words::compress`] with these instructions enabled.
    ///
    /// # Panics
    /// If a lane has fewer than `count` blocks.
    fn compress(
        self,
        selection: Selection,
        states: &mut LaneStates<L>,
        lanes: &[&[Block]; L],
        count: usize,
        last: u32,
    );
}

/// The words of all rows.
#[inline(always)]
fn load_all<const L: usize, const N: usize, S: Simd<L>>(
    simd: S,
    rows: &[Row<L>; N],
) -> [S::Vector; N] {
    let mut vectors = [simd.splat(0); N];
    for at in 0..N {
        vectors[at] = simd.load(&rows[at]);
    }
    vectors
}

/// Stores the sums of chaining values and what the block made of them.
#[inline(always)]
fn add_all<const L: usize, const N: usize, S: Simd<L>>(
    simd: S,
    rows: &mut [Row<L>; N],
    before: [S::Vector; N],
    after: [S::Vector; N],
) {
    for at in 0..N {
        simd.store(&mut rows[at], simd.add(before[at], after[at]));
    }
}
