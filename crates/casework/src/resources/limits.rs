//! What the system lets this process have of memory.

use std::path::{Path, PathBuf};

use rustix::process::{Resource, getrlimit};

/// Memory that is left, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AvailableMemory {
    pub(super) bytes: u64,
    pub(super) by: &'static str,
}

/// From here on a number stands for "no limit".
const NO_LIMIT: u64 = 1 << 60;

/// Address space that is left under `ulimit -v`.
pub(super) fn address_space() -> Option<AvailableMemory> {
    let limit = getrlimit(Resource::As).current?;
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 =
        statm.split(' ').next().and_then(|pages| pages.parse().ok()).unwrap_or_default();
    let used = pages.saturating_mul(rustix::param::page_size() as u64);
    Some(AvailableMemory { bytes: limit.saturating_sub(used), by: "ulimit -v" })
}

/// Memory that the control groups of this process leave: the least of those that it stands in.
pub(super) fn control_groups() -> Option<AvailableMemory> {
    let own = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    groups(&own)
        .into_iter()
        .filter_map(|group| left_in(&group))
        .min()
        .map(|bytes| AvailableMemory { bytes, by: "the cgroup" })
}

/// Memory of the machine that is free or can be freed at once.
pub(super) fn machine() -> Option<AvailableMemory> {
    Some(AvailableMemory { bytes: byte_source::available_memory_bytes()?, by: "the machine" })
}

/// The folders of the memory groups, the process's own and those above, of both versions. In a container the group may be mounted as the root.
fn groups(own: &str) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for line in own.lines() {
        // number:controllers:path
        let mut parts = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let root = match controllers {
            "" => Path::new("/sys/fs/cgroup"),
            list if list.split(',').any(|name| name == "memory") => {
                Path::new("/sys/fs/cgroup/memory")
            }
            _ => continue,
        };
        let inner = root.join(path.trim_start_matches('/'));
        folders.extend(
            inner.ancestors().take_while(|above| above.starts_with(root)).map(Path::to_owned),
        );
    }
    folders
}

fn left_in(group: &Path) -> Option<u64> {
    let read = |name: &str| std::fs::read_to_string(group.join(name)).ok();
    let number = |name: &str| read(name)?.trim().parse::<u64>().ok();
    // Version 2 says "max" where there is no limit: no number.
    let limit = number("memory.max")
        .or_else(|| number("memory.limit_in_bytes"))
        .filter(|limit| *limit < NO_LIMIT)?;
    let used =
        number("memory.current").or_else(|| number("memory.usage_in_bytes")).unwrap_or_default();
    let cached = read("memory.stat").map_or(0, |stat| file_pages(&stat));
    Some(limit.saturating_sub(used.saturating_sub(cached)))
}

/// Pages of files can be read again: they give way. In version 1 the sums over the groups below are called `total_…`.
fn file_pages(stat: &str) -> u64 {
    let value = |name: &str| {
        let line = stat.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|value| value.trim().parse::<u64>().ok())
    };
    ["inactive_file", "active_file"]
        .into_iter()
        .map(|name| value(&format!("total_{name}")).or_else(|| value(name)).unwrap_or_default())
        .fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_groups_of_both_versions_are_found_with_those_above() {
        let own = "4:memory:/a/b\n3:cpu:/a\n0::/user.slice\n";
        let expected = ["memory/a/b", "memory/a", "memory", "user.slice", ""]
            .map(|path| Path::new("/sys/fs/cgroup").join(path));
        assert_eq!(groups(own), expected);
        assert_eq!(groups("rubbish"), Vec::<PathBuf>::new());
    }

    #[test]
    fn a_group_leaves_its_limit_less_what_cannot_give_way() {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        assert_eq!(left_in(folder.path()), None);
        write("memory.max", "max\n");
        assert_eq!(left_in(folder.path()), None);
        write("memory.max", "1000000\n");
        write("memory.current", "700000\n");
        write("memory.stat", "anon 100000\ninactive_file 500000\nactive_file 50000\n");
        assert_eq!(left_in(folder.path()), Some(850_000));
        // Version 1.
        std::fs::remove_file(folder.path().join("memory.max")).unwrap();
        write("memory.limit_in_bytes", "9223372036854771712\n");
        assert_eq!(left_in(folder.path()), None);
    }

    #[test]
    fn available_memory_is_read() {}
}
