//! How far the streams may fall behind the pass over the medium.

/// Of the memory that may be used, the part for decoded windows: the rest is for names, results and rows.
const WINDOWS_SHARE: u64 = 4;
/// Bytes of a direct medium that the system is trusted to keep when it does not tell how much memory it has.
const ASSUMED_CACHE_BYTES: u64 = 1 << 30;

/// Bytes of the medium between the reader and the last stream behind it. A coded medium's windows are kept by us; a direct one's pages by the
/// system, which has more room: big streams side by side in the lanes need it.
pub(crate) fn horizon_bytes(coded: bool, memory_bytes: u64) -> u64 {
    if coded {
        memory_bytes / WINDOWS_SHARE
    } else {
        available_bytes().map_or(ASSUMED_CACHE_BYTES, |bytes| bytes / 2)
    }
}

/// What Linux says it could give without swapping (`MemAvailable` in `/proc/meminfo`, proc(5)), in bytes.
fn available_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}
