#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects, clippy::as_conversions))]

mod codec;
mod decoder;
mod decoders;

mod adc;
mod bzip2;
mod inflate;
mod lzfse;
mod lznt1;
mod lzx;
mod xpress_huffman;
mod xz;
mod zstd;

mod bits;
mod huffman;
mod lz77;
mod stream_reader;
mod widened;
mod x86_calls;

pub use codec::Codec;
pub use decoder::{MOST_UNIT_BYTES, Undecodable};

use decoder::Decoder;
pub use decoders::Decoders;
