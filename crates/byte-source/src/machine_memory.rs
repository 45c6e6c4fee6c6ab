//! How much memory the machine has.

/// Memory of this machine in bytes (`MemTotal` in `/proc/meminfo`, proc(5)), 0 when it cannot be told.
#[must_use]
pub fn machine_memory_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.map_or(0, |kib| kib.saturating_mul(1024))
}
