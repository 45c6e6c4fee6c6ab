//! Exhibits: a path is kept as the bytes that the operating system knows.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use case_model::CaseId;
use case_store::{CaseFile, RowsAbove, ScanCheckpoint, newest_layout};

use crate::harness::{Sample, image_row, new_case};

fn raw(bytes: &[u8]) -> PathBuf {
    OsString::from_vec(bytes.to_vec()).into()
}

fn checkpoint(path: &Path) -> ScanCheckpoint {
    ScanCheckpoint {
        path: path.to_owned(),
        image: None,
        conditions: "{}".to_owned(),
        plan: [1; 32],
        parts: 2,
        elapsed_ns: 3,
        above: RowsAbove::default(),
        state: vec![4],
    }
}

#[test]
fn two_images_whose_paths_look_the_same_as_text_are_two() {
    let folder = tempfile::tempdir().unwrap();
    let mut case = new_case(folder.path());
    // Both are shown with U+FFFD by a program that does not say which bytes it replaced.
    let paths = [raw(b"/evidence/\xff.raw"), raw(b"/evidence/\xfe.raw")];
    let rows = case
        .transaction(|transaction| {
            let run = transaction.insert_run(1, "{}")?;
            let image = |path: &PathBuf| {
                let mut row = image_row("");
                row.path.clone_from(path);
                row
            };
            paths
                .each_ref()
                .map(|path| transaction.insert_image(run, &image(path)))
                .into_iter()
                .collect()
        })
        .unwrap();
    let rows: Vec<_> = rows;
    for (path, row) in paths.iter().zip(&rows) {
        assert_eq!(case.image_at(path).unwrap(), Some((*row, "scanning".to_owned())));
        assert_eq!(case.image_report(*row).unwrap().file, *path);
    }
    let states = case.image_states().unwrap();
    assert_ne!(states[0].exhibit, states[1].exhibit);
    assert_eq!([&states[0].path, &states[1].path], ["/evidence/\\xff.raw", "/evidence/\\xfe.raw"]);
    assert_eq!(case.image_at(&raw(b"/evidence/\xfd.raw")).unwrap(), None);
}

#[test]
fn checkpoints_of_such_paths_do_not_take_each_others_place() {
    let folder = tempfile::tempdir().unwrap();
    let mut case = new_case(folder.path());
    let [first, second] = [raw(b"/\xff"), raw(b"/\xfe")];
    case.transaction(|transaction| {
        transaction.store_scan_checkpoint(&checkpoint(&first), &[(0, vec![0]), (2, vec![7])])?;
        transaction.store_scan_checkpoint(&checkpoint(&second), &[])
    })
    .unwrap();
    // Results of parts that are written are not handed out.
    assert_eq!(
        case.scan_checkpoint(&first).unwrap(),
        Some((checkpoint(&first), vec![(2, vec![7])], true))
    );
    case.transaction(|transaction| transaction.remove_scan_checkpoint(&first)).unwrap();
    assert_eq!(case.scan_checkpoint(&first).unwrap(), None);
    assert_eq!(
        case.scan_checkpoint(&second).unwrap(),
        Some((checkpoint(&second), Vec::new(), true))
    );
}

#[test]
fn an_image_that_is_scanned_again_is_the_same_exhibit() {
    let mut sample = Sample::new();
    let path = Path::new("/evidence/disk.raw");
    let second = sample
        .case
        .transaction(|transaction| {
            let run = transaction.insert_run(2, "{}")?;
            transaction.insert_image(run, &image_row("/evidence/disk.raw"))
        })
        .unwrap();
    let states = sample.case.image_states().unwrap();
    assert_eq!((states[0].exhibit, states.len()), (states[1].exhibit, 2));
    assert_eq!(sample.case.image_at(path).unwrap().unwrap().0, second, "the youngest answers");
}

#[test]
fn a_case_of_the_layout_before_has_its_images_as_exhibits() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("demo.db");
    let old = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../testdata/old-cases/layout-3/lab/cases/demo.db");
    std::fs::copy(old, &file).unwrap();
    let before = CaseFile::open_copy(&file).unwrap().digest().unwrap();
    let case = CaseFile::open(&file, &CaseId::new("demo").unwrap()).unwrap();
    let migration = case.migration().unwrap();
    assert_eq!((migration.from, migration.to), (3, i64::try_from(newest_layout()).unwrap()));
    let states = case.image_states().unwrap();
    assert_eq!((states[0].file.as_path(), states.len()), (Path::new("/evidence/demo.raw"), 1));
    assert_eq!(case.image_at(Path::new("/evidence/demo.raw")).unwrap().unwrap().0, states[0].id);
    let entry = case.stored_entry(case_store::EntryId::from_number(1)).unwrap().unwrap();
    assert_eq!(entry.image_path, Path::new("/evidence/demo.raw"));
    assert_eq!(case.digest().unwrap(), before, "the index is the same");
    assert_eq!(case.database_faults().unwrap(), Vec::<String>::new());
}
