//! Somebody changes the evidence while it is scanned.

use std::io::Write;
use std::sync::atomic::AtomicBool;

use case_store::RunState;
use pipeline::{Event, ScanConfig, Stage};

use crate::harness::{Meddler, NOBODY, scanned};

#[test]
fn an_image_that_is_written_to_while_it_is_scanned_is_not_complete_and_says_what_changed() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("medium.raw");
    std::fs::write(&image, vec![0; 65_536]).unwrap();
    let certify = |event: &Event<'_>| matches!(event, Event::Stage(Stage::Certify));
    let write = || {
        std::fs::File::options().append(true).open(&image).unwrap().write_all(&[1; 512]).unwrap();
    };
    let meddler = Meddler { when: certify, what: write, done: AtomicBool::new(false) };
    let (state, damages) = scanned(folder.path(), image.clone(), &ScanConfig::default(), &meddler);
    assert_eq!(state, RunState::Incomplete);
    let [text] = &damages[..] else { panic!("{damages:?}") };
    for part in [
        image.to_str().unwrap(),
        "was changed while it was scanned",
        "it was 65536 bytes",
        "66048 bytes",
        "scan it again",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn another_file_in_the_place_of_the_image_is_noticed_even_of_the_same_size_and_time() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("medium.raw");
    let other = folder.path().join("other.raw");
    std::fs::write(&image, vec![0; 65_536]).unwrap();
    std::fs::write(&other, vec![1; 65_536]).unwrap();
    let time = std::fs::metadata(&image).unwrap().modified().unwrap();
    std::fs::File::options().write(true).open(&other).unwrap().set_modified(time).unwrap();
    let certify = |event: &Event<'_>| matches!(event, Event::Stage(Stage::Certify));
    let swap = || std::fs::rename(&other, &image).unwrap();
    let meddler = Meddler { when: certify, what: swap, done: AtomicBool::new(false) };
    let (state, damages) = scanned(folder.path(), image.clone(), &ScanConfig::default(), &meddler);
    assert_eq!(state, RunState::Incomplete);
    assert!(damages.iter().any(|text| text.contains("another file is there")), "{damages:?}");
}

#[test]
fn a_file_of_a_folder_that_is_written_to_before_it_is_read_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let item = folder.path().join("item");
    std::fs::create_dir(&item).unwrap();
    (0..3).for_each(|number| std::fs::write(item.join(format!("f{number}")), [7; 100]).unwrap());
    // The first item is read: the others are listed, not read yet.
    let first = |event: &Event<'_>| matches!(event, Event::Advanced(_));
    let grow = || std::fs::write(item.join("f2"), [8; 200]).unwrap();
    let meddler = Meddler { when: first, what: grow, done: AtomicBool::new(false) };
    let (state, damages) = scanned(folder.path(), item.clone(), &ScanConfig::default(), &meddler);
    assert_eq!(state, RunState::Incomplete);
    let [text] = &damages[..] else { panic!("{damages:?}") };
    assert!(text.contains("f2 was changed while it was scanned: it was 100 bytes"), "{text}");
}

#[test]
fn evidence_that_nobody_touches_is_complete() {
    for is_folder in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let item = folder.path().join("item");
        match is_folder {
            true => {
                std::fs::create_dir(&item).unwrap();
                std::fs::write(item.join("f"), [7; 100]).unwrap();
            }
            false => std::fs::write(&item, vec![0; 65_536]).unwrap(),
        }
        assert_eq!(
            scanned(folder.path(), item, &ScanConfig::default(), &NOBODY),
            (RunState::Complete, Vec::new())
        );
    }
}
