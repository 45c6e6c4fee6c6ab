//! LZFSE streams.

use lzfse_rust::LzfseRingDecoder;

use crate::stream_reader::read_all;
use crate::{Decoder, Undecodable};

/// Decodes one stream to its end mark.
pub(crate) struct Lzfse;

impl Decoder for Lzfse {
    fn decode(&mut self, coded: &[u8], size: usize, out: &mut Vec<u8>) -> Result<(), Undecodable> {
        let mut decoder = LzfseRingDecoder::default();
        read_all(decoder.reader_bytes(coded), out, size)
    }
}
