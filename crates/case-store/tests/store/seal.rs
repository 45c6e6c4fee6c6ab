//! What a scan continues from is sealed: nobody without the key changes a value of it, and who has the key may add to it.

use std::path::{Path, PathBuf};

use case_model::HitDisposition;
use case_store::{CaseFile, ImageId, ImageWriter, PartResults, ScanCheckpoint, StoreError};

use crate::harness::{
    directory_row, file_row, file_system_row, hit, image_row, link_row, new_case, open_case,
    partial_row, problem, volume_row,
};

const ITEM: &str = "/evidence/disk.raw";
const KEY: [u8; 32] = [5; 32];

/// A case whose scan of one image was interrupted behind its second checkpoint.
struct Interrupted {
    folder: tempfile::TempDir,
    image: ImageId,
}

fn checkpoint(writer: &ImageWriter<'_>, image: ImageId, parts: u64) -> ScanCheckpoint {
    ScanCheckpoint {
        path: ITEM.into(),
        image: Some(image),
        conditions: "{}".to_owned(),
        plan: [7; 32],
        parts,
        elapsed_ns: 9,
        above: writer.above(),
        state: vec![1, 2, 3],
    }
}

fn store(writer: &mut ImageWriter<'_>, image: ImageId, parts: u64) {
    let checkpoint = checkpoint(writer, image, parts);
    let results: [PartResults; 1] = [(parts, vec![9, 9])];
    writer
        .checkpoint(|transaction| transaction.store_scan_checkpoint(&checkpoint, &results))
        .unwrap();
}

fn with_key(mut case: CaseFile) -> CaseFile {
    case.set_resume_key(KEY);
    case
}

fn register(case: &mut CaseFile, path: &str) -> ImageId {
    case.transaction(|transaction| {
        let run = transaction.insert_run(1, "{}")?;
        transaction.insert_run_items(run, &[PathBuf::from(path)])?;
        transaction.insert_image(run, &image_row(path))
    })
    .unwrap()
}

/// Writes rows in which every column has a value.
fn write(writer: &mut ImageWriter<'_>) {
    let volume = writer.volume(&volume_row()).unwrap();
    let file_system = writer.file_system(volume, &file_system_row()).unwrap();
    writer.unallocated(file_system, 4096).unwrap();
    writer.tally(file_system, words::term!("ntfs.mft-records-use-mft-bitmap"), 3, 3).unwrap();
    let root = writer.directory(file_system, "/").unwrap();
    let finding = case_store::FindingRow { analyser: 0, key: "width", value: "640".into() };
    let mut file = file_row(root);
    file.findings = vec![finding];
    for row in [directory_row(root), file, partial_row(root)] {
        writer.entry(file_system, &row).unwrap();
    }
    writer.link(file_system, &link_row(root)).unwrap();
    writer.problem(None, &problem(false, "of the image")).unwrap();
}

impl Interrupted {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut case = with_key(new_case(folder.path()));
        let image = register(&mut case, ITEM);
        let mut writer = ImageWriter::new(&case, image).unwrap();
        writer.analysers([("test", "1")].into_iter()).unwrap();
        for parts in 1..3 {
            write(&mut writer);
            store(&mut writer, image, parts);
        }
        drop(case);
        Self { folder, image }
    }

    /// Returns another one with the same file.
    fn copy(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(self.folder.path().join("c.db"), folder.path().join("c.db")).unwrap();
        Self { folder, image: self.image }
    }

    fn open(&self) -> CaseFile {
        with_key(open_case(self.folder.path()))
    }

    fn is_whole(&self) -> bool {
        self.open().scan_checkpoint(Path::new(ITEM)).unwrap().unwrap().2
    }

    /// Changes the file as somebody does who has no key.
    fn change(&self, statement: &str) {
        let connection = rusqlite::Connection::open(self.folder.path().join("c.db")).unwrap();
        connection.pragma_update(None, "foreign_keys", false).unwrap();
        connection.pragma_update(None, "ignore_check_constraints", true).unwrap();
        let changed = connection
            .execute(statement, [])
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
        assert!(changed > 0, "{statement}");
    }

    /// The columns of a table with their types.
    fn columns(&self, table: &str) -> Vec<(String, String)> {
        let connection = rusqlite::Connection::open(self.folder.path().join("c.db")).unwrap();
        let mut select =
            connection.prepare("SELECT name, type FROM pragma_table_info(?1)").unwrap();
        let rows = select.query_map([table], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }
}

#[test]
fn rows_that_were_chained_as_they_were_written_are_the_rows_of_the_file() {
    let scan = Interrupted::new();
    let case = scan.open();
    let (found, results, whole) = case.scan_checkpoint(Path::new(ITEM)).unwrap().unwrap();
    assert!(whole);
    assert_eq!((found.parts, found.state, results), (2, vec![1, 2, 3], vec![(2, vec![9, 9])]));
}

/// Columns that a resumption does not continue from: they get their value with the verdict.
const OF_THE_VERDICT: [(&str, &str); 10] = [
    ("image", "state"),
    ("image", "medium_complete"),
    ("image", "md5"),
    ("image", "sha1"),
    ("image", "sha256"),
    ("image", "blake3"),
    ("image", "scan_ns"),
    ("image", "error"),
    ("run", "finished"),
    ("run", "state"),
];

