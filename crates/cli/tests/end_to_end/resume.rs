//! A scan that was broken off goes on, and gives what it would have given without the break.

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use faults::{Gate, Shim};
use serde_json::Value;

use crate::program::Lab;

/// How often; the whole form asks for more (`ATHAR_SCAN_KILLS`).
fn kills() -> u64 {
    std::env::var("ATHAR_SCAN_KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(4)
}

/// Bytes of the biggest file of the evidence, of which all are `x`.
pub(crate) const VERY_BIG: u64 = 70 << 20;

/// An ext4 image with small, big and fragmented files, and a folder with the same files; `None` without `mke2fs`.
pub(crate) fn evidence(lab: &Lab) -> Option<[PathBuf; 2]> {
    let folder = lab.beside("files");
    for number in 0..40 {
        let below = folder.join(format!("d{number}"));
        std::fs::create_dir_all(&below).unwrap();
        for file in 0..60_usize {
            let size = if file == 7 { 1_500_000 } else { 37 * file * (number + 1) };
            std::fs::write(below.join(format!("f{file}")), vec![file as u8; size]).unwrap();
        }
    }
    std::fs::write(folder.join("very-big"), vec![b'x'; VERY_BIG as usize]).unwrap();
    let image = lab.beside("image");
    let made = Command::new("mke2fs")
        .args(["-q", "-F", "-t", "ext4", "-d"])
        .args([&folder, &image])
        .arg("220M")
        .stderr(Stdio::null())
        .status();
    if !made.is_ok_and(|status| status.success()) {
        eprintln!("skipped: mke2fs is not installed, or failed");
        return None;
    }
    Some([image, folder])
}

pub(crate) fn scan(lab: &Lab, items: &[PathBuf], case: &str, more: &[&str]) -> Command {
    let mut command = lab.command(&["scan", "--case", case, "--checkpoint-every", "0"]);
    command.args(items).args(more).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// True when it was killed before its end.
fn killed_after(mut command: Command, moment: Duration) -> bool {
    let clock = Instant::now();
    let mut child = command.spawn().unwrap();
    while clock.elapsed() < moment {
        if child.try_wait().unwrap().is_some() {
            break;
        }
        std::thread::yield_now();
    }
    // SIGKILL
    let _ = child.kill();
    child.wait().unwrap().code().is_none()
}

pub(crate) fn acts<'l>(ledger: &'l [Value], act: &str) -> Vec<&'l Value> {
    ledger
        .iter()
        .filter(|entry| entry["body"]["act"] == act)
        .map(|entry| &entry["body"]["fields"])
        .collect()
}

#[test]
fn killed_at_any_moment_it_goes_on_to_the_same_index() {
    let lab = Lab::new();
    let Some(items) = evidence(&lab) else { return };
    let clock = Instant::now();
    assert!(scan(&lab, &items, "whole", &[]).status().unwrap().success());
    let duration = clock.elapsed();
    let whole = lab.digest("whole");
    let mut killed = 0;
    let mut went_on = 0;
    for round in 0..kills() {
        let case = format!("c{round}");
        // Moments spread over the run by a fixed sequence: 617 has no common divisor with 1000.
        let moment =
            |step: u64| duration.mul_f64(((round * 3 + step) * 617 % 1000) as f64 / 1000.0);
        // First at a place of its work, with a checkpoint; then by the clock.
        break_off(&lab, &items, &case, VERY_BIG / (kills() + 1) * (round + 1));
        let mut broken = true;
        for step in 1..3 {
            if broken {
                killed += 1;
                broken = killed_after(scan(&lab, &items, &case, &[]), moment(step));
            }
        }
        killed += u64::from(broken);
        let last = scan(&lab, &items, &case, &[])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let said =
            String::from_utf8_lossy(&[last.stdout.as_slice(), &last.stderr].concat()).into_owned();
        assert!(last.status.success(), "round {round}: {}\n{said}", last.status);
        assert_eq!(lab.digest(&case), whole, "round {round}");
        assert_eq!(lab.run(&["custody", "verify", &case]).code(), 3, "round {round}");
        let ledger = lab.done(&["custody", "show", &case, "--json"]).objects();
        let outcomes = acts(&ledger, "scan_interrupted");
        went_on += outcomes
            .iter()
            .filter(|fields| fields["outcome"] == "it goes on from its last checkpoint")
            .count();
        let connection = rusqlite::Connection::open(lab.case_file(&case)).unwrap();
        for left in ["SELECT count(*) FROM scan_checkpoint", "SELECT count(*) FROM scan_result"] {
            let count: i64 = connection.query_row(left, [], |row| row.get(0)).unwrap();
            assert_eq!(count, 0, "round {round}: {left}");
        }
    }
    eprintln!(
        "{killed} killed in {} rounds, {went_on} times an item went on from a checkpoint",
        kills()
    );
    assert!(went_on as u64 >= kills(), "each goes on at least from where it was killed first");
}

