//! A whole scan through the library: open, gather, sweep, index, verdict, ledger. fiwalk on the same image, where it is installed.
//!
//! Whole processes on large images are compared by `cargo xtask bench-peers`; this one is small enough for every day.
#![allow(clippy::expect_used, reason = "a benchmark that cannot go on fails")]

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use benches::make_ext4_image;
use case_model::{CaseId, Examiner};
use case_store::{CaseFile, RunState};
use custody::Tool;
use divan::Bencher;
use divan::counter::BytesCount;
use hash_set::Library;
use pipeline::{EntryAuthor, Event, Observer, ScanConfig, StopToken, scan};
use tempfile::TempDir;

/// MiB of the image.
const MEGABYTES: u64 = 96;
/// Files in it.
const FILES: u64 = 5_000;

fn main() {
    match image() {
        Some(_) => divan::main(),
        None => {
            println!(
                "skipped: pipeline_end_to_end: no image can be made (is mke2fs of e2fsprogs there?)"
            )
        }
    }
}

/// The image; made once a run.
fn image() -> Option<&'static PathBuf> {
    static IMAGE: OnceLock<Option<(TempDir, PathBuf)>> = OnceLock::new();
    let made = IMAGE.get_or_init(|| {
        let folder = tempfile::tempdir().ok()?;
        let path = folder.path().join("bench.raw");
        make_ext4_image(&path, MEGABYTES, FILES).ok()?;
        Some((folder, path))
    });
    made.as_ref().map(|(_, path)| path)
}

struct Silent;

impl Observer for Silent {
    fn event(&self, _: &Event<'_>) {}
}

fn scribe() -> EntryAuthor {
    let word = |text: &str| text.to_owned();
    EntryAuthor {
        examiner: Examiner { name: word("bench"), declared: true },
        tool: Tool {
            name: word("bench"),
            version: word("0"),
            commit: word("none"),
            build: word("bench"),
        },
        zone: word("UTC"),
        now_ns: Box::new(|| 0),
        offset: Box::new(|_| "+00:00".to_owned()),
    }
}

#[divan::bench(args = [1, 2], sample_count = 5, sample_size = 1)]
fn athar(bencher: Bencher<'_, '_>, threads: usize) {
    let image = image().expect("main has made it");
    bencher.counter(BytesCount::new(MEGABYTES << 20)).with_inputs(lab).bench_local_values(|lab| {
        let id = CaseId::new("bench").expect("a name");
        let mut case = CaseFile::create(&lab.path().join("bench.db"), &id).expect("a case");
        let library = Library::open(&lab.path().join("hash-sets")).expect("no sets");
        let config = ScanConfig { threads, ..ScanConfig::default() };
        let report = scan(
            &mut case,
            std::slice::from_ref(image),
            &library,
            &config,
            &scribe(),
            &Silent,
            &StopToken::new(),
        );
        assert_eq!(report.expect("a scan").state, RunState::Complete);
        lab
    });
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn fiwalk(bencher: Bencher<'_, '_>) {
    let image = image().expect("main has made it");
    if Command::new("fiwalk")
        .arg("-V")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_err()
    {
        println!("skipped: fiwalk is not installed");
        return;
    }
    bencher.counter(BytesCount::new(MEGABYTES << 20)).with_inputs(lab).bench_local_values(|lab| {
        let mut fiwalk = Command::new("fiwalk");
        fiwalk.arg("-X").arg(lab.path().join("out.xml")).arg(image).stdin(Stdio::null());
        let done = fiwalk.output().expect("fiwalk");
        assert!(done.status.success(), "{done:?}");
        lab
    });
}

/// A new folder for each run; it is given back, so that removing it is not measured.
fn lab() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir(folder.path().join("hash-sets")).expect("a folder");
    folder
}
