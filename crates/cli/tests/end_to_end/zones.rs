//! Local times by the time zone of their exhibit.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::program::Lab;

const SOURCE: &str = "registry of the exhibit, SYSTEM hive";

/// A FAT floppy with files of these local times. `None` where the programs that make it are not installed.
fn floppy(lab: &Lab, files: &[(&str, &str)]) -> Option<PathBuf> {
    let image = lab.beside("phone.raw");
    let utc = |program: &str| {
        let mut command = Command::new(program);
        command.env("TZ", "UTC");
        command
    };
    let done = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
    let mut made = done(utc("mkfs.fat").args(["-C", "-F", "12"]).arg(&image).arg("720"));
    for (name, local) in files {
        let file = lab.write(name, name.as_bytes());
        made &= done(utc("touch").args(["-d", &format!("{local}Z")]).arg(&file))
            && done(utc("mcopy").arg("-m").arg("-i").arg(&image).arg(&file).arg("::/"));
    }
    if !made {
        eprintln!("skipped: mkfs.fat or mcopy is not installed");
    }
    made.then_some(image)
}

/// What the dates of Cairo's changes of 2023 gave, by `date -d` of GNU coreutils with TZ=Africa/Cairo.
fn cairo(lab: &Lab) -> Option<PathBuf> {
    floppy(
        lab,
        &[
            ("ONCE.TXT", "2023-06-01T12:00:00"),
            ("TWICE.TXT", "2023-10-26T23:30:00"),
            ("NEVER.TXT", "2023-04-28T00:30:00"),
        ],
    )
}

fn zoned<'r>(rows: &'r [Value], path: &str) -> &'r Value {
    let row =
        rows.iter().find(|row| row["path"] == path).unwrap_or_else(|| panic!("{path} in {rows:?}"));
    &row["zoned_times"]["modified"]
}

#[test]
fn local_times_are_converted_by_the_zone_that_a_scan_was_told() {
    let lab = Lab::new();
    let Some(image) = cairo(&lab) else { return };
    let image = image.to_str().unwrap();
    lab.done(&["scan", "--case", "c", "--zone", "africa/cairo", "--zone-source", SOURCE, image]);
    let rows = lab.export("c");
    assert_eq!(
        zoned(&rows, "/ONCE.TXT"),
        &json!({
            "local": "2023-06-01T12:00:00", "zone": "Africa/Cairo", "resolved": "once", "utc": ["2023-06-01T09:00:00Z"]
        })
    );
    let twice = zoned(&rows, "/TWICE.TXT");
    let never = zoned(&rows, "/NEVER.TXT");
    assert_eq!(twice["resolved"], "repeated");
    assert_eq!(twice["utc"], json!(["2023-10-26T20:30:00Z", "2023-10-26T21:30:00Z"]));
    assert_eq!(never["resolved"], "skipped");
    assert_eq!(never["utc"], json!(["2023-04-27T21:30:00Z", "2023-04-27T22:30:00Z"]));
    let row = rows.iter().find(|row| row["path"] == "/ONCE.TXT").unwrap();
    assert_eq!(row["modified"], "2023-06-01T12:00:00", "the index keeps the local time");
    assert_eq!(
        (&row["zone"]["name"], &row["zone"]["source"]),
        (&json!("Africa/Cairo"), &json!(SOURCE))
    );
    let csv =
        lab.done(&["export", "c", "--format", "csv", "--columns", "path,zone,zoned_times"]).out();
    assert!(csv.contains("2023-06-01T09:00:00Z") && csv.contains("SYSTEM hive"), "{csv}");

    let table = lab.done(&["find", "c", "--name", "*.TXT"]).out();
    assert!(table.contains("z2023-06-01 09:00:00"), "{table}");
    assert!(table.contains("?2023-10-26 23:30:00"), "{table}");
    assert!(
        table.contains("showed it twice: 2023-10-26T20:30:00Z or 2023-10-26T21:30:00Z"),
        "{table}"
    );
    assert!(table.contains("never showed it"), "{table}");
    assert!(table.contains("Africa/Cairo") && table.contains(SOURCE), "{table}");
    let shown = lab.done(&["case", "show", "c"]).out();
    assert!(shown.contains("Africa/Cairo") && shown.contains(SOURCE), "{shown}");
}

#[test]
fn body_files_name_the_zone_and_have_a_line_for_each_reading() {
    let lab = Lab::new();
    let Some(image) = cairo(&lab) else { return };
    lab.done(&[
        "scan",
        "--case",
        "c",
        "--zone",
        "Africa/Cairo",
        "--zone-source",
        SOURCE,
        image.to_str().unwrap(),
    ]);
    let body = lab.done(&["export", "c", "--format", "bodyfile"]).out();
    let modified = |name: &str| -> Vec<(String, i64)> {
        let lines = body.lines().filter(|line| line.contains(name));
        let fields = lines.map(|line| line.split('|').collect::<Vec<&str>>());
        let read = |fields: Vec<&str>| (fields[1].to_owned(), fields[8].parse::<i64>().unwrap());
        fields.map(read).filter(|(_, modified)| *modified != 0).collect()
    };
    // `date -u -d 2023-06-01T09:00:00Z +%s`, and so on.
    let once = modified("ONCE.TXT");
    assert!(
        once.len() == 1
            && once[0].1 == 1_685_610_000
            && once[0].0.contains("(local time of Africa/Cairo)"),
        "{body}"
    );
    let seconds =
        |name: &str| modified(name).into_iter().map(|(_, seconds)| seconds).collect::<Vec<i64>>();
    assert_eq!(seconds("TWICE.TXT"), [1_698_352_200, 1_698_355_800]);
    assert_eq!(seconds("NEVER.TXT"), [1_682_631_000, 1_682_634_600]);
    assert!(modified("TWICE.TXT")[1].0.contains("shown twice by clocks: the later"), "{body}");
}

