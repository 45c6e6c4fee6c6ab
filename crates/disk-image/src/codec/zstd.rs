//! Zstandard frames (RFC 8878).

use super::{BrokenStream, read_all};

/// Decodes the frame at the start of `input` into `out`: at most `most` bytes, to its very end.
pub(super) fn decode(input: &[u8], out: &mut Vec<u8>, most: usize) -> Result<(), BrokenStream> {
    let mut decoder = ruzstd::decoding::StreamingDecoder::new(input).map_err(|_| BrokenStream)?;
    read_all(&mut decoder, out, most)?;
    let checksum_fits = match decoder.decoder.get_checksum_from_data() {
        Some(stored) => decoder.decoder.get_calculated_checksum() == Some(stored),
        None => true,
    };
    if checksum_fits { Ok(()) } else { Err(BrokenStream) }
}
