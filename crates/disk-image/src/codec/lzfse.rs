//! LZFSE streams.

use lzfse_rust::LzfseRingDecoder;

use super::{BrokenStream, read_all};

/// Decodes the stream at the start of `input` into `out`: at most `most` bytes, to its end mark.
pub(super) fn decode(input: &[u8], out: &mut Vec<u8>, most: usize) -> Result<(), BrokenStream> {
    let mut decoder = LzfseRingDecoder::default();
    read_all(decoder.reader_bytes(input), out, most)
}
