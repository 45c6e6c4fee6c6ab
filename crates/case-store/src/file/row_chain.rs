//! Hashes over rows in their order, which go on with each row and can be stored in between.

use super::ids::ImageId;

/// The key of the seals of a scan's checkpoints. It is made from the lab's key, and is no key of the lab itself.
pub type ResumeKey = [u8; 32];

/// Bytes of rows that are folded at once: large pieces are hashed many times faster than single rows.
const FOLDED_AT_ONCE: usize = 64 << 10;

/// Kinds of rows that a seal chains.
pub(crate) const CHAINS: usize = 10;

/// One kind of rows, chained. Rows come in the order of their numbers; several rows may have one number.
#[derive(Clone, Debug, Default)]
pub(crate) struct RowChain {
    /// BLAKE3 over the value before and a piece of rows; zeros before the first.
    folded: [u8; 32],
    /// Number of the last row that is folded.
    last_folded: i64,
    /// Rows that are not folded yet: fewer bytes than [`FOLDED_AT_ONCE`], and the rows of one number.
    pending: Vec<u8>,
    /// Number of the last row.
    last: i64,
}

impl RowChain {
    /// Bytes of [`Self::stored`].
    pub(crate) const STORED: usize = 40;

    /// Begins with what [`Self::stored`] gave; the rows after [`Self::last`] are to be taken again.
    pub(crate) fn from_stored(stored: &[u8]) -> Option<Self> {
        let (folded, last) = stored.split_at_checked(32)?;
        let last = i64::from_be_bytes(last.try_into().ok()?);
        Some(Self { folded: folded.try_into().ok()?, last_folded: last, pending: Vec::new(), last })
    }

    /// Returns how far the rows are folded: the hash, and the number of the last row.
    pub(crate) fn stored(&self) -> [u8; Self::STORED] {
        let mut stored = [0; Self::STORED];
        let (hash, last) = stored.split_at_mut(32);
        hash.copy_from_slice(&self.folded);
        last.copy_from_slice(&self.last_folded.to_be_bytes());
        stored
    }

    /// Returns the number of the last row.
    pub(crate) fn last(&self) -> i64 {
        self.last
    }

    /// Returns where the bytes of the row with this number are to be appended. Where pieces end depends on nothing but the rows, and rows
    /// of one number are in one piece.
    pub(crate) fn next_row(&mut self, number: i64) -> &mut Vec<u8> {
        if number != self.last && self.pending.len() >= FOLDED_AT_ONCE {
            self.folded = self.hash();
            self.last_folded = self.last;
            self.pending.clear();
        }
        self.last = number;
        &mut self.pending
    }

    /// Returns the hash over all rows.
    pub(crate) fn hash(&self) -> [u8; 32] {
        *blake3::Hasher::new().update(&self.folded).update(&self.pending).finalize().as_bytes()
    }
}

/// The rows of an image as its writer chains them.
#[derive(Debug)]
pub(crate) struct WrittenRows {
    /// The image.
    pub(crate) image: ImageId,
    /// One chain for each kind of rows.
    pub(crate) chains: [RowChain; CHAINS],
    /// The authentication code of the seal that covers them; another one in the file means that rows were added since.
    pub(crate) code: Option<[u8; 32]>,
}

impl WrittenRows {
    /// Begins with an image of which nothing is written yet.
    pub(crate) fn new(image: ImageId) -> Self {
        Self { image, chains: Default::default(), code: None }
    }
}

#[cfg(test)]
mod tests {
    use super::{FOLDED_AT_ONCE, RowChain};

    fn row(number: i64) -> Vec<u8> {
        vec![u8::try_from(number % 251).unwrap(); 1000]
    }

    fn chain(rows: std::ops::Range<i64>) -> RowChain {
        let mut chain = RowChain::default();
        rows.for_each(|number| chain.next_row(number).extend_from_slice(&row(number)));
        chain
    }

    #[test]
    fn a_chain_that_was_stored_goes_on_to_the_same_hash() {
        let whole = chain(1..300);
        for stored_after in [1, 2, 65, 66, 67, 131, 299] {
            let stored = chain(1..stored_after).stored();
            let mut resumed = RowChain::from_stored(&stored).unwrap();
            for number in resumed.last() + 1..300 {
                if number > 0 {
                    resumed.next_row(number).extend_from_slice(&row(number));
                }
            }
            assert_eq!(resumed.hash(), whole.hash(), "{stored_after}");
            assert_eq!(resumed.stored(), whole.stored(), "{stored_after}");
        }
    }

    #[test]
    fn rows_of_one_number_are_in_one_piece() {
        let mut chain = RowChain::default();
        for _ in 0..3 {
            chain.next_row(7).extend_from_slice(&[1; FOLDED_AT_ONCE]);
        }
        assert_eq!(RowChain::from_stored(&chain.stored()).unwrap().last(), 0);
        chain.next_row(8).push(1);
        assert_eq!(RowChain::from_stored(&chain.stored()).unwrap().last(), 7);
    }

    #[test]
    fn each_row_and_its_place_matter() {
        let whole = chain(1..200);
        assert_ne!(chain(1..199).hash(), whole.hash());
        let mut swapped = RowChain::default();
        for number in 1..200 {
            let from = match number {
                100 => 101,
                101 => 100,
                other => other,
            };
            swapped.next_row(number).extend_from_slice(&row(from));
        }
        assert_ne!(swapped.hash(), whole.hash());
    }
}
