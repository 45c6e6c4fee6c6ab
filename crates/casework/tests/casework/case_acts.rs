//! A case gets another name, is closed, opened again, removed; both ledgers tell of it for ever.

use case_model::{CaseId, RecordName};
use casework::{CaseworkError, Outside, RemovalRequest, Session, Verdict, judge};
use custody::{Act, Standing};

use crate::harness::{House, acts, case, copy_folder, folder, last_of, name, note, scan, verdict};

fn id(name: &str) -> CaseId {
    CaseId::new(name).unwrap()
}

fn scanned(house: &House) -> Session {
    let mut session = house.session();
    scan(&mut session, &[folder(house)]);
    session.sign_all().unwrap();
    session
}

fn removal(with_index: bool) -> RemovalRequest<'static> {
    RemovalRequest { reason: "a slip", with_index }
}

fn verdict_of(session: &mut Session, id: &CaseId) -> Verdict {
    let mut judged = session.look_at(&RecordName::Case(id.clone())).unwrap();
    judge(&mut judged, &Outside::default()).unwrap()
}

#[test]
fn a_renamed_case_is_the_same_record_under_another_name() {
    let house = House::new();
    let mut session = scanned(&house);
    let before = verdict(&mut session, &name());
    let digest = session.case(&case()).unwrap().digest().unwrap();
    session.rename_case(&case(), &id("d"), "the prosecutor's number").unwrap();
    session.sign_all().unwrap();
    // A new session reads everything from the disk.
    let mut session = house.session();
    let after = verdict_of(&mut session, &id("d"));
    assert_eq!(after.findings, Vec::<String>::new());
    assert_eq!(after.reading.origin, before.reading.origin, "what was printed before stays true");
    assert_eq!(session.case(&id("d")).unwrap().digest().unwrap(), digest);
    let told = session.case(&case()).err().unwrap();
    assert!(matches!(told, CaseworkError::NoCase(_)));
    assert!(told.to_string().contains("it is called d now"), "{told}");
    for record in [RecordName::Lab, RecordName::Case(id("d"))] {
        let body = last_of(&mut session, &record, Act::CaseRename);
        assert!(body.contains(r#""from":"c""#) && body.contains(r#""to":"d""#), "{body}");
    }
    session.sign_all().unwrap();
    assert_eq!(session.missing().unwrap().sentences(), Vec::<String>::new());
    // It is worked with as ever, and the name is free.
    note(&mut session, &RecordName::Case(id("d")), "after").unwrap();
    session.create_case(&case()).unwrap();
    session.sign_all().unwrap();
    let mut session = house.session();
    for each in [case(), id("d")] {
        assert_eq!(verdict_of(&mut session, &each).findings, Vec::<String>::new(), "{each}");
    }
    assert_eq!(verdict(&mut session, &RecordName::Lab).findings, Vec::<String>::new());
}

#[test]
fn a_renaming_that_was_stopped_half_way_is_said_and_finished() {
    let house = House::new();
    let mut session = scanned(&house);
    drop(session);
    let file = house.lab().join("cases/c.db");
    let note = house.lab().join("checkpoints/cases/c.note");
    session = house.session();
    session.rename_case(&case(), &id("d"), "why").unwrap();
    session.sign_all().unwrap();
    drop(session);
    // The program was stopped when both ledgers said so.
    std::fs::rename(house.lab().join("cases/d.db"), &file).unwrap();
    std::fs::rename(house.lab().join("checkpoints/cases/d.note"), &note).unwrap();
    let mut session = house.session();
    let missing = session.missing().unwrap().sentences();
    assert!(missing.len() == 1 && missing[0].contains("athar case rename c d"), "{missing:?}");
    let refused = session.case(&case()).err().unwrap();
    assert!(refused.is_refusal() && refused.to_string().contains("renamed it d"), "{refused}");
    session.rename_case(&case(), &id("d"), "why").unwrap();
    assert_eq!(verdict_of(&mut session, &id("d")).findings, Vec::<String>::new());
    assert_eq!(session.missing().unwrap().sentences(), Vec::<String>::new());
    let renamings = |acts: &[&str]| acts.iter().filter(|act| **act == "case_rename").count();
    assert_eq!(renamings(&acts(&mut session, &RecordName::Lab)), 1, "it is on record once");
}

#[test]
fn a_name_that_is_taken_is_refused_and_nothing_is_done() {
    let house = House::new();
    let mut session = scanned(&house);
    session.create_case(&id("d")).unwrap();
    for to in ["c", "d"] {
        let refused = session.rename_case(&case(), &id(to), "why").unwrap_err();
        assert!(matches!(refused, CaseworkError::Request(_)), "{refused}");
    }
    assert!(matches!(session.rename_case(&case(), &id("e"), " "), Err(CaseworkError::Request(_))));
    assert!(matches!(
        session.rename_case(&id("x"), &id("e"), "why"),
        Err(CaseworkError::NoCase(_))
    ));
    // Of a case that is gone the name is taken, too.
    session.sign_all().unwrap();
    session.close_case(&id("d")).unwrap();
    std::fs::remove_file(house.lab().join("cases/d.db")).unwrap();
    let refused = session.rename_case(&case(), &id("d"), "why").unwrap_err().to_string();
    assert!(refused.contains("whose file is gone"), "{refused}");
    assert!(!acts(&mut session, &name()).contains(&"case_rename"));
    assert!(!house.lab().join("cases/x.lock").exists());
}

#[test]
fn a_backup_from_before_a_renaming_comes_back_under_the_new_name() {
    let house = House::new();
    let mut session = scanned(&house);
    let backup = house.path("c.backup");
    session.back_up(&case(), &backup, &mut |_| ()).unwrap();
    session.rename_case(&case(), &id("d"), "why").unwrap();
    session.sign_all().unwrap();
    session.close_case(&id("d")).unwrap();
    std::fs::remove_file(house.lab().join("cases/d.db")).unwrap();
    let old_name = session.restore_case(&case(), &backup, "lost").unwrap_err().to_string();
    assert!(old_name.contains("it is called d now"), "{old_name}");
    session.restore_case(&id("d"), &backup, "lost").unwrap();
    assert_eq!(verdict_of(&mut session, &id("d")).findings, Vec::<String>::new());
}

#[test]
fn nothing_is_scanned_into_a_closed_case_until_it_is_opened_again() {
    let house = House::new();
    let mut session = scanned(&house);
    let lab = acts(&mut session, &RecordName::Lab).len();
    let own = acts(&mut session, &name()).len();
    session.close_case_for_scans(&case(), "judgment of 2026-11-30").unwrap();
    session.sign_all().unwrap();
    let mut session = house.session();
    let refused = session.begin_scan(&case()).unwrap_err();
    assert!(matches!(refused, CaseworkError::Closed { .. }));
    assert!(refused.to_string().contains("judgment of 2026-11-30"), "{refused}");
    assert!(matches!(
        session.close_case_for_scans(&case(), "again"),
        Err(CaseworkError::Request(_))
    ));
    // People go on to write what they do.
    note(&mut session, &name(), "returned to the owner").unwrap();
    session.reopen_case(&case(), "appeal").unwrap();
    session.sign_all().unwrap();
    let mut session = house.session();
    drop(session.begin_scan(&case()).unwrap());
    assert!(matches!(session.reopen_case(&case(), "again"), Err(CaseworkError::Request(_))));
    assert_eq!(acts(&mut session, &name())[own..], ["case_close", "note", "case_reopen"]);
    let lab_acts = acts(&mut session, &RecordName::Lab);
    let told: Vec<_> = lab_acts[lab..].iter().filter(|act| act.starts_with("case_")).collect();
    assert_eq!(told, [&"case_close", &"case_reopen"]);
    assert_eq!(verdict(&mut session, &name()).findings, Vec::<String>::new());
}

#[test]
fn an_empty_case_is_removed_and_its_record_is_still_verified() {
    let house = House::new();
    let (mut session, _) = house.with_case();
    let removed = session.remove_case(&case(), removal(false)).unwrap();
    session.sign_all().unwrap();
    assert_eq!(removed.reason, "a slip");
    let mut files: Vec<_> = std::fs::read_dir(house.lab().join("cases"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, ["removed"]);
    let mut session = house.session();
    assert_eq!(session.removed_cases().unwrap(), [removed]);
    assert_eq!(session.missing().unwrap().sentences(), Vec::<String>::new());
    let told = session.case(&case()).err().unwrap().to_string();
    assert!(told.contains("it was removed") && told.contains("a slip"), "{told}");
    let kept = verdict(&mut session, &name());
    assert_eq!((kept.findings.as_slice(), kept.standing()), (&[][..], Standing::Consistent));
    assert!(
        kept.covered == kept.reading.record.chain.entries && kept.covered > 0,
        "the removal is signed"
    );
    assert!(
        kept.remarks.iter().any(|remark| remark.contains("the case was removed")),
        "{:?}",
        kept.remarks
    );
    // The name is free, and the two records are two.
    session.create_case(&case()).unwrap();
    session.sign_all().unwrap();
    drop(session);
    let mut session = house.session();
    assert_eq!(verdict(&mut session, &name()).findings, Vec::<String>::new());
    session.remove_case(&case(), removal(false)).unwrap();
    session.sign_all().unwrap();
    let mut session = house.session();
    assert_eq!(session.removed_cases().unwrap().len(), 2);
    assert_eq!(session.missing().unwrap().sentences(), Vec::<String>::new());
    assert_eq!(verdict(&mut session, &RecordName::Lab).findings, Vec::<String>::new());
}

#[test]
fn evidence_is_removed_only_when_that_is_said() {
    let house = House::new();
    let mut session = scanned(&house);
    let refused = session.remove_case(&case(), removal(false)).unwrap_err();
    assert!(matches!(refused, CaseworkError::Request(_)), "{refused}");
    assert!(refused.to_string().contains("index of 1 exhibit;"), "{refused}");
    let digest = case_model::to_hex(&session.case(&case()).unwrap().digest().unwrap());
    session.remove_case(&case(), removal(true)).unwrap();
    session.sign_all().unwrap();
    let mut session = house.session();
    let body = last_of(&mut session, &RecordName::Lab, Act::CaseRemove);
    assert!(body.contains(&digest) && body.contains(r#""exhibits":"1""#), "{body}");
    assert_eq!(verdict(&mut session, &name()).findings, Vec::<String>::new());
}

#[test]
fn a_kept_record_that_was_cut_off_or_taken_away_is_said() {
    let house = House::new();
    let (mut session, _) = house.with_case();
    note(&mut session, &name(), "to be hidden").unwrap();
    let removed = session.remove_case(&case(), removal(false)).unwrap();
    session.sign_all().unwrap();
    drop(session);
    let kept = house.lab().join("cases/removed").join(removed.file_name());
    let database = rusqlite::Connection::open(&kept).unwrap();
    let cut = "DROP TRIGGER custody_entry_delete; DELETE FROM custody_entry WHERE seq > 3; DELETE FROM custody_checkpoint WHERE seq > 3";
    database.execute_batch(cut).unwrap();
    drop(database);
    let mut session = house.session();
    let findings = verdict(&mut session, &name()).findings;
    assert!(
        findings.iter().any(|finding| finding.contains("says that the record had")),
        "{findings:?}"
    );
    std::fs::remove_file(&kept).unwrap();
    let missing = house.session().missing().unwrap().sentences();
    assert!(missing.len() == 1 && missing[0].contains("is gone"), "{missing:?}");
}

#[test]
fn a_removal_that_was_stopped_half_way_is_said_and_finished_and_another_file_is_not_deleted() {
    let house = House::new();
    let mut session = scanned(&house);
    let older = house.path("older.db");
    session.close_case(&case()).unwrap();
    let file = house.lab().join("cases/c.db");
    std::fs::copy(&file, &older).unwrap();
    // Another program keeps the file open when both ledgers say so.
    let reader = rusqlite::Connection::open(&file).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM entry").unwrap();
    let stopped = session.remove_case(&case(), removal(true)).unwrap_err();
    assert!(stopped.to_string().contains("another program has it open"), "{stopped}");
    drop(reader);
    session.sign_all().unwrap();
    let mut session = house.session();
    let refused = session.case(&case()).err().unwrap();
    assert!(refused.is_refusal() && refused.to_string().contains("removed it"), "{refused}");
    let whole = house.path("whole");
    copy_folder(&house.lab(), &whole);
    std::fs::copy(&older, &file).unwrap();
    let other = house.session().remove_case(&case(), removal(true)).unwrap_err().to_string();
    assert!(other.contains("it is another one") && file.exists(), "{other}");
    std::fs::copy(whole.join("cases/c.db"), &file).unwrap();
    let mut session = house.session();
    session.remove_case(&case(), removal(true)).unwrap();
    assert!(!file.exists());
    assert_eq!(
        acts(&mut session, &RecordName::Lab).iter().filter(|act| **act == "case_remove").count(),
        1
    );
}

#[test]
fn a_name_that_means_no_case_is_answered_with_names_like_it() {
    let house = House::new();
    let mut session = house.session();
    session.create_case(&id("nuit")).unwrap();
    session.create_case(&id("2026-0142")).unwrap();
    let unknown = session.case(&id("nuti")).err().unwrap().to_string();
    assert!(unknown.contains("did you mean nuit?"), "{unknown}");
    assert!(!session.case(&id("zzzz")).err().unwrap().to_string().contains("did you mean"));
}
