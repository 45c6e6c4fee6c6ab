//! The end of a container file: footers and trailers, also where something was appended behind them.

use byte_source::{Problem, ProblemKind, Scratch, Source, index, length, read_available};

/// Bytes at the end of a file in which a footer or trailer is searched: copies to tapes and block devices pad to a megabyte at most.
pub(crate) const MOST_BYTES: u64 = 1 << 20;

/// The last bytes of a file.
pub(crate) struct Tail {
    bytes: Vec<u8>,
    start: u64,
}

impl Tail {
    /// Reads the last [`MOST_BYTES`] of `source`; what cannot be read is zero.
    pub(crate) fn of(source: &dyn Source, scratch: &mut Scratch) -> Self {
        let count = source.len().min(MOST_BYTES);
        let start = source.len().saturating_sub(count);
        let mut bytes = vec![0; index(count)];
        let _ = read_available(source, start, &mut bytes, scratch);
        Self { bytes, start }
    }

    /// The bytes of the file from byte `at` on, as far as the tail holds them.
    pub(crate) fn from(&self, at: u64) -> &[u8] {
        let at = at.checked_sub(self.start).map_or(self.bytes.len(), index);
        self.bytes.get(at..).unwrap_or_default()
    }

    /// Byte offset of the end of the file.
    pub(crate) fn end(&self) -> u64 {
        self.start.saturating_add(length(self.bytes.len()))
    }

    /// True when `signature` is at `back` bytes before the end of the file.
    pub(crate) fn ends(&self, back: u64, signature: &[u8]) -> bool {
        self.end().checked_sub(back).is_some_and(|at| self.from(at).starts_with(signature))
    }

    /// Byte offsets of `signature` in the file, the last first.
    pub(crate) fn places<'t>(&'t self, signature: &'t [u8]) -> impl Iterator<Item = u64> + 't {
        let windows = self.bytes.windows(signature.len().max(1)).enumerate().rev();
        windows
            .filter(move |(_, window)| *window == signature)
            .map(|(offset, _)| self.start.saturating_add(length(offset)))
    }
}

/// Says how many bytes are behind byte `end`, where the container ends; `None` when there are none.
pub(crate) fn behind(
    structure: &'static str,
    end: u64,
    source: &dyn Source,
    scratch: &mut Scratch,
) -> Option<Problem> {
    let bytes = source.len().checked_sub(end).filter(|bytes| *bytes > 0)?;
    let tail = Tail::of(source, scratch);
    let zero = bytes <= MOST_BYTES && tail.from(end).iter().all(|byte| *byte == 0);
    Some(Problem::note(structure, end, ProblemKind::Trailing { bytes, zero }))
}

#[cfg(test)]
mod tests {
    use byte_source::MemorySource;

    use super::*;

    #[test]
    fn places_are_found_from_the_end_and_what_is_behind_is_counted() {
        let source = MemorySource::new(b"koly..koly\0\0".to_vec());
        let tail = Tail::of(&source, &mut Scratch::new());
        assert_eq!(tail.places(b"koly").collect::<Vec<_>>(), [6, 0]);
        assert_eq!(
            (tail.from(10), tail.from(99), tail.ends(6, b"koly")),
            (&[0, 0][..], &[][..], true)
        );
        let said = |end| behind("x", end, &source, &mut Scratch::new()).map(|problem| problem.kind);
        assert_eq!(said(10), Some(ProblemKind::Trailing { bytes: 2, zero: true }));
        assert_eq!(said(6), Some(ProblemKind::Trailing { bytes: 6, zero: false }));
        assert_eq!(said(12), None);
    }
}
