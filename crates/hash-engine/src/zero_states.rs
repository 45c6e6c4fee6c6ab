//! The states of long runs of zeros, so that a hole of gigabytes costs nothing.
//!
//! `zero_states.bin`: for each multiple of [`ZERO_STEP_BYTES`], the chaining values of MD5, SHA-1 and SHA-256 after so many zero bytes, as
//! little-endian words, 68 bytes in all. `examples/zero_states.rs` makes it; `$BadClus:$Bad` of every NTFS volume is such a run.

use crate::midstates::Midstates;
use crate::{MessageState, Selection};

/// Bytes between two entries of the table.
pub const ZERO_STEP_BYTES: u64 = 64 << 20;
/// Entries of the table: 16 GiB in all.
pub const ZERO_STEPS: u64 = 256;

/// Bytes of an entry.
const ENTRY_BYTES: usize = 16 + 20 + 32;

static TABLE: &[u8; ENTRY_BYTES * ZERO_STEPS as usize] = include_bytes!("zero_states.bin");

impl MessageState {
    /// The state after as many zero bytes as the table holds, `length` at most: a multiple of [`ZERO_STEP_BYTES`], and nothing at all with
    /// BLAKE3, which has no table. [`MessageState::length`] tells how many they are.
    #[must_use]
    pub fn of_zeros(selection: Selection, length: u64) -> Self {
        let mut state = Self::new(selection);
        let steps = (length / ZERO_STEP_BYTES).min(ZERO_STEPS);
        let entry = steps.checked_sub(1).and_then(|last| {
            let at = usize::try_from(last).ok()?.checked_mul(ENTRY_BYTES)?;
            TABLE.get(at..at.checked_add(ENTRY_BYTES)?)
        });
        if let Some(entry) = entry.filter(|_| !selection.blake3) {
            let (words, _) = entry.as_chunks::<4>();
            let mut words = words.iter().map(|word| u32::from_le_bytes(*word));
            let Midstates { md5, sha1, sha256 } = &mut state.midstates;
            fill(selection.md5, md5, &mut words);
            fill(selection.sha1, sha1, &mut words);
            fill(selection.sha256, sha256, &mut words);
            state.length = steps * ZERO_STEP_BYTES;
        }
        state
    }
}

/// The next words, if the digest is selected; its words are passed over otherwise.
fn fill(selected: bool, state: &mut [u32], words: &mut impl Iterator<Item = u32>) {
    for (place, word) in state.iter_mut().zip(words) {
        if selected {
            *place = word;
        }
    }
}

#[cfg(test)]
mod tests {
    use case_model::to_hex;

    use super::*;

    #[test]
    fn the_first_entries_are_what_hashing_zeros_gives() {
        let zeros = vec![0; 1 << 20];
        let mut state = MessageState::new(Selection::FILES);
        for step in 1..=3 {
            (0..ZERO_STEP_BYTES >> 20).for_each(|_| state.update(&zeros));
            assert_eq!(MessageState::of_zeros(Selection::FILES, step * ZERO_STEP_BYTES + 5), state);
        }
        let one = Selection { md5: false, sha1: true, sha256: false, blake3: false };
        let alone = MessageState::of_zeros(one, ZERO_STEP_BYTES);
        assert_eq!(
            alone.finish().sha1,
            MessageState::of_zeros(Selection::FILES, ZERO_STEP_BYTES).finish().sha1
        );
        assert_eq!(MessageState::of_zeros(Selection::FILES, ZERO_STEP_BYTES - 1).length(), 0);
        let with_blake3 = Selection { blake3: true, ..Selection::FILES };
        assert_eq!(MessageState::of_zeros(with_blake3, u64::MAX).length(), 0);
    }

    /// `head -c N /dev/zero | sha256sum` and `md5sum` of coreutils.
    #[test]
    fn entries_far_behind_are_what_coreutils_compute() {
        let expected = [
            (
                1,
                "cd573cfaace07e7949bc0c46028904ff",
                "49bc20df15e412a64472421e13fe86ff1c5165e18b2afccf160d4dc19fe68a14",
            ),
            (
                16,
                "746faecedf11a111dbad89b79e5ce1f3",
                "07d217ebccc55480b7afa191674ec5da87f2d14efbc04dbc7e40efe345f16776",
            ),
        ];
        for (gibibytes, md5, sha256) in expected {
            let digests = MessageState::of_zeros(Selection::FILES, gibibytes << 30).finish();
            assert_eq!(to_hex(&digests.md5.unwrap()), md5);
            assert_eq!(to_hex(&digests.sha256.unwrap()), sha256);
        }
        let last = MessageState::of_zeros(Selection::FILES, 1 << 50);
        assert_eq!(last.length(), 16 << 30);
    }
}
