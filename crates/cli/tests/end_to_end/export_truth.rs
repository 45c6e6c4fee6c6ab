//! What an export must never make of evidence: two names one, a formula, another zone, a digest of a part.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::program::{Lab, row};
use crate::shared_data::folder;

/// Unpacks an input of the folder of faults; `None` where it is not there.
fn fault(lab: &Lab, name: &str) -> Option<PathBuf> {
    let packed = folder()?.join("data/faults").join(name);
    if !packed.exists() {
        eprintln!("skipped: {} is not there", packed.display());
        return None;
    }
    let program = if name.ends_with(".zst") { "zstd" } else { "gzip" };
    let unpacked =
        Command::new(program).arg("-dc").arg(&packed).output().expect("the program is installed");
    assert!(unpacked.status.success(), "{}", String::from_utf8_lossy(&unpacked.stderr));
    let stem = packed.file_stem().unwrap().to_str().unwrap();
    Some(lab.write(stem, &unpacked.stdout))
}

fn exported(lab: &Lab, format: &str) -> String {
    let run = lab.run(&["export", "c", "--format", format]);
    assert!(run.is_answer(), "{}", run.err());
    run.out()
}

/// Names of the body file: the second field.
fn body_names(lab: &Lab) -> Vec<String> {
    exported(lab, "bodyfile")
        .lines()
        .map(|line| line.split('|').nth(1).unwrap().to_owned())
        .collect()
}

#[test]
fn names_that_differ_on_the_medium_differ_in_the_body_file() {
    let lab = Lab::new();
    let Some(image) = fault(&lab, "export-names/amb.raw.gz") else { return };
    lab.scan(&image);
    let rows = lab.export("c");
    let names = body_names(&lab);
    let different: BTreeSet<&String> = names.iter().collect();
    assert_eq!((names.len(), different.len()), (rows.len(), rows.len()), "{names:?}");
    // `a|b` and the text `a\x7cb`; the bytes ff fe and the text `\xff\xfe`. Raw names are there where the path is not the name.
    assert_eq!(row(&rows, "/a|b")["name_raw"], Value::Null);
    assert_eq!(row(&rows, "/a\\x5cx7cb")["name_raw"], "615c78376362");
    assert_eq!(row(&rows, "/\\xff\\xfebad")["name_raw"], "fffe626164");
    assert_eq!(row(&rows, "/\\x5cxff\\x5cxfebad")["name_raw"], "5c7866665c786665626164");
}

#[test]
fn no_cell_of_a_csv_export_is_a_formula() {
    let lab = Lab::new();
    let Some(image) = fault(&lab, "export-names/amb.raw.gz") else { return };
    lab.scan(&image);
    let file = lab.write("export.csv", exported(&lab, "csv").as_bytes());
    let cells = Command::new("python3")
        .args(["-c", "import csv,sys; [print(repr(c)) for r in csv.reader(open(sys.argv[1],newline='',encoding='utf-8')) for c in r]"])
        .arg(&file)
        .output();
    let Ok(cells) = cells else { return eprintln!("skipped: python3 is not installed") };
    let cells = String::from_utf8(cells.stdout).unwrap();
    assert!(cells.contains("'=HYPERLINK("), "the target of the link is there: {cells}");
    let formulas: Vec<&str> = cells
        .lines()
        .filter(|cell| cell.get(1..).is_some_and(|text| text.starts_with(['=', '+', '-', '@'])))
        .collect();
    assert_eq!(formulas, Vec::<&str>::new());
}

