//! Images looked at without a case, against the tools of The Sleuth Kit and of libewf.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::program::{Lab, Run};
use crate::shared_data::{folder, unpack};

fn run(arguments: &[&str], image: &Path, more: &[&str]) -> Run {
    let lab = Lab::new();
    let run = lab.run(&[arguments, &[image.to_str().unwrap()], more].concat());
    assert!(!lab.path().exists(), "a look must not make a lab");
    run
}

/// Standard output of another program; a visible note when it is not installed.
fn peer(program: &str, arguments: &[&str]) -> Option<String> {
    match Command::new(program).args(arguments).output() {
        Ok(output) => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        Err(_) => {
            eprintln!("skipped: {program} is not installed");
            None
        }
    }
}

#[test]
fn volumes_are_those_of_mmls() {
    let Some(shared) = folder() else { return };
    for id in ["dftt-01-extend-part", "ronin-gpt_ntfs.E01", "tsk-imageformat_mmls_1.E01"] {
        let lab = Lab::new();
        let image = unpack(&shared, id, &lab.beside("evidence"));
        let Some(table) = peer("mmls", &["-a", image.to_str().unwrap()]) else { return };
        // `002:  000:000   0000000063   0000052415   0000052353   FAT16`, extended partitions are tables, not volumes
        let theirs: BTreeSet<(u64, u64)> = table
            .lines()
            .filter(|line| line.split_whitespace().next().is_some_and(|first| first.ends_with(':')))
            .filter(|line| !line.contains("Extended"))
            .map(|line| {
                let words: Vec<&str> = line.split_whitespace().collect();
                (words[2].parse().unwrap(), words[4].parse().unwrap())
            })
            .collect();
        let ours: BTreeSet<(u64, u64)> = run(&["volumes", "--json"], &image, &[])
            .objects()
            .iter()
            .filter(|row| row["role"] == "volume")
            .map(|row| (row["first_sector"].as_u64().unwrap(), row["sectors"].as_u64().unwrap()))
            .collect();
        assert!(!theirs.is_empty(), "{table}");
        assert_eq!(ours, theirs, "{id}\n{table}");
    }
}

/// Paths in use of one volume as we list them, without what only one side lists: the root, virtual files and folders.
fn our_paths(rows: &[Value], offset: u64) -> BTreeSet<String> {
    rows.iter()
        .filter(|row| {
            row["volume_offset"] == offset && row["allocated"] == true && row["orphan"] != true
        })
        .map(|row| row["path"].as_str().unwrap().to_owned())
        .filter(|path| path != "/" && !path.starts_with("/$Metadata/"))
        // Has no content of its own, only streams: fls names the streams alone.
        .filter(|path| path != "/$Secure")
        .collect()
}

fn their_paths(listing: &str) -> BTreeSet<String> {
    listing
        .lines()
        .filter_map(|line| line.split_once(":\t"))
        .filter(|(head, _)| !head.contains(" * "))
        .map(|(_, name)| format!("/{}", name.trim_end_matches(" (Volume Label Entry)").trim_end()))
        .filter(|path| !["/$MBR", "/$FAT1", "/$FAT2", "/$OrphanFiles"].contains(&path.as_str()))
        // These streams are indexes, not content; fls names them instead of their files.
        .map(|path| match path.rsplit_once(':') {
            Some((file @ ("/$Extend/$ObjId" | "/$Extend/$Quota" | "/$Extend/$Reparse"), _)) => {
                file.to_owned()
            }
            _ => path,
        })
        .filter(|path| !["/$Secure:$SDH", "/$Secure:$SII"].contains(&path.as_str()))
        .collect()
}

#[test]
fn a_recursive_listing_names_what_fls_names() {
    let Some(shared) = folder() else { return };
    for (id, volumes) in [
        ("colinfinck-testfs1", vec![0]),
        ("ext4view-test_disk_ext3.bin", vec![0]),
        ("dfirntfs-fat16.raw", vec![0]),
        ("rustfatfs-fat12.img", vec![0]),
        ("tsk-imageformat_mmls_1.E01", vec![65_536, 28_377_088]),
    ] {
        let lab = Lab::new();
        let image = unpack(&shared, id, &lab.beside("evidence"));
        let listing = run(&["ls", "-r", "--json"], &image, &[]);
        assert_eq!(listing.code(), 0, "{}", listing.err());
        let rows = listing.objects();
        for offset in volumes {
            let sector = (offset / 512).to_string();
            let arguments = ["-r", "-p", "-u", "-o", &sector, image.to_str().unwrap()];
            let Some(theirs) = peer("fls", &arguments) else { return };
            let ours = our_paths(&rows, offset);
            let theirs = their_paths(&theirs);
            assert!(!theirs.is_empty());
            let only_we: Vec<_> = ours.difference(&theirs).collect();
            let only_they: Vec<_> = theirs.difference(&ours).collect();
            assert!(
                only_we.is_empty() && only_they.is_empty(),
                "{id}: only athar {only_we:?}, only fls {only_they:?}"
            );
        }
    }
}

