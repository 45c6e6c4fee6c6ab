//! Slack against `icat -s`, which writes a file's content with the slack of its last cluster or block behind it.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::program::{Lab, Run};
use crate::shared_data::{folder, unpack};

/// Files compared of one image; with their slack, and with the offset of their volume in sectors.
const MOST_FILES: usize = 25;

/// TSK's address of each path in use.
fn addresses(image: &str, sector: &str) -> Option<HashMap<String, String>> {
    let Ok(listing) =
        Command::new("fls").args(["-r", "-p", "-u", "-F", "-o", sector, image]).output()
    else {
        eprintln!("skipped: fls is not installed");
        return None;
    };
    let text = String::from_utf8_lossy(&listing.stdout).into_owned();
    let one = |line: &str| {
        let (head, path) = line.split_once(":\t")?;
        let address = head.rsplit(' ').next()?;
        Some((format!("/{path}"), address.to_owned()))
    };
    Some(text.lines().filter_map(one).collect())
}

fn look(arguments: &[&str]) -> Run {
    Lab::new().run(arguments)
}

/// Compares content and slack of files; gives the number of bytes of slack.
fn compare(image: &Path, sector: &str) -> Option<u64> {
    let name = image.to_str().unwrap();
    let addresses = addresses(name, sector)?;
    let rows = look(&["ls", "-r", "--json", name]).objects();
    let offset = sector.parse::<u64>().unwrap() * 512;
    let mut slack_bytes = 0;
    let wanted = rows.iter().filter(|row| {
        row["volume_offset"] == offset
            && row["allocated"] == true
            && row["stream"] == "data"
            && row["metadata"] != true
            && row["size"].as_u64() > Some(0)
            && row["size"].as_u64() < Some(4 << 20)
    });
    for row in wanted.take(MOST_FILES) {
        let path = row["path"].as_str().unwrap();
        let locator = row["locator"].as_str().unwrap();
        let Some(address) = addresses.get(path) else { continue };
        let theirs =
            Command::new("icat").args(["-s", "-o", sector, name, address]).output().unwrap().stdout;
        let content = look(&["image", "cat", name, locator]);
        let slack = look(&["image", "cat", "--slack", name, locator]);
        let stat: Value = look(&["stat", "--json", name, locator]).objects().remove(0);
        let stream = stat["streams"]
            .as_array()
            .unwrap()
            .iter()
            .find(|stream| stream["stream"] == "data")
            .unwrap();
        if stream["slack"]["none"].is_string() {
            assert_eq!(slack.code(), 1, "{}", slack.all());
            assert!(slack.err().contains("no slack"), "{}", slack.err());
            continue;
        }
        assert_eq!(slack.code(), 0, "{}", slack.all());
        assert_eq!(stream["slack"]["bytes"].as_u64(), Some(slack.bytes().len() as u64), "{path}");
        assert_eq!(stream["slack"]["never_written"], 0, "{path}: not to be compared with icat");
        let ours = [content.bytes(), slack.bytes()].concat();
        assert!(
            ours == theirs,
            "{path}: {} bytes with slack, icat -s has {}",
            ours.len(),
            theirs.len()
        );
        slack_bytes += slack.bytes().len() as u64;
    }
    Some(slack_bytes)
}

#[test]
fn content_and_slack_are_what_icat_writes_with_slack() {
    let Some(shared) = folder() else { return };
    for (id, sector) in [
        ("ext4view-test_disk_ext2.bin", "0"),
        ("dfvfs-ext2.splitraw.000", "0"),
        ("dfirntfs-fat16.raw", "128"),
        ("rustfatfs-fat12.img", "0"),
        ("dfirntfs-ntfs3.raw", "0"),
        ("tsk-image.dd", "0"),
    ] {
        let lab = Lab::new();
        let image = unpack(&shared, id, &lab.beside("evidence"));
        let Some(bytes) = compare(&image, sector) else { return };
        eprintln!("{id}: {bytes} bytes of slack");
    }
}

#[test]
fn slack_of_a_scanned_case_is_written_and_goes_into_the_ledger() {
    let lab = Lab::new();
    let image = lab.beside("slack.img");
    let source = lab.write("content", &[b'c'; 700]);
    let made = Command::new("mkfs.fat")
        .args(["-C", "-F", "12", "-s", "4"])
        .arg(&image)
        .arg("720")
        .output();
    let copied =
        Command::new("mcopy").arg("-i").arg(&image).arg(&source).arg("::/FILE.TXT").status();
    if !made.is_ok_and(|done| done.status.success()) || !copied.is_ok_and(|status| status.success())
    {
        return eprintln!("skipped: mkfs.fat or mcopy is not installed");
    }
    // Older content behind the end of the file, in its last cluster.
    let mut bytes = std::fs::read(&image).unwrap();
    let at = bytes.windows(700).position(|window| window == [b'c'; 700]).unwrap();
    bytes[at + 700..at + 2048].fill(b'o');
    std::fs::write(&image, bytes).unwrap();
    assert_eq!(lab.scan(&image).code(), 0);
    let found = lab.run(&["find", "c", "--name", "file.txt", "--json"]).objects();
    let entry = found[0]["id"].to_string();
    let slack = lab.run(&["cat", "c", &entry, "--slack"]);
    assert_eq!((slack.code(), slack.bytes()), (0, vec![b'o'; 1348].as_slice()), "{}", slack.err());
    let content = lab.run(&["cat", "c", &entry]);
    assert_eq!(
        (content.code(), content.bytes()),
        (0, vec![b'c'; 700].as_slice()),
        "{}",
        content.err()
    );
    let ledger = lab.run(&["custody", "show", "c", "--json"]).out();
    assert!(ledger.contains("\"slack\"") && ledger.contains("\"content\""), "{ledger}");
}
