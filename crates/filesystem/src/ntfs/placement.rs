//! Where a record lies in the volume: clusters smaller than a record may tear it apart.

use byte_source::length;

/// Volume byte offsets of a record's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placement {
    first: u64,
    /// Further pieces: offset within the record, offset in the volume.
    further: Vec<(u64, u64)>,
}

impl Placement {
    /// A record in one piece.
    pub(super) fn whole(first: u64) -> Self {
        Self { first, further: Vec::new() }
    }

    /// Adds a piece that begins `offset` bytes into the record.
    pub(super) fn push(&mut self, offset: u64, at: u64) {
        self.further.push((offset, at));
    }

    /// Byte offset of the record's first byte.
    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// Byte offset in the volume of the byte at `offset` of the record.
    pub(super) fn at(&self, offset: usize) -> u64 {
        let offset = length(offset);
        let piece = self.further.iter().rev().find(|(start, _)| *start <= offset);
        let (start, at) = piece.copied().unwrap_or((0, self.first));
        at.saturating_add(offset.saturating_sub(start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_a_torn_record_are_found_in_their_piece() {
        let mut place = Placement::whole(1000);
        assert_eq!(place.at(700), 1700);
        place.push(512, 9000);
        assert_eq!(
            (place.at(0), place.at(511), place.at(512), place.at(700)),
            (1000, 1511, 9000, 9188)
        );
    }
}
