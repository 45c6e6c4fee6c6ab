//! xz containers (LZMA2).

use lzma_rust2::XzReader;

use crate::stream_reader::read_all;
use crate::{Decoder, Undecodable};

/// Memory for a dictionary at most, in KiB. The largest unit in use, a chunk of an Apple disk image, has 64 MiB: no larger dictionary helps.
const MOST_MEMORY_KIB: u32 = 96 << 10;

/// Decodes one container to its end. The `lzma-rust2` crate checks the stored checks.
pub(crate) struct Xz;

impl Decoder for Xz {
    fn decode(&mut self, coded: &[u8], size: usize, out: &mut Vec<u8>) -> Result<(), Undecodable> {
        read_all(XzReader::new_mem_limit(coded, false, MOST_MEMORY_KIB), out, size)
    }
}
