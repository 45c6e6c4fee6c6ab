//! Decoders of other crates that hand over their bytes as a reader.

use std::io::Read;

use crate::Undecodable;

/// Reads all that `decoder` gives into `out`: at most `size` bytes.
pub(crate) fn read_all(
    decoder: impl Read,
    out: &mut Vec<u8>,
    size: usize,
) -> Result<(), Undecodable> {
    out.clear();
    let limit = u64::try_from(size).unwrap_or(u64::MAX).saturating_add(1);
    let read = decoder.take(limit).read_to_end(out).map_err(|_| Undecodable)?;
    if read > size { Err(Undecodable) } else { Ok(()) }
}
