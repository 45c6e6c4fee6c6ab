//! The list of codings.

use crate::Decoder;
use crate::adc::Adc;
use crate::bzip2::Bzip2;
use crate::inflate::{Deflate, Zlib};
use crate::lzfse::Lzfse;
use crate::lznt1::Lznt1;
use crate::lzx::Lzx;
use crate::xpress_huffman::XpressHuffman;
use crate::xz::Xz;
use crate::zstd::Zstd;

/// How a unit is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Codec {
    /// Apple Data Compression: no checksum, no end mark.
    Adc,
    /// bzip2: a checksum each block.
    Bzip2,
    /// RFC 1951 without a wrapper: no checksum.
    Deflate,
    /// LZFSE: no checksum.
    Lzfse,
    /// LZNT1 ([MS-XCA] section 2.5): no checksum; what the coded bytes lack is zero.
    Lznt1,
    /// LZX as in WIM files, in chunks of up to 32 KiB: no checksum, no end mark.
    Lzx,
    /// XPRESS with Huffman codes ([MS-XCA] section 2.2), in chunks of up to 64 KiB: no checksum, no end mark.
    XpressHuffman,
    /// LZMA2 in an xz container: checksums.
    Xz,
    /// RFC 1950: a checksum.
    Zlib,
    /// RFC 8878; the checksum is optional.
    Zstd,
}

impl Codec {
    /// All.
    pub const ALL: [Self; 10] = [
        Self::Adc,
        Self::Bzip2,
        Self::Deflate,
        Self::Lzfse,
        Self::Lznt1,
        Self::Lzx,
        Self::XpressHuffman,
        Self::Xz,
        Self::Zlib,
        Self::Zstd,
    ];

    /// Returns a new decoder of this coding.
    pub(crate) fn decoder(self) -> Box<dyn Decoder> {
        match self {
            Self::Adc => Box::new(Adc),
            Self::Bzip2 => Box::new(Bzip2),
            Self::Deflate => Box::<Deflate>::default(),
            Self::Lzfse => Box::new(Lzfse),
            Self::Lznt1 => Box::new(Lznt1),
            Self::Lzx => Box::<Lzx>::default(),
            Self::XpressHuffman => Box::<XpressHuffman>::default(),
            Self::Xz => Box::new(Xz),
            Self::Zlib => Box::<Zlib>::default(),
            Self::Zstd => Box::new(Zstd),
        }
    }
}
