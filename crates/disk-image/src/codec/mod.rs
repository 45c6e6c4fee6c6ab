//! The codings of compressed units, each decoded exactly: to the end of its stream, and to the length that is expected.

pub(crate) mod inflate;
mod zstd;

use byte_source::Tools;

/// The stream is broken, cut off, longer than allowed, or its checksum is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BrokenStream;

/// How a unit is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    /// RFC 1951 without a wrapper: no checksum.
    Deflate,
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
            Self::Deflate => inflate::deflate(input, out, most, tools),
            Self::Zlib => inflate::zlib(input, out, most, tools),
            Self::Zstd => zstd::decode(input, out, most),
        }
    }
}