#[test]
fn a_value_that_was_changed_in_any_column_breaks_the_seal() {
    let tables = [
        "run",
        "run_item",
        "exhibit",
        "image",
        "segment",
        "claim",
        "stored_digest",
        "volume",
        "file_system",
        "tally",
        "directory",
        "entry",
        "unreadable_part",
        "link",
        "hash_set",
        "hit",
        "problem",
        "analyser",
        "image_analyser",
        "stored_finding",
        "scan_checkpoint",
        "scan_result",
    ];
    let original = Interrupted::new();
    for table in tables {
        for (column, kind) in original.columns(table) {
            if OF_THE_VERDICT.contains(&(table, column.as_str())) {
                continue;
            }
            let changed = match kind.as_str() {
                "INTEGER" => format!("coalesce({column} + 1000, 7)"),
                "TEXT" => format!("coalesce({column} || ' ', 'x')"),
                _ => format!("CAST(coalesce({column}, x'') || x'01' AS BLOB)"),
            };
            let scan = original.copy();
            scan.change(&format!(
                "UPDATE {table} SET {column} = {changed} WHERE {}",
                last_row(table)
            ));
            let found = scan.open().scan_checkpoint(Path::new(ITEM)).ok().flatten();
            assert!(!found.is_some_and(|(_, _, whole)| whole), "{table}.{column}");
        }
    }
}

/// The last row of a table; of one without row numbers all rows.
fn last_row(table: &str) -> String {
    const WITHOUT_NUMBERS: [&str; 9] = [
        "segment",
        "claim",
        "stored_digest",
        "run_item",
        "tally",
        "unreadable_part",
        "hit",
        "image_analyser",
        "stored_finding",
    ];
    match WITHOUT_NUMBERS.contains(&table) {
        true => "1".to_owned(),
        false => format!("rowid = (SELECT max(rowid) FROM {table})"),
    }
}

#[test]
fn a_row_that_was_added_or_removed_breaks_the_seal() {
    for change in [
        "DELETE FROM stored_finding",
        "DELETE FROM entry WHERE id = (SELECT min(id) FROM entry)",
        "DELETE FROM scan_result WHERE part = 1",
        "DELETE FROM problem WHERE id = (SELECT max(id) FROM problem)",
        "INSERT INTO directory (file_system, path) SELECT file_system, path || 'x' FROM directory LIMIT 1",
        "INSERT INTO unreadable_range SELECT id, 0, 512, 'x' FROM image",
        "INSERT INTO content_check SELECT min(id), 1, 0, NULL FROM entry",
        "INSERT INTO withdrawal SELECT h.entry, h.hash_set, h.hash_set FROM hit h LIMIT 1",
        "INSERT INTO nested (image, entry, name, container, reason, readable, stored_bytes, files) \
         SELECT 1, min(id), 'n', 'raw', 'r', 1, 1, '[]' FROM entry",
        "INSERT INTO claim SELECT id, 77, 'examiner', 'nobody' FROM image",
    ] {
        let scan = Interrupted::new();
        assert!(scan.is_whole());
        scan.change(change);
        assert!(!scan.is_whole(), "{change}");
    }
}

#[test]
fn a_scan_that_goes_on_seals_the_rows_of_before_and_its_own() {
    let scan = Interrupted::new();
    let case = scan.open();
    let above = case.scan_checkpoint(Path::new(ITEM)).unwrap().unwrap().0.above;
    let mut writer = ImageWriter::resume(&case, scan.image, above).unwrap();
    writer.analysers([("test", "1")].into_iter()).unwrap();
    for parts in 3..5 {
        write(&mut writer);
        store(&mut writer, scan.image, parts);
        assert!(scan.is_whole());
    }
    scan.change("UPDATE entry SET size = 1 WHERE id = 1");
    assert!(!scan.is_whole());
}

#[test]
fn the_scan_of_another_image_meanwhile_changes_nothing() {
    let scan = Interrupted::new();
    let mut case = scan.open();
    let other = register(&mut case, "/evidence/other.raw");
    let mut writer = ImageWriter::new(&case, other).unwrap();
    writer.analysers([("test", "1")].into_iter()).unwrap();
    write(&mut writer);
    writer.checkpoint(|_| Ok(())).unwrap();
    assert!(scan.is_whole());
}

/// Adds a hit to the first entry, as a match does.
fn match_one(case: &mut CaseFile) {
    case.transaction(|transaction| {
        transaction.resealing(|transaction| {
            let entry = case_store::EntryId::from_number(1);
            transaction
                .matching_index()
                .insert_hit(entry, &hit(HitDisposition::Notable, "a later set"))?;
            Ok::<_, StoreError>(())
        })
    })
    .unwrap();
}

#[test]
fn hits_of_a_match_are_sealed_anew_and_what_was_changed_before_is_not() {
    let scan = Interrupted::new();
    match_one(&mut scan.open());
    assert!(scan.is_whole());
    scan.change("UPDATE entry SET size = 1 WHERE id = 2");
    match_one(&mut scan.open());
    assert!(!scan.is_whole());
    let changed = Interrupted::new();
    changed.change("UPDATE entry SET size = 1 WHERE id = 2");
    match_one(&mut changed.open());
    assert!(!changed.is_whole());
}

#[test]
fn a_match_while_the_scan_is_running_is_in_its_next_checkpoint() {
    let scan = Interrupted::new();
    let case = scan.open();
    let above = case.scan_checkpoint(Path::new(ITEM)).unwrap().unwrap().0.above;
    let mut writer = ImageWriter::resume(&case, scan.image, above).unwrap();
    writer.analysers([("test", "1")].into_iter()).unwrap();
    for parts in 3..6 {
        match_one(&mut scan.open());
        write(&mut writer);
        store(&mut writer, scan.image, parts);
        assert!(scan.is_whole(), "{parts}");
    }
}
