//! Copies of cases: made, checked, brought back.

use case_model::RecordName;
use casework::{CaseworkError, GivenUp};
use custody::Act;

use crate::harness::{House, case, folder, last_of, name, note, scan, verdict};

fn remove_case(house: &House) {
    for ending in ["db", "db-wal", "db-shm"] {
        let _ = std::fs::remove_file(house.lab().join(format!("cases/c.{ending}")));
    }
}

#[test]
fn a_copy_is_sound_on_record_in_both_ledgers_and_known_byte_for_byte() {
    let house = House::new();
    let mut session = house.session();
    scan(&mut session, &[folder(&house)]);
    let place = house.path("c.backup");
    let backup = session.back_up(&case(), &place, &mut |notice| panic!("{notice:?}")).unwrap();
    assert_eq!((backup.unrecorded.len(), backup.head.seq), (0, 6));
    for record in [RecordName::Lab, name()] {
        let body = last_of(&mut session, &record, Act::Backup);
        assert!(body.contains(&case_model::to_hex(&backup.sha256)), "{body}");
    }
    let checked = session.check_case(place.to_str().unwrap()).unwrap();
    assert_eq!(checked.health.faults, Vec::<String>::new());
    assert!(
        checked.health.remarks.iter().any(|remark| remark.starts_with("byte for byte the copy"))
    );
    // Any other byte, and it is another file: one that SQLite reserves and nothing reads.
    let mut bytes = std::fs::read(&place).unwrap();
    bytes[80] ^= 1;
    std::fs::write(&place, bytes).unwrap();
    let checked = session.check_case(place.to_str().unwrap()).unwrap();
    assert!(
        checked.health.faults.iter().any(|fault| fault.contains("another SHA-256")),
        "{:?}",
        checked.health
    );
}

#[test]
fn a_copy_never_overwrites_and_never_lies_among_the_cases() {
    let house = House::new();
    let (mut session, _) = house.with_case();
    let there = house.write("there", b"x");
    for place in [there, house.lab().join("cases/d.db")] {
        let refused = session.back_up(&case(), &place, &mut |_| ());
        assert!(matches!(refused, Err(CaseworkError::Request(_))), "{refused:?}");
    }
    // A folder: the file is named by case and time.
    std::fs::create_dir(house.path("backups")).unwrap();
    let backup = session.back_up(&case(), &house.path("backups"), &mut |_| ()).unwrap();
    let file = backup.place.file_name().unwrap().to_str().unwrap().to_owned();
    assert!(file.starts_with("c.2") && file.ends_with(".athar-backup"), "{file}");
}

#[test]
fn a_case_comes_back_and_what_is_lost_is_on_record_before_it_is_given_up() {
    let house = House::new();
    let (mut session, name) = house.with_case();
    let place = house.path("c.backup");
    session.back_up(&case(), &place, &mut |_| ()).unwrap();
    for text in ["lost one", "lost two"] {
        note(&mut session, &name, text).unwrap();
    }
    drop(session);
    let mut session = house.session();
    let refused = session.restore_case(&case(), &place, "why").unwrap_err().to_string();
    assert!(refused.contains("it is there"), "{refused}");
    remove_case(&house);
    let restored = session.restore_case(&case(), &place, "the disk died").unwrap();
    assert_eq!(restored.given_up, GivenUp::Entries(3));
    assert_eq!((restored.head.seq, restored.known), (2, Some(5)));
    for record in [RecordName::Lab, name.clone()] {
        let body = last_of(&mut session, &record, Act::Restore);
        assert!(
            body.contains("\"given_up_entries\":5") && body.contains("the disk died"),
            "{body}"
        );
    }
    assert_eq!(verdict(&mut session, &name).findings, Vec::<String>::new());
}

#[test]
fn a_copy_that_lacks_only_its_own_entry_gives_nothing_up() {
    let house = House::new();
    let (mut session, _) = house.with_case();
    let place = house.path("c.backup");
    session.back_up(&case(), &place, &mut |_| ()).unwrap();
    drop(session);
    remove_case(&house);
    let restored = house.session().restore_case(&case(), &place, "moved").unwrap();
    assert_eq!(restored.given_up, GivenUp::TheBackup);
}

#[test]
fn a_copy_of_another_lab_is_not_restored() {
    let here = House::new();
    let there = House::new();
    let (mut session, _) = there.with_case();
    let place = here.path("c.backup");
    session.back_up(&case(), &place, &mut |_| ()).unwrap();
    let refused = here.session().restore_case(&case(), &place, "why").unwrap_err().to_string();
    assert!(refused.contains("nothing was restored"), "{refused}");
    assert!(!here.lab().join("cases/c.db").exists());
}

#[test]
fn what_is_neither_a_case_nor_a_file_is_not_found() {
    let house = House::new();
    let (mut session, _) = house.with_case();
    let missing = session.check_case("nothing").unwrap_err();
    assert!(matches!(missing, CaseworkError::NoCase(_)), "{missing}");
    let own = session.check_case("c").unwrap();
    assert_eq!((own.health.faults, own.sha256), (Vec::new(), None));
}
