//! xz containers (LZMA2).

use lzma_rust2::XzReader;

use super::{BrokenStream, read_all};

/// Memory for a dictionary at most, in KiB: a chunk of an image is at most 64 MiB, so no larger one helps.
const MOST_MEMORY_KIB: u32 = 96 << 10;

/// Decodes the stream at the start of `input` into `out`: at most `most` bytes. The decoder checks the stored checks.
pub(super) fn decode(input: &[u8], out: &mut Vec<u8>, most: usize) -> Result<(), BrokenStream> {
    read_all(XzReader::new_mem_limit(input, false, MOST_MEMORY_KIB), out, most)
}
