//! Zstandard frames (RFC 8878).

use std::io::Read;

use super::BrokenStream;

/// Decodes the frame at the start of `input` into `out`: at most `most` bytes, to its very end.
pub(super) fn decode(input: &[u8], out: &mut Vec<u8>, most: usize) -> Result<(), BrokenStream> {
    out.clear();
    let mut decoder = ruzstd::decoding::StreamingDecoder::new(input).map_err(|_| BrokenStream)?;
    let limit = byte_source::length(most).saturating_add(1);
    let read = decoder.by_ref().take(limit).read_to_end(out).map_err(|_| BrokenStream)?;
    let checksum_fits = match decoder.decoder.get_checksum_from_data() {
        Some(stored) => decoder.decoder.get_calculated_checksum() == Some(stored),
        None => true,
    };
    if read > most || !checksum_fits { Err(BrokenStream) } else { Ok(()) }
}