#[test]
fn a_time_without_a_zone_is_never_called_utc() {
    let lab = Lab::new();
    let Some(image) = fault(&lab, "exfat-time-without-zone/nozone.img.zst") else { return };
    lab.scan(&image);
    let rows = lab.export("c");
    let hello = row(&rows, "/hello.txt");
    // The time that stands on the medium, as it stands there.
    assert_eq!(hello["modified"], "2026-06-24T10:12:02.01");
    assert_eq!(hello["times_raw"]["modified"]["zone"], "unknown");
    let csv = exported(&lab, "csv");
    assert!(
        csv.contains("2026-06-24T10:12:02.01,") && !csv.contains("2026-06-24T10:12:02.01Z"),
        "{csv}"
    );
    let names = body_names(&lab);
    assert!(
        names.iter().any(|name| name.ends_with("/hello.txt (local time of an unknown zone)")),
        "{names:?}"
    );
    let found = lab.done(&["find", "c", "--name", "hello.txt"]).out();
    assert!(found.contains("?2026-06-24 10:12:02"), "{found}");
    let image = image.to_str().unwrap();
    let listed = lab.done(&["ls", "-r", image]).out();
    assert!(listed.contains("?2026-06-24 10:12:02"), "{listed}");
    let locator = "@0:exfat:4483-0";
    let told = lab.done(&["stat", image, locator]).out();
    assert!(told.contains("local time, zone not recorded") && !told.contains("02.01Z"), "{told}");
    let json = lab.done(&["stat", "--json", image, locator]).out();
    assert!(json.contains("\"unknown\"") && !json.contains("02.01Z"), "{json}");
}

/// A FAT12 floppy whose image ends in the middle of a file.
fn cut_off(lab: &Lab) -> Option<PathBuf> {
    let image = lab.beside("floppy.img");
    let source = lab.write("LONG.BIN", &[7; 200_000]);
    let small = lab.write("SMALL.BIN", b"whole");
    let made = Command::new("mkfs.fat").args(["-C", "-F", "12"]).arg(&image).arg("720").output();
    let copy =
        |from: &Path| Command::new("mcopy").arg("-i").arg(&image).arg(from).arg("::/").status();
    if !(made.is_ok_and(|made| made.status.success())
        && [&small, &source]
            .into_iter()
            .all(|from| copy(from).is_ok_and(|status| status.success())))
    {
        eprintln!("skipped: mkfs.fat or mcopy is not installed");
        return None;
    }
    fs::File::options().write(true).open(&image).unwrap().set_len(100_000).unwrap();
    Some(image)
}

#[test]
fn a_digest_of_a_part_is_none_in_the_body_file() {
    let lab = Lab::new();
    let Some(image) = cut_off(&lab) else { return };
    lab.run(&["scan", "--case", "c", image.to_str().unwrap()]);
    let rows = lab.export("c");
    let long = row(&rows, "/LONG.BIN");
    assert_eq!((&long["disposition"], long["md5"].is_string()), (&"partial".into(), true));
    assert_eq!(long["extents_exact"], false, "{long}");
    let body = exported(&lab, "bodyfile");
    let digest_of = |name: &str| {
        let line = body
            .lines()
            .find(|line| line.contains(name))
            .unwrap_or_else(|| panic!("{name}: {body}"));
        line.split('|').next().unwrap().to_owned()
    };
    assert_eq!(digest_of("/LONG.BIN"), "0");
    assert_eq!(digest_of("/SMALL.BIN"), row(&rows, "/SMALL.BIN")["md5"].as_str().unwrap());
    let csv = exported(&lab, "csv");
    assert!(
        csv.contains("what could be read, with zeros in the place of the rest"),
        "the CSV says it too"
    );
}

#[test]
fn deleted_names_that_only_an_index_or_a_marked_directory_tells_are_found() {
    let lab = Lab::new();
    let Some(image) = fault(&lab, "ntfs-index-last-name/ntfs_index.raw.zst") else { return };
    lab.scan(&image);
    let rows = lab.export("c");
    let last = row(&rows, "/test_dir/BBBBBBBBBBBBB-del.txt");
    assert_eq!(last["allocated"], false);
    assert_eq!(
        last["rule"],
        "deleted name alone: its index entry no longer says which record it named"
    );

    let lab = Lab::new();
    let Some(image) = fault(&lab, "fat-deleted-in-use/exfat_orphan.raw.zst") else { return };
    lab.run(&["scan", "--case", "c", image.to_str().unwrap()]);
    let rows = lab.export("c");
    let deleted = rows.iter().filter(|row| row["allocated"] == false);
    assert_eq!(
        deleted.filter(|row| row["path"].as_str().unwrap().starts_with("/test/")).count(),
        400
    );
    assert!(rows.iter().any(|row| row["path"].as_str().unwrap().starts_with("/$LostChains/")));
}
