//! Deflate streams (RFC 1951) with and without the zlib wrapper (RFC 1950), decoded exactly.

use flate2::{Decompress, FlushDecompress, Status};
use simd_adler32::adler32;

use crate::{Decoder, Undecodable};

/// Deflate expands a byte to at most 1032: no output buffer larger than what the input can fill is allocated.
const MOST_EXPANSION: usize = 1040;

/// Bytes of the zlib header.
const HEADER_BYTES: usize = 2;

/// Decodes a deflate stream to its very end. It has no checksum.
pub(crate) struct Deflate(Decompress);

impl Default for Deflate {
    fn default() -> Self {
        Self(Decompress::new(false))
    }
}

impl Decoder for Deflate {
    fn decode(&mut self, coded: &[u8], size: usize, out: &mut Vec<u8>) -> Result<(), Undecodable> {
        self.inflate(coded, size, out).map(|_| ())
    }
}

impl Deflate {
    /// Decodes a deflate stream; returns how many bytes of `coded` it takes.
    fn inflate(
        &mut self,
        coded: &[u8],
        size: usize,
        out: &mut Vec<u8>,
    ) -> Result<usize, Undecodable> {
        self.0.reset(false);
        out.clear();
        out.reserve(size.min(coded.len().saturating_mul(MOST_EXPANSION)));
        // Fills the reserved room, which may be larger than what was asked for, without making it zero before.
        let status = self.0.decompress_vec(coded, out, FlushDecompress::Finish);
        if !matches!(status, Ok(Status::StreamEnd)) || out.len() > size {
            return Err(Undecodable);
        }
        usize::try_from(self.0.total_in()).map_err(|_| Undecodable)
    }
}

/// Decodes a zlib stream to its very end, and compares the Adler-32 of its trailer.
/// Header and trailer are read here, because `simd-adler32` is several times as fast as the decoder's own checksum.
#[derive(Default)]
pub(crate) struct Zlib(Deflate);

impl Decoder for Zlib {
    fn decode(&mut self, coded: &[u8], size: usize, out: &mut Vec<u8>) -> Result<(), Undecodable> {
        let (header, stream) = coded.split_first_chunk::<HEADER_BYTES>().ok_or(Undecodable)?;
        let [method, flags] = *header;
        let preset_dictionary = flags & 0x20 != 0;
        let checked = u16::from_be_bytes(*header).is_multiple_of(31);
        if method & 0x0f != 8 || method >> 4 > 7 || preset_dictionary || !checked {
            return Err(Undecodable);
        }
        let end = self.0.inflate(stream, size, out)?;
        let trailer = stream.get(end..).and_then(|rest| rest.first_chunk()).ok_or(Undecodable)?;
        if adler32(&out.as_slice()) == u32::from_be_bytes(*trailer) {
            Ok(())
        } else {
            Err(Undecodable)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder =
            flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_stream_that_fills_the_buffer_exactly_is_whole_and_one_byte_more_is_not() {
        let bytes: Vec<u8> = (0..40_000_u32).map(|n| u8::try_from(n * n % 251).unwrap()).collect();
        let input = packed(&bytes);
        let mut out = Vec::new();
        let mut zlib = Zlib::default();
        assert_eq!(zlib.decode(&input, bytes.len(), &mut out), Ok(()));
        assert_eq!(out, bytes);
        assert_eq!(zlib.decode(&input, bytes.len() - 1, &mut out), Err(Undecodable));
        assert_eq!(zlib.decode(&input, bytes.len() + 1, &mut out), Ok(()));
        assert_eq!(out.len(), bytes.len());
    }

    #[test]
    fn a_wrong_or_missing_trailer_is_found() {
        let mut input = packed(&[7; 5000]);
        let mut out = Vec::new();
        let mut zlib = Zlib::default();
        let last = input.len() - 1;
        assert_eq!(zlib.decode(&input[..last], 5000, &mut out), Err(Undecodable));
        // Every bit of header and trailer counts.
        for at in [0, 1, last - 3, last - 2, last - 1, last] {
            for bit in 0..8 {
                input[at] ^= 1 << bit;
                assert_eq!(
                    zlib.decode(&input, 5000, &mut out),
                    Err(Undecodable),
                    "byte {at}, bit {bit}"
                );
                input[at] ^= 1 << bit;
            }
        }
        assert_eq!(zlib.decode(&input, 5000, &mut out), Ok(()));
    }
}
