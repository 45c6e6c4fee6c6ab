//! What a scan needs of the machine, checked before anything is written: open files, threads, memory, space.
//!
//! A limit that is met in the middle of a night's work costs the night; here it costs a line on the screen.

mod limits;
mod memory;
mod segments;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::CaseworkError;
use crate::quantities::{bytes, counted, grouped};

/// Open files beside the evidence and the hash sets: databases with their logs, locks, standard streams, what libraries open.
const FILES_OF_PROGRAM: u64 = 48;
/// Open files of a hash set.
const FILES_OF_SET: u64 = 4;
/// Items whose files are open at the same time, and those of the one that is written.
const ITEMS_OPEN: usize = 3;
/// Threads beside the workers: readers of items, the writer, the progress line, what listens to signals.
const THREADS_OF_PROGRAM: usize = 9;
/// Least free space for a case: an empty one, its log, and the lab's ledger.
const LEAST_SPACE_BYTES: u64 = 32 << 20;
/// One byte of index for so many of a medium: a file of 256 KiB in the mean has about a kilobyte of rows and indexes.
const MEDIUM_BYTES_PER_INDEX_BYTE: u64 = 256;
/// Index and log of one file of a folder.
const BYTES_PER_FILE: u64 = 2_048;
/// Files of a folder that are counted; more are estimated by their number so far.
const MAX_COUNTED: u64 = 1_000_000;

/// What is going to be done.
pub struct ScanDemand<'a> {
    /// The items of evidence.
    pub items: &'a [PathBuf],
    /// The lab's folder, which need not exist.
    pub lab: &'a Path,
    /// Worker threads.
    pub threads: usize,
    /// Bytes, as the user gave them.
    pub memory: Option<u64>,
}

/// What may be used, and what a person should know of it.
pub struct ScanGrant {
    /// Bytes.
    pub memory: u64,
    /// What is scarce, for people.
    pub remarks: Vec<String>,
}

/// Checks what a scan needs of the machine. Nothing is written.
///
/// # Errors
/// What lacks, and what to give instead.
pub fn check_resources(demand: &ScanDemand<'_>) -> Result<ScanGrant, CaseworkError> {
    let mut remarks = Vec::new();
    let memory = memory::grant(demand.memory, demand.threads, &mut remarks)?;
    threads_can_start(demand.threads)?;
    files_can_be_open(files_needed(demand))?;
    remarks.extend(space(demand)?);
    Ok(ScanGrant { memory, remarks })
}

fn files_needed(demand: &ScanDemand<'_>) -> u64 {
    let mut segments: Vec<u64> = demand.items.iter().map(|item| segments::count(item)).collect();
    segments.sort_unstable_by(|a, b| b.cmp(a));
    let of_items: u64 = segments.iter().take(ITEMS_OPEN).sum();
    let sets =
        std::fs::read_dir(demand.lab.join("hash-sets")).map_or(0, |sets| sets.count() as u64);
    FILES_OF_PROGRAM + of_items + sets.saturating_mul(FILES_OF_SET)
}

/// The soft limit is ours to raise up to the hard one.
fn files_can_be_open(needed: u64) -> Result<(), CaseworkError> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    let raised = maximum.is_none_or(|maximum| maximum >= needed)
        && setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum }).is_ok();
    match raised {
        true => Ok(()),
        false => Err(CaseworkError::Check(format!(
            "this scan needs about {}, and {} are allowed (ulimit -n): raise the limit, or scan fewer images with many segments at once. Nothing was done",
            counted(needed, "open file", "open files"),
            grouped(current.unwrap_or_default())
        ))),
    }
}

