//! Files that are taken out into a folder.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::program::{Lab, Run};

fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/demo")
}

/// A lab with the demonstration disk, at a place of its own.
fn lab() -> (Lab, PathBuf) {
    let lab = Lab::new();
    let folder = lab.beside("evidence");
    fs::create_dir(&folder).unwrap();
    let image = folder.join("demo.raw");
    fs::copy(demo().join("demo.raw"), &image).unwrap();
    let set = demo().join("known-bad.csv");
    lab.done(&[
        "scan",
        image.to_str().unwrap(),
        "--case",
        "c",
        "--hash-set",
        set.to_str().unwrap(),
    ]);
    (lab, image)
}

fn extract(lab: &Lab, arguments: &[&str]) -> Run {
    let out = lab.beside("out");
    lab.run(&[&["extract", "c", "--to", out.to_str().unwrap()], arguments].concat())
}

fn manifest(lab: &Lab, name: &str) -> Vec<Value> {
    let text = fs::read_to_string(lab.beside("out/c").join(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Names in the folder of the case that are no manifests.
fn files(lab: &Lab) -> Vec<String> {
    let names = fs::read_dir(lab.beside("out/c")).unwrap().map(|file| file.unwrap().file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    names.retain(|name| !name.starts_with("manifest"));
    names.sort();
    names
}

fn sha256sum(file: &Path) -> String {
    let told = Command::new("sha256sum").arg(file).output().unwrap();
    String::from_utf8_lossy(&told.stdout).trim_start_matches('\\').chars().take(64).collect()
}

#[test]
fn matching_files_are_written_with_a_manifest_of_their_digests() {
    let (lab, _) = lab();
    let run = extract(&lab, &["--hit", "--reason", "request 7"]);
    assert_eq!(run.code(), 0, "{}", run.all());
    let records = manifest(&lab, "manifest.jsonl");
    assert_eq!(records.len(), 2);
    assert_eq!(files(&lab).len(), 2);
    for record in &records {
        let file = lab.beside("out/c").join(record["file"].as_str().unwrap());
        assert_eq!(sha256sum(&file), record["sha256"].as_str().unwrap());
        assert_eq!(
            (&record["extracted"], &record["written_sha256"]),
            (&"whole".into(), &record["sha256"])
        );
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert!(records.iter().any(|record| record["path"] == "/صور/2024/عطلة على الشاطئ.jpg"));
    assert_eq!(fs::metadata(lab.beside("out/c")).unwrap().permissions().mode() & 0o777, 0o700);
    let csv = fs::read_to_string(lab.beside("out/c/manifest.csv")).unwrap();
    assert!(csv.starts_with("file,extracted,why,") && csv.lines().count() == 3, "{csv}");
    // The ledger names what left the case, and the digests of the manifests.
    let acts = lab.done(&["custody", "show", "c", "--json"]).out();
    let digest = sha256sum(&lab.beside("out/c/manifest.jsonl"));
    assert!(
        acts.contains(&digest) && acts.contains("request 7") && acts.contains("\"begun\""),
        "{acts}"
    );
    lab.consistent(&["custody", "verify", "c"]);
}

#[test]
fn everything_that_has_content_comes_out_as_other_programs_read_it() {
    let (lab, image) = lab();
    let run = extract(&lab, &[]);
    assert_eq!(run.code(), 0, "{}", run.all());
    let records = manifest(&lab, "manifest.jsonl");
    let has_content = |row: &&Value| row["disposition"] != "skipped" && row["stream"] != "none";
    assert_eq!(records.len(), lab.export("c").iter().filter(has_content).count());
    assert!(
        records
            .iter()
            .all(|record| record["written_sha256"] == record["sha256"] || record["size"] == 0)
    );
    let fat =
        records.iter().find(|record| record["path"] == "/صور/2024/عطلة على الشاطئ.jpg").unwrap();
    let offset = (fat["volume_offset"].as_u64().unwrap() / 512).to_string();
    let listed = Command::new("fls").args(["-r", "-p", "-o", &offset]).arg(&image).output();
    let Ok(listed) = listed else { return eprintln!("skipped: fls is not installed") };
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let line = listed.lines().find(|line| line.ends_with(".jpg") && !line.contains('*')).unwrap();
    let inode = line.split_whitespace().nth(1).unwrap().trim_end_matches(':');
    let content =
        Command::new("icat").args(["-o", &offset]).arg(&image).arg(inode).output().unwrap().stdout;
    assert_eq!(fs::read(lab.beside("out/c").join(fat["file"].as_str().unwrap())).unwrap(), content);
}

#[test]
fn the_same_command_again_goes_on_and_nothing_is_written_over() {
    let (lab, _) = lab();
    assert_eq!(extract(&lab, &["--hit"]).code(), 0);
    let names = files(&lab);
    // One is lost, one is somebody else's by now.
    let lost = lab.beside("out/c").join(&names[0]);
    let taken = lab.beside("out/c").join(&names[1]);
    fs::remove_file(&lost).unwrap();
    fs::write(&taken, b"mine").unwrap();
    fs::write(lab.beside("out/c/.half.1.athar-part"), b"of a stopped program").unwrap();
    let again = extract(&lab, &["--hit"]);
    assert_eq!(again.code(), 3, "{}", again.all());
    assert!(again.all().contains("NAME-TAKEN"), "{}", again.all());
    assert!(lost.exists());
    assert_eq!(fs::read(&taken).unwrap(), b"mine");
    let records = manifest(&lab, "manifest-2.jsonl");
    let states: Vec<&str> =
        records.iter().map(|record| record["extracted"].as_str().unwrap()).collect();
    assert!(states.contains(&"NAME-TAKEN") && states.contains(&"whole"), "{states:?}");
    fs::remove_file(&taken).unwrap();
    let third = extract(&lab, &["--hit"]);
    assert_eq!(third.code(), 0, "{}", third.all());
    assert!(third.out().contains("1  there before"), "{}", third.all());
}

#[test]
fn a_link_in_the_folder_leads_nowhere() {
    let (lab, _) = lab();
    let out = lab.beside("out");
    let outside = lab.beside("outside");
    fs::create_dir(&out).unwrap();
    fs::create_dir(&outside).unwrap();
    std::os::unix::fs::symlink(&outside, out.join("c")).unwrap();
    let run = extract(&lab, &["--hit"]);
    assert_eq!(run.code(), 2, "{}", run.all());
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
}

#[test]
fn changed_evidence_is_marked_and_ends_with_3() {
    let (lab, image) = lab();
    let mut bytes = fs::read(&image).unwrap();
    let ledger = fs::read(demo().join("demo.raw")).unwrap();
    assert_eq!(bytes, ledger);
    let rows = lab.export("c");
    let row = rows.iter().find(|row| row["path"].as_str().unwrap().ends_with("شاطئ.jpg")).unwrap();
    let at = usize::try_from(row["extents"][0][0].as_u64().unwrap()).unwrap();
    bytes[at] ^= 1;
    fs::write(&image, bytes).unwrap();
    let run = extract(&lab, &["--hit"]);
    assert_eq!(run.code(), 3, "{}", run.all());
    assert!(run.out().contains("DIFFERENT"), "{}", run.all());
    assert_eq!(files(&lab).iter().filter(|name| name.ends_with(".jpg.DIFFERENT")).count(), 1);
    let record = &manifest(&lab, "manifest.jsonl")[0];
    assert_ne!(record["written_sha256"], record["sha256"]);
}

#[test]
fn a_partial_content_is_marked() {
    let lab = Lab::new();
    let image = lab.beside("floppy.img");
    let file = lab.write("LONG.BIN", &[7; 200_000]);
    let made = Command::new("mkfs.fat").args(["-C", "-F", "12"]).arg(&image).arg("720").output();
    let copied = Command::new("mcopy").arg("-i").arg(&image).arg(&file).arg("::/").status();
    if !made.is_ok_and(|made| made.status.success()) || !copied.is_ok_and(|copied| copied.success())
    {
        return eprintln!("skipped: mkfs.fat or mcopy is not installed");
    }
    fs::File::options().write(true).open(&image).unwrap().set_len(100_000).unwrap();
    lab.run(&["scan", "--case", "c", image.to_str().unwrap()]);
    let run = extract(&lab, &["--name", "LONG.BIN"]);
    assert_eq!(run.code(), 3, "{}", run.all());
    assert_eq!(files(&lab).len(), 1);
    assert!(files(&lab)[0].ends_with("-LONG.BIN.PARTIAL"), "{:?}", files(&lab));
    let record = &manifest(&lab, "manifest.jsonl")[0];
    assert_eq!(record["extracted"], "PARTIAL");
    assert!(record["unreadable_bytes"].as_u64().unwrap() > 90_000, "{record}");
}

#[test]
fn moved_and_renamed_evidence_is_found_by_size_and_digest() {
    let (lab, image) = lab();
    let archive = lab.beside("archive/2026");
    fs::create_dir_all(&archive).unwrap();
    // Another medium of the same size comes first in the list.
    let mut other = fs::read(&image).unwrap();
    other.reverse();
    fs::write(archive.join("a.raw"), other).unwrap();
    fs::rename(&image, archive.join("exhibit-7.bin")).unwrap();
    let gone = extract(&lab, &["--hit"]);
    assert_eq!(gone.code(), 3, "{}", gone.all());
    assert!(gone.out().contains("NOT-READ"), "{}", gone.all());
    let at = lab.beside("archive");
    let found = extract(&lab, &["--hit", "--at", at.to_str().unwrap()]);
    assert_eq!(found.code(), 0, "{}", found.all());
    assert!(
        manifest(&lab, "manifest-2.jsonl")[0]["read_from"]
            .as_str()
            .unwrap()
            .ends_with("exhibit-7.bin")
    );
    // `cat` and `evidence verify` find it, too.
    let id = lab.export("c").iter().find(|row| row["path"] == "/home/léa/hôtes.txt").unwrap()["id"]
        .to_string();
    assert_eq!(lab.run(&["cat", "c", &id]).code(), 1);
    let cat = lab.done(&["cat", "c", &id, "--at", at.to_str().unwrap()]);
    assert!(!cat.bytes().is_empty());
    let verified = lab.run(&["evidence", "verify", "c", "--at", at.to_str().unwrap()]);
    assert!(verified.code() == 0 && verified.out().contains("agrees"), "{}", verified.all());
    // What is there and is another medium is refused with numbers.
    let wrong = lab.run(&["cat", "c", &id, "--at", archive.join("a.raw").to_str().unwrap()]);
    assert!(wrong.code() == 2 && wrong.all().contains("SHA-256"), "{}", wrong.all());
}

#[test]
fn all_cases_are_extracted_into_folders_of_their_own() {
    let (lab, image) = lab();
    lab.done(&["scan", image.to_str().unwrap(), "--case", "d"]);
    let out = lab.beside("out");
    let run =
        lab.run(&["extract", "--all-cases", "--to", out.to_str().unwrap(), "--name", "*.csv"]);
    assert!(
        run.code() == 0
            && out.join("c/manifest.csv").exists()
            && out.join("d/manifest.csv").exists(),
        "{}",
        run.all()
    );
}

#[test]
fn a_full_disk_is_said_and_leaves_no_half_file() {
    let (lab, _) = lab();
    let out = lab.beside("out");
    let command = lab.command(&["extract", "c", "--to", out.to_str().unwrap(), "--name", "*.jpg"]);
    let program: Vec<String> =
        command.get_args().map(|argument| argument.to_str().unwrap().to_owned()).collect();
    let tiny = lab.beside("tiny");
    fs::create_dir(&tiny).unwrap();
    // One page: the picture has 5,226 bytes.
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=4k,mode=700", "tmpfs"])
        .arg(&tiny)
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        return eprintln!("skipped: a small file system cannot be mounted here");
    }
    let to = tiny.join("out");
    let arguments: Vec<String> = program
        .iter()
        .map(|word| {
            if word == out.to_str().unwrap() {
                to.to_str().unwrap().to_owned()
            } else {
                word.clone()
            }
        })
        .collect();
    let run = Run::of(
        Command::new(env!("CARGO_BIN_EXE_athar")).args(&arguments[..]).env_remove("ATHAR_LAB"),
    );
    let left = fs::read_dir(to.join("c")).map(|files| {
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect::<Vec<String>>()
    });
    assert!(Command::new("umount").arg(&tiny).status().unwrap().success());
    assert_eq!(run.code(), 1, "{}", run.all());
    assert!(run.all().contains("No space left"), "{}", run.all());
    assert!(
        left.unwrap().iter().all(|name| !name.ends_with(".jpg")),
        "no half file under a final name"
    );
}
