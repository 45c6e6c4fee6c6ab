//! The lab's hash sets, and what cases have to do with them.

use std::collections::BTreeMap;

use case_model::{Algorithm, HitDisposition, RecordName, StopToken, to_hex};
use casework::{CheckedContent, Session, care_list, categories};
use custody::Act;
use hash_set::{ExportFormat, ImportOptions, Library, Outcome};
use sha2::{Digest, Sha256};

use crate::harness::{House, acts, case, folder, last_of, name, scan, verdict};

fn options(session: &Session) -> ImportOptions {
    ImportOptions {
        format: None,
        name: Some("bad".into()),
        version: "1".into(),
        publisher: String::new(),
        released: String::new(),
        licence: String::new(),
        handling: "TLP:RED".into(),
        disposition: Some(HitDisposition::Notable),
        algorithm: Some(Algorithm::Sha256),
        mixed_algorithms: false,
        category_scheme: String::new(),
        categories: categories(session.lab()).unwrap(),
        care: care_list(session.lab()).unwrap(),
        deltas: Vec::new(),
        database_hash: None,
        columns: BTreeMap::new(),
        imported_at_ns: session.author().now(),
        imported_by: "Amal".into(),
        memory_bytes: 64 << 20,
        beside: None,
        stop: StopToken::new(),
    }
}

fn import(house: &House, session: &mut Session) -> (Library, Outcome) {
    let list =
        house.write("bad.txt", format!("{}\n", to_hex(&Sha256::digest(b"first"))).as_bytes());
    let mut library = Library::open(&session.lab().hash_sets()).unwrap();
    let options = options(session);
    let report = session.import_set(&mut library, &list, &options, &mut |_| ()).unwrap();
    (library, report.outcome)
}

fn sets_recorded(session: &mut Session) -> usize {
    acts(session, &RecordName::Lab).iter().filter(|act| **act == "set_import").count()
}

#[test]
fn an_import_is_recorded_once_however_often_it_is_tried() {
    let house = House::new();
    let mut session = house.session();
    assert!(matches!(import(&house, &mut session).1, Outcome::Added));
    assert!(matches!(import(&house, &mut session).1, Outcome::AlreadyThere));
    assert_eq!(sets_recorded(&mut session), 1);
    let body = last_of(&mut session, &RecordName::Lab, Act::SetImport);
    assert!(
        body.contains(r#""entries":"1""#) && body.contains(r#""disposition":"notable""#),
        "{body}"
    );
}

#[test]
fn a_set_that_was_registered_without_its_entry_gets_one_with_a_remark() {
    let house = House::new();
    let mut session = house.session();
    let list =
        house.write("bad.txt", format!("{}\n", to_hex(&Sha256::digest(b"first"))).as_bytes());
    let mut library = Library::open(&session.lab().hash_sets()).unwrap();
    let options = options(&session);
    // As a program leaves it that is killed between the two.
    library.import(&list, &options, &mut |_| ()).unwrap();
    session.import_set(&mut library, &list, &options, &mut |_| ()).unwrap();
    assert!(
        last_of(&mut session, &RecordName::Lab, Act::SetImport)
            .contains("registered by an earlier run")
    );
}

#[test]
fn a_match_and_the_content_of_its_hits_are_recorded_and_a_removed_set_leaves_them() {
    let house = House::new();
    let mut session = house.session();
    scan(&mut session, &[folder(&house)]);
    let (mut library, _) = import(&house, &mut session);
    let set = library.find("bad").unwrap().clone();
    let report = session.match_sets(&case(), &library, &[set.digest], &[]).unwrap();
    assert_eq!(report.sets[0].new_hits, 1);
    let checked = session.check_contents(&case(), &[set.digest], &mut |_, checked| {
        assert!(matches!(checked, CheckedContent::Read(_)));
        Ok::<(), ()>(())
    });
    let checked = checked.unwrap().unwrap();
    assert!(checked.is_good() && checked.read == 1, "{checked:?}");
    house.write("evidence/a.txt", b"other");
    let checked = session
        .check_contents(&case(), &[set.digest], &mut |_, _| Ok::<(), ()>(()))
        .unwrap()
        .unwrap();
    assert_eq!((checked.is_good(), checked.changed), (false, 1));
    assert!(
        last_of(&mut session, &name(), Act::Verify).contains(r#""other_digests_than_indexed":"1""#)
    );
    let users = session.users_of_set(&set.digest).unwrap();
    assert_eq!(users.cases, [(case(), 1)]);
    session.remove_set(&mut library, &set, &users, "withdrawn by its publisher").unwrap();
    let body = last_of(&mut session, &RecordName::Lab, Act::SetRemove);
    assert!(
        body.contains(r#""cases_with_hits":"1""#) && body.contains(r#""first_cases":["c"]"#),
        "{body}"
    );
    assert!(library.find("bad").is_err());
    assert_eq!(verdict(&mut session, &name()).findings, Vec::<String>::new());
}

#[test]
fn whoever_stops_a_check_of_contents_records_nothing() {
    let house = House::new();
    let mut session = house.session();
    scan(&mut session, &[folder(&house)]);
    let (library, _) = import(&house, &mut session);
    let digest = library.find("bad").unwrap().digest;
    session.match_sets(&case(), &library, &[digest], &[]).unwrap();
    let before = acts(&mut session, &name());
    let stopped = session.check_contents(&case(), &[digest], &mut |_, _| Err("enough")).unwrap();
    assert_eq!(stopped.unwrap_err(), "enough");
    assert_eq!(acts(&mut session, &name()), before);
}

#[test]
fn a_set_that_leaves_the_lab_is_recorded_with_how_it_must_be_handled() {
    let house = House::new();
    let mut session = house.session();
    let (library, _) = import(&house, &mut session);
    let set = library.find("bad").unwrap();
    let to = house.path("out.csv");
    let exported = session.export_set(&library, set, ExportFormat::Csv, &to).unwrap();
    assert_eq!(exported.written, 1);
    let body = last_of(&mut session, &RecordName::Lab, Act::Note);
    assert!(body.contains("TLP:RED") && body.contains("out.csv"), "{body}");
    session.export_set(&library, set, ExportFormat::Csv, &to).unwrap_err();
}

#[test]
fn the_meaning_of_codes_is_changed_once_and_recorded() {
    let house = House::new();
    let mut session = house.session();
    let scheme = "http://example.org/scheme";
    let codes = [("1".to_owned(), HitDisposition::Alert)];
    let changes = session.change_mapping(scheme, &codes, &[]).unwrap();
    assert_eq!((changes[0].before, changes[0].now), ("not mapped", "alert"));
    assert!(session.change_mapping(scheme, &codes, &[]).unwrap().is_empty());
    let notes = acts(&mut session, &RecordName::Lab).iter().filter(|act| **act == "note").count();
    assert_eq!(notes, 1);
    assert_eq!(
        session.change_mapping(scheme, &[], &["1".to_owned()]).unwrap()[0].now,
        "not mapped"
    );
    // Files of rules are made once.
    let made: Vec<bool> = session.make_rule_files().unwrap().iter().map(|file| file.made).collect();
    assert_eq!(made, [false, true]);
}
