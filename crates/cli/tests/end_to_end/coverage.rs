//! An answer about a case that is not complete says so, whoever asks.

use std::path::PathBuf;

use serde_json::json;

use crate::hash_set::ABC_MD5;
use crate::program::{Lab, Run};

fn folder(lab: &Lab, name: &str) -> PathBuf {
    let folder = lab.beside(name);
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("abc"), b"abc").unwrap();
    for number in 0..4 {
        std::fs::write(folder.join(format!("f{number}.txt")), format!("{name} {number}")).unwrap();
    }
    folder
}

/// A case whose scan of `items` has no end, as one that was killed before its verdict.
fn broken_off(lab: &Lab, items: &[&PathBuf]) {
    let blank = lab.write("blank.img", &[0; 4096]);
    assert_eq!(lab.scan(&blank).code(), 0);
    let alter = |statement: &str| {
        rusqlite::Connection::open(lab.case_file("c")).unwrap().execute_batch(statement).unwrap();
    };
    alter(
        "CREATE TRIGGER refuse BEFORE UPDATE OF state ON image BEGIN SELECT RAISE(ABORT, 'no verdict'); END",
    );
    let mut arguments = vec!["scan", "--case", "c"];
    arguments.extend(items.iter().map(|item| item.to_str().unwrap()));
    assert_ne!(lab.run(&arguments).code(), 0);
    alter("DROP TRIGGER refuse");
}

fn assert_says(run: &Run, words: &[&str]) {
    assert_eq!(run.code(), 3, "{}", run.all());
    for word in words {
        assert!(run.all().contains(word), "{word}: {}", run.all());
    }
}

#[test]
fn a_scan_without_its_end_never_answers_nothing() {
    let lab = Lab::new();
    let first = folder(&lab, "first");
    let second = folder(&lab, "second");
    broken_off(&lab, &[&first, &second]);
    let set = lab.write("s.txt", ABC_MD5.as_bytes());
    let set = set.to_str().unwrap();
    let words = ["NOT FINISHED", "first", "athar scan --resume --case c"];
    let out = lab.beside("out");
    let questions: [&[&str]; 6] = [
        &["find", "c", "--name", "no-such-name"],
        &["find", "c", "--name", "no-such-name", "--quiet"],
        &["case", "show", "c"],
        &["case", "digest", "c"],
        &["match", "--hash-set", set, "--case", "c"],
        &["custody", "export", "c", out.to_str().unwrap()],
    ];
    for question in questions {
        let run = lab.run(question);
        assert_says(&run, &words);
        assert!(!run.out().contains("Nothing in this case matches"), "{}", run.all());
    }
    assert_says(&lab.run(&["case", "list"]), &["NOT FINISHED"]);
    let json = lab.run(&["find", "c", "--name", "no-such-name", "--json"]);
    assert_eq!((json.code(), json.out().as_str()), (3, ""), "{}", json.all());
    let told: serde_json::Value =
        json.err().lines().find(|line| line.contains("coverage")).unwrap().parse().unwrap();
    assert_eq!(
        (&told["event"], &told["coverage"]["complete"]),
        (&json!("coverage"), &json!(false))
    );
    let finished = lab.run(&["scan", "--resume", "--case", "c"]);
    assert_eq!(finished.code(), 0, "{}", finished.all());
    let complete = lab.done(&["find", "c", "--name", "no-such-name"]);
    assert!(complete.out().contains("Nothing in this case matches."), "{}", complete.all());
    assert!(!complete.err().contains("NOT COMPLETE"), "{}", complete.all());
}

#[test]
fn exports_say_beside_their_rows_that_the_case_is_not_complete() {
    let lab = Lab::new();
    let first = folder(&lab, "first");
    broken_off(&lab, &[&first]);
    for format in ["jsonl", "csv", "bodyfile"] {
        let run = lab.run(&["export", "c", "--format", format]);
        assert_eq!(run.code(), 3, "{}", run.all());
        assert!(run.err().contains("NOT FINISHED  first"), "{}", run.all());
        assert!(!run.out().contains("NOT FINISHED"), "{}", run.all());
    }
}

