//! A lab that is copied as its users are told (README of `cli`, "Backups") is the same lab.

use std::path::Path;
use std::process::Command;

use rusqlite::Connection;

use crate::program::{Lab, Run};

fn copied(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").args([from, to]).status().unwrap().success());
}

fn in_lab(lab: &Path, arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_athar"));
    Run::of(command.arg("--lab").arg(lab).args(arguments).env_remove("ATHAR_LAB"))
}

/// A lab whose last entries are still in the write-ahead logs, as after a kill; and a copy of its case.
fn lab() -> (Lab, String) {
    let lab = Lab::new();
    let item = lab.write("blank.img", &[0; 4096]);
    assert_eq!(lab.scan(&item).code(), 0);
    let open = ["ledger.db", "cases/c.db"].map(|name| {
        let connection = Connection::open(lab.path().join(name)).unwrap();
        let _: i64 = connection
            .query_row("SELECT count(*) FROM custody_entry", [], |row| row.get(0))
            .unwrap();
        connection
    });
    // SQLite brings a log into its file when the last program closes it: somebody has it open.
    lab.done(&["custody", "add", "note", "c", "--text", "still in the log"]);
    lab.done(&["case", "backup", "c", lab.beside("later.backup").to_str().unwrap()]);
    for name in ["ledger.db-wal", "cases/c.db-wal"] {
        assert!(std::fs::metadata(lab.path().join(name)).unwrap().len() > 0, "{name}");
    }
    std::mem::forget(open);
    let backup = lab.beside("later.backup").to_str().unwrap().to_owned();
    (lab, backup)
}

fn goes_on(lab: &Lab, copy: &Path) {
    for arguments in [&["custody", "verify"][..], &["custody", "verify", "c"]] {
        let run = in_lab(copy, arguments);
        assert_eq!(run.code(), 3, "{}", run.all());
    }
    let digest = in_lab(copy, &["case", "digest", "c"]);
    assert_eq!(digest.out().trim(), lab.digest("c"));
    let other = lab.write("other.img", &[0; 8192]);
    let scan = in_lab(copy, &["scan", other.to_str().unwrap(), "--case", "c"]);
    assert_eq!(scan.code(), 0, "{}", scan.all());
    let verdict = in_lab(copy, &["custody", "verify", "c", "--json"]).objects().remove(0);
    assert_eq!(verdict["signed_up_to"], verdict["entries"], "the key is there: {verdict}");
}

#[test]
fn the_whole_folder_copied_is_the_same_lab() {
    let (lab, _) = lab();
    let copy = lab.beside("copy");
    copied(&lab.path(), &copy);
    goes_on(&lab, &copy);
}

#[test]
fn what_no_case_backup_holds_and_the_backups_of_the_cases_are_the_same_lab() {
    let (lab, backup) = lab();
    let copy = lab.beside("copy");
    std::fs::create_dir(&copy).unwrap();
    for name in ["lab.toml", "ledger.db", "ledger.db-wal", "keys", "checkpoints", "hash-sets"] {
        copied(&lab.path().join(name), &copy.join(name));
    }
    std::fs::create_dir(copy.join("cases")).unwrap();
    let run = in_lab(&copy, &["case", "restore", &backup, "c", "--reason", "the lab moved"]);
    assert_eq!(run.code(), 0, "{}", run.all());
    goes_on(&lab, &copy);
}

/// Why the log must be copied, too.
#[test]
fn a_ledger_without_its_log_is_refused_not_taken_for_the_whole() {
    let (lab, _) = lab();
    let copy = lab.beside("copy");
    copied(&lab.path(), &copy);
    std::fs::remove_file(copy.join("ledger.db-wal")).unwrap();
    let run = in_lab(&copy, &["custody", "verify"]);
    assert_eq!(run.code(), 1, "{}", run.all());
}
