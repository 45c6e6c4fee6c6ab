//! Which blocks of the volume are read from the journal, asked by byte offset.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::overlay::Substitute;
use crate::Place;

/// The blocks that the journal replaces.
#[derive(Clone, Default)]
pub(in crate::ext) struct Replaced {
    blocks: Arc<BTreeMap<u64, Substitute>>,
    block_bytes: u64,
}

impl Replaced {
    /// These blocks of `block_bytes` bytes.
    pub(super) fn new(blocks: Arc<BTreeMap<u64, Substitute>>, block_bytes: u64) -> Self {
        Self { blocks, block_bytes }
    }

    /// Returns where the bytes at an offset of the volume are: there, or in the journal. The bytes must lie in one block.
    pub(in crate::ext) fn place(&self, at: u64) -> Place {
        let Some(block) = at.checked_div(self.block_bytes) else { return Place::At(at) };
        let within = at.checked_rem(self.block_bytes).unwrap_or(0);
        match self.blocks.get(&block) {
            None => Place::At(at),
            // The journal has zeros where the block has its magic number.
            Some(substitute) if substitute.escaped && within < 4 => Place::Unknown,
            Some(substitute) => Place::At(substitute.at.saturating_add(within)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_block_is_in_the_journal_but_for_the_bytes_that_were_escaped() {
        let blocks =
            [(3, Substitute { at: 9000, escaped: true }), (4, Substitute { at: 7000, escaped: false })];
        let replaced = Replaced::new(Arc::new(blocks.into_iter().collect()), 1000);
        let places = [2999, 3003, 3004, 4000, 5000].map(|at| replaced.place(at));
        assert_eq!(
            places,
            [Place::At(2999), Place::Unknown, Place::At(9004), Place::At(7000), Place::At(5000)]
        );
        assert_eq!(Replaced::default().place(77), Place::At(77));
    }
}
