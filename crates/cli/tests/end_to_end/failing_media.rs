//! Images on a medium that fails: what cannot be read is lost, named, and nothing else (see `tools/faults`).

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use faults::{FailingFile, Shim};
use rusqlite::Connection;
use serde_json::Value;

use crate::program::{Lab, Run, row};

const PAGE: usize = 4096;
/// Files beside those whose content is lost: each has a size of its own, by which its inode is found.
const FILLERS: usize = 100;

/// Bytes of which each page is like no other.
fn content(name: &str, length: usize) -> Vec<u8> {
    let page = |number: usize| {
        let line = format!("{name} page {number:06} ");
        line.into_bytes().into_iter().cycle().take(PAGE)
    };
    (0..length.div_ceil(PAGE)).flat_map(page).take(length).collect()
}

/// The files of the evidence: name, bytes.
fn files() -> Vec<(String, Vec<u8>)> {
    let named = [("whole", 100_000), ("partial", 200_000), ("lost", PAGE)];
    let named = named.into_iter().map(|(name, length)| (name.to_owned(), content(name, length)));
    let fillers = (0..FILLERS)
        .map(|number| (format!("filler-{number:03}"), content("filler", 5000 + number)));
    named.chain(fillers).collect()
}

fn runs(command: &mut Command) -> bool {
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    command.env("PATH", path).output().is_ok_and(|output| output.status.success())
}

/// An image made by other programs.
struct Evidence {
    image: PathBuf,
    bytes: Vec<u8>,
    /// A file whose record is lost, in a page in which no record of a file is that was named above; and where the page is.
    victim: (String, u64),
}

impl Evidence {
    /// `record` finds the record of a file of this name and size in the bytes.
    fn new(image: PathBuf, record: impl Fn(&[u8], &str, usize) -> usize) -> Self {
        let bytes = std::fs::read(&image).unwrap();
        let pages = files().into_iter().map(|(name, content)| {
            let page = record(&bytes, &name, content.len()) / PAGE * PAGE;
            (name, page as u64)
        });
        let (fillers, named): (Vec<_>, Vec<_>) =
            pages.partition(|(name, _)| name.starts_with("filler"));
        let alone = |filler: &&(String, u64)| named.iter().all(|(_, page)| *page != filler.1);
        // The last: the first records are the file system's own.
        let victim = fillers.iter().filter(alone).max_by_key(|filler| filler.1).unwrap().clone();
        Self { image, bytes, victim }
    }
}

fn ext4(lab: &Lab) -> Option<Evidence> {
    let folder = lab.beside("files");
    let image = lab.beside("ext4.img");
    std::fs::create_dir(&folder).unwrap();
    files().iter().for_each(|(name, bytes)| std::fs::write(folder.join(name), bytes).unwrap());
    let mut command = Command::new("mke2fs");
    let made = runs(
        command
            .args(["-q", "-F", "-t", "ext4", "-b", "4096", "-d"])
            .args([&folder, &image])
            .arg("16M"),
    );
    if !made {
        eprintln!("skipped: mke2fs is not installed, or failed");
        return None;
    }
    // An inode of 256 bytes: i_mode of a regular file, i_size_lo at byte 4, i_links_count at byte 26.
    Some(Evidence::new(image, |bytes, _, size| {
        let is_it = |inode: &[u8]| {
            inode[1] & 0xf0 == 0x80
                && inode[4..8] == (size as u32).to_le_bytes()
                && inode[26..28] == [1, 0]
        };
        bytes.chunks_exact(256).position(is_it).unwrap() * 256
    }))
}

fn ntfs(lab: &Lab) -> Option<Evidence> {
    let image = lab.write("ntfs.img", &[]);
    std::fs::File::options().write(true).open(&image).unwrap().set_len(16 << 20).unwrap();
    let mut made = runs(Command::new("mkntfs").args(["-q", "-F", "-c", "4096"]).arg(&image));
    for (name, bytes) in files() {
        let from = lab.write("one", &bytes);
        made = made && runs(Command::new("ntfscp").arg("-q").arg(&image).arg(&from).arg(&name));
    }
    if !made {
        eprintln!("skipped: mkntfs or ntfscp is not installed, or failed");
        return None;
    }
    Some(Evidence::new(image, |bytes, name, _| {
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let has_name = |record: &[u8]| record.windows(name.len()).any(|part| part == name);
        let is_it = |record: &[u8]| record.starts_with(b"FILE") && has_name(record);
        bytes.chunks_exact(1024).position(is_it).unwrap() * 1024
    }))
}

