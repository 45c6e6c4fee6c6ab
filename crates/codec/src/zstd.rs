//! Zstandard frames (RFC 8878).

use ruzstd::decoding::StreamingDecoder;

use crate::stream_reader::read_all;
use crate::{Decoder, Undecodable};

/// Decodes one frame to its end, and compares its checksum where it has one.
pub(crate) struct Zstd;

impl Decoder for Zstd {
    fn decode(&mut self, coded: &[u8], size: usize, out: &mut Vec<u8>) -> Result<(), Undecodable> {
        let mut decoder = StreamingDecoder::new(coded).map_err(|_| Undecodable)?;
        read_all(&mut decoder, out, size)?;
        let checksum_fits = match decoder.decoder.get_checksum_from_data() {
            Some(stored) => decoder.decoder.get_calculated_checksum() == Some(stored),
            None => true,
        };
        if checksum_fits { Ok(()) } else { Err(Undecodable) }
    }
}