#[test]
fn a_file_is_the_same_by_path_by_locator_and_by_icat() {
    let Some(shared) = folder() else { return };
    let lab = Lab::new();
    let image = unpack(&shared, "ronin-gpt_ntfs.E01", &lab.beside("evidence"));
    let name = image.to_str().unwrap();
    for (path, inode) in [("/file1.txt", "37"), ("/$MFT", "0"), ("/$Secure:$SDS", "9-128")] {
        let Ok(theirs) = Command::new("icat").args(["-o", "2048", name, inode]).output() else {
            return eprintln!("skipped: icat is not installed");
        };
        let listed = run(&["ls", "--json"], &image, &[path.split(':').next().unwrap()]).objects();
        assert!(!listed.is_empty(), "{path}");
        let by_path = run(&["image", "cat"], &image, &[path]);
        assert_eq!(by_path.code(), 0, "{}", by_path.err());
        assert!(by_path.bytes() == theirs.stdout, "{path} differs from icat's");
        let stat = run(&["stat", "--json"], &image, &[path]).objects().remove(0);
        let streams = stat["streams"].as_array().unwrap();
        let wanted = path.split_once(':').map_or("", |(_, stream)| stream);
        let stream = streams.iter().find(|stream| stream["name"] == wanted).unwrap();
        let by_locator = run(&["image", "cat"], &image, &[stream["locator"].as_str().unwrap()]);
        assert!(by_locator.bytes() == theirs.stdout, "{path} by its locator differs");
        assert_eq!(stream["size"].as_u64(), Some(theirs.stdout.len() as u64));
        // The extents, read from the medium itself, are the file; but a file inside its record is not: the last two bytes of each sector
        // of a record are kept elsewhere (its update sequence).
        if stream["layout"] == "in the record" {
            continue;
        }
        let medium = run(&["image", "cat", "--extents", "--json"], &image, &[path]).objects();
        let Ok(raw) =
            Command::new("ewfexport").args(["-u", "-q", "-f", "raw", "-t", "-", name]).output()
        else {
            return eprintln!("skipped: ewfexport is not installed");
        };
        let mut bytes = Vec::new();
        for extent in medium {
            let at = extent["offset"].as_u64().unwrap() as usize;
            assert_eq!(extent["sector"].as_u64(), Some(at as u64 / 512));
            bytes.extend_from_slice(
                &raw.stdout[at..at + extent["length"].as_u64().unwrap() as usize],
            );
        }
        bytes.truncate(theirs.stdout.len());
        assert!(bytes == theirs.stdout, "the extents of {path} are not the file");
    }
}

#[test]
fn stat_gives_the_times_of_istat_both_of_the_record_and_of_the_name() {
    let Some(shared) = folder() else { return };
    let lab = Lab::new();
    let image = unpack(&shared, "msuhanov-ntfs-si-vs-fn.raw", &lab.beside("evidence"));
    let rows = run(&["ls", "-r", "--json"], &image, &[]).objects();
    let files = rows.iter().filter(|row| {
        row["allocated"] == true && row["stream"] == "data" && row["metadata"] != true
    });
    let mut seen = 0;
    for file in files {
        let number = file["record"].to_string();
        let arguments = ["-z", "UTC", "-o", "128", image.to_str().unwrap(), &number];
        let Some(theirs) = peer("istat", &arguments) else { return };
        let stat = run(&["stat", "--json"], &image, &[file["locator"].as_str().unwrap()])
            .objects()
            .remove(0);
        let name = &stat["names"][0];
        for (part, ours) in [
            ("$STANDARD_INFORMATION Attribute Values:", &stat),
            ("$FILE_NAME Attribute Values:", name),
        ] {
            let part = theirs.split_once(part).unwrap().1;
            for (label, field) in [
                ("Created:", "created"),
                ("File Modified:", "modified"),
                ("MFT Modified:", "changed"),
                ("Accessed:", "accessed"),
            ] {
                // `2018-01-01 10:20:30.123456700 (UTC)` against `2018-01-01T10:20:30.1234567Z`
                let line =
                    part.lines().find_map(|line| line.trim().strip_prefix(label)).unwrap().trim();
                let (date, time) = line.trim_end_matches(" (UTC)").split_once(' ').unwrap();
                let time = time.trim_end_matches('0').trim_end_matches('.');
                let ours = ours[field].as_str().unwrap().trim_end_matches('Z').to_owned();
                let ours =
                    if ours.contains('.') { ours } else { ours.trim_end_matches('0').to_owned() };
                assert_eq!(ours, format!("{date}T{time}"), "{label} of {file}");
            }
        }
        seen += 1;
    }
    assert!(seen > 0, "no file was compared");
}

