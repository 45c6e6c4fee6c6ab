//! Images in a folder of the host.

use super::disks::{NOTES, converted, done, inner_disk, text};
use crate::program::Lab;

/// A folder with a disk as qcow2 and as E01, a text, and nothing else.
fn queue(lab: &Lab) -> Option<std::path::PathBuf> {
    let work = lab.beside("work");
    let queue = lab.beside("queue");
    std::fs::create_dir_all(&work).unwrap();
    std::fs::create_dir_all(queue.join("second")).unwrap();
    let disk = inner_disk(&work)?;
    std::fs::write(queue.join("notes.txt"), b"plain").unwrap();
    let target = queue.join("second/seized");
    let made = converted(&disk, &["qcow2"], &queue.join("first.qcow2"))
        && done(
            "ewfacquire",
            &["-u", "-t", text(&target), "-S", "1048576", "-c", "none", text(&disk)],
        );
    made.then_some(queue)
}

#[test]
fn images_in_a_folder_are_recognised_and_read_on_request() {
    let lab = Lab::new();
    let Some(queue) = queue(&lab) else { return };
    let scanned = lab.run(&["scan", text(&queue), "--case", "c"]);
    assert_eq!(scanned.code(), 0, "{}", scanned.all());
    for word in
        ["2 images in files, NOT READ INSIDE", "/first.qcow2", "/second/seized.E01", "--nested"]
    {
        assert!(scanned.all().contains(word), "{word}: {}", scanned.all());
    }
    assert!(!scanned.out().contains("seized.E02  ewf"), "a segment is no image: {}", scanned.all());
    assert_eq!(lab.run(&["find", "c", "--hit"]).code(), 3, "never a false nothing");
    let nested = lab.run(&["scan", text(&queue), "--case", "c", "--nested"]);
    assert_eq!(nested.code(), 0, "{}", nested.all());
    let found = lab.done(&["find", "c", "--name", "NOTES.TXT"]);
    for path in ["queue:/first.qcow2!/NOTES.TXT", "queue:/second/seized.E01!/NOTES.TXT"] {
        assert!(found.out().contains(path), "{path}: {}", found.all());
    }
    let row = lab
        .export("c")
        .into_iter()
        .find(|row| row["image"] == "queue:/first.qcow2!" && row["path"] == "/NOTES.TXT");
    let entry = row.unwrap()["id"].as_i64().unwrap().to_string();
    assert_eq!(lab.done(&["cat", "c", &entry]).bytes(), NOTES);
    // The folder is compared file by file, both images in it by their media.
    let verified = lab.run(&["evidence", "verify", "c"]);
    assert_eq!(
        (verified.code(), verified.out().matches(": agrees").count()),
        (0, 3),
        "{}",
        verified.all()
    );
}

#[test]
fn a_folder_that_holds_the_lab_leaves_it_out_and_says_so() {
    let lab = Lab::new();
    let folder = lab.path().parent().unwrap().to_owned();
    lab.write("notes.txt", b"plain");
    // The lab is made by the first scan, inside the folder that is scanned.
    let scanned = lab.run(&["scan", text(&folder), "--case", "c"]);
    assert_eq!(scanned.code(), 0, "{}", scanned.all());
    assert!(
        scanned.out().contains("the folder of the lab that takes the evidence in"),
        "{}",
        scanned.all()
    );
    let rows = lab.export("c");
    let below: Vec<&str> = rows
        .iter()
        .map(|row| row["path"].as_str().unwrap())
        .filter(|path| path.starts_with("/lab"))
        .collect();
    assert_eq!(below, ["/lab"], "nothing of the lab is evidence");
}
