//! `athar case backup`, `restore` and `check`: what comes back is what was copied, and both ledgers say so.

use std::process::Stdio;

use faults::{Gate, Shim};
use rusqlite::Connection;
use serde_json::Value;

use crate::program::Lab;

/// A lab with a case of one image.
pub(crate) fn lab() -> Lab {
    let lab = Lab::new();
    let item = lab.write("blank.img", &[0; 4096]);
    assert_eq!(lab.scan(&item).code(), 0);
    lab
}

/// Copies case `c` beside the lab.
pub(crate) fn backup(lab: &Lab, name: &str) -> String {
    let place = lab.beside(name).to_str().unwrap().to_owned();
    lab.done(&["case", "backup", "c", &place]);
    place
}

pub(crate) fn lose_case(lab: &Lab) {
    for ending in ["db", "db-wal", "db-shm"] {
        let _ = std::fs::remove_file(lab.path().join("cases").join(format!("c.{ending}")));
    }
}

pub(crate) fn acts(lab: &Lab, case: Option<&str>) -> Vec<Value> {
    let arguments: Vec<&str> = ["custody", "show", "--json"].into_iter().chain(case).collect();
    lab.done(&arguments)
        .objects()
        .into_iter()
        .filter(|entry| entry["body"]["act"].is_string())
        .collect()
}

