//! Deflate streams (RFC 1951) with and without the zlib wrapper (RFC 1950), decoded exactly.

use byte_source::Tools;
use flate2::{Decompress, FlushDecompress, Status};
use simd_adler32::adler32;

use super::BrokenStream;

/// Deflate expands a byte to at most 1032: no output buffer larger than what the input can fill is allocated.
const MOST_EXPANSION: usize = 1040;

/// Bytes of the zlib header.
const HEADER_BYTES: usize = 2;

struct Raw(Decompress);

impl Default for Raw {
    fn default() -> Self {
        Self(Decompress::new(false))
    }
}

/// Decodes the zlib stream at the start of `input` into `out`: at most `most` bytes, to its very end, the Adler-32 of its trailer checked.
/// Header and trailer are read here, because `simd-adler32` is several times as fast as the decoder's own checksum.
pub(crate) fn zlib(
    input: &[u8],
    out: &mut Vec<u8>,
    most: usize,
    tools: &mut Tools,
) -> Result<(), BrokenStream> {
    let (header, stream) = input.split_first_chunk::<HEADER_BYTES>().ok_or(BrokenStream)?;
    let [method, flags] = *header;
    let preset_dictionary = flags & 0x20 != 0;
    let checked = u16::from_be_bytes(*header).is_multiple_of(31);
    if method & 0x0f != 8 || method >> 4 > 7 || preset_dictionary || !checked {
        return Err(BrokenStream);
    }
    let end = run(stream, out, most, tools)?;
    let trailer = stream.get(end..).and_then(|rest| rest.first_chunk()).ok_or(BrokenStream)?;
    if adler32(&out.as_slice()) == u32::from_be_bytes(*trailer) { Ok(()) } else { Err(BrokenStream) }
}

/// Decodes the deflate stream at the start of `input` into `out`: at most `most` bytes, to its very end. It has no checksum.
pub(crate) fn deflate(
    input: &[u8],
    out: &mut Vec<u8>,
    most: usize,
    tools: &mut Tools,
) -> Result<(), BrokenStream> {
    run(input, out, most, tools).map(|_| ())
}

/// Decodes a deflate stream; how many bytes of `input` it takes.
fn run(input: &[u8], out: &mut Vec<u8>, most: usize, tools: &mut Tools) -> Result<usize, BrokenStream> {
    let Raw(decompress) = tools.get::<Raw>();
    decompress.reset(false);
    out.clear();
    out.reserve(most.min(input.len().saturating_mul(MOST_EXPANSION)));
    // Fills the reserved room, which may be larger than what was asked for, without making it zero before.
    let status = decompress.decompress_vec(input, out, FlushDecompress::Finish);
    if !matches!(status, Ok(Status::StreamEnd)) || out.len() > most {
        return Err(BrokenStream);
    }
    Ok(byte_source::index(decompress.total_in()))
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
        // Every bit of header and trailer counts.
        for at in [0, 1, last - 3, last - 2, last - 1, last] {
            for bit in 0..8 {
                input[at] ^= 1 << bit;
                assert_eq!(
                    zlib(&input, &mut out, 5000, &mut tools),
                    Err(BrokenStream),
                    "byte {at}, bit {bit}"
                );
                input[at] ^= 1 << bit;
            }
        }
        assert_eq!(zlib(&input, &mut out, 5000, &mut tools), Ok(()));
    }
}
