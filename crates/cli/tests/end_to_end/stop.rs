//! Ctrl-C and SIGTERM: the first press stores what was done and says how to finish it, the second ends the program at once.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};

use faults::{Gate, Shim};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::program::{Lab, Run};
use crate::resume::{acts, evidence, in_case, page_of_biggest_file};

const SIGNALS: [(Signal, &str, i32); 2] =
    [(Signal::INT, "SIGINT", 130), (Signal::TERM, "SIGTERM", 143)];

/// A command that waits where it reads a byte of evidence.
struct Held {
    child: Child,
    errors: BufReader<ChildStderr>,
    gate: Gate,
    _files: (Shim, tempfile::TempDir),
}

/// What a command said and how it ended.
struct Ended {
    code: Option<i32>,
    out: String,
    errors: String,
}

impl Held {
    /// Starts a command, and waits until it comes to byte `at` of `file`.
    fn new(lab: &Lab, arguments: &[&str], (file, at): (&Path, u64)) -> Self {
        let program = lab.command(arguments);
        // A test that was started in the background of a script ignores SIGINT, and so would the program.
        let mut command = Command::new("env");
        command.arg("--default-signal").arg(program.get_program()).args(program.get_args());
        command
            .env_remove("ATHAR_LAB")
            .env_remove("ATHAR_PASSPHRASE")
            .env_remove("ATHAR_PASSPHRASE_FILE");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let shim = Shim::build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let gate = Gate::new(folder.path().join("gate"));
        shim.wait_at(&mut command, &file.canonicalize().unwrap(), at, &gate);
        let mut child = command.spawn().unwrap();
        let errors = BufReader::new(child.stderr.take().unwrap());
        gate.wait_for(&mut child).unwrap();
        Self { child, errors, gate, _files: (shim, folder) }
    }

    fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
    }

    /// Presses once, and waits until the program says that it heard.
    fn press(&mut self, signal: Signal, name: &str) {
        self.signal(signal);
        let mut line = String::new();
        while !(line.contains("stopping") && line.contains(name)) {
            line.clear();
            assert!(self.errors.read_line(&mut line).unwrap() > 0, "it says that it heard {name}");
        }
    }

    fn ended(mut self) -> Ended {
        let mut out = String::new();
        let mut errors = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        self.errors.read_to_string(&mut errors).unwrap();
        Ended { code: self.child.wait().unwrap().code(), out, errors }
    }

    fn opened(self) -> Ended {
        self.gate.open().unwrap();
        self.ended()
    }
}