impl Evidence {
    /// Where a page of a file lies in the image.
    fn page(&self, name: &str, number: usize) -> Range<u64> {
        let wanted = format!("{name} page {number:06} ");
        let at = self
            .bytes
            .chunks_exact(PAGE)
            .position(|page| page.starts_with(wanted.as_bytes()))
            .unwrap();
        (at * PAGE) as u64..((at + 1) * PAGE) as u64
    }

    /// In the content of files, in the table of records, at the end.
    fn bad(&self) -> Vec<Range<u64>> {
        let record = self.victim.1;
        let end = self.bytes.len() as u64;
        vec![
            self.page("partial", 10),
            self.page("partial", 11),
            self.page("partial", 40),
            self.page("lost", 0),
            record..record + PAGE as u64,
            end - PAGE as u64..end,
        ]
    }

    fn scan(&self, lab: &Lab, case: &str, failing: Option<(&Shim, bool)>, more: &[&str]) -> Run {
        let path = self.image.canonicalize().unwrap();
        let mut command = lab.command(&["scan", path.to_str().unwrap(), "--case", case]);
        command.args(more);
        if let Some((shim, mapped)) = failing {
            shim.fail_reading(&mut command, FailingFile { path: &path, bad: &self.bad(), mapped });
        }
        Run::of(&mut command)
    }
}

/// By another program; with zeros in the place of what cannot be read.
fn sha256_with_zeros(lab: &Lab, bytes: &[u8], bad: &[Range<u64>]) -> String {
    let mut bytes = bytes.to_vec();
    for range in bad {
        let end = (range.end as usize).min(bytes.len());
        bytes[range.start as usize..end].fill(0);
    }
    let output = Command::new("sha256sum").arg(lab.write("zeros", &bytes)).output().unwrap();
    String::from_utf8_lossy(&output.stdout).split(' ').next().unwrap().to_owned()
}

/// First byte and length, in order.
fn ranges(lab: &Lab, case: &str, query: &str) -> Vec<(u64, u64)> {
    let connection = Connection::open(lab.case_file(case)).unwrap();
    let mut statement = connection.prepare(query).unwrap();
    let rows = statement
        .query_map([], |row| Ok((row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64)));
    rows.unwrap().map(Result::unwrap).collect()
}

fn joined(mut ranges: Vec<Range<u64>>) -> Vec<(u64, u64)> {
    ranges.sort_by_key(|range| range.start);
    let mut joined: Vec<(u64, u64)> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some((start, length)) if *start + *length == range.start => {
                *length += range.end - range.start
            }
            _ => joined.push((range.start, range.end - range.start)),
        }
    }
    joined
}