/// Starts as many threads as the scan will, for a moment: no limit says as surely whether that can be done.
fn threads_can_start(workers: usize) -> Result<(), CaseworkError> {
    let wanted = workers.saturating_add(THREADS_OF_PROGRAM);
    let gate = Arc::new(Mutex::new(()));
    let closed = gate.lock().unwrap_or_else(PoisonError::into_inner);
    let mut started = Vec::new();
    let mut refused = None;
    for _ in 0..wanted {
        let gate = Arc::clone(&gate);
        match thread::Builder::new().spawn(move || drop(gate.lock())) {
            Ok(thread) => started.push(thread),
            Err(error) => {
                refused = Some(error);
                break;
            }
        }
    }
    drop(closed);
    let count = started.len();
    for thread in started {
        // It does nothing that could fail.
        let _ = thread.join();
    }
    match refused {
        None => Ok(()),
        Some(error) => Err(CaseworkError::Check(format!(
            "this scan needs {} ({} and {THREADS_OF_PROGRAM} others), and {count} can be started ({error}): {}. Nothing was done",
            counted(wanted, "thread", "threads"),
            counted(workers, "worker", "workers"),
            match count.checked_sub(THREADS_OF_PROGRAM).filter(|fit| *fit > 0) {
                Some(fit) => format!(
                    "give --threads {fit}, or raise the limit (ulimit -u, pids.max of the cgroup)"
                ),
                None => "raise the limit (ulimit -u, pids.max of the cgroup)".to_owned(),
            }
        ))),
    }
}

/// Free space where the case is, against what its index may need. Too little is refused, little is said.
fn space(demand: &ScanDemand<'_>) -> Result<Option<String>, CaseworkError> {
    let lab = std::path::absolute(demand.lab).unwrap_or_else(|_| demand.lab.to_owned());
    let folder = lab.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    let Ok(found) = rustix::fs::statvfs(folder) else { return Ok(None) };
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let likely = demand
        .items
        .iter()
        .map(|item| index_bytes(item))
        .fold(LEAST_SPACE_BYTES, u64::saturating_add);
    judge_space(free, likely, folder)
}

fn judge_space(free: u64, likely: u64, folder: &Path) -> Result<Option<String>, CaseworkError> {
    let folder = folder.display();
    if free < LEAST_SPACE_BYTES {
        return Err(CaseworkError::Check(format!(
            "{folder}: {} are free, and a case needs {} at least: free some space, or take another folder (--lab). Nothing was done",
            bytes(free),
            bytes(LEAST_SPACE_BYTES)
        )));
    }
    Ok((free < likely).then(|| {
        format!(
            "{folder}: {} are free, and the index may need {}: if it does not fit, the scan stops and goes on when there is space",
            bytes(free),
            bytes(likely)
        )
    }))
}

/// What the index of an item may need, about.
fn index_bytes(item: &Path) -> u64 {
    if item.is_dir() {
        return files_below(item).saturating_mul(BYTES_PER_FILE);
    }
    let segments = segments::files(item);
    let sizes =
        segments.iter().filter_map(|path| std::fs::metadata(path).ok()).map(|file| file.len());
    sizes.fold(0, u64::saturating_add) / MEDIUM_BYTES_PER_INDEX_BYTE
}

/// The number of files and folders, up to a limit; links are not followed.
fn files_below(folder: &Path) -> u64 {
    let mut waiting = vec![folder.to_owned()];
    let mut count = 0_u64;
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            count += 1;
            if count >= MAX_COUNTED {
                return count;
            }
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                waiting.push(entry.path());
            }
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_space_is_said_and_too_little_refused() {
        let judge = |free, likely| judge_space(free, likely, Path::new("/lab"));
        assert_eq!(judge(1 << 40, 1 << 30).unwrap(), None);
        let said = judge(1 << 29, 1 << 30).unwrap().unwrap();
        assert!(said.contains("512 MiB are free") && said.contains("1.00 GiB"), "{said}");
        let refused = judge(1 << 20, 1 << 30).unwrap_err().to_string();
        assert!(refused.contains("1.00 MiB are free") && refused.contains("--lab"), "{refused}");
    }

    #[test]
    fn a_folder_needs_space_by_its_files() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("a")).unwrap();
        std::fs::write(folder.path().join("a/b"), b"x").unwrap();
        assert_eq!(index_bytes(folder.path()), 2 * BYTES_PER_FILE);
    }

    #[test]
    fn threads_that_can_be_started_are_granted() {
        threads_can_start(2).unwrap();
    }
}
