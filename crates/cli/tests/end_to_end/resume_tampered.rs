//! What is changed between a break and the resumption is not resumed: neither rows that were written, nor the evidence.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::Lab;

const REFUSE: &str = "CREATE TRIGGER refuse BEFORE UPDATE OF state ON image BEGIN SELECT RAISE(ABORT, 'no verdict'); END";

/// A lab with a case whose scan was broken off between its last row and its verdict, and the evidence.
fn broken_off() -> (Lab, PathBuf) {
    let lab = Lab::new();
    let folder = lab.beside("files");
    std::fs::create_dir(&folder).unwrap();
    for number in 0..5 {
        std::fs::write(folder.join(format!("f{number}")), vec![b'a' + number; 1000]).unwrap();
    }
    let blank = lab.write("blank.img", &[0; 4096]);
    for case in ["whole", "c"] {
        lab.done(&["scan", blank.to_str().unwrap(), "--case", case]);
    }
    lab.done(&["scan", folder.to_str().unwrap(), "--case", "whole"]);
    alter(&lab, REFUSE);
    assert_ne!(lab.scan(&folder).code(), 0);
    alter(&lab, "DROP TRIGGER refuse");
    (lab, folder)
}

fn alter(lab: &Lab, statement: &str) {
    rusqlite::Connection::open(lab.case_file("c")).unwrap().execute_batch(statement).unwrap();
}

/// Resumes, and gives what the ledger says of the earlier scan.
fn resumed(lab: &Lab, folder: &Path) -> String {
    let run = lab.scan(folder);
    assert_eq!(run.code(), 0, "{}", run.all());
    let entries = lab.done(&["custody", "show", "c", "--json"]).objects();
    let told = entries.iter().filter(|entry| entry["body"]["act"] == "scan_interrupted");
    told.map(|entry| entry["body"]["fields"].to_string()).collect()
}

#[test]
fn what_nobody_changed_is_resumed() {
    let (lab, folder) = broken_off();
    let told = resumed(&lab, &folder);
    assert!(told.contains("it goes on from its last checkpoint"), "{told}");
    assert_eq!(lab.digest("c"), lab.digest("whole"));
}

#[test]
fn a_row_that_was_changed_meanwhile_begins_the_item_again() {
    for change in [
        "UPDATE entry SET sha256 = zeroblob(32) WHERE name = 'f3'",
        "UPDATE entry SET name = 'g3' WHERE name = 'f3'",
        "DELETE FROM entry WHERE name = 'f3'",
        "UPDATE scan_checkpoint SET elapsed_ns = elapsed_ns + 1",
    ] {
        let (lab, folder) = broken_off();
        alter(&lab, change);
        let told = resumed(&lab, &folder);
        assert!(told.contains("not what this lab's key sealed"), "{change}: {told}");
        assert_eq!(lab.digest("c"), lab.digest("whole"), "{change}");
    }
}

#[test]
fn evidence_that_was_changed_meanwhile_begins_again_though_its_time_was_set_back() {
    let (lab, folder) = broken_off();
    let file = folder.join("f3");
    let times = lab.beside("times");
    let run = |program: &str, arguments: &[&std::ffi::OsStr]| {
        assert!(Command::new(program).args(arguments).status().unwrap().success());
    };
    run("cp", &["-p".as_ref(), file.as_os_str(), times.as_os_str()]);
    std::fs::write(&file, vec![b'z'; 1000]).unwrap();
    run("touch", &["-r".as_ref(), times.as_os_str(), file.as_os_str()]);
    let told = resumed(&lab, &folder);
    assert!(told.contains("the evidence is not the same as then"), "{told}");
    assert_ne!(lab.digest("c"), lab.digest("whole"));
}