#[test]
fn broken_off_between_its_last_row_and_its_verdict_nothing_is_written_twice() {
    let lab = Lab::new();
    let Some(items) = evidence(&lab) else { return };
    let whole = lab.run(&[
        "scan",
        items[0].to_str().unwrap(),
        items[1].to_str().unwrap(),
        "--case",
        "whole",
    ]);
    assert_eq!(whole.code(), 0, "{}", whole.all());
    // The case is there before the scan, so that it can refuse verdicts.
    let blank = lab.write("blank.img", &[0; 4096]);
    for case in ["whole", "c"] {
        assert_eq!(lab.run(&["scan", blank.to_str().unwrap(), "--case", case]).code(), 0);
    }
    let alter = |statement: &str| {
        rusqlite::Connection::open(lab.case_file("c")).unwrap().execute_batch(statement).unwrap();
    };
    for item in &items {
        alter(
            "CREATE TRIGGER refuse BEFORE UPDATE OF state ON image BEGIN SELECT RAISE(ABORT, 'no verdict'); END",
        );
        // Twice: what goes on from the last checkpoint can be broken off there again.
        for _ in 0..2 {
            let refused = lab.run(&["scan", item.to_str().unwrap(), "--case", "c"]);
            assert_ne!(refused.code(), 0);
            assert!(refused.err().contains("no verdict"), "{}", refused.all());
        }
        alter("DROP TRIGGER refuse");
        let finished = lab.run(&["scan", item.to_str().unwrap(), "--case", "c"]);
        assert_eq!(finished.code(), 0, "{}", finished.all());
    }
    assert_eq!(lab.digest("c"), lab.digest("whole"));
    assert_eq!(lab.run(&["custody", "verify", "c"]).code(), 3);
}

/// What a case says while it is scanned; nothing before it is there.
pub(crate) fn in_case<T: rusqlite::types::FromSql>(
    lab: &Lab,
    case: &str,
    query: &str,
) -> Option<T> {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let connection = rusqlite::Connection::open_with_flags(lab.case_file(case), flags).ok()?;
    connection.query_row(query, [], |row| row.get(0)).ok()
}

/// Starts a scan into `case` that waits when it comes to byte `at` of the file `held`, and waits until it is there.
fn scan_up_to(lab: &Lab, items: &[PathBuf], case: &str, (held, at): (&Path, u64)) -> Child {
    let shim = Shim::build().unwrap();
    let gates = tempfile::tempdir().unwrap();
    let gate = Gate::new(gates.path().join("gate"));
    let mut command = scan(lab, items, case, &[]);
    shim.wait_at(&mut command, &held.canonicalize().unwrap(), at, &gate);
    let mut child = command.spawn().unwrap();
    gate.wait_for(&mut child).unwrap();
    child
}

/// Waits until a scan that stands at its gate has stored where it stands: a checkpoint that began afterwards.
fn wait_for_checkpoint(lab: &Lab, case: &str, child: &mut Child) {
    let count = || {
        let query = "SELECT coalesce(max(elapsed_ns), 0) FROM scan_checkpoint WHERE image > 0";
        in_case::<i64>(lab, case, query).unwrap_or(0)
    };
    let mut last = count();
    let mut seen = 0;
    // The first one that is seen may have begun before.
    while seen < 2 {
        assert!(child.try_wait().unwrap().is_none(), "it goes on only when the gate is opened");
        let now = count();
        seen += usize::from(now > last);
        last = now;
        std::thread::yield_now();
    }
}

/// SIGKILL
fn kill(mut child: Child) {
    child.kill().unwrap();
    assert!(child.wait().unwrap().code().is_none(), "it was killed before its end");
}

#[test]
fn a_long_file_goes_on_where_it_stood() {
    let lab = Lab::new();
    let folder = lab.beside("long");
    std::fs::create_dir_all(&folder).unwrap();
    // Sparse, but zeros behind a byte of data go through the digests; where the scan is to wait, data is stored.
    let file = folder.join("disk.img");
    let waits_at = 100 << 20;
    let written = std::fs::File::create(&file).unwrap();
    written.set_len(160 << 20).unwrap();
    written.write_all_at(b"x", 0).unwrap();
    written.write_all_at(&[b'x'; 4096], waits_at).unwrap();
    std::fs::write(folder.join("note"), "short").unwrap();
    let items = [folder];
    assert!(scan(&lab, &items, "whole", &[]).status().unwrap().success());
    // In the middle of the long file: it notes where it stands every 32 MiB.
    let mut child = scan_up_to(&lab, &items, "c", (&file, waits_at));
    wait_for_checkpoint(&lab, "c", &mut child);
    kill(child);
    let finished = lab.run(&["scan", "--resume", "--case", "c"]);
    assert_eq!(finished.code(), 0, "{}", finished.all());
    assert!(
        finished.all().contains("bytes of files on their way are hashed"),
        "{}",
        finished.all()
    );
    let ledger = lab.done(&["custody", "show", "c", "--json"]).objects();
    let interrupted = acts(&ledger, "scan_interrupted");
    let done = interrupted.iter().find_map(|fields| fields["stream_bytes_done"].as_str()).unwrap();
    assert!(done.parse::<u64>().unwrap() >= 64 << 20, "{done} bytes need not be read again");
    assert_eq!(lab.digest("c"), lab.digest("whole"));
}

