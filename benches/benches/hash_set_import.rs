//! The import of an NSRL RDSv3 database of `RDS_MILLIONS` (default 1) million rows, or of a list of `LIST_MILLIONS` million MD5, end to end: read,
//! hashed, sorted, compiled, checked, registered.
//!
//! To reach: a million rows a second; 100 million entries within 1 GiB.
#![allow(clippy::expect_used, reason = "a benchmark that cannot go on fails")]

use std::path::PathBuf;
use std::time::Instant;

use benches::{make_md5_list, make_rds, on_a_thread};
use hash_set::{ImportOptions, Library};

fn main() {
    let millions = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let list = millions("LIST_MILLIONS");
    let rows = list.or(millions("RDS_MILLIONS")).unwrap_or(1) * 1_000_000;
    let temporary = tempfile::tempdir().expect("a temporary folder");
    let kept = std::env::var_os("HASH_SET_FOLDER").map(PathBuf::from);
    let folder = kept.unwrap_or_else(|| temporary.path().to_owned());
    let path = folder.join(if list.is_some() {
        format!("list-{rows}.md5")
    } else {
        format!("rds-{rows}.db")
    });
    if !path.exists() {
        match list {
            Some(_) => make_md5_list(&path, rows).expect("a list"),
            None => make_rds(&path, rows).expect("a database"),
        }
    }
    let bytes = path.metadata().expect("the file").len();
    let mut library = Library::open(&temporary.path().join("sets")).expect("a library");
    let before = peak_kib();
    let begin = Instant::now();
    let cpu = cpu_seconds();
    let options = ImportOptions { beside: Some(on_a_thread), ..ImportOptions::default() };
    let report = library.import(&path, &options, &mut |_| {}).expect("a set");
    let seconds = begin.elapsed().as_secs_f64();
    println!(
        "{rows} rows ({} MiB) in {seconds:.2} s ({:.2} s of processor): {:.0} rows/s, {} entries, peak {} MiB ({} MiB before)",
        bytes >> 20,
        cpu_seconds() - cpu,
        rows as f64 / seconds,
        report.tally.entries,
        peak_kib() >> 10,
        before >> 10,
    );
}

/// Processor time of the process so far, user and system, in seconds: what a busy machine does not change (much).
fn cpu_seconds() -> f64 {
    const TICKS_A_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>()
        / TICKS_A_SECOND
}

/// The most memory that the process has had, in KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
