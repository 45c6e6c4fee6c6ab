//! Reading back what an index names: out of an image, out of a folder, and when the evidence is another one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::fs;
use std::path::Path;

use byte_source::Scratch;
use case_model::Disposition;
use case_store::{EntryId, ImageId, StoredEntry};
use evidence::open_image;
use filesystem::OpenOptions;
use look::{CatError, CatPart, cat, look_up};
use sha2::{Digest, Sha256};

fn entry(image_path: &Path, path: &str) -> StoredEntry {
    StoredEntry {
        id: EntryId::from_number(1),
        image: ImageId::from_number(1),
        image_path: image_path.to_owned(),
        container: "raw".to_owned(),
        image_sha256: None,
        volume_ordinal: 0,
        file_system: String::new(),
        number: 0,
        generation: 0,
        stream: 0,
        path: path.to_owned(),
        name_raw: None,
        size: 0,
        disposition: Disposition::Hashed,
        kind: "file".to_owned(),
        stream_kind: "data".to_owned(),
        sha256: None,
    }
}

/// The entry that an index would hold for a path of the demonstration disk.
fn of_demo(path: &str) -> StoredEntry {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/demo/demo.raw");
    let image = open_image(&demo, &OpenOptions::default(), &mut Scratch::new()).unwrap();
    let found = look_up(&image, path, 1, &|_| true).unwrap();
    let readable = image.located(&found[0].locator).unwrap();
    StoredEntry {
        volume_ordinal: readable.volume.ordinal.try_into().unwrap(),
        file_system: readable.file_system.summary().kind.name().to_owned(),
        number: found[0].locator.record.number,
        generation: found[0].locator.record.generation,
        ..entry(&demo, path)
    }
}

#[test]
fn content_and_slack_of_an_entry_are_read_out_of_its_image() {
    let entry = of_demo("/home/léa/hôtes.txt");
    let mut content = Vec::new();
    let report = cat(&entry, CatPart::Content, 0, &mut content).unwrap();
    assert_eq!(report.sha256, <[u8; 32]>::from(Sha256::digest(&content)));
    assert_eq!(report.bytes, content.len() as u64);
    let mut slack = Vec::new();
    cat(&entry, CatPart::Slack, 0, &mut slack).unwrap();
    // Blocks of 1 KiB.
    assert_eq!((content.len() + slack.len()) % 1024, 0, "{} and {}", content.len(), slack.len());
}

#[test]
fn a_file_system_or_stream_that_is_not_there_is_said_with_the_image() {
    let sound = of_demo("/home/léa/hôtes.txt");
    let elsewhere = StoredEntry { volume_ordinal: 99, ..sound.clone() };
    let no_stream = StoredEntry { stream: 7, ..sound };
    for (entry, what) in [(elsewhere, "its file system"), (no_stream, "the stream")] {
        let told = cat(&entry, CatPart::Content, 0, &mut Vec::new()).unwrap_err().to_string();
        assert!(
            told.contains("demo.raw")
                && told.contains(what)
                && told.contains("is it the same image?"),
            "{told}"
        );
    }
}

#[test]
fn a_file_of_a_folder_is_found_by_its_place_or_else_by_its_path() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.txt"), "first").unwrap();
    fs::write(folder.path().join("b.txt"), "second").unwrap();
    let of_folder = |number, path: &str| StoredEntry {
        container: "folder".to_owned(),
        number,
        ..entry(folder.path(), path)
    };
    for number in [0, 1, 2, 99] {
        let mut bytes = Vec::new();
        cat(&of_folder(number, "/b.txt"), CatPart::Content, 0, &mut bytes).unwrap();
        assert_eq!(bytes, b"second", "number {number}");
    }
    let told = cat(&of_folder(0, "/gone.txt"), CatPart::Content, 0, &mut Vec::new()).unwrap_err();
    assert!(matches!(&told, CatError::NotThere(_, what) if what == "/gone.txt"), "{told}");
    let told = cat(&of_folder(0, "/a.txt"), CatPart::Slack, 0, &mut Vec::new()).unwrap_err();
    assert!(matches!(told, CatError::NoSlack(_)), "{told}");
}
