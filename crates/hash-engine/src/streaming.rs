//! Digests of one stream, byte after byte.

use case_model::Digests;

use crate::{MessageState, Selection, ZERO_STEP_BYTES};

/// Zeros for holes, so that a hole needs no memory of its own size.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// Computes the selected digests of one stream.
#[derive(Clone, Debug)]
pub struct StreamHasher {
    state: MessageState,
}

impl StreamHasher {
    /// A hasher of no bytes yet.
    #[must_use]
    pub fn new(selection: Selection) -> Self {
        Self { state: MessageState::new(selection) }
    }

    /// A hasher of a message that was begun before.
    #[must_use]
    pub fn after(state: MessageState) -> Self {
        Self { state }
    }

    /// What it has taken so far, as it can be stored.
    #[must_use]
    pub fn state(&self) -> &MessageState {
        &self.state
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.state.update(bytes);
    }

    /// Takes `count` zero bytes.
    pub fn update_zeros(&mut self, count: u64) {
        let mut left = count;
        if self.state.length() == 0 && left >= ZERO_STEP_BYTES {
            self.state = MessageState::of_zeros(self.state.selection(), left);
            left -= self.state.length();
        }
        while left > 0 {
            let part = usize::try_from(left).unwrap_or(usize::MAX).min(ZEROS.len());
            self.update(&ZEROS[..part]);
            left -= part as u64;
        }
    }

    /// The digests of all bytes taken.
    #[must_use]
    pub fn finish(self) -> Digests {
        self.state.finish()
    }
}

#[cfg(test)]
mod tests {
    use case_model::to_hex;

    use super::*;

    #[test]
    fn digests_of_abc_are_those_of_the_standards() {
        let all = Selection::ALL;
        let mut hasher = StreamHasher::new(all);
        hasher.update(b"a");
        hasher.update(b"bc");
        let digests = hasher.finish();
        // RFC 1321 A.5; FIPS 180-4 examples; `printf abc | b3sum`
        assert_eq!(to_hex(&digests.md5.unwrap()), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(to_hex(&digests.sha1.unwrap()), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(
            to_hex(&digests.sha256.unwrap()),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(
            to_hex(&digests.blake3.unwrap()),
            "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"
        );
    }

    #[test]
    fn zeros_hash_like_zeros() {
        let mut by_count = StreamHasher::new(Selection::FILES);
        by_count.update_zeros(200_001);
        let mut by_bytes = StreamHasher::new(Selection::FILES);
        by_bytes.update(&vec![0; 200_001]);
        assert_eq!(by_count.finish(), by_bytes.finish());
    }
}
