//! A session appends and signs.

use case_model::RecordName;
use casework::{CaseworkError, Session, Signature};
use lab::LabError;

use crate::harness::{House, acts, append_unsigned, author, case, note, verdict};

#[test]
fn a_new_lab_has_its_first_entry_and_its_key_and_is_signed() {
    let house = House::new();
    let mut session = house.session();
    session.sign_all().unwrap();
    assert_eq!(acts(&mut session, &RecordName::Lab), ["lab_create", "key_add"]);
    let verdict = verdict(&mut session, &RecordName::Lab);
    assert_eq!((verdict.findings, verdict.covered), (Vec::new(), 2));
}

#[test]
fn no_lab_is_made_where_one_was_only_to_be_opened() {
    let house = House::new();
    let opened = Session::open(&house.lab(), author(), Box::new(casework::NoKeyHolder));
    assert!(matches!(opened, Err(CaseworkError::Lab(LabError::NoLab(_)))));
    assert!(!house.lab().exists());
}

#[test]
fn an_act_is_signed_with_its_entry_and_the_lab_trusts_the_checkpoint() {
    let house = House::new();
    let (mut session, name) = house.with_case();
    let entry = note(&mut session, &name, "seen").unwrap();
    let Some(Signature::Made(signed)) = session.signatures().get(&name).cloned() else {
        panic!("unsigned")
    };
    assert_eq!(signed.checkpoint().size(), entry.seq);
    assert_eq!(session.lab().trusted_checkpoint(&name).unwrap(), Some(signed));
    let verdict = verdict(&mut session, &name);
    assert_eq!((verdict.findings, verdict.covered), (Vec::new(), entry.seq));
}

#[test]
fn a_case_knows_the_labs_key_and_the_lab_knows_the_cases_first_entry() {
    let house = House::new();
    let (mut session, name) = house.with_case();
    assert_eq!(acts(&mut session, &name), ["case_create", "key_add"]);
    assert_eq!(
        acts(&mut session, &RecordName::Lab),
        ["lab_create", "key_add", "case_create", "checkpoint"]
    );
    // Opened again, nothing is missing and nothing is written.
    assert!(!session.open_or_create_case(&case()).unwrap());
    assert_eq!(acts(&mut session, &name).len(), 2);
}

#[test]
fn an_act_that_fails_leaves_no_entry_and_the_next_one_follows() {
    let house = House::new();
    let (mut session, name) = house.with_case();
    let before = session.record(&name).unwrap().ledger.head().unwrap();
    let entry = session.author().entry(custody::content::QueryContent {
        query: "all".into(),
        rows: custody::content::DecimalText(0),
    });
    let entry = entry.case("c");
    let failed = session.act(&name, |ledger| {
        ledger.append(&entry)?;
        Err::<(), _>(CaseworkError::Check("the disk is gone".into()))
    });
    assert_eq!(failed.unwrap_err().to_string(), "the disk is gone");
    assert_eq!(session.record(&name).unwrap().ledger.head().unwrap(), before);
    let entry = note(&mut session, &name, "afterwards").unwrap();
    assert_eq!(entry.seq, before.seq + 1);
    assert_eq!(verdict(&mut session, &name).findings, Vec::<String>::new());
}

#[test]
fn two_sessions_at_once_append_to_one_chain_and_sign_all_of_it() {
    let house = House::new();
    let (mut first, name) = house.with_case();
    let mut second = house.session();
    for round in 0..4 {
        note(&mut first, &name, &format!("first {round}")).unwrap();
        note(&mut second, &name, &format!("second {round}")).unwrap();
    }
    let verdict = verdict(&mut first, &name);
    assert_eq!(verdict.findings, Vec::<String>::new());
    assert_eq!(verdict.covered, 2 + 8);
}

#[test]
fn entries_that_were_appended_without_a_signature_are_covered_after_somebody_looked_at_them() {
    let house = House::new();
    let (mut session, name) = house.with_case();
    append_unsigned(&mut session, "by another part");
    assert_eq!(verdict(&mut session, &name).covered, 2);
    session.sign_all().unwrap();
    assert_eq!(verdict(&mut session, &name).covered, 2);
    assert_eq!(session.adopt_unsigned(&name, "compared with the diary").unwrap(), (3, 3));
    assert_eq!(verdict(&mut session, &name).covered, 4);
    // Nothing grew: nothing is signed again.
    let before = session.lab().trusted_checkpoint(&name).unwrap();
    session.sign_all().unwrap();
    assert_eq!(session.lab().trusted_checkpoint(&name).unwrap(), before);
}

#[test]
fn a_checkpoint_that_the_lab_never_got_is_trusted_with_the_next_session() {
    let house = House::new();
    let (mut session, name) = house.with_case();
    let old = session.lab().trusted_checkpoint(&name).unwrap().unwrap();
    note(&mut session, &name, "seen").unwrap();
    // A program that was stopped between the commit and the lab's copy leaves this.
    session.lab().replace_trusted_checkpoint(&name, &old).unwrap();
    let mut next = house.session();
    next.sign(&name).unwrap();
    let trusted = next.lab().trusted_checkpoint(&name).unwrap().unwrap();
    assert_eq!(trusted.checkpoint().size(), old.checkpoint().size() + 1);
}

#[test]
fn a_closed_case_is_signed_and_can_be_opened_again() {
    let house = House::new();
    let (mut session, name) = house.with_case();
    let author = session.author();
    let entry = author.entry(custody::content::QueryContent {
        query: "q".into(),
        rows: custody::content::DecimalText(1),
    });
    session.append(&name, entry).unwrap();
    session.close_case(&case()).unwrap();
    assert_eq!(verdict(&mut session, &name).covered, 3);
    note(&mut session, &name, "again").unwrap();
    assert_eq!(verdict(&mut session, &name).covered, 4);
}

#[test]
fn a_case_whose_file_is_gone_is_not_made_anew() {
    let house = House::new();
    let (session, _) = house.with_case();
    drop(session);
    for ending in ["db", "db-wal", "db-shm"] {
        let _ = std::fs::remove_file(house.lab().join(format!("cases/c.{ending}")));
    }
    let again = house.session().create_case(&case());
    assert!(matches!(again, Err(CaseworkError::CaseGone { entries: 2, .. })), "{again:?}");
}

#[test]
fn cases_without_a_name_are_named_by_day_and_item_and_never_taken_twice() {
    let house = House::new();
    let mut session = house.session();
    let names: Vec<String> = (0..2)
        .map(|_| session.create_named_case("2026-11-30", "disk one").unwrap().to_string())
        .collect();
    assert_eq!(names, ["2026-11-30-disk-one", "2026-11-30-disk-one-2"]);
    assert_eq!(session.create_named_case("2026-11-30", "").unwrap().as_str(), "2026-11-30-scan");
}
