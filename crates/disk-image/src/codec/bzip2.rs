//! bzip2 streams.

use super::{BrokenStream, read_all};

/// Decodes the stream at the start of `input` into `out`: at most `most` bytes. The decoder checks the CRC of every block.
pub(super) fn decode(input: &[u8], out: &mut Vec<u8>, most: usize) -> Result<(), BrokenStream> {
    read_all(bzip2::read::BzDecoder::new(input), out, most)
}
