//! bzip2 streams.

use crate::stream_reader::read_all;
use crate::{Decoder, Undecodable};

/// Decodes one stream to its end mark. The `bzip2` crate checks the CRC of every block.
pub(crate) struct Bzip2;

impl Decoder for Bzip2 {
    fn decode(&mut self, coded: &[u8], size: usize, out: &mut Vec<u8>) -> Result<(), Undecodable> {
        read_all(bzip2::read::BzDecoder::new(coded), out, size)
    }
}