#[test]
fn bounds_and_order_of_times_go_by_utc_where_the_zone_is_known() {
    let lab = Lab::new();
    let Some(image) = cairo(&lab) else { return };
    lab.done(&["scan", "--case", "c", image.to_str().unwrap()]);
    let found = |question: &[&str]| {
        let arguments = [&["find", "c", "--format", "paths0"], question].concat();
        lab.done(&arguments)
            .out()
            .replace("phone.raw:", "")
            .trim_end_matches('\0')
            .replace('\0', " ")
    };
    let early =
        ["--modified-after", "2023-06-01T08:59:59Z", "--modified-before", "2023-06-01T09:00:01Z"];
    assert_eq!(found(&early), "", "of an unknown zone local time counts as it is");
    lab.done(&["case", "zone", "c", "phone.raw", "Africa/Cairo", "--source", SOURCE]);
    assert_eq!(found(&early), "/ONCE.TXT");
    assert_eq!(found(&["--modified-after", "2023-06-01T12:00:00Z"]), "/TWICE.TXT");
    // Each reading of a repeated hour is enough.
    assert_eq!(found(&["--modified-after", "2023-10-26T21:30:00Z"]), "/TWICE.TXT");
    assert_eq!(found(&["--modified-after", "2023-10-26T21:30:01Z"]), "");
    let before =
        ["--name", "*.TXT", "--modified-before", "2023-10-26T20:30:01Z", "--sort", "modified"];
    assert_eq!(found(&before), "/TWICE.TXT /ONCE.TXT /NEVER.TXT");
}

#[test]
fn a_zone_is_an_act_that_changes_no_index_and_can_be_taken_back() {
    let lab = Lab::new();
    let Some(image) = cairo(&lab) else { return };
    lab.done(&["scan", "--case", "c", image.to_str().unwrap()]);
    let digest = lab.done(&["case", "digest", "c"]).out();
    lab.done(&["case", "zone", "c", "phone.raw", "Asia/Baghdad", "--source", "a guess"]);
    lab.done(&["case", "zone", "c", "phone.raw", "Asia/Beirut", "--source", SOURCE]);
    let again =
        lab.done(&["case", "zone", "c", "phone.raw", "Asia/Beirut", "--source", SOURCE]).out();
    assert!(again.contains("as recorded before"), "{again}");
    assert_eq!(lab.done(&["case", "digest", "c"]).out(), digest);
    let rows = lab.export("c");
    assert_eq!(zoned(&rows, "/ONCE.TXT")["zone"], "Asia/Beirut", "the last one counts");
    let acts = lab.done(&["custody", "show", "c", "--json"]).out();
    assert_eq!(acts.matches("\"zone_set\"").count(), 2, "{acts}");
    lab.done(&[
        "case",
        "zone",
        "c",
        "phone.raw",
        "unknown",
        "--source",
        "the hive is of another machine",
    ]);
    assert!(
        lab.export("c").iter().all(|row| row["zoned_times"].is_null() && row["zone"].is_null())
    );
    // What means nothing is refused before anything is recorded.
    let wrong = lab.run(&["case", "zone", "c", "phone.raw", "Baghdad", "--source", SOURCE]);
    assert!(wrong.code() == 2 && wrong.all().contains("Asia/Baghdad"), "{}", wrong.all());
    let wrong = lab.run(&["case", "zone", "c", "phon.raw", "Asia/Baghdad", "--source", SOURCE]);
    assert!(wrong.code() == 2 && wrong.all().contains("phone.raw"), "{}", wrong.all());
    assert_eq!(
        lab.run(&["case", "zone", "c", "phone.raw", "Asia/Baghdad", "--source", " "]).code(),
        2
    );
    assert_eq!(
        lab.run(&["scan", "--case", "d", "--zone", "Asia/Baghdad", "x"]).code(),
        2,
        "without a source"
    );
}

#[test]
fn stat_reads_local_times_by_a_zone() {
    let lab = Lab::new();
    let Some(image) = cairo(&lab) else { return };
    let image = image.to_str().unwrap();
    let told = lab.done(&["stat", "--zone", "Africa/Cairo", image, "/ONCE.TXT"]).out();
    assert!(
        told.contains("local time, zone not recorded; in Africa/Cairo 2023-06-01T09:00:00Z"),
        "{told}"
    );
    let twice = lab.done(&["stat", "--zone", "Africa/Cairo", image, "/TWICE.TXT"]).out();
    assert!(
        twice.contains("showed it twice: 2023-10-26T20:30:00Z or 2023-10-26T21:30:00Z"),
        "{twice}"
    );
    let json =
        &lab.done(&["stat", "--json", "--zone", "Africa/Cairo", image, "/ONCE.TXT"]).objects()[0];
    assert_eq!(json["zoned_times"]["modified"]["utc"], json!(["2023-06-01T09:00:00Z"]));
}
