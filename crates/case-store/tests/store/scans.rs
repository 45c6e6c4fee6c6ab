//! Runs and rows of a scan: what remains of one that was interrupted, and what is removed with an image.

use std::path::PathBuf;

use case_store::{ImageWriter, RowsAbove, RunState, ScanCheckpoint};

use crate::harness::{Sample, directory_row, image_row, new_case, open_case};

#[test]
fn a_run_without_an_end_is_interrupted_until_a_later_one_takes_its_items_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut case = new_case(folder.path());
    let items = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
    let start = |case: &mut case_store::CaseFile, names: &[&str]| {
        case.transaction(|transaction| {
            let run = transaction.insert_run(7, "{\"digests\":[]}")?;
            transaction.insert_run_items(run, &items(names))?;
            Ok(run)
        })
        .unwrap()
    };
    start(&mut case, &["/a", "/b"]);
    let interrupted = case.interrupted_run().unwrap().unwrap();
    assert_eq!((interrupted.started_ns, interrupted.items), (7, items(&["/a", "/b"])));
    let other = start(&mut case, &["/a"]);
    assert_eq!(case.runs().unwrap()[0].state, "running", "one of its items is not taken over");
    let all = start(&mut case, &["/b", "/a", "/c"]);
    let states = |case: &case_store::CaseFile| -> Vec<_> {
        case.runs().unwrap().into_iter().map(|run| (run.state, run.finished)).collect()
    };
    let failed = ("failed".to_owned(), false);
    let running = ("running".to_owned(), false);
    assert_eq!(states(&case), [failed.clone(), failed.clone(), running]);
    case.transaction(|transaction| transaction.finish_run(all, 9, RunState::Complete)).unwrap();
    assert_eq!(states(&case)[2], ("complete".to_owned(), true));
    assert_eq!(case.interrupted_run().unwrap(), None);
    assert_ne!(other, all);
}

#[test]
fn rows_with_a_checkpoint_remain_and_rows_after_it_do_not() {
    let sample = Sample::new();
    let path = PathBuf::from("/evidence/second.raw");
    let mut case = sample.case;
    let image = case
        .transaction(|transaction| {
            let run = transaction.insert_run(8, "{}")?;
            transaction.insert_image(run, &image_row("/evidence/second.raw"))
        })
        .unwrap();
    let file_system = case.file_systems_read(sample.image).unwrap()[0];
    let directory = case.directories(file_system).unwrap()[0].0;
    let before = case.entry_count().unwrap();
    let mut writer = ImageWriter::resume(&case, image, RowsAbove::default()).unwrap();
    writer.entry(file_system, &directory_row(directory)).unwrap();
    let checkpoint = ScanCheckpoint {
        path: path.clone(),
        image: Some(image),
        conditions: "{}".to_owned(),
        plan: [1; 32],
        parts: 1,
        elapsed_ns: 5,
        above: writer.above(),
        state: vec![1, 2],
    };
    writer.checkpoint(|transaction| transaction.store_scan_checkpoint(&checkpoint, &[])).unwrap();
    writer.entry(file_system, &directory_row(directory)).unwrap();
    writer.abandon();
    drop(case);
    let case = open_case(sample.folder.path());
    assert_eq!(case.entry_count().unwrap(), before + 1);
    let (stored, results, _) = case.scan_checkpoint(&path).unwrap().unwrap();
    assert_eq!((stored, results), (checkpoint, Vec::new()));
}

#[test]
fn a_discarded_image_leaves_no_row_and_the_digest_of_a_case_without_it() {
    let mut sample = Sample::new();
    let empty = tempfile::tempdir().unwrap();
    let without = new_case(empty.path()).digest().unwrap();
    assert_ne!(sample.case.digest().unwrap(), without);
    sample.case.transaction(|transaction| transaction.discard_image(sample.image)).unwrap();
    assert_eq!(sample.case.digest().unwrap(), without);
    let left: Vec<_> =
        sample.case.row_counts().unwrap().into_iter().filter(|(_, rows)| *rows > 0).collect();
    // What was asked for stays on record, and so do the sets that were looked up.
    let expected = [("exhibit", 1), ("hash_set", 3), ("property", 1), ("run", 1), ("run_item", 1)];
    let left: Vec<_> = left
        .iter()
        .map(|(table, rows)| (table.as_str(), *rows))
        .filter(|(table, _)| !table.starts_with("sqlite"))
        .collect();
    assert_eq!(left, expected);
    assert_eq!(sample.case.database_faults().unwrap(), Vec::<String>::new());
}
