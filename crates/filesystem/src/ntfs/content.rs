//! Reading the content of a small metadata stream into memory.

use std::ops::ControlFlow;

use byte_source::{BadReason, Piece, Problem, ProblemKind, Scratch, Source, index, length};
use words::term;

use crate::{Stream, pump};

/// A small metadata stream that is read into memory.
pub(super) struct MetadataStream<'s> {
    /// The name that messages give it.
    pub(super) name: &'static str,
    /// Byte offset of what describes it.
    pub(super) at: u64,
    pub(super) stream: &'s Stream,
    /// Bytes that are read at most.
    pub(super) limit: u64,
}

impl MetadataStream<'_> {
    /// Reads the content up to the limit. What cannot be read is zero in the result and reported;
    /// what lies behind the limit is reported.
    pub(super) fn read(
        &self,
        volume: &dyn Source,
        problems: &mut Vec<Problem>,
        scratch: &mut Scratch,
    ) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut fault = None;
        let _ = pump(volume, self.stream, scratch, &mut |piece| {
            fault = fault.or(append(&mut bytes, &piece, self.limit));
            let is_full = length(bytes.len()) >= self.limit;
            if is_full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if let Some(reason) = fault {
            problems.push(Problem::damage(self.name, self.at, ProblemKind::Unreadable(reason)));
        }
        if self.stream.size > self.limit {
            let what = term!("ntfs.bytes-metadata-stream-read-into");
            let kind = ProblemKind::LimitReached { what, limit: self.limit };
            problems.push(Problem::damage(self.name, self.at, kind));
        }
        bytes
    }
}

/// Appends a piece up to `limit` bytes, zeros for a bad one. Returns why it is bad.
fn append(bytes: &mut Vec<u8>, piece: &Piece<'_>, limit: u64) -> Option<BadReason> {
    let end = index(length(bytes.len()).saturating_add(piece.len()).min(limit));
    match *piece {
        Piece::Data { bytes: these, .. } => {
            let count = end.saturating_sub(bytes.len());
            bytes.extend_from_slice(these.get(..count).unwrap_or_default());
            None
        }
        Piece::Zero(_) => {
            bytes.resize(end, 0);
            None
        }
        Piece::Bad(_, reason) => {
            bytes.resize(end, 0);
            Some(reason)
        }
    }
}

#[cfg(test)]
mod tests {
    use byte_source::MemorySource;

    use super::*;
    use crate::{Layout, Place, Run, ntfs::streams};

    #[test]
    fn a_huge_stream_costs_no_more_than_the_limit_and_is_told() {
        let mut stream = streams::empty();
        (stream.size, stream.valid) = (1 << 60, 1 << 60);
        stream.layout = Layout::Runs(vec![Run { length: 1 << 60, place: Place::Hole }]);
        let volume = MemorySource::new(vec![1; 9]);
        let mut problems = Vec::new();
        let content = MetadataStream { name: "$BITMAP", at: 7, stream: &stream, limit: 100 };
        let bytes = content.read(&volume, &mut problems, &mut Scratch::new());
        assert_eq!((bytes.len(), problems.len()), (100, 1));
    }
}
