//! Questions, exports and contents: each leaves its entry, also when whoever asked has seen enough.

use case_model::to_hex;
use case_store::Filter;
use casework::{CaseworkError, IndexExport};
use custody::Act;
use look::CatPart;
use sha2::{Digest, Sha256};

use crate::harness::{House, case, folder, last_of, name, scan, verdict};

fn all() -> Filter {
    Filter { dispositions: vec![case_model::Disposition::Hashed], ..Filter::default() }
}

#[test]
fn a_question_is_recorded_with_the_rows_that_were_seen() {
    let house = House::new();
    let mut session = house.session();
    scan(&mut session, &[folder(&house)]);
    let mut paths = Vec::new();
    let found = session.find(&case(), &all(), "--disposition hashed".into(), &mut |row| {
        paths.push(row.path.clone());
        Ok::<(), ()>(())
    });
    assert_eq!(found.unwrap().rows, 2);
    paths.sort();
    assert_eq!(paths, ["/a.txt", "/b/b.txt"]);
    let body = last_of(&mut session, &name(), Act::Query);
    assert!(body.contains(r#""query":"--disposition hashed","rows":"2""#), "{body}");
    // Enough after one row: one row was seen.
    let found = session.find(&case(), &all(), "again".into(), &mut |_| Err("closed")).unwrap();
    assert_eq!((found.rows, found.taken), (1, Err("closed")));
    let body = last_of(&mut session, &name(), Act::Query);
    assert!(body.contains(r#""query":"again","rows":"1""#), "{body}");
}

#[test]
fn an_export_is_recorded_with_where_it_went_and_why() {
    let house = House::new();
    let mut session = house.session();
    scan(&mut session, &[folder(&house)]);
    let export =
        || IndexExport { what: "rows".into(), to: "a stick".into(), reason: "asked for".into() };
    let done = session
        .export_index(&case(), &Filter::default(), export(), &mut |_| Ok::<(), &str>(()), || Ok(()))
        .unwrap();
    assert!(done.taken.is_ok());
    let body = last_of(&mut session, &name(), Act::Export);
    assert!(
        body.contains(r#""reason":"asked for""#) && body.contains(r#""to":"a stick""#),
        "{body}"
    );
    let cut = session
        .export_index(&case(), &Filter::default(), export(), &mut |_| Ok(()), || Err("disk full"))
        .unwrap();
    assert_eq!(cut.taken, Err("disk full"));
    assert_eq!(verdict(&mut session, &name()).findings, Vec::<String>::new());
}

#[test]
fn content_is_handed_out_with_its_digest_and_a_change_of_the_evidence_is_told() {
    let house = House::new();
    let mut session = house.session();
    scan(&mut session, &[folder(&house)]);
    let row = row_of(&mut session, "/a.txt");
    let mut bytes = Vec::new();
    let taken = session.take_content(&case(), row, CatPart::Content, None, &mut bytes).unwrap();
    assert_eq!((bytes.as_slice(), &taken.other_sha256), (b"first".as_slice(), &None));
    let body = last_of(&mut session, &name(), Act::Cat);
    assert!(body.contains(r#""agrees_with_index":"yes""#), "{body}");
    assert!(body.contains(&to_hex(&Sha256::digest(b"first"))), "{body}");
    house.write("evidence/a.txt", b"other");
    let taken =
        session.take_content(&case(), row, CatPart::Content, None, &mut Vec::new()).unwrap();
    assert_eq!(taken.other_sha256.unwrap(), Sha256::digest(b"first").to_vec());
    assert!(last_of(&mut session, &name(), Act::Cat).contains(r#""agrees_with_index":"no""#));
}

#[test]
fn content_that_could_not_be_handed_out_is_recorded_as_interrupted() {
    let house = House::new();
    let mut session = house.session();
    scan(&mut session, &[folder(&house)]);
    let row = row_of(&mut session, "/a.txt");
    std::fs::remove_file(house.path("evidence/a.txt")).unwrap();
    session.take_content(&case(), row, CatPart::Content, None, &mut Vec::new()).unwrap_err();
    assert!(last_of(&mut session, &name(), Act::Cat).contains("broken_off"));
    let none = session.take_content(
        &case(),
        case_store::EntryId::from_number(9_999),
        CatPart::Content,
        None,
        &mut Vec::new(),
    );
    assert!(matches!(none, Err(CaseworkError::Request(_))), "{none:?}");
}

fn row_of(session: &mut casework::Session, path: &str) -> case_store::EntryId {
    let mut found = None;
    session
        .case(&case())
        .unwrap()
        .find(&all(), &mut |row| {
            found = found.or((row.path == path).then_some(row.id));
            true
        })
        .unwrap();
    found.unwrap()
}

/// Programs that make such paths text put the same mark in the place of either byte.
#[test]
fn evidence_under_paths_that_are_no_text_is_two_exhibits_and_read_back() {
    use std::os::unix::ffi::OsStrExt;
    let house = House::new();
    let folders = [b"evidence \xff", b"evidence \xfe"]
        .map(|name| house.path("").join(std::ffi::OsStr::from_bytes(name)));
    for (folder, bytes) in folders.iter().zip(["first", "other"]) {
        std::fs::create_dir(folder).unwrap();
        std::fs::write(folder.join("a.txt"), bytes).unwrap();
    }
    let mut session = house.session();
    scan(&mut session, &folders);
    let covered = session.coverage(&case()).unwrap();
    let shown: Vec<_> = covered.exhibits.iter().map(|exhibit| exhibit.path.clone()).collect();
    assert!(
        shown[0].ends_with("/evidence \\xff") && shown[1].ends_with("/evidence \\xfe"),
        "{shown:?}"
    );
    assert!(covered.exhibits.iter().all(|exhibit| exhibit.state == casework::ExhibitState::Read));
    let mut rows = Vec::new();
    session
        .case(&case())
        .unwrap()
        .find(&all(), &mut |row| {
            rows.extend((row.path == "/a.txt").then_some(row.id));
            true
        })
        .unwrap();
    let read = rows.into_iter().map(|row| {
        let mut bytes = Vec::new();
        session.take_content(&case(), row, CatPart::Content, None, &mut bytes).unwrap();
        bytes
    });
    assert_eq!(read.collect::<Vec<_>>(), [b"first", b"other"]);
    assert_eq!(verdict(&mut session, &name()).findings, Vec::<String>::new());
}

#[test]
fn after_a_change_of_the_layout_the_verdict_names_the_images_whose_rows_it_cannot_compare() {
    let house = House::new();
    let mut session = house.session();
    scan(&mut session, &[folder(&house)]);
    let migrated = custody::content::SchemaMigrateContent {
        from: "6".into(),
        to: "7".into(),
        copy_of_before: None,
        copy_sha256: None,
    };
    let entry = session.author().entry(migrated);
    session.append(&name(), entry).unwrap();
    house.database().execute("UPDATE image SET scan_ns = scan_ns + 1", []).unwrap();
    let verdict_after = verdict(&mut session, &name());
    assert_eq!(verdict_after.findings, Vec::<String>::new());
    let told = |remark: &&String| remark.contains("are not compared with entry 5");
    assert_eq!(verdict_after.remarks.iter().filter(told).count(), 1, "{:?}", verdict_after.remarks);
}
