//! Digests of files of every length, chosen by the user, against coreutils.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::program::Lab;

/// Lengths around the borders of blocks, batches and steps; the last one is split between workers.
const LENGTHS: [usize; 14] = [
    0,
    1,
    55,
    56,
    64,
    4095,
    4096,
    65_537,
    1 << 20,
    (1 << 20) + 1,
    3 << 20,
    (5 << 20) + 77,
    9 << 20,
    (64 << 20) + 5,
];

fn make_files(folder: &Path) {
    std::fs::create_dir(folder).unwrap();
    for (number, length) in LENGTHS.iter().enumerate() {
        let bytes: Vec<u8> = (0..*length).map(|at| (at * 31 + at / 251 + number) as u8).collect();
        std::fs::write(folder.join(format!("f{number}")), bytes).unwrap();
    }
}

/// Digests by an independent program, by file name.
fn independent(program: &str, folder: &Path) -> BTreeMap<String, String> {
    let names: Vec<String> = (0..LENGTHS.len()).map(|number| format!("f{number}")).collect();
    let run = Command::new(program).args(&names).current_dir(folder).output().unwrap();
    assert!(run.status.success());
    String::from_utf8(run.stdout)
        .unwrap()
        .lines()
        .map(|line| {
            line.split_once("  ")
                .map(|(digest, name)| (name.to_owned(), digest.to_owned()))
                .unwrap()
        })
        .collect()
}

fn of_export(rows: &[Value], digest: &str) -> BTreeMap<String, String> {
    rows.iter()
        .filter_map(|row| {
            let name = row["path"].as_str()?.strip_prefix("/f")?;
            Some((format!("f{name}"), row[digest].as_str()?.to_owned()))
        })
        .collect()
}

#[test]
fn files_of_every_length_have_the_digests_that_coreutils_compute_whichever_are_chosen() {
    let lab = Lab::new();
    let folder = lab.beside("files");
    make_files(&folder);
    let image = lab.beside("e.img");
    let made = Command::new("mkfs.ext4")
        .args(["-q", "-d", folder.to_str().unwrap(), image.to_str().unwrap(), "120M"])
        .env("PATH", format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default()))
        .status();
    if !made.is_ok_and(|status| status.success()) {
        eprintln!("skipped: mkfs.ext4 is not there");
        return;
    }
    let image = image.to_str().unwrap();
    lab.done(&[
        "scan",
        image,
        "--case",
        "all",
        "--digests",
        "blake3,md5,sha1,sha256",
        "--threads",
        "3",
    ]);
    lab.done(&[
        "scan",
        image,
        "--case",
        "one",
        "--digests",
        "sha256",
        "--threads",
        "1",
        "--memory",
        "128M",
    ]);
    let all = lab.export("all");
    let one = lab.export("one");
    for (program, digest) in [("md5sum", "md5"), ("sha1sum", "sha1"), ("sha256sum", "sha256")] {
        assert_eq!(of_export(&all, digest), independent(program, &folder), "{digest}");
    }
    assert_eq!(of_export(&one, "sha256"), of_export(&all, "sha256"));
    assert!(of_export(&one, "md5").is_empty(), "a digest that was not chosen");
    let refused = lab.run(&["scan", image, "--case", "no", "--digests", "crc32"]);
    assert_eq!(refused.code(), 2, "{}", refused.all());
    assert!(refused.all().contains("crc32"));
}
