//! Keys, trusted checkpoints and locks in a lab's folder.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use case_model::{CaseId, RecordName};
use custody::{Checkpoint, SignedCheckpoint, SigningKey};
use lab::{Lab, LabError, LabSettings};

fn lab(folder: &Path) -> Lab {
    Lab::open_or_create(folder, || LabSettings::of_new_lab("UTC")).unwrap().0
}

fn signed(size: u64) -> SignedCheckpoint {
    let key = SigningKey::from_random_bytes("lab.test/1", &[7; 32]).unwrap();
    Checkpoint::new("lab.test/1", size, [1; 32]).unwrap().sign(&key)
}

fn size(lab: &Lab, name: &RecordName) -> Option<u64> {
    lab.trusted_checkpoint(name).unwrap().map(|trusted| trusted.checkpoint().size())
}

#[test]
fn of_two_programs_that_end_at_once_the_later_state_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let lab = lab(folder.path());
    let name = RecordName::Case(CaseId::new("c").unwrap());
    assert_eq!(size(&lab, &name), None);
    for (size_signed, trusted) in [(5, 5), (3, 5), (5, 5), (8, 8)] {
        lab.trust_checkpoint(&name, &signed(size_signed)).unwrap();
        assert_eq!(size(&lab, &name), Some(trusted));
    }
    // Only a recorded restoration goes back.
    lab.replace_trusted_checkpoint(&name, &signed(2)).unwrap();
    assert_eq!(size(&lab, &name), Some(2));
    lab.forget_trusted_checkpoint(&name).unwrap();
    lab.forget_trusted_checkpoint(&name).unwrap();
    assert_eq!((size(&lab, &name), size(&lab, &RecordName::Lab)), (None, None));
}

#[test]
fn a_trusted_checkpoint_that_was_damaged_is_named_and_never_taken_for_none() {
    let folder = tempfile::tempdir().unwrap();
    let lab = lab(folder.path());
    lab.trust_checkpoint(&RecordName::Lab, &signed(5)).unwrap();
    let path = lab.trusted_checkpoint_path(&RecordName::Lab);
    for damaged in [b"".as_slice(), b"lab.test/1\n", b"\xff\xfe"] {
        std::fs::write(&path, damaged).unwrap();
        let error = lab.trusted_checkpoint(&RecordName::Lab).unwrap_err();
        assert!(
            matches!(&error, LabError::TrustedCheckpoint { path: named, .. } if *named == path),
            "{error}"
        );
    }
}

#[test]
fn a_key_is_private_never_overwritten_by_chance_and_never_longer_than_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let lab = lab(folder.path());
    let path = lab.log_key_path();
    assert!(Lab::read_key(&path).unwrap().is_none());
    Lab::write_key(&path, "first\n", false).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(matches!(Lab::write_key(&path, "second\n", false), Err(LabError::Exists(_))));
    assert_eq!(Lab::read_key(&path).unwrap(), Some(("first\n".to_owned(), false)));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(
        Lab::read_key(&path).unwrap(),
        Some(("first\n".to_owned(), true)),
        "others can read it"
    );
    std::fs::write(&path, vec![b'x'; 5_000]).unwrap();
    assert!(Lab::read_key(&path).unwrap_err().to_string().contains("longer than 4096 bytes"));
}

#[test]
fn a_waiting_key_takes_the_place_of_the_revoked_one_which_is_kept_under_its_id() {
    let folder = tempfile::tempdir().unwrap();
    let lab = lab(folder.path());
    let read = |name: &str| std::fs::read_to_string(lab.keys().join(name)).ok();
    Lab::write_key(&lab.log_key_path(), "old", false).unwrap();
    // Nothing waits: nothing happens.
    lab.take_next_log_key("22", Some("11")).unwrap();
    Lab::write_key(&lab.next_log_key_path("22"), "new", false).unwrap();
    for _ in 0..2 {
        // The second time is what a program does that was stopped in between.
        lab.take_next_log_key("22", Some("11")).unwrap();
        assert_eq!(
            (read("lab.key"), read("revoked-11.key")),
            (Some("new".into()), Some("old".into()))
        );
    }
    // A revoked key that somebody put back does not overwrite what is kept.
    Lab::write_key(&lab.log_key_path(), "put back", true).unwrap();
    Lab::write_key(&lab.next_log_key_path("33"), "newer", false).unwrap();
    lab.take_next_log_key("33", Some("11")).unwrap();
    assert_eq!(
        (read("lab.key"), read("revoked-11-2.key")),
        (Some("newer".into()), Some("put back".into()))
    );
}

#[test]
fn one_scan_of_a_case_at_a_time_and_anybody_may_ask() {
    let folder = tempfile::tempdir().unwrap();
    let lab = lab(folder.path());
    let one = CaseId::new("one").unwrap();
    let other = CaseId::new("other").unwrap();
    let lock = lab.lock_for_scan(&one).unwrap().unwrap();
    assert!(lab.lock_for_scan(&one).unwrap().is_none() && lab.is_being_scanned(&one).unwrap());
    assert!(lab.lock_for_scan(&other).unwrap().is_some());
    drop(lock);
    assert!(!lab.is_being_scanned(&one).unwrap() && lab.lock_for_scan(&one).unwrap().is_some());
}
