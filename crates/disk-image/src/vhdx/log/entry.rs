//! Log entries (MS-VHDX 2.3.1). All numbers are little-endian.

use byte_source::{OutOfBounds, Structure, index, length};

use super::{NAME, SECTOR_BYTES};
use crate::vhdx::checksum;

/// Begins an entry.
const SIGNATURE: &[u8] = b"loge";

/// A sound entry of the log.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Byte offset in the log.
    pub(super) at: u64,
    /// All its bytes, a multiple of 4096.
    pub(super) bytes: Vec<u8>,
    /// Byte offset in the log of the first entry that has to be replayed with this one.
    pub(super) tail: u64,
    pub(super) sequence_number: u64,
    pub(super) descriptor_count: u32,
    /// Length in bytes that the image file had at least when the entry was written.
    pub(super) flushed_file_offset: u64,
    /// Length in bytes of the image file that holds all that was allocated.
    pub(super) last_file_offset: u64,
}

/// The length in bytes that an entry at byte `at` of the log has by its own header; `None` when none can begin there.
pub(super) fn stated_length(log: &[u8], at: u64) -> Option<u64> {
    let header = Structure::new(NAME, at, log.get(index(at)..)?);
    if header.bytes(0, 4).ok()? != SIGNATURE {
        return None;
    }
    let bytes = u64::from(header.u32_le(8).ok()?);
    let whole = bytes.is_multiple_of(SECTOR_BYTES);
    (whole && bytes >= SECTOR_BYTES && bytes <= length(log.len())).then_some(bytes)
}

/// The entry of `bytes` bytes at byte `at` of the log, whose end is followed by its beginning; `None` when it is not sound or has another
/// log GUID.
pub(super) fn read(log: &[u8], at: u64, bytes: u64, log_guid: &[u8; 16]) -> Option<Entry> {
    let (before, from) = log.split_at_checked(index(at))?;
    let bytes: Vec<u8> = from.iter().chain(before).take(index(bytes)).copied().collect();
    let header = Structure::new(NAME, at, &bytes);
    let sound =
        header.u32_le(4).ok()? == checksum(&bytes) && header.bytes(32, 16).ok()? == log_guid;
    let entry = fields(&header, at).ok()?;
    let plausible = entry.sequence_number > 0 && entry.tail.is_multiple_of(SECTOR_BYTES);
    (sound && plausible).then_some(Entry { bytes, ..entry })
}

fn fields(header: &Structure<'_>, at: u64) -> Result<Entry, OutOfBounds> {
    Ok(Entry {
        at,
        bytes: Vec::new(),
        tail: header.u32_le(12)?.into(),
        sequence_number: header.u64_le(16)?,
        descriptor_count: header.u32_le(24)?,
        flushed_file_offset: header.u64_le(48)?,
        last_file_offset: header.u64_le(56)?,
    })
}
