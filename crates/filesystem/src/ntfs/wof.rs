//! Files that the Windows Overlay Filter keeps compressed ("CompactOS"): the content is empty, its
//! compressed form lies in the stream `WofCompressedData`, as a table of chunk offsets and the
//! chunks, like a resource of a WIM file.

use byte_source::{Problem, ProblemKind};
use words::term;

use super::reparse_point::Wof;
use crate::{Codec, Coded, Layout, Stream, StreamKind};

/// `WofCompressedData` in UTF-16LE.
pub(super) const STREAM_NAME: &[u8] = b"W\0o\0f\0C\0o\0m\0p\0r\0e\0s\0s\0e\0d\0D\0a\0t\0a\0";

/// Decoded bytes of a chunk.
fn chunk_bytes(codec: Codec) -> u32 {
    match codec {
        Codec::WofXpress4k => 4 << 10,
        Codec::WofXpress8k => 8 << 10,
        Codec::WofXpress16k => 16 << 10,
        Codec::WofLzx | Codec::Lznt1 => 32 << 10,
    }
}

/// Makes the content of a file show what its compressed stream decodes to.
pub(super) fn overlay(streams: &mut [Stream], wof: Wof, at: u64, problems: &mut Vec<Problem>) {
    let mut stored = None;
    for stream in streams.iter_mut().filter(|stream| stream.name == STREAM_NAME) {
        stream.kind = StreamKind::Stored;
        stored = Some((stream.layout.clone(), stream.size));
    }
    let Some(content) = streams.iter_mut().find(|stream| stream.kind == StreamKind::Data) else {
        return;
    };
    content.layout = match (wof, stored) {
        (Wof::Wim, _) => Layout::Unsupported(term!("ntfs.data-lies-wim-file-windows")),
        (Wof::Unknown, _) => Layout::Unsupported(term!("ntfs.unknown-way-windows-overlay-filter")),
        (Wof::File(codec), Some((stored, size))) => coded(stored, size, codec),
        (Wof::File(_), None) => {
            let how = term!("ntfs.reparse-point-says-data-lies");
            problems.push(Problem::damage("$REPARSE_POINT", at, ProblemKind::Inconsistent(how)));
            Layout::Lost(term!("ntfs.stream-wofcompresseddata-not-there"))
        }
    };
    if matches!(content.layout, Layout::Coded(_)) {
        content.valid = content.size;
    }
}

/// The layout of content whose compressed form is a stream of `size` bytes in the layout `stored`.
fn coded(stored: Layout, size: u64, codec: Codec) -> Layout {
    match stored {
        Layout::Runs(runs) | Layout::Inline { runs, .. } => {
            Layout::Coded(Coded { codec, unit_bytes: chunk_bytes(codec), coded_bytes: size, runs })
        }
        _ => Layout::Unsupported(term!("ntfs.wofcompresseddata-itself-compressed-encrypted")),
    }
}
