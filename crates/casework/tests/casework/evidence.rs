//! Media that are read again.

use std::path::{Path, PathBuf};

use casework::{MediaRequest, MediumState, Session, VerifiedImage};
use custody::Act;

use crate::harness::{House, Nobody, case, folder, last_of, name, scan, verdict};

fn states(session: &mut Session, older_than: Option<i64>, at: Option<&Path>) -> Vec<String> {
    let mut states = Vec::new();
    let request = MediaRequest { older_than, at, threads: 1 };
    session
        .verify_media(&case(), &request, &Nobody, &mut |_, verified| {
            states.push(match verified {
                VerifiedImage::Read(_, finding) => finding.state.key().to_owned(),
                other => format!("{other:?}"),
            });
            Ok::<(), ()>(())
        })
        .unwrap()
        .unwrap();
    states
}

#[test]
fn a_medium_is_what_was_recorded_or_another_or_damaged_or_gone() {
    let house = House::new();
    let mut session = house.session();
    let image = house.write("disk.raw", &[7; 8192]);
    scan(&mut session, std::slice::from_ref(&image));
    assert_eq!(states(&mut session, None, None), [MediumState::Agrees.key()]);
    assert!(last_of(&mut session, &name(), Act::Verify).contains(r#""result":"agrees""#));
    house.write("disk.raw", &[8; 8192]);
    assert_eq!(states(&mut session, None, None), [MediumState::Different.key()]);
    let body = last_of(&mut session, &name(), Act::Verify);
    assert!(body.contains("sha256 is ") || body.contains("SHA-256 is "), "{body}");
    std::fs::rename(&image, house.path("elsewhere.raw")).unwrap();
    assert_eq!(states(&mut session, None, None), [MediumState::Missing.key()]);
    // At another place, as a file or in a folder.
    house.write("disk.raw", &[7; 8192]);
    std::fs::create_dir(house.path("moved")).unwrap();
    std::fs::rename(&image, house.path("moved/disk.raw")).unwrap();
    for at in [house.path("moved"), house.path("moved/disk.raw")] {
        assert_eq!(states(&mut session, None, Some(&at)), [MediumState::Agrees.key()]);
    }
    assert_eq!(verdict(&mut session, &name()).findings, Vec::<String>::new());
}

#[test]
fn what_was_read_not_long_ago_is_left_out_and_said_and_folders_are_read_again() {
    let house = House::new();
    let mut session = house.session();
    let items: Vec<PathBuf> = vec![folder(&house), house.write("disk.raw", &[7; 8192])];
    scan(&mut session, &items);
    const HOUR_NS: i64 = 3_600_000_000_000;
    assert_eq!(states(&mut session, Some(HOUR_NS), None), ["Recent", "Recent"]);
    assert_eq!(states(&mut session, Some(0), None), ["agrees", "agrees"]);
}

#[test]
fn whoever_stops_keeps_what_is_recorded_so_far() {
    let house = House::new();
    let mut session = house.session();
    let items = vec![house.write("one.raw", &[1; 8192]), house.write("two.raw", &[2; 8192])];
    scan(&mut session, &items);
    let request = MediaRequest { older_than: None, at: None, threads: 1 };
    let stopped =
        session.verify_media(&case(), &request, &Nobody, &mut |_, _| Err("enough")).unwrap();
    assert_eq!(stopped, Err("enough"));
    let body = last_of(&mut session, &name(), Act::Verify);
    assert!(body.contains("one.raw"), "{body}");
}