#[test]
fn verify_agrees_with_the_stored_digest_and_finds_a_flipped_bit_where_ewfverify_does() {
    let Some(shared) = folder() else { return };
    let lab = Lab::new();
    let image = unpack(&shared, "tsk-image.E01", &lab.beside("evidence"));
    let good = run(&["image", "verify", "--json"], &image, &[]);
    assert_eq!(good.code(), 0, "{}", good.all());
    let good = good.objects().remove(0);
    assert_eq!(
        (&good["good"], &good["stored_digests"][0]["agrees"]),
        (&Value::Bool(true), &Value::Bool(true))
    );
    let raw = unpack(&shared, "tsk-image.dd", &lab.beside("raw"));
    let Some(sum) = peer("sha256sum", &[raw.to_str().unwrap()]) else { return };
    assert_eq!(good["sha256"].as_str(), sum.split(' ').next());

    let mut bytes = std::fs::read(&image).unwrap();
    bytes[50_000] ^= 1;
    let bad = lab.write("bad.E01", &bytes);
    let verdict = run(&["image", "verify", "--json", "--threads", "3"], &bad, &[]);
    assert_eq!(verdict.code(), 3, "{}", verdict.all());
    let verdict = verdict.objects().remove(0);
    assert_eq!(verdict["good"], false);
    let unreadable = verdict["unreadable"].as_array().unwrap();
    assert_eq!(unreadable.len(), 1, "{verdict}");
    let first = &unreadable[0]["first_sector"];
    let last = &unreadable[0]["last_sector"];
    if let Some(theirs) = peer("ewfverify", &["-q", bad.to_str().unwrap()]) {
        assert!(theirs.contains(&format!("at sector(s): {first} - {last}")), "{theirs}");
    }
    assert_eq!(run(&["image", "verify"], &lab.write("empty.E01", b""), &[]).code(), 1);
}

#[test]
fn what_is_not_there_is_said_and_hostile_names_are_escaped() {
    let lab = Lab::new();
    let blank = lab.write("blank.img", &[0; 1 << 16]);
    for (arguments, more, code) in [
        (["ls", "-r"], vec![], 1),
        (["stat", "--json"], vec!["/x"], 1),
        (["image", "cat"], vec!["@0:ntfs:5"], 2),
        (["image", "cat"], vec!["@0:ntfs:5-5"], 1),
    ] {
        let run = run(&arguments, &blank, &more);
        assert_eq!(run.code(), code, "{arguments:?}: {}", run.all());
        assert!(!run.err().is_empty() && !run.err().contains("panicked"), "{}", run.all());
    }
    let info = run(&["image", "info"], &blank, &[]);
    assert_eq!(info.code(), 0, "{}", info.all());
    let source = lab.beside("source");
    std::fs::create_dir(&source).unwrap();
    std::fs::write(source.join("a\u{1b}[2Jb\nc"), b"hostile").unwrap();
    let image = lab.beside("hostile.img");
    let made = Command::new("mke2fs")
        .args(["-q", "-F", "-t", "ext4", "-d"])
        .arg(&source)
        .arg(&image)
        .arg("2M")
        .status();
    if !made.is_ok_and(|status| status.success()) {
        return eprintln!("skipped: mke2fs is not installed");
    }
    let listing = run(&["ls", "-r"], &image, &[]);
    assert_eq!(listing.code(), 0, "{}", listing.all());
    assert!(listing.out().contains("/a\\u{1b}[2Jb\\nc"), "{}", listing.out());
    assert!(!listing.out().contains('\u{1b}'));
    let cat = run(&["image", "cat"], &image, &["/a\u{1b}[2Jb\nc"]);
    assert_eq!(cat.bytes(), b"hostile");
}
