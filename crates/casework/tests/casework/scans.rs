//! Scans: one at a time, resumed, and never left open without a word.

use case_store::RunState;
use casework::{CaseworkError, items_left, resumed_request};
use custody::content::{NamedSet, ScanStartContent};
use hash_set::Library;
use pipeline::ScanConfig;

use crate::harness::{House, Nobody, acts, case, folder, name, scan, verdict};

#[test]
fn a_scan_is_recorded_from_its_start_to_its_end_and_signed() {
    let house = House::new();
    let mut session = house.session();
    let report = scan(&mut session, &[folder(&house)]);
    assert_eq!(report.state, RunState::Complete);
    let expected = ["case_create", "key_add", "scan_start", "register", "index", "scan_finish"];
    assert_eq!(acts(&mut session, &name()), expected);
    let verdict = verdict(&mut session, &name());
    assert_eq!((verdict.findings, verdict.covered), (Vec::new(), 6));
    assert_eq!(
        verdict.index,
        [
            "its runs, items, exhibits and sets are those of entry 6",
            "its digest is that of entry 6"
        ]
    );
}

#[test]
fn a_case_takes_one_scan_at_a_time() {
    let house = House::new();
    let (mut session, _) = house.with_case();
    let turn = session.begin_scan(&case()).unwrap();
    let second = house.session().begin_scan(&case()).unwrap_err().to_string();
    assert!(second.contains("another program is scanning"), "{second}");
    drop(turn);
    house.session().begin_scan(&case()).unwrap();
}

#[test]
fn a_scan_that_never_ended_is_closed_by_the_next_one() {
    let house = House::new();
    let (mut session, name) = house.with_case();
    let started = ScanStartContent {
        configuration: "{}".into(),
        items: 1,
        image: vec!["gone.raw".into()],
        sets: 0,
        set_digests: vec![NamedSet { name: "n".into(), version: "1".into(), digest: [1; 32] }],
        analysers: Vec::new(),
    };
    let entry = session.author().entry(started);
    let start = session.append(&name, entry).unwrap();
    let remarks = verdict(&mut session, &name).remarks;
    assert!(
        remarks.iter().any(|remark| remark.contains("scan_start was begun and has no end")),
        "{remarks:?}"
    );
    scan(&mut session, &[folder(&house)]);
    let body = crate::harness::last_of(&mut session, &name, custody::Act::ScanInterrupted);
    assert!(body.contains(&format!("\"closes_seq\":{}", start.seq)), "{body}");
    let remarks = verdict(&mut session, &name).remarks;
    assert!(!remarks.iter().any(|remark| remark.contains("has no end")), "{remarks:?}");
}

#[test]
fn a_scan_that_the_case_file_ends_is_recorded_as_interrupted_with_the_cause() {
    let house = House::new();
    let (mut session, name) = house.with_case();
    // A table that is gone, as a damaged file would be.
    house.database().execute_batch("DROP TABLE tally; DROP TABLE stored_digest").unwrap();
    let library = Library::open(&session.lab().hash_sets()).unwrap();
    let turn = session.begin_scan(&case()).unwrap();
    let image = house.write("blank.raw", &[0; 4096]);
    let failed = session.scan(&turn, &[image], &library, &ScanConfig::default(), &Nobody);
    assert!(matches!(failed, Err(CaseworkError::Scan(_))), "{failed:?}");
    let acts = acts(&mut session, &name);
    assert_eq!(acts.last(), Some(&"scan_interrupted"), "{acts:?}");
}

#[test]
fn resuming_asks_for_exactly_one_interrupted_scan() {
    let house = House::new();
    let (mut session, _) = house.with_case();
    let none = session.interrupted_case().unwrap_err();
    assert!(matches!(none, CaseworkError::Request(_)), "{none}");
    let broken = |items: Vec<std::path::PathBuf>| case_store::InterruptedRun {
        items,
        configuration: ScanConfig::default().to_json(),
        started_ns: 0,
    };
    let item = house.path("a.raw");
    let config = ScanConfig::default();
    let (items, _) =
        resumed_request(&case(), Some(broken(vec![item.clone()])), config.clone()).unwrap();
    assert_eq!(items, std::slice::from_ref(&item));
    for (run, expected) in
        [(None, "no scan of case c was broken off"), (Some(broken(Vec::new())), "name them")]
    {
        let refused = resumed_request(&case(), run, config.clone()).unwrap_err().to_string();
        assert!(refused.contains(expected), "{refused}");
    }
    assert_eq!(items_left(&broken(vec![item.clone(), house.path("b.raw")]), &[item]), 1);
}