#[test]
fn a_case_comes_back_from_its_copy() {
    let lab = lab();
    let digest = lab.digest("c");
    let rows = lab.export("c");
    let before = acts(&lab, Some("c"));
    let copy = backup(&lab, "c.backup");
    // The copy's ledger is the beginning of the case's, whose next entry names the copy by its digest.
    let own = &acts(&lab, Some("c"))[before.len()];
    assert_eq!(own["body"]["act"], "backup");
    let head = Connection::open(&copy).unwrap();
    let (entries, signed): (i64, i64) = head
        .query_row(
            "SELECT (SELECT max(seq) FROM custody_entry), (SELECT max(seq) FROM custody_checkpoint)",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!(
        (entries, signed),
        (before.len() as i64, before.len() as i64),
        "signed up to its last entry"
    );
    assert_eq!(own["body"]["fields"]["entries"], entries);
    assert_eq!(sha256sum(&copy), own["body"]["fields"]["sha256"].as_str().unwrap());
    let told = acts(&lab, None);
    let told = told.iter().find(|entry| entry["body"]["act"] == "backup").unwrap();
    assert_eq!(told["body"]["fields"], own["body"]["fields"], "the lab's ledger says the same");
    let check = lab.done(&["case", "check", &copy, "--json"]).objects().remove(0);
    assert_eq!((&check["sound"], &check["entries"]), (&Value::Bool(true), &Value::from(entries)));

    lose_case(&lab);
    let run = lab.done(&["case", "restore", &copy, "c", "--reason", "the disk failed"]);
    assert!(run.out().contains("is back") && !run.out().contains("GIVEN UP"), "{}", run.all());
    assert_eq!((lab.digest("c"), lab.export("c").len()), (digest, rows.len()));
    lab.consistent(&["custody", "verify", "c"]);
    lab.consistent(&["custody", "verify"]);
    lab.done(&["case", "check", "c"]);
    let restored = &acts(&lab, Some("c"))[before.len()];
    assert_eq!(
        (&restored["body"]["act"], &restored["body"]["reason"]),
        (&"restore".into(), &"the disk failed".into())
    );
    assert!(acts(&lab, None).iter().any(|entry| entry["body"]["act"] == "restore"));
}

/// By another program.
fn sha256sum(path: &str) -> String {
    let output = std::process::Command::new("sha256sum").arg(path).output().unwrap();
    String::from_utf8_lossy(&output.stdout)
        .split(' ')
        .next()
        .unwrap_or_default()
        .trim_start_matches('\\')
        .to_owned()
}

#[test]
fn what_the_lab_knows_beyond_the_copy_is_said_and_recorded() {
    let lab = lab();
    let copy = backup(&lab, "c.backup");
    lab.done(&["custody", "add", "note", "c", "--text", "lost later"]);
    lab.done(&["find", "c", "--name", "x"]);
    let known = acts(&lab, Some("c")).len();
    lose_case(&lab);
    let run = lab.run(&["case", "restore", &copy, "c", "--reason", "the disk failed"]);
    assert_eq!(run.code(), 3, "{}", run.all());
    assert!(
        run.out().contains(&format!("GIVEN UP      the lab knows {known} entries")),
        "{}",
        run.all()
    );
    for case in [Some("c"), None] {
        let entries = acts(&lab, case);
        let entry = entries.iter().find(|entry| entry["body"]["act"] == "restore").unwrap();
        assert_eq!(entry["body"]["fields"]["given_up_entries"], known);
    }
    // The case goes on from there.
    lab.done(&["custody", "add", "note", "c", "--text", "after"]);
    lab.consistent(&["custody", "verify", "c"]);
}

#[test]
fn nothing_is_overwritten() {
    let lab = lab();
    let copy = backup(&lab, "c.backup");
    let bytes = std::fs::read(&copy).unwrap();
    let again = lab.run(&["case", "backup", "c", &copy]);
    assert_eq!(
        (again.code(), std::fs::read(&copy).unwrap() == bytes),
        (2, true),
        "{}",
        again.all()
    );
    let case = std::fs::read(lab.case_file("c")).unwrap();
    let over = lab.run(&["case", "restore", &copy, "c", "--reason", "x"]);
    assert_eq!(
        (over.code(), std::fs::read(lab.case_file("c")).unwrap() == case),
        (2, true),
        "{}",
        over.all()
    );
    // What a lost case left beside it is not taken for a part of the copy.
    std::fs::rename(lab.case_file("c"), lab.beside("moved")).unwrap();
    std::fs::write(lab.path().join("cases/c.db-wal"), b"old").unwrap();
    let beside = lab.run(&["case", "restore", &copy, "c", "--reason", "x"]);
    assert_eq!(beside.code(), 2, "{}", beside.all());
    assert!(beside.err().contains("c.db-wal"), "{}", beside.all());
}

#[test]
fn copies_go_into_a_folder_under_a_name_that_says_what_they_are_but_not_among_the_cases() {
    let lab = lab();
    let folder = lab.beside("copies");
    std::fs::create_dir(&folder).unwrap();
    lab.done(&["case", "backup", "c", folder.to_str().unwrap()]);
    let names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        matches!(&names[..], [name] if name.starts_with("c.20") && name.ends_with(".athar-backup")),
        "{names:?}"
    );
    let among = lab.run(&["case", "backup", "c", lab.path().join("cases/d.db").to_str().unwrap()]);
    assert_eq!(among.code(), 2, "{}", among.all());
    let wrong = lab.run(&[
        "case",
        "restore",
        folder.join(&names[0]).to_str().unwrap(),
        "other",
        "--reason",
        "x",
    ]);
    assert_eq!(wrong.code(), 2, "{}", wrong.all());
    assert!(wrong.err().contains("is a copy of case c"), "{}", wrong.all());
}

#[test]
fn a_copy_of_another_lab_is_refused() {
    let here = lab();
    let there = lab();
    let copy = backup(&there, "c.backup");
    lose_case(&here);
    let refused = here.run(&["case", "restore", &copy, "c", "--reason", "x"]);
    assert_eq!(refused.code(), 1, "{}", refused.all());
    assert!(refused.err().contains("nothing was restored"), "{}", refused.all());
    assert!(!here.case_file("c").exists());
}

