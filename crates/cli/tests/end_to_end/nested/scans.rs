//! Images inside an image, scanned into a case.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::disks::{NOTES, converted, done, ext4_of, inner_disk, text};
use crate::program::Lab;

/// A disk of 3 MiB in a qcow2 in an ext4 in a VHDX in another ext4: the outermost volume.
fn nested_twice(lab: &Lab) -> Option<PathBuf> {
    let work = lab.beside("work");
    let middle = lab.beside("middle");
    let outer = lab.beside("outer");
    for folder in [&work, &middle, &outer] {
        std::fs::create_dir_all(folder).unwrap();
    }
    let disk = inner_disk(&work)?;
    let (raw, whole) = (work.join("middle.raw"), lab.beside("whole.raw"));
    std::fs::write(outer.join("readme.txt"), b"plain").unwrap();
    let made = converted(&disk, &["qcow2"], &middle.join("inner.qcow2"))
        && ext4_of(&middle, &raw, "16M")
        && converted(&raw, &["vhdx"], &outer.join("middle.vhdx"))
        && ext4_of(&outer, &whole, "64M");
    made.then_some(whole)
}

fn scan(lab: &Lab, image: &str, case: &str, more: &[&str]) -> crate::program::Run {
    let run = lab.run(&[&["scan", image, "--case", case], more].concat());
    assert_eq!(run.code(), 0, "{}", run.all());
    run
}

#[test]
fn an_image_that_is_not_read_inside_is_said_by_every_answer() {
    let lab = Lab::new();
    let Some(whole) = nested_twice(&lab) else { return };
    let scanned = scan(&lab, text(&whole), "c", &[]);
    for word in
        ["1 image in a file, NOT READ INSIDE", "/middle.vhdx  vhdx", "--nested", "THE CASE IS NOT"]
    {
        assert!(scanned.all().contains(word), "{word}: {}", scanned.all());
    }
    let found = lab.run(&["find", "c", "--name", "NOTES.TXT"]);
    assert_eq!(found.code(), 3, "{}", found.all());
    assert!(
        found.err().contains("1 image in its files not read inside (/middle.vhdx)"),
        "{}",
        found.all()
    );
    assert!(found.err().contains("--nested --case c"), "{}", found.all());
    let shown = lab.run(&["case", "show", "c", "--json"]).objects();
    assert_eq!(shown[0]["nested"][0]["path"], "/middle.vhdx");
    assert_eq!(shown[0]["nested"][0]["container"], "vhdx");
    assert_eq!(shown[0]["coverage"]["gaps"][0]["kind"], "nested-unread");
    // The same again with --nested reads what is inside, and nothing else a second time.
    let nested = scan(&lab, text(&whole), "c", &["--nested"]);
    assert!(nested.all().contains("scanned into this case before"), "{}", nested.all());
    let found = lab.done(&["find", "c", "--name", "NOTES.TXT"]);
    assert!(
        found.out().contains("whole.raw:/middle.vhdx!/inner.qcow2!/NOTES.TXT"),
        "{}",
        found.all()
    );
}