#[test]
fn an_item_that_failed_is_part_of_the_case_until_it_is_read_or_withdrawn() {
    let lab = Lab::new();
    let first = folder(&lab, "first");
    let second = folder(&lab, "second");
    let typo = lab.beside("typo.raw");
    let [first, second, missing] = [&first, &second, &typo].map(|path| path.to_str().unwrap());
    assert_eq!(lab.run(&["scan", first, missing, second, "--case", "c", "--quiet"]).code(), 3);
    let shown = lab.run(&["case", "show", "c"]);
    assert_says(&shown, &["NEVER READ", missing, "No such file", "athar case withdraw c"]);
    assert_says(&lab.run(&["find", "c", "--name", "abc"]), &["2 found.", "NEVER READ    typo.raw"]);
    assert_says(&lab.run(&["case", "list"]), &["1 NEVER READ"]);
    let items = lab.run(&["case", "show", "c", "--json"]).objects();
    assert_eq!((items.len(), &items[2]["state"]), (3, &json!("never-read")));
    // Another scan of the case is complete; the case is not.
    let third = folder(&lab, "third");
    let scan = lab.done(&["scan", third.to_str().unwrap(), "--case", "c"]);
    assert!(scan.out().contains("THE CASE IS NOT"), "{}", scan.all());
    // What was read is not withdrawn, and a reason is needed.
    assert_eq!(lab.run(&["case", "withdraw", "c", "first", "--reason", "x"]).code(), 2);
    assert_eq!(lab.run(&["case", "withdraw", "c", "typo.raw", "--reason", " "]).code(), 2);
    lab.done(&[
        "case",
        "withdraw",
        "c",
        "typo.raw",
        "--reason",
        "no such exhibit: a slip of the keyboard",
    ]);
    lab.done(&["case", "show", "c"]);
    let last = lab.run(&["custody", "show", "c", "--json"]).objects().pop().unwrap();
    assert_eq!(
        (&last["body"]["act"], &last["body"]["fields"]["image"]),
        (&json!("item_withdraw"), &json!(missing))
    );
    lab.consistent(&["custody", "verify", "c"]);
    // Asked for again, it is part of the case again; read, it is no longer missing.
    assert_ne!(lab.run(&["scan", missing, "--case", "c"]).code(), 0);
    assert_says(&lab.run(&["case", "show", "c"]), &["NEVER READ"]);
    std::fs::write(&typo, [0; 4096]).unwrap();
    assert_eq!(lab.run(&["scan", missing, "--case", "c"]).code(), 0);
    lab.done(&["case", "show", "c"]);
}

#[test]
fn without_hash_sets_nothing_was_matched_and_that_is_said() {
    let lab = Lab::new();
    let first = folder(&lab, "first");
    let scan = lab.run(&["scan", first.to_str().unwrap(), "--case", "c"]);
    let words = "no hash set in this lab: nothing was matched";
    assert!(
        scan.out().contains(words) && !scan.out().contains("hits          none"),
        "{}",
        scan.all()
    );
    assert!(lab.done(&["case", "show", "c"]).out().contains(words));
    let hits = lab.done(&["find", "c", "--hit", "--quiet"]);
    assert!(hits.err().contains(words), "{}", hits.all());
    let hits = lab.done(&["find", "c", "--hit"]);
    assert!(hits.err().contains(words) && !hits.out().contains("Nothing"), "{}", hits.all());
    let refused = lab.run(&["match", "--hash-set", "nothing", "--case", "c"]);
    assert!(refused.err().contains(words), "{}", refused.all());
    let set = lab.write("s.txt", "1".repeat(32).as_bytes());
    lab.done(&["match", "--hash-set", set.to_str().unwrap(), "--case", "c"]);
    let shown = lab.done(&["case", "show", "c"]);
    assert!(shown.out().contains("hits          none in 1 hash set"), "{}", shown.all());
    let hits = lab.done(&["find", "c", "--hit"]);
    assert!(!hits.all().contains("no hash set"), "{}", hits.all());
}

#[test]
fn a_new_lab_is_never_made_without_a_word() {
    for option in ["--quiet", "--json"] {
        let lab = Lab::new();
        let first = folder(&lab, "first");
        let made = lab.done(&["scan", first.to_str().unwrap(), "--case", "c", option]);
        let again = lab.done(&["scan", first.to_str().unwrap(), "--case", "c", option]);
        let says = |run: &Run| run.err().contains(lab.path().to_str().unwrap());
        assert!(
            says(&made) && !again.err().contains("lab.toml"),
            "{}\n{}",
            made.all(),
            again.all()
        );
    }
}

#[test]
fn an_imported_set_whose_files_are_gone_is_refused_by_name_until_it_is_given_up() {
    let lab = Lab::new();
    let first = folder(&lab, "first");
    let first = first.to_str().unwrap();
    crate::hash_set::import(&lab, "wanted.txt", ABC_MD5.as_bytes(), &[]);
    lab.done(&["scan", first, "--case", "before"]);
    std::fs::remove_dir_all(lab.path().join("hash-sets")).unwrap();
    let refused: [&[&str]; 4] = [
        &["scan", first, "--case", "c"],
        &["match", "--hash-set", "wanted", "--case", "before"],
        &["hash-set", "verify"],
        &["hash-set", "list"],
    ];
    for command in refused {
        let run = lab.run(command);
        assert_eq!(run.code(), 1, "{}", run.all());
        assert!(
            run.err().contains("files are gone") && run.err().contains("wanted"),
            "{}",
            run.all()
        );
    }
    assert!(!lab.case_file("c").exists(), "nothing was begun");
    lab.done(&["hash-set", "remove", "wanted", "--reason", "its disk is lost"]);
    lab.done(&["scan", first, "--case", "c"]);
}

#[test]
fn a_limit_says_how_many_there_are() {
    let lab = Lab::new();
    let first = folder(&lab, "first");
    lab.done(&["scan", first.to_str().unwrap(), "--case", "c"]);
    let some = lab.done(&["find", "c", "--name", "f*.txt", "--limit", "3"]);
    assert!(some.out().contains("3 of 4 found"), "{}", some.all());
    let all = lab.done(&["find", "c", "--name", "f*.txt", "--limit", "4"]);
    assert!(all.out().contains("\n4 found."), "{}", all.all());
    let json = lab.done(&["find", "c", "--name", "f*.txt", "--limit", "3", "--json"]);
    assert_eq!(json.objects().len(), 3);
    assert!(json.err().contains(r#""matching":4"#), "{}", json.all());
    assert_eq!(lab.run(&["find", "c", "--limit", "0"]).code(), 2);
}
