//! Case files that older versions of this program made (`testdata/old-cases`): they open, answer as before, and are kept as they were.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use rusqlite::Connection;
use serde_json::Value;

use crate::program::{Lab, Run};

fn fixture(layout: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/old-cases").join(layout)
}

/// A lab that is a copy of a fixture's.
fn lab_of(layout: &str) -> Lab {
    let lab = Lab::new();
    let copied =
        Command::new("cp").arg("-r").arg(fixture(layout).join("lab")).arg(lab.path()).status();
    assert!(copied.unwrap().success());
    lab
}

fn json_lines(path: &Path) -> Vec<Value> {
    std::fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Every member that the older version printed, with the value that it printed.
fn assert_answers_as_before(now: &Run, before: &Path) {
    let now = now.objects();
    let before = json_lines(before);
    assert_eq!(now.len(), before.len(), "{now:?}");
    for (now, before) in now.iter().zip(before) {
        let before = without_false_zones(before);
        assert_holds(now, &before, &before);
    }
}

/// An older version called the local times of FAT UTC: they are the same times without the `Z`. It called the two packed fields of ext4
/// `unix-ns`, though they are no count of nanoseconds.
fn without_false_zones(mut row: Value) -> Value {
    for raw in row["times_raw"].as_object_mut().into_iter().flat_map(|fields| fields.values_mut()) {
        if raw["clock"] == "unix-ns" {
            raw["clock"] = "ext4-extra".into();
        }
    }
    const FIELDS: [&str; 4] = ["modified", "accessed", "changed", "created"];
    let local = |raw: &Value| raw["clock"].as_str().is_some_and(|clock| clock.starts_with("fat-"));
    for field in FIELDS {
        if local(&row["times_raw"][field]) {
            let shown = row[field].as_str().expect("a time").trim_end_matches('Z').to_owned();
            row[field] = shown.into();
        }
    }
    row
}

/// What was printed then stands there now; members that are new may stand beside it.
fn assert_holds(now: &Value, before: &Value, row: &Value) {
    match (now, before) {
        (Value::Object(_), Value::Object(members)) => {
            members.iter().for_each(|(name, value)| assert_holds(&now[name], value, row));
        }
        (Value::Array(now), Value::Array(before)) if now.len() == before.len() => {
            now.iter().zip(before).for_each(|(now, before)| assert_holds(now, before, row));
        }
        _ => assert_eq!(now, before, "in {row}"),
    }
}

fn layout_of(file: &Path) -> i64 {
    Connection::open(file)
        .unwrap()
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap()
}

/// The file's rows, table by table, as another connection reads them.
fn dump(file: &Path) -> Vec<String> {
    let connection = Connection::open(file).unwrap();
    let mut tables = connection
        .prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name",
        )
        .unwrap();
    let names: Vec<String> =
        tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut rows = Vec::new();
    for name in names {
        let mut statement = connection.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
        let columns = statement.column_count();
        let mut found = statement.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let values: Vec<_> =
                (0..columns).map(|column| format!("{:?}", row.get_ref(column).unwrap())).collect();
            rows.push(format!("{name}: {}", values.join(" ")));
        }
    }
    rows.sort();
    rows
}

/// Labs of before there were keys signed nothing: somebody says that these entries are what was done. The fixtures hold no files of sets.
fn take_over(lab: &Lab) {
    for case in [None, Some("demo")] {
        let mut arguments = vec!["custody", "adopt", "--reason", "a lab of before there were keys"];
        arguments.extend(case);
        let run = lab.run(&arguments);
        assert!(matches!(run.code(), 0 | 2 | 3), "{}", run.all());
    }
    lab.run(&["hash-set", "remove", "known-bad", "--reason", "not part of the fixture"]);
}

