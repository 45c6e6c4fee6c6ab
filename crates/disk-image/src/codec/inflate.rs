//! Deflate streams (RFC 1951) with and without the zlib wrapper (RFC 1950), decoded exactly.

use byte_source::Tools;
use flate2::{Decompress, FlushDecompress, Status};

use super::BrokenStream;

/// Deflate expands a byte to at most 1032: no output buffer larger than what the input can fill is allocated.
const MOST_EXPANSION: usize = 1040;

struct Zlib(Decompress);
struct Raw(Decompress);

impl Default for Zlib {
    fn default() -> Self {
        Self(Decompress::new(true))
    }
}

impl Default for Raw {
    fn default() -> Self {
        Self(Decompress::new(false))
    }
}

/// Decodes the zlib stream at the start of `input` into `out`: at most `most` bytes, to its very end, the Adler-32 of its trailer checked.
pub(crate) fn zlib(
    input: &[u8],
    out: &mut Vec<u8>,
    most: usize,
    tools: &mut Tools,
) -> Result<(), BrokenStream> {
    let Zlib(decompress) = tools.get::<Zlib>();
    decompress.reset(true);
    run(decompress, input, out, most)
}

/// Decodes the deflate stream at the start of `input` into `out`: at most `most` bytes, to its very end. It has no checksum.
pub(crate) fn deflate(
    input: &[u8],
    out: &mut Vec<u8>,
    most: usize,
    tools: &mut Tools,
) -> Result<(), BrokenStream> {
    let Raw(decompress) = tools.get::<Raw>();
    decompress.reset(false);
    run(decompress, input, out, most)
}

fn run(
    decompress: &mut Decompress,
    input: &[u8],
    out: &mut Vec<u8>,
    most: usize,
) -> Result<(), BrokenStream> {
    out.clear();
    out.resize(most.min(input.len().saturating_mul(MOST_EXPANSION)), 0);
    let status = decompress.decompress(input, out, FlushDecompress::Finish);
    if !matches!(status, Ok(Status::StreamEnd)) {
        return Err(BrokenStream);
    }
    out.truncate(byte_source::index(decompress.total_out()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_stream_that_fills_the_buffer_exactly_is_whole_and_one_byte_more_is_not() {
        let bytes: Vec<u8> = (0..40_000_u32).map(|n| u8::try_from(n * n % 251).unwrap()).collect();
        let (input, mut out, mut tools) = (packed(&bytes), Vec::new(), Tools::default());
        assert_eq!(zlib(&input, &mut out, bytes.len(), &mut tools), Ok(()));
        assert_eq!(out, bytes);
        assert_eq!(zlib(&input, &mut out, bytes.len() - 1, &mut tools), Err(BrokenStream));
        assert_eq!(zlib(&input, &mut out, bytes.len() + 1, &mut tools), Ok(()));
        assert_eq!(out.len(), bytes.len());
    }

    #[test]
    fn a_wrong_or_missing_trailer_is_found() {
        let (mut input, mut out, mut tools) = (packed(&[7; 5000]), Vec::new(), Tools::default());
        let last = input.len() - 1;
        assert_eq!(zlib(&input[..last], &mut out, 5000, &mut tools), Err(BrokenStream));
        input[last] ^= 1;
        assert_eq!(zlib(&input, &mut out, 5000, &mut tools), Err(BrokenStream));
    }
}