/// What the scan says, and what the case holds.
fn what_could_not_be_read_is_named(
    lab: &Lab,
    evidence: &Evidence,
    case: &str,
    good: &[Value],
    shim: &Shim,
    mapped: bool,
) {
    let run = evidence.scan(lab, case, Some((shim, mapped)), &["--verbose"]);
    let said = run.all();
    assert_eq!(run.code(), 3, "{said}");
    assert_eq!(said.contains("mapped: a regular file"), mapped, "{said}");
    for part in [
        "FINISHED BUT INCOMPLETE",
        "OF AN INCOMPLETE READ",
        "athar scan ",
        "--case NEW-CASE",
        "ddrescue",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let bad = joined(evidence.bad());
    assert_eq!(ranges(lab, case, "SELECT start, length FROM unreadable_range ORDER BY start"), bad);
    for (start, length) in &bad {
        assert!(
            said.contains(&format!("bytes {start} to {} (", start + length - 1)),
            "{start}: {said}"
        );
    }
    assert!(said.contains(&sha256_with_zeros(lab, &evidence.bytes, &evidence.bad())), "{said}");
    // Files, with their own ranges and digests of what was read.
    let rows = lab.export(case);
    let partial = row(&rows, "/partial");
    let lost = row(&rows, "/lost");
    assert_eq!(
        (&partial["disposition"], &lost["disposition"]),
        (&"partial".into(), &"unreadable".into()),
        "{said}"
    );
    assert!(lost["sha256"].is_null(), "{lost}");
    let page = |number: u64| number * PAGE as u64..(number + 1) * PAGE as u64;
    let in_file = [page(10), page(11), page(40)];
    let content = content("partial", 200_000);
    assert_eq!(partial["sha256"], sha256_with_zeros(lab, &content, &in_file), "{partial}");
    let of_entry = "SELECT u.start, u.length FROM unreadable_part u JOIN entry e ON e.id = u.entry WHERE e.name = 'partial' ORDER BY 1";
    assert_eq!(ranges(lab, case, of_entry), joined(in_file.to_vec()));
    let exported = partial["unreadable"].as_array().unwrap().iter();
    let exported =
        exported.map(|range| (range["start"].as_u64().unwrap(), range["length"].as_u64().unwrap()));
    assert_eq!(exported.collect::<Vec<_>>(), joined(in_file.to_vec()), "{partial}");
    assert_eq!(partial["digests_of"], "what could be read, with zeros in the place of the rest");
    let whole = row(&rows, "/whole");
    assert!(whole["unreadable"].is_null() && whole["digests_of"].is_null(), "{whole}");
    // The record that is lost is said by its place; its neighbours in the same page are lost with it, no others.
    let (victim, record) = (&evidence.victim.0, evidence.victim.1);
    let problems = "SELECT at, 0 FROM problem WHERE severity = 'damage' ORDER BY at";
    let places = ranges(lab, case, problems);
    assert!(
        places.iter().any(|(at, _)| (record..record + PAGE as u64).contains(at)),
        "{places:?}\n{said}"
    );
    let is_whole = |name: &Value| {
        rows.iter().any(|row| row["path"] == *name && row["disposition"] == "hashed")
    };
    let missing =
        good.iter().filter(|row| row["disposition"] == "hashed" && !is_whole(&row["path"])).count();
    assert!((3..3 + PAGE / 256).contains(&missing), "{missing} files are not whole: {said}");
    assert!(!is_whole(&format!("/{victim}").into()), "{said}");
    // Named again, nothing is done, and how to retry is said.
    let again = evidence.scan(lab, case, None, &[]);
    assert!(
        again.all().contains("INCOMPLETE; nothing was done. To read it again:"),
        "{}",
        again.all()
    );
}

fn scanned_on_a_medium_that_fails(evidence: fn(&Lab) -> Option<Evidence>) {
    let shim = match Shim::build() {
        Ok(shim) => shim,
        Err(why) => return eprintln!("skipped: no medium that fails: {why}"),
    };
    let lab = Lab::new();
    let Some(evidence) = evidence(&lab) else { return };
    let whole = evidence.scan(&lab, "whole", None, &[]);
    assert_eq!(whole.code(), 0, "{}", whole.all());
    let rows = lab.export("whole");
    what_could_not_be_read_is_named(&lab, &evidence, "mapped", &rows, &shim, true);
    what_could_not_be_read_is_named(&lab, &evidence, "pread", &rows, &shim, false);
    assert_eq!(lab.digest("mapped"), lab.digest("pread"), "the same is lost however it is read");
    // When the medium can be read again, as the scan said.
    let retried = evidence.scan(&lab, "again", None, &[]);
    assert_eq!(retried.code(), 0, "{}", retried.all());
    assert_eq!(lab.digest("again"), lab.digest("whole"));
    lab.consistent(&["custody", "verify", "mapped"]);
}

#[test]
fn of_ext4_on_a_failing_medium_only_what_cannot_be_read_is_lost_and_all_of_it_is_named() {
    scanned_on_a_medium_that_fails(ext4);
}

#[test]
fn of_ntfs_on_a_failing_medium_only_what_cannot_be_read_is_lost_and_all_of_it_is_named() {
    scanned_on_a_medium_that_fails(ntfs);
}

/// A folder's file on a failing medium.
#[test]
fn of_a_plain_folder_on_a_failing_medium_the_file_is_partial_and_the_rest_is_read() {
    let shim = match Shim::build() {
        Ok(shim) => shim,
        Err(why) => return eprintln!("skipped: no medium that fails: {why}"),
    };
    let lab = Lab::new();
    let folder = lab.beside("files");
    std::fs::create_dir(&folder).unwrap();
    files().iter().for_each(|(name, bytes)| std::fs::write(folder.join(name), bytes).unwrap());
    let path = folder.join("partial").canonicalize().unwrap();
    let bad = [10, 11].map(|page| page * PAGE as u64..(page + 1) * PAGE as u64);
    for (case, mapped) in [("mapped", true), ("pread", false)] {
        let mut command = lab.command(&["scan", folder.to_str().unwrap(), "--case", case]);
        shim.fail_reading(&mut command, FailingFile { path: Path::new(&path), bad: &bad, mapped });
        let run = Run::of(&mut command);
        assert_eq!(run.code(), 3, "{}", run.all());
        let rows = lab.export(case);
        let partial = row(&rows, "/partial");
        assert_eq!(partial["disposition"], "partial", "{}", run.all());
        assert_eq!(partial["sha256"], sha256_with_zeros(&lab, &content("partial", 200_000), &bad));
        let hashed = rows.iter().filter(|row| row["disposition"] == "hashed").count();
        assert_eq!(hashed, files().len() - 1);
    }
}
