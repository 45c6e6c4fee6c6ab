//! The codings of compressed units, each decoded exactly: to the end of its stream, and to the length that is expected.

mod adc;
mod bzip2;
pub(crate) mod inflate;
mod lzfse;
mod xz;
mod zstd;

use std::io::Read;

use byte_source::Tools;

/// The stream is broken, cut off, longer than allowed, or its checksum is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BrokenStream;

/// How a unit is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    /// Apple Data Compression: no checksum, no end mark.
    Adc,
    /// bzip2: a checksum each block.
    Bzip2,
    /// RFC 1951 without a wrapper: no checksum.
    Deflate,
    /// LZFSE: no checksum.
    Lzfse,
    /// LZMA2 in an xz container: checksums.
    Xz,
    /// RFC 1950.
    Zlib,
    /// RFC 8878; the checksum is optional.
    Zstd,
}

impl Codec {
    /// Decodes the stream at the start of `input` into `out`: at most `most` bytes. What follows the stream is padding.
    pub(crate) fn decode(
        self,
        input: &[u8],
        out: &mut Vec<u8>,
        most: usize,
        tools: &mut Tools,
    ) -> Result<(), BrokenStream> {
        match self {
            Self::Adc => adc::decode(input, out, most),
            Self::Bzip2 => bzip2::decode(input, out, most),
            Self::Deflate => inflate::deflate(input, out, most, tools),
            Self::Lzfse => lzfse::decode(input, out, most),
            Self::Xz => xz::decode(input, out, most),
            Self::Zlib => inflate::zlib(input, out, most, tools),
            Self::Zstd => zstd::decode(input, out, most),
        }
    }
}

/// Reads all that `decoder` gives into `out`: at most `most` bytes.
fn read_all(decoder: impl Read, out: &mut Vec<u8>, most: usize) -> Result<(), BrokenStream> {
    out.clear();
    let limit = byte_source::length(most).saturating_add(1);
    let read = decoder.take(limit).read_to_end(out).map_err(|_| BrokenStream)?;
    if read > most { Err(BrokenStream) } else { Ok(()) }
}
