//! Coverage: what answers about a case do not cover.

use casework::{CaseworkError, ExhibitState, LookedUp};
use custody::Act;

use crate::harness::{House, case, folder, last_of, name, scan};

#[test]
fn a_case_without_evidence_is_not_complete() {
    let house = House::new();
    let (mut session, _) = house.with_case();
    let coverage = session.coverage(&case()).unwrap();
    assert!(coverage.is_never_scanned() && !coverage.is_complete());
}

#[test]
fn a_case_that_was_read_whole_is_complete_and_knows_that_no_set_was_looked_up() {
    let house = House::new();
    let mut session = house.session();
    scan(&mut session, &[folder(&house)]);
    let coverage = session.coverage(&case()).unwrap();
    assert!(coverage.is_complete() && !coverage.being_scanned, "{coverage:?}");
    assert_eq!(coverage.exhibits[0].looked_up, LookedUp::None);
    assert_eq!(coverage.unmatched().count(), 1);
}

#[test]
fn an_item_that_failed_is_lacking_until_it_is_read() {
    let house = House::new();
    let mut session = house.session();
    let missing = house.path("typo.raw");
    scan(&mut session, &[folder(&house), missing.clone()]);
    let coverage = session.coverage(&case()).unwrap();
    let lacking: Vec<_> = coverage.lacking().collect();
    assert_eq!((lacking.len(), lacking[0].path.as_str()), (1, missing.to_str().unwrap()));
    assert!(matches!(lacking[0].state, ExhibitState::Failed(_)) && lacking[0].image.is_none());
    std::fs::write(&missing, [0; 4096]).unwrap();
    scan(&mut session, &[missing]);
    assert!(session.coverage(&case()).unwrap().is_complete());
}

#[test]
fn an_item_is_withdrawn_with_a_reason_and_comes_back_when_it_is_asked_for_again() {
    let house = House::new();
    let mut session = house.session();
    let missing = house.path("typo.raw");
    scan(&mut session, &[folder(&house), missing.clone()]);
    for (wanted, reason) in [("typo.raw", ""), ("evidence", "read"), ("nothing", "unknown")] {
        let refused = session.withdraw_item(&case(), wanted, reason);
        assert!(matches!(refused, Err(CaseworkError::Request(_))), "{wanted}: {refused:?}");
    }
    session.withdraw_item(&case(), "typo.raw", "a slip").unwrap();
    let body = last_of(&mut session, &name(), Act::ItemWithdraw);
    assert!(body.contains(r#""reason":"a slip""#) && body.contains("typo.raw"), "{body}");
    assert!(session.coverage(&case()).unwrap().is_complete());
    scan(&mut session, &[missing]);
    assert!(!session.coverage(&case()).unwrap().is_complete());
}

#[test]
fn a_scan_that_runs_or_was_interrupted_leaves_its_items_lacking() {
    let house = House::new();
    let mut session = house.session();
    let first = folder(&house);
    let second = house.path("second.raw");
    std::fs::write(&second, [0; 4096]).unwrap();
    scan(&mut session, &[first, second]);
    // As a kill leaves it: the second item was registered and never got its verdict.
    let database = house.database();
    database
        .execute_batch(
            "UPDATE run SET state = 'running', finished = NULL; UPDATE image SET state = 'scanning' WHERE id = 2",
        )
        .unwrap();
    let coverage = session.coverage(&case()).unwrap();
    let lacking: Vec<_> = coverage.lacking().collect();
    assert_eq!((lacking.len(), &lacking[0].state), (1, &ExhibitState::Unfinished), "{coverage:?}");
    assert!(coverage.is_unfinished() && !coverage.being_scanned);
    let _turn = session.begin_scan(&case()).unwrap();
    assert!(house.session().coverage(&case()).unwrap().being_scanned);
}