/// Runs the command that a text names behind `mark`, as a person would who pastes it into a shell.
fn run_told(text: &str, mark: &str) -> Run {
    let command = text.split(mark).nth(1).unwrap().lines().next().unwrap();
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(format!("athar() {{ '{}' \"$@\"; }}\n{command}", env!("CARGO_BIN_EXE_athar")));
    Run::of(shell.env_remove("ATHAR_LAB"))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The digest of a scan that nothing stops.
fn whole(lab: &Lab, items: &[PathBuf]) -> String {
    let mut command = lab.command(&["scan", "--case", "whole"]);
    let run = Run::of(command.args(items));
    assert_eq!(run.code(), 0, "{}", run.all());
    lab.digest("whole")
}

fn scan_of<'a>(items: &'a [PathBuf], more: &[&'a str]) -> Vec<&'a str> {
    // Nothing but a stop stores where the scan stands.
    let mut arguments = vec!["scan", "--case", "c", "--checkpoint-every", "86400"];
    arguments.extend(items.iter().map(|item| text(item)));
    arguments.extend(more);
    arguments
}

#[test]
fn the_first_signal_stores_where_the_scan_stands_and_the_command_that_is_told_finishes_it() {
    let lab = Lab::new();
    let Some(items) = evidence(&lab) else { return };
    let digest = whole(&lab, &items);
    for (signal, name, code) in SIGNALS {
        let at = page_of_biggest_file(&items[0], 1, 2);
        let mut held = Held::new(&lab, &scan_of(&items, &["--threads", "1"]), (&items[0], at));
        held.press(signal, name);
        let ended = held.opened();
        assert_eq!(ended.code, Some(code), "{}{}", ended.out, ended.errors);
        let told =
            format!("athar: stopped by {name}: what was done is stored. To finish the scan: ");
        assert!(ended.errors.contains(&told), "{}", ended.errors);
        let query = "SELECT count(*) FROM scan_checkpoint WHERE image > 0";
        assert_eq!(in_case::<i64>(&lab, "c", query), Some(1), "{name}");
        assert_eq!(lab.run(&["custody", "verify", "c"]).code(), 3);
        let finished = run_told(&ended.errors, &told);
        assert_eq!(finished.code(), 0, "{}", finished.all());
        assert_eq!(lab.digest("c"), digest, "{name}");
        let ledger = lab.done(&["custody", "show", "c", "--json"]).objects();
        let interrupted = acts(&ledger, "scan_interrupted");
        let cause = interrupted.iter().find_map(|fields| fields["cause"].as_str()).unwrap();
        assert_eq!(cause, "stopped on request; what was done until then is stored");
        let done =
            interrupted.iter().find_map(|fields| fields["medium_bytes_done"].as_str()).unwrap();
        assert!(done.parse::<u64>().unwrap() > 0, "the stop stored the digests of the medium");
        assert_eq!(lab.run(&["custody", "verify", "c"]).code(), 3);
        std::fs::remove_dir_all(lab.path()).unwrap();
        assert_eq!(whole(&lab, &items), digest);
    }
}

#[test]
fn the_second_signal_ends_the_program_at_once() {
    let lab = Lab::new();
    let Some(items) = evidence(&lab) else { return };
    let at = page_of_biggest_file(&items[0], 1, 2);
    for (signal, name, code) in SIGNALS {
        let mut held = Held::new(&lab, &scan_of(&items, &[]), (&items[0], at));
        held.press(signal, name);
        // The worker never comes back from its read.
        held.signal(signal);
        assert_eq!(held.ended().code, Some(code));
    }
    let finished = lab.run(&["scan", "--resume", "--case", "c"]);
    assert_eq!(finished.code(), 0, "{}", finished.all());
    let digest = lab.digest("c");
    assert_eq!(digest, whole(&lab, &items));
}

#[test]
fn the_stop_is_a_value_with_json() {
    let lab = Lab::new();
    let Some(items) = evidence(&lab) else { return };
    let at = page_of_biggest_file(&items[0], 1, 3);
    let mut held = Held::new(&lab, &scan_of(&items, &["--json"]), (&items[0], at));
    held.press(Signal::TERM, "SIGTERM");
    let ended = held.opened();
    assert_eq!(ended.code, Some(143), "{}{}", ended.out, ended.errors);
    let last: Value = serde_json::from_str(ended.out.lines().last().unwrap()).unwrap();
    let resume = format!("athar scan --resume --case c --lab {}", text(&lab.path()));
    let wanted = serde_json::json!({
        "case": "c", "path": text(&lab.case_file("c")), "state": "stopped", "signal": "SIGTERM", "resume": resume,
    });
    assert_eq!(last, wanted);
}

/// A byte in the middle of the first inode table: read for the names, and not before.
fn byte_of_inode_table(image: &Path) -> u64 {
    let bytes = std::fs::read(image).unwrap();
    let number = |at: usize| u64::from(u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()));
    let block_bytes = 1024_u64 << number(1024 + 24);
    let descriptors = if block_bytes == 1024 { 2048 } else { block_bytes };
    let inode_bytes =
        u64::from(u16::from_le_bytes(bytes[1024 + 88..1024 + 90].try_into().unwrap()));
    let table = number(usize::try_from(descriptors).unwrap() + 8) * block_bytes;
    table + number(1024 + 40) / 2 * inode_bytes
}

#[test]
fn stopped_while_it_opens_or_gathers_the_scan_is_known_and_can_be_finished() {
    let lab = Lab::new();
    let Some(items) = evidence(&lab) else { return };
    let digest = whole(&lab, &items);
    // The superblock is read when the image is opened.
    for at in [1024 + 56, byte_of_inode_table(&items[0])] {
        let mut held = Held::new(&lab, &scan_of(&items, &[]), (&items[0], at));
        held.press(Signal::INT, "SIGINT");
        let ended = held.opened();
        assert_eq!(ended.code, Some(130), "{}{}", ended.out, ended.errors);
        assert_eq!(in_case::<i64>(&lab, "c", "SELECT count(*) FROM image"), Some(0), "byte {at}");
        assert!(ended.errors.contains("athar scan --resume --case c"), "{}", ended.errors);
    }
    let finished = lab.run(&["scan", "--resume"]);
    assert_eq!(finished.code(), 0, "{}", finished.all());
    assert_eq!(lab.digest("c"), digest);
}

#[test]
fn an_item_that_goes_on_keeps_its_rows_while_it_waits_for_its_turn() {
    let lab = Lab::new();
    let Some(items) = evidence(&lab) else { return };
    let mut held = Held::new(
        &lab,
        &scan_of(&items[..1], &[]),
        (&items[0], page_of_biggest_file(&items[0], 1, 2)),
    );
    held.press(Signal::INT, "SIGINT");
    assert_eq!(held.opened().code, Some(130));
    let rows = "SELECT image FROM scan_checkpoint WHERE path LIKE '%image'";
    let image = in_case::<i64>(&lab, "c", rows).unwrap();
    // Now an item before it that is held up.
    let first = lab.beside("first.img");
    std::fs::copy(&items[0], &first).unwrap();
    let both = [first.clone(), items[0].clone()];
    let mut arguments = scan_of(&both, &[]);
    arguments[4] = "0";
    let mut held = Held::new(&lab, &arguments, (&first, page_of_biggest_file(&first, 1, 2)));
    let worked = "SELECT elapsed_ns FROM scan_checkpoint WHERE path LIKE '%image'";
    let before = in_case::<i64>(&lab, "c", worked).unwrap();
    // Until whoever has the turn stored where the waiting one stands.
    while in_case::<i64>(&lab, "c", worked).unwrap() == before {
        assert!(
            held.child.try_wait().unwrap().is_none(),
            "it goes on only when the gate is opened"
        );
        std::thread::yield_now();
    }
    held.press(Signal::TERM, "SIGTERM");
    assert_eq!(held.opened().code, Some(143));
    assert_eq!(
        in_case::<Option<i64>>(&lab, "c", rows),
        Some(Some(image)),
        "its rows are not given up"
    );
    let finished = lab.run(&["scan", "--resume", "--case", "c"]);
    assert_eq!(finished.code(), 0, "{}", finished.all());
    assert_eq!(lab.digest("c"), whole(&lab, &both));
}

#[test]
fn a_verification_that_is_stopped_says_nothing_of_the_medium() {
    let lab = Lab::new();
    let item = lab.write("medium.img", &vec![0; 3 << 20]);
    assert_eq!(lab.scan(&item).code(), 0);
    let verify = |arguments: &[&str]| {
        let mut held = Held::new(&lab, arguments, (&item, 2 << 20));
        held.press(Signal::INT, "SIGINT");
        let ended = held.opened();
        assert_eq!(ended.code, Some(130), "{}{}", ended.out, ended.errors);
        assert_eq!(ended.out, "");
        assert!(ended.errors.contains("athar: stopped by SIGINT: "), "{}", ended.errors);
        assert!(ended.errors.contains("nothing is known of"), "{}", ended.errors);
    };
    verify(&["image", "verify", text(&item)]);
    verify(&["evidence", "verify", "c"]);
    let ledger = lab.done(&["custody", "show", "c", "--json"]).objects();
    assert!(acts(&ledger, "verify").is_empty(), "no verdict is recorded");
    assert_eq!(lab.run(&["evidence", "verify", "c"]).code(), 0);
}