fn opens_and_is_kept(layout: &str, version: i64) {
    let lab = lab_of(layout);
    let old = fixture(layout).join("lab/cases/demo.db");
    assert_eq!(layout_of(&lab.case_file("demo")), version);
    // Looking changes nothing.
    let check = lab.run(&["case", "check", "demo"]);
    let newest = i64::from(
        lab.run(&["case", "check", "demo", "--json"]).objects()[0]["layout_of_program"]
            .as_u64()
            .unwrap() as u32,
    );
    assert_eq!(check.code(), if newest > version { 3 } else { 0 }, "{}", check.all());
    assert_eq!(layout_of(&lab.case_file("demo")), version);

    let found = lab.run(&["find", "demo", "--hit", "--json"]);
    assert!(found.is_answer(), "{}", found.all());
    take_over(&lab);
    assert_answers_as_before(&found, &fixture(layout).join("find-hit.jsonl"));
    assert_answers_as_before(
        &lab.done(&["find", "demo", "--name", "*.txt", "--json"]),
        &fixture(layout).join("find-txt.jsonl"),
    );
    assert_answers_as_before(
        &lab.done(&["export", "demo", "--format", "jsonl"]),
        &fixture(layout).join("export.jsonl"),
    );
    let verified = lab.run(&["custody", "verify", "demo"]);
    // From layout 2 on, old rows keep the digest that the ledger recorded for them.
    assert_eq!(
        verified.out().contains("its digest is that of entry"),
        version >= 2,
        "{}",
        verified.all()
    );
    lab.consistent(&["custody", "verify", "demo"]);
    lab.consistent(&["custody", "verify"]);
    lab.done(&["case", "check", "demo"]);
    if newest == version {
        return;
    }
    let copy = lab.path().join(format!("cases/demo.db.before-layout-{newest}"));
    assert!(found.err().contains(copy.to_str().unwrap()), "the copy is named: {}", found.all());
    assert_eq!((layout_of(&copy), dump(&copy)), (version, dump(&old)), "row for row what it was");
    let shown = lab.done(&["custody", "show", "demo", "--json"]).objects();
    let entry = shown.iter().find(|entry| entry["body"]["act"] == "schema_migrate").unwrap();
    let output = Command::new("sha256sum").arg(&copy).output().unwrap();
    let sum = String::from_utf8_lossy(&output.stdout).split(' ').next().unwrap().to_owned();
    assert_eq!(entry["body"]["fields"]["copy_sha256"], sum.as_str());
    assert_eq!(
        lab.run(&["case", "list", "--json"]).objects().len(),
        1,
        "the copy is not taken for a case"
    );
}

#[test]
fn the_fixtures_are_those_that_were_recorded() {
    for layout in ["layout-1", "layout-2", "layout-3", "layout-6"] {
        let check = Command::new("sha256sum")
            .args(["--check", "--quiet", "SHA256SUMS"])
            .current_dir(fixture(layout))
            .output();
        assert!(check.unwrap().status.success(), "{layout}");
    }
}

#[test]
fn a_case_of_layout_1_answers_as_before_and_is_kept() {
    opens_and_is_kept("layout-1", 1);
}

#[test]
fn a_case_of_layout_2_answers_as_before_and_is_kept() {
    opens_and_is_kept("layout-2", 2);
}

#[test]
fn a_case_of_layout_3_answers_as_before_and_is_kept() {
    opens_and_is_kept("layout-3", 3);
}

#[test]
fn a_case_of_layout_6_answers_as_before_and_is_kept() {
    opens_and_is_kept("layout-6", 6);
}

/// The value of `SELECT` in a case file.
fn value(file: &Path, select: &str) -> String {
    let read = |row: &rusqlite::Row<'_>| row.get::<_, rusqlite::types::Value>(0);
    format!("{:?}", Connection::open(file).unwrap().query_row(select, [], read).unwrap())
}