#[test]
fn nested_images_are_images_of_the_case_with_their_parents() {
    let lab = Lab::new();
    let Some(whole) = nested_twice(&lab) else { return };
    scan(&lab, text(&whole), "c", &["--nested"]);
    let rows = lab.export("c");
    let by_path = |image: &str, path: &str| -> Value {
        let found = rows.iter().find(|row| row["image"] == image && row["path"] == path);
        found.unwrap_or_else(|| panic!("no {image} {path}")).clone()
    };
    let notes = by_path("whole.raw:/middle.vhdx!/inner.qcow2!", "/NOTES.TXT");
    let entry = notes["id"].as_i64().unwrap_or_else(|| panic!("{notes}")).to_string();
    let cat = lab.done(&["cat", "c", &entry]);
    assert_eq!(cat.bytes(), NOTES);
    // The chain of parents stands in the case file.
    let connection = rusqlite::Connection::open(lab.case_file("c")).unwrap();
    let parent = "SELECT p.name, e.name, c.place FROM image c JOIN entry e ON e.id = c.parent JOIN file_system f ON f.id = e.file_system \
         JOIN volume v ON v.id = f.volume JOIN image p ON p.id = v.image WHERE c.name = ?1";
    let of = |name: &str| -> (String, String, String) {
        connection
            .query_row(parent, [name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .unwrap()
    };
    let (around, file, place) = of("whole.raw:/middle.vhdx!/inner.qcow2!");
    assert_eq!((around.as_str(), file.as_str()), ("whole.raw:/middle.vhdx!", "inner.qcow2"));
    assert!(place.starts_with("@0:ext4:") && place.matches("/image").count() == 2, "{place}");
    let (around, file, _) = of("whole.raw:/middle.vhdx!");
    assert_eq!((around.as_str(), file.as_str()), ("whole.raw", "middle.vhdx"));
    // Their media are read again inside the exhibit, and where the exhibit was moved to.
    let verified = lab.done(&["evidence", "verify", "c", "--json"]).objects();
    let results: Vec<&Value> = verified.iter().filter_map(|row| row.get("result")).collect();
    assert_eq!(results, [&Value::from("agrees"); 3], "{verified:?}");
    let moved = lab.beside("moved");
    std::fs::create_dir(&moved).unwrap();
    std::fs::rename(&whole, moved.join("whole.raw")).unwrap();
    let verified = lab.done(&["evidence", "verify", "c", "--at", text(&moved), "--json"]).objects();
    assert_eq!(verified.iter().filter(|row| row["result"] == "agrees").count(), 3, "{verified:?}");
    let custody = lab.run(&["custody", "verify", "c"]);
    assert!(matches!(custody.code(), 0 | 4 | 5 | 3), "{}", custody.all());
    assert!(custody.out().contains("its digest is that of entry"), "{}", custody.all());
}

#[test]
fn nested_files_have_the_digests_of_the_same_image_scanned_alone() {
    let lab = Lab::new();
    let Some(whole) = nested_twice(&lab) else { return };
    scan(&lab, text(&whole), "inside", &["--nested"]);
    // The inner image, taken out by another program.
    let alone = lab.beside("middle").join("inner.qcow2");
    scan(&lab, text(&alone), "alone", &[]);
    let digests = |case: &str, image: &str| -> BTreeMap<String, Value> {
        let rows = lab.export(case);
        let of_image = rows.iter().filter(|row| row["image"] == image);
        of_image
            .map(|row| (row["path"].as_str().unwrap().to_owned(), row["sha256"].clone()))
            .collect()
    };
    let inside = digests("inside", "whole.raw:/middle.vhdx!/inner.qcow2!");
    let outside = digests("alone", "inner.qcow2");
    assert!(outside.contains_key("/BIG.BIN") && outside["/BIG.BIN"].is_string());
    assert_eq!(inside, outside);
}

#[test]
fn the_digest_of_a_nested_scan_does_not_depend_on_threads_or_the_way_there() {
    let lab = Lab::new();
    let Some(whole) = nested_twice(&lab) else { return };
    let whole = text(&whole);
    let digest = |case: &str, more: &[&[&str]]| {
        more.iter().for_each(|more| drop(scan(&lab, whole, case, more)));
        lab.digest(case)
    };
    let one = digest("one", &[&["--nested", "--threads", "1"]]);
    assert_eq!(digest("five", &[&["--nested", "--threads", "5"]]), one);
    assert_eq!(digest("later", &[&[], &["--nested"]]), one, "read inside by a second scan");
    assert_ne!(digest("never", &[&[]]), one, "what is inside takes part");
}

/// The program as it stands after its last commit before a kill: the verdict of the nth image is refused once.
#[test]
fn a_nested_scan_that_was_broken_off_is_finished_with_the_same_digest() {
    let lab = Lab::new();
    let Some(whole) = nested_twice(&lab) else { return };
    scan(&lab, text(&whole), "whole", &["--nested"]);
    let wanted = lab.digest("whole");
    for (case, name) in [("a", "whole.raw"), ("b", "%middle.vhdx!"), ("d", "%inner.qcow2!")] {
        let blank = lab.write("blank.img", &[0; 4096]);
        scan(&lab, text(&blank), case, &[]);
        let alter = |statement: &str| {
            rusqlite::Connection::open(lab.case_file(case))
                .unwrap()
                .execute_batch(statement)
                .unwrap();
        };
        alter(&format!(
            "CREATE TRIGGER refuse BEFORE UPDATE OF state ON image WHEN new.name LIKE '{name}' BEGIN SELECT RAISE(ABORT, 'no verdict'); END"
        ));
        let broken = lab.run(&["scan", text(&whole), "--case", case, "--nested"]);
        assert_ne!(broken.code(), 0, "{}", broken.all());
        alter("DROP TRIGGER refuse");
        let resumed = lab.run(&["scan", "--resume", "--case", case]);
        assert_eq!(resumed.code(), 0, "{case}: {}", resumed.all());
        let images = |case: &str| -> Vec<String> {
            let connection = rusqlite::Connection::open(lab.case_file(case)).unwrap();
            let mut select = connection
                .prepare("SELECT name || ' ' || state FROM image WHERE name <> 'blank.img' ORDER BY name")
                .unwrap();
            select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        assert_eq!(images(case), images("whole"));
        let alone = format!("{case}2");
        scan(&lab, text(&blank), &alone, &[]);
        scan(&lab, text(&whole), &alone, &["--nested"]);
        assert_eq!(lab.digest(case), lab.digest(&alone), "{case}");
        assert_ne!(lab.digest(case), wanted, "the blank image takes part");
    }
}

#[test]
fn a_disk_in_ewf_segments_inside_is_one_image() {
    let lab = Lab::new();
    let work = lab.beside("work");
    let source = lab.beside("source");
    std::fs::create_dir_all(&work).unwrap();
    std::fs::create_dir_all(&source).unwrap();
    let Some(disk) = inner_disk(&work) else { return };
    let whole = lab.beside("whole.raw");
    let target = source.join("seized");
    let made = done(
        "ewfacquire",
        &["-u", "-t", text(&target), "-S", "1048576", "-c", "none", text(&disk)],
    ) && ext4_of(&source, &whole, "32M");
    if !made {
        return;
    }
    scan(&lab, text(&whole), "c", &["--nested"]);
    let shown = lab.done(&["case", "show", "c", "--json"]).objects();
    let names: Vec<&str> = shown.iter().map(|image| image["image"].as_str().unwrap()).collect();
    assert_eq!(names, ["whole.raw", "whole.raw:/seized.E01!"], "the other segments are no images");
    let found = lab.done(&["find", "c", "--name", "NOTES.TXT"]);
    assert!(found.out().contains("whole.raw:/seized.E01!/NOTES.TXT"), "{}", found.all());
}

#[test]
fn an_encrypted_disk_inside_is_a_node_that_is_encrypted() {
    let lab = Lab::new();
    let work = lab.beside("work");
    let source = lab.beside("source");
    std::fs::create_dir_all(&work).unwrap();
    std::fs::create_dir_all(&source).unwrap();
    let key = work.join("key");
    let vault = source.join("vault");
    let whole = lab.beside("whole.raw");
    std::fs::write(&key, b"secret").unwrap();
    std::fs::File::create(&vault).unwrap().set_len(20 << 20).unwrap();
    let format = [
        "luksFormat",
        "-q",
        "--type",
        "luks2",
        "--pbkdf",
        "pbkdf2",
        "--pbkdf-force-iterations",
        "1000",
    ];
    if !done("cryptsetup", &[&format[..], &[text(&vault), text(&key)]].concat()) {
        return;
    }
    if !ext4_of(&source, &whole, "64M") {
        return;
    }
    let volumes = lab.run(&["volumes", &format!("{}!/vault", text(&whole)), "--json"]);
    assert_eq!(volumes.objects()[0]["node"], "encrypted", "{}", volumes.all());
    assert_eq!(volumes.code(), 3);
    let run = lab.run(&["scan", text(&whole), "--case", "c", "--nested"]);
    assert_eq!(run.code(), 3, "{}", run.all());
    assert!(run.out().contains("ENCRYPTED: LUKS 2"), "{}", run.all());
}
