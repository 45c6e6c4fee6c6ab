//! A lab on a medium that nothing can be written to, and the file of a case without any lab.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::{Lab, Run};

/// A folder that is mounted read-only at another place; unmounted in the end.
struct ReadOnly(PathBuf);

impl ReadOnly {
    /// `None` where nobody may mount: the test says so and ends.
    fn of(folder: &Path, place: PathBuf) -> Option<Self> {
        std::fs::create_dir_all(&place).unwrap();
        let mount = |arguments: &[&std::ffi::OsStr]| {
            Command::new("mount").args(arguments).output().is_ok_and(|run| run.status.success())
        };
        let bound = mount(&["--bind".as_ref(), folder.as_ref(), place.as_ref()]);
        let guard = bound.then(|| Self(place.clone()))?;
        mount(&["-o".as_ref(), "remount,ro,bind".as_ref(), place.as_ref()]).then_some(guard)
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        // The folder of the test cannot be deleted else; it is said there then.
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

fn at(lab: &Path, arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_athar"));
    command.arg("--lab").arg(lab).args(arguments);
    command
        .env_remove("ATHAR_LAB")
        .env_remove("ATHAR_PASSPHRASE")
        .env_remove("ATHAR_PASSPHRASE_FILE");
    Run::of(&mut command)
}

/// A lab with a case of two files.
fn lab() -> Lab {
    let lab = Lab::new();
    let folder = lab.beside("evidence");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("a.txt"), b"first").unwrap();
    std::fs::write(folder.join("b.txt"), b"second").unwrap();
    lab.done(&["scan", folder.to_str().unwrap(), "--case", "c"]);
    lab
}

#[test]
fn a_lab_on_a_read_only_medium_answers_everything_that_only_reads() {
    let lab = lab();
    let Some(place) = ReadOnly::of(&lab.path(), lab.beside("mounted")) else {
        eprintln!("skipped: nothing can be mounted here");
        return;
    };
    let entry =
        lab.done(&["find", "c", "--name", "a.txt", "--json"]).objects()[0]["entry"].to_string();
    let before = lab.done(&["custody", "show", "--json", "c"]).objects().len();
    for question in [
        &["case", "list"][..],
        &["case", "show", "c"],
        &["case", "digest", "c"],
        &["case", "check", "c"],
        &["find", "c", "--name", "a.txt"],
        &["find", "--all-cases", "--name", "b.txt"],
        &["export", "c", "--format", "csv"],
        &["custody", "show", "c"],
        &["hash-set", "list"],
        &["key", "list"],
        &["evidence", "verify", "c"],
        &["cat", "c", &entry],
    ] {
        let here = lab.run(question);
        let there = at(&place.0, question);
        assert_eq!(there.code(), here.code(), "{question:?}\n{}", there.all());
        assert!(!there.all().contains("unable to open"), "{}", there.all());
    }
    for verify in
        [&["custody", "verify"][..], &["custody", "verify", "c"], &["custody", "verify", "--all"]]
    {
        let there = at(&place.0, verify);
        assert_eq!(there.code(), 3, "{verify:?}\n{}", there.all());
        assert!(there.out().contains("consistent"), "{}", there.all());
    }
    let found = at(&place.0, &["find", "c", "--name", "a.txt", "--quiet"]);
    assert!(found.err().contains("recorded in no ledger"), "{}", found.all());
    assert!(
        before < lab.done(&["custody", "show", "--json", "c"]).objects().len(),
        "the same lab records elsewhere"
    );
    // What must be recorded is refused, and says why.
    for act in [
        &["case", "close", "c", "--reason", "x"][..],
        &["custody", "add", "note", "c", "--text", "x"],
        &["scan", lab.beside("evidence").to_str().unwrap(), "--case", "d"],
    ] {
        let refused = at(&place.0, act);
        assert_eq!(refused.code(), 1, "{act:?}\n{}", refused.all());
        assert!(
            refused.err().contains("nothing can be written here"),
            "{act:?}\n{}",
            refused.all()
        );
    }
}

#[test]
fn a_part_that_is_in_a_log_on_a_read_only_medium_is_not_left_out_without_a_word() {
    let lab = lab();
    // Another program holds the case open: its last entries stand in the log.
    let other = rusqlite::Connection::open(lab.case_file("c")).unwrap();
    other.execute_batch("BEGIN; SELECT count(*) FROM entry").unwrap();
    lab.done(&["find", "c", "--name", "a.txt"]);
    let copy = lab.beside("copy");
    crate::program::copy_folder(&lab.path(), &copy);
    let Some(place) = ReadOnly::of(&copy, lab.beside("mounted")) else {
        eprintln!("skipped: nothing can be mounted here");
        return;
    };
    for question in [
        &["find", "c", "--name", "a.txt"][..],
        &["case", "check", "c"],
        &["custody", "verify", "c"],
    ] {
        let refused = at(&place.0, question);
        assert_eq!(refused.code(), 1, "{question:?}\n{}", refused.all());
        assert!(
            refused.err().contains("c.db-wal") && refused.err().contains("copy both files"),
            "{}",
            refused.all()
        );
        assert!(
            !refused.all().contains("NOT SOUND") && !refused.all().contains("NOT VALID"),
            "{}",
            refused.all()
        );
    }
}

#[test]
fn the_file_of_a_case_is_read_without_a_lab() {
    let lab = lab();
    let expert = lab.beside("expert");
    std::fs::create_dir(&expert).unwrap();
    let backup = expert.join("c.athar-backup");
    lab.done(&["case", "backup", "c", backup.to_str().unwrap()]);
    let no_lab = lab.beside("no-lab");
    let file = backup.to_str().unwrap();
    for (question, words) in [
        (&["find", file, "--name", "a.txt"][..], "a.txt"),
        (&["export", file, "--format", "jsonl"], "b.txt"),
        (&["case", "show", file], "evidence"),
        (&["case", "check", file], "sound in itself"),
        (&["custody", "show", file], "scan_finish"),
    ] {
        let answer = at(&no_lab, question);
        assert_eq!(answer.code(), 0, "{question:?}\n{}", answer.all());
        assert!(answer.out().contains(words), "{question:?}\n{}", answer.all());
    }
    assert_eq!(at(&no_lab, &["case", "digest", file]).out().trim(), lab.digest("c"));
    let verified = at(&no_lab, &["custody", "verify", file]);
    assert_eq!(verified.code(), 3, "{}", verified.all());
    assert!(verified.out().contains("looked at without its lab"), "{}", verified.all());
    let names: Vec<_> =
        std::fs::read_dir(&expert).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(names, ["c.athar-backup"], "nothing is written beside it");
    assert!(!no_lab.exists());
}