/// The place of a page of the biggest file in its image, `part` of `parts` behind its start.
pub(crate) fn page_of_biggest_file(image: &Path, part: usize, parts: usize) -> u64 {
    // Pages that no other file has: nobody reads one of them before the pass comes to it.
    let image = std::fs::read(image).unwrap();
    let pages =
        image.chunks(4096).enumerate().filter(|(_, page)| page.iter().all(|byte| *byte == b'x'));
    let pages: Vec<usize> = pages.map(|(page, _)| page).collect();
    pages[pages.len() * part / parts] as u64 * 4096
}

/// Kills a scan of the items into `case` when its first item, the image, has a checkpoint and the pass is at byte `at` of the biggest file.
pub(crate) fn break_off(lab: &Lab, items: &[PathBuf], case: &str, at: u64) {
    let page = page_of_biggest_file(&items[0], (at >> 20) as usize, (VERY_BIG >> 20) as usize);
    let mut child = scan_up_to(lab, items, case, (&items[0], page));
    wait_for_checkpoint(lab, case, &mut child);
    kill(child);
}

#[test]
fn the_scan_is_finished_on_request_and_only_once() {
    let lab = Lab::new();
    let Some(items) = evidence(&lab) else { return };
    break_off(&lab, &items, "c", VERY_BIG / 2);
    // Another item says what is left, and leaves it.
    let other = lab.write("blank.img", &[0; 4096]);
    let said = lab.done(&["scan", other.to_str().unwrap(), "--case", "c"]).all();
    assert!(said.contains("was broken off; 2 of its items are not named now"), "{said}");
    assert!(said.contains("athar scan --resume --case c"), "{said}");
    let finished = lab.run(&["scan", "--resume"]);
    assert_eq!(finished.code(), 0, "{}", finished.all());
    assert!(finished.all().contains("an earlier scan of it was broken off"), "{}", finished.all());
    assert_eq!(lab.run(&["scan", "--resume"]).code(), 2);
    let fresh = lab.run(&[
        "scan",
        items[0].to_str().unwrap(),
        items[1].to_str().unwrap(),
        other.to_str().unwrap(),
        "--case",
        "whole",
    ]);
    assert_eq!(fresh.code(), 0, "{}", fresh.all());
    assert_eq!(lab.digest("c"), lab.digest("whole"));
}

#[test]
fn other_evidence_or_other_settings_begin_again_and_say_so() {
    let lab = Lab::new();
    let Some(items) = evidence(&lab) else { return };
    break_off(&lab, &items[..1], "c", VERY_BIG / 2);
    // A byte of a file's content changes, and with it the time of the image.
    let mut bytes = std::fs::read(&items[0]).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&items[0], bytes).unwrap();
    let run = lab.scan(&items[0]);
    assert_eq!(run.code(), 0, "{}", run.all());
    assert!(run.all().contains("the evidence is not the same as then"), "{}", run.all());
    let ledger = lab.done(&["custody", "show", "c", "--json"]).objects();
    let interrupted = acts(&ledger, "scan_interrupted");
    assert!(interrupted.iter().any(|fields| {
        fields["cause"]
            .as_str()
            .is_some_and(|cause| cause.contains("the evidence is not the same as then"))
    }));
    let whole = lab.run(&["scan", items[0].to_str().unwrap(), "--case", "whole"]);
    assert_eq!(whole.code(), 0);
    assert_eq!(lab.digest("c"), lab.digest("whole"));
}

#[test]
fn a_second_scan_into_the_same_case_is_refused_while_the_first_runs() {
    let lab = Lab::new();
    let item = lab.write("blank.img", &[0; 4096]);
    assert_eq!(lab.scan(&item).code(), 0);
    let lock = std::fs::File::create(lab.path().join("cases/c.lock")).unwrap();
    lock.lock().unwrap();
    let other = lab.write("other.img", &[0; 8192]);
    let refused = lab.scan(&other);
    assert_eq!(refused.code(), 1, "{}", refused.all());
    assert!(
        refused.err().contains("another program is scanning into it right now"),
        "{}",
        refused.all()
    );
    drop(lock);
    assert_eq!(lab.scan(&other).code(), 0);
}