#[test]
fn rows_of_before_keep_their_sentences_and_digest_and_a_new_scan_says_the_same_by_kinds() {
    let lab = lab_of("layout-3");
    let case = lab.case_file("demo");
    let before = dump(&case);
    let recorded = lab.run(&["case", "digest", "demo", "--json"]).objects()[0].clone();
    assert_eq!(recorded["digest_version"], 2);
    // Row for row what it was, but for the columns of images, the lists of exhibits and of analysers, and what the ledger says of the
    // change.
    let after = dump(&case);
    let table = |row: &&String| {
        !["custody", "property", "image:", "exhibit:", "analyser:", "image_analyser:"]
            .iter()
            .any(|name| row.starts_with(name))
    };
    let rows = |dump: &[String]| dump.iter().filter(table).cloned().collect::<Vec<_>>();
    assert_eq!(rows(&after), rows(&before));

    let new = Lab::new();
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/demo/demo.raw");
    assert_eq!(new.scan(&demo).code(), 0);
    let stored = new.case_file("c");
    assert_eq!(
        value(
            &stored,
            "SELECT group_concat(rule) FROM (SELECT DISTINCT rule FROM entry WHERE rule NOT NULL ORDER BY rule)"
        ),
        r#"Text("[\"skip.directory\"],[\"skip.link\"],[\"skip.reserved\"]")"#
    );
    assert_eq!(
        value(&stored, "SELECT statement FROM problem"),
        r#"Text("[\"fat.end-deleted-name-may-missing\"]")"#
    );
    // In words it is the same.
    let said = |lab: &Lab, case: &str| -> Vec<Value> {
        let rows = lab.export(case).into_iter();
        rows.map(|row| {
            serde_json::json!([row["path"], row["rule"], row["confidence"], row["details"]])
        })
        .collect()
    };
    assert_eq!(said(&new, "c"), said(&lab, "demo"));
    assert_eq!(new.run(&["case", "digest", "c", "--json"]).objects()[0]["digest_version"], 3);
    new.consistent(&["custody", "verify", "c"]);
}

/// Images without others inside have the digest that the layout before gave them.
#[test]
fn the_digest_of_a_case_without_nested_images_is_that_of_layout_3() {
    let lab = lab_of("layout-3");
    // The set of the fixture is not there any more, which every command says.
    let entries = lab.run(&["custody", "show", "demo", "--json"]).objects();
    let finished = entries.iter().find(|entry| entry["body"]["act"] == "scan_finish").unwrap();
    assert_eq!(finished["body"]["fields"]["manifest"], lab.digest("demo").as_str(), "{finished}");
}

#[test]
fn a_killed_migration_leaves_one_layout_or_the_other() {
    let clock = Instant::now();
    assert!(lab_of("layout-1").run(&["case", "show", "demo"]).is_answer());
    let whole = clock.elapsed();
    let old = dump(&fixture("layout-1").join("lab/cases/demo.db"));
    let mut before = 0;
    let mut after = 0;
    for round in 0..12_u32 {
        let lab = lab_of("layout-1");
        let mut child = lab
            .command(&["case", "show", "demo"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let clock = Instant::now();
        let moment = whole.mul_f64(f64::from(round) / 12.0);
        while clock.elapsed() < moment {
            std::thread::yield_now();
        }
        let _ = child.kill();
        child.wait().unwrap();
        match layout_of(&lab.case_file("demo")) {
            1 => {
                before += 1;
                assert_eq!(dump(&lab.case_file("demo")), old, "not a row is changed");
            }
            _ => after += 1,
        }
        take_over(&lab);
        lab.done(&["custody", "add", "note", "demo", "--text", "goes on"]);
        lab.consistent(&["custody", "verify", "demo"]);
        assert_answers_as_before(
            &lab.done(&["find", "demo", "--hit", "--json"]),
            &fixture("layout-1").join("find-hit.jsonl"),
        );
    }
    eprintln!("killed before the migration {before} times, after it {after} times");
}

/// By the SQLite of this machine, which may be older than the one that is built in.
#[test]
fn another_sqlite_finds_a_new_case_sound() {
    let lab = Lab::new();
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/demo/demo.raw");
    assert_eq!(lab.scan(&demo).code(), 0);
    let checked =
        Command::new("sqlite3").arg(lab.case_file("c")).arg("PRAGMA integrity_check").output();
    let Ok(checked) = checked else { return eprintln!("skipped: sqlite3 is not installed") };
    let said = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success() && !said.contains("CHECK"), "{said}");
}
