//! Reading the content of a small metadata stream into memory.

use std::ops::ControlFlow;

use byte_source::{Piece, Problem, ProblemKind, Scratch, Source, index, length};
use words::term;

use crate::{Stream, pump};

/// Up to `limit` bytes of the content of `stream`, which is called `name` in messages and described at byte `at`. What cannot be
/// read is zero in the result and reported; what lies behind the limit is reported.
pub(super) fn read(
    volume: &dyn Source,
    name: &'static str,
    at: u64,
    stream: &Stream,
    limit: u64,
    problems: &mut Vec<Problem>,
    scratch: &mut Scratch,
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut fault = None;
    let _ = pump(volume, stream, scratch, &mut |piece| {
        let end = length(bytes.len()).saturating_add(piece.len()).min(limit);
        match piece {
            Piece::Data { bytes: these, .. } => {
                let count = index(end).saturating_sub(bytes.len());
                bytes.extend_from_slice(these.get(..count).unwrap_or_default());
            }
            Piece::Zero(_) => bytes.resize(index(end), 0),
            Piece::Bad(_, reason) => {
                fault = fault.or(Some(reason));
                bytes.resize(index(end), 0);
            }
        }
        if end >= limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    if let Some(reason) = fault {
        problems.push(Problem::damage(name, at, ProblemKind::Unreadable(reason)));
    }
    if stream.size > limit {
        let what = term!("ntfs.bytes-metadata-stream-read-into");
        problems.push(Problem::damage(name, at, ProblemKind::LimitReached { what, limit }));
    }
    bytes
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
        let (volume, mut problems) = (MemorySource::new(vec![1; 9]), Vec::new());
        let bytes = read(&volume, "$BITMAP", 7, &stream, 100, &mut problems, &mut Scratch::new());
        assert_eq!((bytes.len(), problems.len()), (100, 1));
    }
}
