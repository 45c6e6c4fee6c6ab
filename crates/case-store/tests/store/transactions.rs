//! Transactions: the ledger's entry and the rows that it speaks of are there together, or not at all.

use case_model::{CaseId, Examiner, StopToken, UnreadableRange};
use case_store::{CaseFile, ImageOutcome, LedgerFile, StoreError};
use custody::{Act, EntryBody, EntryTime, Tool, UtcTime};

use crate::harness::{Sample, image_row, new_case, open_case, outcome};

/// An entry that any ledger takes.
fn entry() -> EntryBody {
    let time = EntryTime {
        start: UtcTime::from_unix_ns(1_700_000_000_000_000_000),
        end: None,
        zone: "UTC".to_owned(),
        offset: "+00:00".to_owned(),
        clock: "test".to_owned(),
    };
    let text = || "test".to_owned();
    let tool = Tool { name: text(), version: text(), commit: "0".repeat(40), build: text() };
    EntryBody::new(Act::Note, Examiner { name: text(), declared: true }, time, tool)
        .field("text", text())
}

fn given_up() -> StoreError {
    StoreError::NotFound("given up".into())
}

#[test]
fn rows_and_entry_are_committed_together() {
    let folder = tempfile::tempdir().unwrap();
    let mut case = new_case(folder.path());
    let image = case
        .transaction(|transaction| {
            let run = transaction.insert_run(1, "{}")?;
            let image = transaction.insert_image(run, &image_row("/a"))?;
            transaction.ledger().append(&entry())?;
            Ok(image)
        })
        .unwrap();
    drop(case);
    let mut case = open_case(folder.path());
    assert_eq!(case.images().unwrap(), [image]);
    assert_eq!(case.ledger().head().unwrap().seq, 1);
    assert!(case.ledger().verify().unwrap().fault.is_none());
}

#[test]
fn an_error_leaves_neither_rows_nor_entry() {
    let folder = tempfile::tempdir().unwrap();
    let mut case = new_case(folder.path());
    let failed: Result<(), StoreError> = case.transaction(|transaction| {
        let run = transaction.insert_run(1, "{}")?;
        transaction.insert_image(run, &image_row("/a"))?;
        transaction.ledger().append(&entry())?;
        Err(given_up())
    });
    assert!(matches!(failed, Err(StoreError::NotFound(_))));
    assert_eq!((case.images().unwrap().len(), case.ledger().head().unwrap().seq), (0, 0));
    assert_eq!(case.runs().unwrap(), []);
    // The file is not held by what was given up.
    case.append(&entry()).unwrap();
}

#[test]
fn a_stop_before_the_end_of_the_work_commits_nothing_and_one_after_it_all() {
    let mut sample = Sample::new();
    // SQLite looks at the token after some thousand steps of one statement.
    let range = |offset| UnreadableRange { offset, length: 1, why: "bad".to_owned() };
    let many = ImageOutcome { unreadable: (5000..8000).map(range).collect(), ..outcome() };
    sample.case.transaction(|transaction| transaction.finish_image(sample.image, &many)).unwrap();
    let stop = StopToken::new();
    let stopped = sample.case.transaction_unless_stopped(&stop, |transaction| {
        transaction.ledger().append(&entry())?;
        stop.request();
        transaction.digest()
    });
    assert!(stopped.unwrap_err().is_stopped());
    assert_eq!(sample.case.ledger().head().unwrap().seq, 0);
    let stop = StopToken::new();
    sample.case.transaction_unless_stopped(&stop, |t| t.ledger().append(&entry())).unwrap();
    assert_eq!(sample.case.ledger().head().unwrap().seq, 1);
}

#[test]
fn a_case_is_there_with_its_first_entry_and_is_not_begun_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.db");
    let id = CaseId::new("c").unwrap();
    // What a crash left in the middle of a beginning is no case, and is taken away.
    std::fs::write(folder.path().join("c.db.begun"), b"rest").unwrap();
    let (mut case, first) = CaseFile::begin(&path, &id, &entry()).unwrap();
    assert_eq!(case.ledger().entries().unwrap(), [first]);
    assert!(!folder.path().join("c.db.begun").exists());
    let again = CaseFile::begin(&path, &id, &entry()).map(drop);
    assert!(matches!(again, Err(StoreError::Exists(_))));
    assert!(matches!(
        CaseFile::open(&folder.path().join("d.db"), &id),
        Err(StoreError::NotFound(_))
    ));
}

#[test]
fn a_ledger_hands_out_its_entries_from_any_place_and_refuses_a_changed_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    LedgerFile::begin(&path, &entry()).unwrap();
    let mut file = LedgerFile::open_or_create(&path).unwrap();
    let appended = file
        .transaction(|ledger| [(), ()].map(|()| ledger.append(&entry())).into_iter().collect())
        .unwrap();
    let appended: Vec<_> = appended;
    let mut after = Vec::new();
    file.ledger().each_after(1, &mut |entry| after.push(entry)).unwrap();
    assert_eq!(after, appended);
    assert_eq!(file.ledger().entry(3).unwrap().as_ref(), appended.last());
    drop(file);
    let other = rusqlite::Connection::open(&path).unwrap();
    let refused =
        other.execute("UPDATE custody_entry SET body = x'00' WHERE seq = 2", []).unwrap_err();
    assert!(refused.to_string().contains("never changed"), "{refused}");
    other
        .execute_batch(
            "DROP TRIGGER custody_entry_update; UPDATE custody_entry SET body = x'00' WHERE seq = 2",
        )
        .unwrap();
    let mut file = LedgerFile::open_or_create(&path).unwrap();
    assert!(file.ledger().verify().unwrap().fault.is_some());
}
