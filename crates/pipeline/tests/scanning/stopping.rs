//! A scan that is stopped, at any look at the token, goes on to the index of an undisturbed one.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use analysis::conformance::EveryByte;
use analysis::{Analysers, ContentType};
use case_store::CaseFile;
use hash_set::{ImportOptions, Library};
use pipeline::{ScanConfig, ScanError, ScanReport, StopToken, match_case};
use sha2::{Digest, Sha256};

use crate::harness::{NOBODY, begin_case, ledger, open_case, scan_into, scribe};

/// A token that asks for the stop at look number `number`, from 0; and how often it was asked.
fn at_look(number: u64) -> (StopToken, Arc<AtomicU64>) {
    let looks = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&looks);
    (StopToken::when(move || counted.fetch_add(1, Ordering::Relaxed) >= number), looks)
}

fn config(threads: usize) -> ScanConfig {
    // The second: checkpoints at their time and those of the stop are told apart by none.
    // One finding depends on every byte: it shows a byte that is read twice, or not at all, after a stop.
    let analysers =
        Analysers::new(vec![Box::new(ContentType::PLAIN), Box::new(EveryByte)]).unwrap();
    let checkpoint_every = Duration::from_secs(3600);
    ScanConfig {
        threads,
        checkpoint_every,
        analysers: Arc::new(analysers),
        ..ScanConfig::default()
    }
}

/// A disk with two file systems, and a folder with files that are read one by one and side by side.
fn evidence(folder: &Path) -> Vec<PathBuf> {
    let files = folder.join("files");
    std::fs::create_dir_all(files.join("below")).unwrap();
    for number in 0..300_usize {
        std::fs::write(files.join("below").join(format!("{number:03}")), vec![7; number * 31])
            .unwrap();
    }
    std::fs::write(files.join("big"), vec![9; 3 << 20]).unwrap();
    vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/demo/demo.raw"), files]
}

/// The digest of a scan that nothing stops.
fn whole(items: &[PathBuf]) -> [u8; 32] {
    let folder = tempfile::tempdir().unwrap();
    let mut case = begin_case(folder.path());
    scan_into(&mut case, items, &config(2), &NOBODY, &StopToken::new()).unwrap().case_digest
}

fn scan(
    case: &mut CaseFile,
    items: &[PathBuf],
    threads: usize,
    stop: &StopToken,
) -> Option<ScanReport> {
    match scan_into(case, items, &config(threads), &NOBODY, stop) {
        Ok(report) => Some(report),
        Err(ScanError::Stopped) => None,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_scan_that_is_stopped_again_and_again_ends_with_the_same_index() {
    let evidence_folder = tempfile::tempdir().unwrap();
    let items = evidence(evidence_folder.path());
    let whole = whole(&items);
    // With one worker the looks come in the same order each time: every one of them is tried.
    for (threads, step) in [(1, 1), (2, 7), (7, 7)] {
        let folder = tempfile::tempdir().unwrap();
        let mut case = begin_case(folder.path());
        let mut stops = 0;
        // Each time some looks later: every stage is stopped in, and what is stored brings the next one nearer to the end.
        let report = loop {
            let (stop, _) = at_look(stops * step);
            if let Some(report) = scan(&mut case, &items, threads, &stop) {
                break report;
            }
            assert!(case.interrupted_run().unwrap().is_some(), "the unfinished scan is known");
            stops += 1;
        };
        assert!(stops > 5, "{stops} stops");
        assert_eq!(report.case_digest, whole, "{threads} workers, {stops} stops");
        assert!(case.interrupted_run().unwrap().is_none());
        drop(case);
        let bodies = ledger(folder.path());
        let went_on =
            bodies.iter().filter(|body| body.contains("it goes on from its last checkpoint"));
        assert!(went_on.count() > 0, "{threads} workers");
    }
}

#[test]
fn a_scan_stopped_at_each_step_is_finished_by_the_next_one() {
    let evidence_folder = tempfile::tempdir().unwrap();
    let items = evidence(evidence_folder.path());
    let whole = whole(&items);
    for threads in [1, 2, 7] {
        let folder = tempfile::tempdir().unwrap();
        let mut case = begin_case(folder.path());
        let (never, looks) = at_look(u64::MAX);
        scan(&mut case, &items, threads, &never).unwrap();
        let looks = looks.load(Ordering::Relaxed);
        for step in 0..6 {
            let folder = tempfile::tempdir().unwrap();
            let mut case = begin_case(folder.path());
            let (stop, _) = at_look(looks * step / 6);
            assert!(
                scan(&mut case, &items, threads, &stop).is_none(),
                "step {step} of {looks} looks"
            );
            drop(case);
            let finished =
                scan(&mut open_case(folder.path()), &items, threads, &StopToken::new()).unwrap();
            assert_eq!(finished.case_digest, whole, "{threads} workers, step {step}");
        }
    }
}

#[test]
fn after_the_stop_nothing_more_is_begun() {
    let evidence_folder = tempfile::tempdir().unwrap();
    let items = evidence(evidence_folder.path());
    let folder = tempfile::tempdir().unwrap();
    let mut case = begin_case(folder.path());
    let stop = StopToken::new();
    stop.request();
    assert!(scan(&mut case, &items, 2, &stop).is_none());
    assert!(case.images().unwrap().is_empty(), "no item was taken in");
    let unfinished = case.interrupted_run().unwrap().unwrap();
    let absolute: Vec<PathBuf> =
        items.iter().map(|item| std::path::absolute(item).unwrap()).collect();
    assert_eq!(unfinished.items, absolute, "what is to be finished is known");
}

#[test]
fn a_match_that_is_stopped_changes_nothing_and_the_next_one_finds_everything() {
    let folder = tempfile::tempdir().unwrap();
    let items = evidence(folder.path());
    let mut case = begin_case(folder.path());
    scan(&mut case, &items[1..], 2, &StopToken::new()).unwrap();
    let list = folder.path().join("list.txt");
    std::fs::write(&list, case_model::to_hex(&Sha256::digest(vec![9; 3 << 20]))).unwrap();
    let mut library = Library::open(&folder.path().join("sets")).unwrap();
    let options = ImportOptions {
        algorithm: Some(case_model::Algorithm::Sha256),
        ..ImportOptions::default()
    };
    let set = library.import(&list, &options, &mut |_| {}).unwrap().set.digest;
    let before = (case.digest().unwrap(), case.ledger().entries().unwrap().len());
    let mut stops = 0;
    let report = loop {
        let (stop, _) = at_look(stops);
        match match_case(&mut case, &library, &[set], &[], &scribe(), &stop) {
            Err(ScanError::Stopped) => stops += 1,
            other => break other.unwrap(),
        }
        assert_eq!(
            (case.digest().unwrap(), case.ledger().entries().unwrap().len()),
            before,
            "stop {stops}"
        );
    };
    assert!(stops > 0);
    assert_eq!((report.sets[0].files, report.sets[0].new_hits), (1, 1));
}