fn signal(which: &str, child: &std::process::Child) {
    assert!(
        std::process::Command::new("kill")
            .args([which, &child.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
}

/// A copy without a checkpoint proves nothing by itself: only the lab's ledger does.
#[test]
fn a_copy_without_a_checkpoint_that_the_lab_does_not_name_is_refused() {
    let lab = lab();
    let copy = lab.beside("unsigned");
    std::fs::copy(lab.case_file("c"), &copy).unwrap();
    let connection = Connection::open(&copy).unwrap();
    let forget = "PRAGMA journal_mode = DELETE; \
                  DELETE FROM custody_checkpoint; DELETE FROM custody_entry WHERE seq > 3";
    for trigger in triggers(&connection) {
        connection.execute_batch(&format!("DROP TRIGGER {trigger}")).unwrap();
    }
    connection.execute_batch(forget).unwrap();
    drop(connection);
    lose_case(&lab);
    let refused = lab.run(&["case", "restore", copy.to_str().unwrap(), "c", "--reason", "x"]);
    assert_eq!(refused.code(), 1, "{}", refused.all());
    assert!(!lab.case_file("c").exists());
}

fn triggers(connection: &Connection) -> Vec<String> {
    let mut select =
        connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").unwrap();
    select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_copy_made_while_a_scan_runs_is_sound_and_of_one_moment() {
    let lab = Lab::new();
    let folder = lab.beside("many");
    std::fs::create_dir(&folder).unwrap();
    for number in 0..12_000 {
        std::fs::write(folder.join(format!("file {number}")), format!("content {number}")).unwrap();
    }
    // The scan waits in its middle until the first copy is made.
    let shim = Shim::build().unwrap();
    let gate = Gate::new(lab.beside("gate"));
    let mut command = lab.command(&["scan", folder.to_str().unwrap(), "--case", "c"]);
    shim.wait_at(&mut command, &folder.canonicalize().unwrap().join("file 9999"), 0, &gate);
    let mut scan = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    gate.wait_for(&mut scan).unwrap();
    let runs = |path: &std::path::Path, state: &str| -> i64 {
        let query = format!("SELECT count(*) FROM run WHERE state = '{state}'");
        Connection::open(path)
            .and_then(|file| file.query_row(&query, [], |row| row.get(0)))
            .unwrap_or(0)
    };
    assert_eq!(runs(&lab.case_file("c"), "running"), 1);
    // The scan stands still while the first copy is made: a copy does not wait for it.
    signal("-STOP", &scan);
    let first = lab.beside("first.backup");
    let mut making = lab
        .command(&["case", "backup", "c", first.to_str().unwrap()])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !first.exists() && making.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    signal("-CONT", &scan);
    let made = making.wait_with_output().unwrap();
    gate.open().unwrap();
    let said = String::from_utf8_lossy(&made.stderr).into_owned();
    assert_eq!(made.status.code(), Some(0), "{said}");
    assert!(said.contains("a scan is writing to the case"), "{said}");
    assert_eq!(runs(&first, "running"), 1, "the copy is of the middle of the scan");
    let mut copies = vec![first];
    while scan.try_wait().unwrap().is_none() {
        let copy = lab.beside(&format!("{}.backup", copies.len()));
        let run = lab.run(&["case", "backup", "c", copy.to_str().unwrap()]);
        assert_eq!(run.code(), 0, "{}", run.all());
        copies.push(copy);
    }
    assert_eq!(scan.wait().unwrap().code(), Some(0));
    let middle = copies.iter().filter(|copy| runs(copy, "running") == 1).count();
    eprintln!("{} copies begun while the scan ran, {middle} of them of its middle", copies.len());
    for copy in &copies {
        let check = lab.run(&["case", "check", copy.to_str().unwrap()]);
        assert_eq!(check.code(), 0, "{}", check.all());
    }
    lab.consistent(&["custody", "verify", "c"]);
    // A copy of the middle of a scan comes back as a case whose scan was broken off.
    let whole = lab.digest("c");
    lose_case(&lab);
    let back = lab.run(&[
        "case",
        "restore",
        copies[0].to_str().unwrap(),
        "c",
        "--reason",
        "the disk failed",
    ]);
    assert_eq!(back.code(), 3, "{}", back.all());
    assert!(back.out().contains("GIVEN UP"), "{}", back.all());
    assert_eq!(lab.run(&["scan", folder.to_str().unwrap(), "--case", "c"]).code(), 0);
    assert_eq!(lab.digest("c"), whole);
    lab.consistent(&["custody", "verify", "c"]);
}
