//! How far the streams may fall behind the pass over the medium.

use byte_source::available_memory_bytes;

/// Of the memory that may be used, the part for decoded windows: the rest is for names, results and rows.
const WINDOWS_SHARE: u64 = 4;
/// Bytes of a direct medium that the system is trusted to keep when it does not tell how much memory it has.
const ASSUMED_CACHE_BYTES: u64 = 1 << 30;

/// Windows that a pass may have open at least, however little memory it has.
const LEAST_WINDOWS: u64 = 8;

/// Returns the windows between the reader and the last stream behind it.
pub(crate) fn horizon_windows(coded: bool, memory_bytes: u64, window_bytes: u64) -> u64 {
    horizon_bytes(coded, memory_bytes).checked_div(window_bytes).unwrap_or(0).max(LEAST_WINDOWS)
}

/// Bytes of the medium between the reader and the last stream behind it. A coded medium's windows are kept by us; a direct one's pages by the
/// system, which has more room: big streams side by side in the lanes need it.
fn horizon_bytes(coded: bool, memory_bytes: u64) -> u64 {
    if coded {
        memory_bytes / WINDOWS_SHARE
    } else {
        available_memory_bytes().map_or(ASSUMED_CACHE_BYTES, |bytes| bytes / 2)
    }
}
