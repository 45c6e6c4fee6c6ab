//! An analyser whose state no checkpoint holds: the stream is read from its start after a stop, the index is the same, and all say so.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use analysis::{
    Analyser, Analysers, ContentType, FindingsOfAnalyser, MAX_STATE_BYTES, StreamAnalysis,
    StreamFacts, Wants,
};
use byte_source::Piece;
use case_store::{Filter, RunState};
use pipeline::{Event, ItemResult, Observer, ScanConfig, ScanError, StopToken};
use words::Statement;

use crate::harness::{begin_case, scan_into};

/// Bytes of a stream after which the stop is asked for.
const STOP_AFTER: usize = 2 * MAX_STATE_BYTES;
const BIG: usize = 3 << 20;

/// Remembers every byte of big streams, and asks for a stop in the middle of one.
struct Hoarder {
    can_save: bool,
    stop: Arc<AtomicBool>,
}

struct Hoard {
    bytes: Vec<u8>,
    can_save: bool,
    stop: Arc<AtomicBool>,
}

impl Analyser for Hoarder {
    fn name(&self) -> &'static str {
        "hoarder"
    }

    fn version(&self) -> &str {
        "1"
    }

    fn keys(&self) -> &'static [&'static str] {
        &["sum"]
    }

    fn wants(&self, facts: &StreamFacts) -> Wants {
        if facts.size >= BIG as u64 { Wants::All } else { Wants::Nothing }
    }

    fn start(&self, _: &StreamFacts) -> Option<Box<dyn StreamAnalysis>> {
        Some(Box::new(Hoard {
            bytes: Vec::new(),
            can_save: self.can_save,
            stop: Arc::clone(&self.stop),
        }))
    }

    fn restore(&self, facts: &StreamFacts, state: &[u8]) -> Option<Box<dyn StreamAnalysis>> {
        let mut hoard = self.start(facts)?;
        let _ = hoard.take(0, Piece::Data { bytes: state, at: 0 });
        Some(hoard)
    }
}

impl StreamAnalysis for Hoard {
    fn take(&mut self, at: u64, piece: Piece<'_>) -> ControlFlow<()> {
        assert_eq!(at, self.bytes.len() as u64, "every byte once");
        match piece {
            Piece::Data { bytes, .. } => self.bytes.extend(bytes),
            other => self.bytes.resize(self.bytes.len() + other.len() as usize, 0),
        }
        if self.bytes.len() > STOP_AFTER {
            self.stop.store(true, Ordering::Relaxed);
        }
        ControlFlow::Continue(())
    }

    fn save(&self) -> Option<Vec<u8>> {
        self.can_save.then(|| self.bytes.clone())
    }

    fn finish(self: Box<Self>, findings: &mut FindingsOfAnalyser<'_>) {
        findings.add("sum", sum(&self.bytes));
    }
}

fn sum(bytes: &[u8]) -> String {
    format!("{} of {}", bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>(), bytes.len())
}

/// Notes what is told of checkpoints and of the earlier scan.
#[derive(Default)]
struct Listener(Mutex<Vec<Statement>>);

impl Observer for Listener {
    fn event(&self, event: &Event<'_>) {
        if let Event::Checkpoint(what) | Event::BrokenOff(what) = event {
            self.0.lock().unwrap().push((*what).clone());
        }
    }
}

impl Listener {
    fn heard(&self, key: &str) -> bool {
        self.0.lock().unwrap().iter().any(|what| what.key() == key)
    }
}

fn content() -> Vec<u8> {
    (0..BIG).map(|at| (at * at / 7) as u8).collect()
}

/// A folder with one big file.
fn folder_of_one(folder: &Path) -> PathBuf {
    let files = folder.join("files");
    std::fs::create_dir(&files).unwrap();
    std::fs::write(files.join("big"), content()).unwrap();
    files
}

/// A disk with one big file; `None` when e2fsprogs is not there.
fn disk_of_one(folder: &Path) -> Option<PathBuf> {
    let disk = folder.join("disk.raw");
    let made = Command::new("mke2fs")
        .args(["-q", "-t", "ext4", "-b", "1024", "-d"])
        .arg(folder_of_one(folder))
        .arg(&disk)
        .arg("8M")
        .status()
        .ok()?;
    assert!(made.success());
    Some(disk)
}

fn check(item: &Path, can_save: bool) {
    let scan = |folder: &Path, listener: &Listener, stop: &StopToken, asked: &Arc<AtomicBool>| {
        let hoarder = Hoarder { can_save, stop: Arc::clone(asked) };
        let list: Vec<Box<dyn Analyser>> = vec![Box::new(ContentType::PLAIN), Box::new(hoarder)];
        let config = ScanConfig {
            threads: 2,
            checkpoint_every: Duration::from_secs(3600),
            analysers: Arc::new(Analysers::new(list).unwrap()),
            ..ScanConfig::default()
        };
        let is_new = !folder.join("c.db").exists();
        let mut case = if is_new { begin_case(folder) } else { crate::harness::open_case(folder) };
        let report = scan_into(&mut case, &[item.to_owned()], &config, listener, stop)?;
        let mut sums = Vec::new();
        case.find(&Filter::default(), &mut |row| {
            sums.extend(row.findings.into_iter().filter(|found| found.analyser == "hoarder"));
            true
        })
        .unwrap();
        assert_eq!(
            sums.into_iter().map(|found| found.value).collect::<Vec<_>>(),
            [sum(&content())]
        );
        Ok::<_, ScanError>(report)
    };
    let whole = tempfile::tempdir().unwrap();
    let nobody = Listener::default();
    let undisturbed = scan(whole.path(), &nobody, &StopToken::new(), &Arc::default()).unwrap();

    let folder = tempfile::tempdir().unwrap();
    let asked = Arc::new(AtomicBool::new(false));
    let first = Listener::default();
    let flag = Arc::clone(&asked);
    let stop = StopToken::when(move || flag.load(Ordering::Relaxed));
    let stopped = scan(folder.path(), &first, &stop, &asked);
    assert!(matches!(stopped, Err(ScanError::Stopped)));
    let key = if can_save { "checkpoint.state-too-large" } else { "checkpoint.state-not-saved" };
    assert!(first.heard(key), "{:?}", first.0);

    let second = Listener::default();
    let report = scan(folder.path(), &second, &StopToken::new(), &Arc::default()).unwrap();
    assert_eq!(report.case_digest, undisturbed.case_digest);
    assert!(
        second.heard("event.goes-on") && second.heard("checkpoint.read-from-start"),
        "{:?}",
        second.0
    );
    let [ItemResult::Scanned(_, RunState::Complete, notes)] = &report.items[..] else {
        panic!("{:?}", report.items)
    };
    let note = notes.first().map(|note| note.to_string()).unwrap_or_default();
    assert!(note.contains("did without 1 stream: ") && note.contains("hoarder"), "{note}");
}

#[test]
fn a_file_of_a_folder_whose_analysis_cannot_be_stored_is_read_again_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let files = folder_of_one(folder.path());
    check(&files, true);
    check(&files, false);
}

#[test]
fn a_big_stream_of_a_disk_whose_analysis_cannot_be_stored_is_read_again_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = disk_of_one(folder.path()) else {
        eprintln!("skipped: mke2fs is not installed");
        return;
    };
    check(&disk, true);
    check(&disk, false);
}
