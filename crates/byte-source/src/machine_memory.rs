//! How much memory the machine has (`/proc/meminfo`, proc(5)).

/// Memory of this machine in bytes (`MemTotal`), 0 when it cannot be told.
#[must_use]
pub fn machine_memory_bytes() -> u64 {
    figure(&meminfo(), "MemTotal").unwrap_or(0)
}

/// What Linux says it could give without swapping, in bytes (`MemAvailable`); `None` when it does not say.
#[must_use]
pub fn available_memory_bytes() -> Option<u64> {
    figure(&meminfo(), "MemAvailable")
}

fn meminfo() -> String {
    std::fs::read_to_string("/proc/meminfo").unwrap_or_default()
}

/// `MemAvailable:   123 kB`, in bytes.
fn figure(meminfo: &str, name: &str) -> Option<u64> {
    let value = meminfo.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    value.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_read_by_its_name() {
        assert_eq!(
            figure("MemTotal: 9 kB\nMemAvailable:   2048 kB\n", "MemAvailable"),
            Some(2 << 20)
        );
        assert_eq!(figure("MemTotal: 9 kB\n", "MemAvailable"), None);
        assert_eq!(figure("MemTotal: 9 kB\n", "MemTotal"), Some(9 << 10));
    }
}
