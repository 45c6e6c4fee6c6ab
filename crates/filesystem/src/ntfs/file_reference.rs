//! A reference to an MFT record: 48 bits of number, 16 bits of sequence number.

use crate::{RecordId, RecordRef};

/// A reference as on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct FileReference {
    pub(super) number: u64,
    pub(super) sequence: u16,
}

impl FileReference {
    /// From the little-endian field's value.
    pub(super) fn new(raw: u64) -> Self {
        // The upper 16 bits always fit.
        Self { number: raw & 0xffff_ffff_ffff, sequence: u16::try_from(raw >> 48).unwrap_or(0) }
    }

    /// True for the reference that base records keep in place of one.
    pub(super) fn is_none(self) -> bool {
        self.number == 0 && self.sequence == 0
    }

    pub(super) fn id(self) -> RecordId {
        RecordId { number: self.number, generation: u64::from(self.sequence) }
    }

    pub(super) fn as_ref(self) -> RecordRef {
        self.id().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_and_sequence_are_told_apart() {
        let reference = FileReference::new(0x0005_0000_0000_0005);
        assert_eq!(reference, FileReference { number: 5, sequence: 5 });
        assert_eq!(reference.as_ref(), RecordRef { number: 5, generation: Some(5) });
        assert!(FileReference::new(0).is_none());
    }
}
