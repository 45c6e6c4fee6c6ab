//! A session neither works with nor signs a ledger that does not continue what was signed.

use case_model::RecordName;
use casework::{CaseworkError, LedgerReading, Refusal};
use custody::CheckpointFault;

use crate::harness::{House, append_unsigned, case, copy_folder, note, verdict};

fn refusal<T: std::fmt::Debug>(result: Result<T, CaseworkError>) -> Refusal {
    match result {
        Err(CaseworkError::Refused(refusal)) => *refusal,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_file_that_was_put_back_from_an_older_copy_is_refused() {
    let house = House::new();
    let (session, name) = house.with_case();
    drop(session);
    copy_folder(&house.lab().join("cases"), &house.path("older"));
    note(&mut house.session(), &name, "later").unwrap();
    copy_folder(&house.path("older"), &house.lab().join("cases"));
    for log in ["c.db-wal", "c.db-shm"] {
        if !house.path("older").join(log).exists() {
            let _ = std::fs::remove_file(house.lab().join("cases").join(log));
        }
    }
    let mut session = house.session();
    let refused = refusal(session.case(&case()).map(drop));
    assert_eq!(refused.record, name);
    assert!(matches!(refused.fault, CheckpointFault::CutOff { size: 3, entries: 2 }), "{refused}");
    refusal(note(&mut session, &name, "on a fork"));
    // It can still be looked at.
    assert!(verdict(&mut session, &name).findings[0].contains("cut off"));
}

#[test]
fn entries_that_are_cut_off_during_a_session_are_found_by_its_next_act_and_nothing_is_written() {
    let house = House::new();
    let (mut session, name) = house.with_case();
    note(&mut session, &name, "one").unwrap();
    let other = house.database();
    drop_triggers(&other);
    other
        .execute_batch(
            "DELETE FROM custody_checkpoint WHERE seq = 3; DELETE FROM custody_entry WHERE seq = 3",
        )
        .unwrap();
    let refused = refusal(note(&mut session, &name, "two"));
    assert!(matches!(refused.fault, CheckpointFault::CutOff { size: 3, entries: 2 }), "{refused}");
    let left: i64 =
        other.query_row("SELECT count(*) FROM custody_entry", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 2, "nothing was appended to a ledger that was cut off");
}

#[test]
fn the_last_entry_rewritten_during_a_session_is_found_by_its_next_act() {
    let house = House::new();
    let (mut session, name) = house.with_case();
    note(&mut session, &name, "one").unwrap();
    let other = house.database();
    drop_triggers(&other);
    other
        .execute_batch(
            "UPDATE custody_entry SET body = CAST('two' AS BLOB), hash = zeroblob(32) WHERE seq = 3",
        )
        .unwrap();
    assert!(note(&mut session, &name, "three").is_err());
    let left: i64 =
        other.query_row("SELECT count(*) FROM custody_entry", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 3);
}

#[test]
fn an_early_entry_changed_during_a_session_does_not_enter_what_it_signs_and_the_next_session_refuses()
 {
    let house = House::new();
    let (mut session, name) = house.with_case();
    for text in ["one", "two"] {
        note(&mut session, &name, text).unwrap();
    }
    let other = house.database();
    drop_triggers(&other);
    let changed = other
        .execute("UPDATE custody_entry SET body = CAST(replace(CAST(body AS TEXT), 'one', 'ONE') AS BLOB) WHERE seq = 3", [])
        .unwrap();
    assert_eq!(changed, 1);
    // The session goes on from what it verified: its root is that of the true entries, which the file no longer gives.
    note(&mut session, &name, "three").unwrap();
    let signed = session.lab().trusted_checkpoint(&name).unwrap().unwrap();
    let reading = LedgerReading::of(&session.look_at(&name).unwrap().ledger(), &[]).unwrap();
    assert!(reading.record.chain.fault.is_some());
    assert_eq!(signed.checkpoint().size(), 5);
    refusal(house.session().case(&case()).map(drop));
}

#[test]
fn a_chain_that_is_broken_behind_its_last_checkpoint_is_never_signed() {
    let house = House::new();
    let (mut session, name) = house.with_case();
    append_unsigned(&mut session, "unsigned");
    let other = house.database();
    drop_triggers(&other);
    other
        .execute("UPDATE custody_entry SET body = CAST(replace(CAST(body AS TEXT), 'unsigned', 'UNSIGNED') AS BLOB) WHERE seq = 3", [])
        .unwrap();
    let mut next = house.session();
    let refused = next.sign(&name).unwrap_err().to_string();
    assert!(
        refused.contains("was changed: entry 3") && refused.contains("not signed any more"),
        "{refused}"
    );
    assert_eq!(next.lab().trusted_checkpoint(&name).unwrap().unwrap().checkpoint().size(), 2);
}

#[test]
fn an_older_copy_is_worked_with_after_both_ledgers_say_what_is_given_up() {
    let house = House::new();
    let (session, name) = house.with_case();
    drop(session);
    copy_folder(&house.lab().join("cases"), &house.path("older"));
    note(&mut house.session(), &name, "lost").unwrap();
    std::fs::remove_dir_all(house.lab().join("cases")).unwrap();
    copy_folder(&house.path("older"), &house.lab().join("cases"));
    let mut session = house.session();
    let head = session.restore_ledger(&name, "the disk died", "a copy of Monday").unwrap();
    assert_eq!(head.seq, 2);
    for record in [RecordName::Lab, name.clone()] {
        let body = crate::harness::last_of(&mut session, &record, custody::Act::Restore);
        assert!(
            body.contains("\"given_up_entries\":3") && body.contains("the disk died"),
            "{body}"
        );
    }
    note(&mut session, &name, "goes on").unwrap();
    assert_eq!(verdict(&mut session, &name).findings, Vec::<String>::new());
    // What fits is not restored.
    let again = session.restore_ledger(&name, "again", "nowhere");
    assert!(matches!(again, Err(CaseworkError::Request(_))), "{again:?}");
}

/// Whoever edits the file can do that, too.
fn drop_triggers(database: &rusqlite::Connection) {
    let mut statement = database
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'custody%'")
        .unwrap();
    let triggers = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    for trigger in triggers.map(Result::unwrap) {
        database.execute_batch(&format!("DROP TRIGGER {trigger}")).unwrap();
    }
}

#[test]
fn what_was_signed_is_named_by_the_origin_of_the_first_entry() {
    let house = House::new();
    let (mut session, name) = house.with_case();
    assert_eq!(session.record(&name).unwrap().verified.origin(), "lab.test/1/c");
    assert_eq!(session.record(&RecordName::Lab).unwrap().verified.origin(), "lab.test/1");
}
