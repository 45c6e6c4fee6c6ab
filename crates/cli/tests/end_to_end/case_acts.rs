//! What is said of cases as a whole: made by a slip, renamed, closed, removed, verified all at once.

use crate::program::Lab;

fn lab_with(cases: &[&str]) -> Lab {
    let lab = Lab::new();
    let image = lab.write("blank.img", &[0; 4096]);
    for case in cases {
        lab.done(&["scan", image.to_str().unwrap(), "--case", case]);
    }
    lab
}

#[test]
fn a_slip_in_a_name_is_said_at_the_beginning_and_the_end_and_can_be_undone() {
    let lab = lab_with(&["2026-0142"]);
    let image = lab.beside("blank.img");
    let slip = lab.done(&["scan", image.to_str().unwrap(), "--case", "2026-0124"]).out();
    let undo = "athar case remove 2026-0124 --reason slip";
    assert_eq!(slip.matches(undo).count(), 2, "{slip}");
    assert!(
        slip.starts_with("New case 2026-0124") && slip.contains("like it: 2026-0142"),
        "{slip}"
    );
    let quiet = lab.done(&["scan", image.to_str().unwrap(), "--case", "2026-0141", "--quiet"]);
    assert!(quiet.out().is_empty() && quiet.err().contains("like it: "), "{}", quiet.all());
    assert_eq!(
        lab.run(&["case", "remove", "2026-0124", "--reason", "slip"]).code(),
        2,
        "it holds an index"
    );
    lab.done(&["case", "remove", "2026-0124", "--reason", "slip", "--index"]);
    let listed = lab.done(&["case", "list"]).out();
    assert!(listed.contains("2026-0124  REMOVED") && listed.contains("slip"), "{listed}");
    let asked = lab.run(&["find", "2026-0124"]);
    assert!(asked.code() == 1 && asked.err().contains("it was removed"), "{}", asked.all());
    lab.consistent(&["custody", "verify", "2026-0124"]);
}

#[test]
fn nothing_is_made_for_a_scan_that_is_to_be_finished_in_a_case_that_is_not_there() {
    let lab = lab_with(&["nuit"]);
    let run = lab.run(&["scan", "--resume", "--case", "nuti"]);
    assert_eq!(run.code(), 1, "{}", run.all());
    assert!(run.err().contains("did you mean nuit?"), "{}", run.all());
    assert!(!lab.case_file("nuti").exists());
}

#[test]
fn a_closed_case_says_how_it_is_opened_again() {
    let lab = lab_with(&["c"]);
    lab.done(&["case", "close", "c", "--reason", "judgment"]);
    let image = lab.write("other.img", &[0; 8192]);
    let refused = lab.scan(&image);
    assert_eq!(refused.code(), 1, "{}", refused.all());
    for words in ["case c is closed", "judgment", "athar case reopen"] {
        assert!(refused.err().contains(words), "{}", refused.all());
    }
    assert!(lab.done(&["case", "list"]).out().contains("c  closed, complete"));
    lab.done(&["find", "c"]);
    lab.done(&["case", "reopen", "c", "--reason", "appeal"]);
    assert_eq!(lab.scan(&image).code(), 0);
}

#[test]
fn all_ledgers_are_verified_with_one_line_each_and_one_verdict() {
    let lab = lab_with(&["a", "b", "gone"]);
    lab.done(&["case", "remove", "gone", "--reason", "slip", "--index"]);
    lab.done(&["case", "rename", "b", "c", "--reason", "number"]);
    let all = lab.consistent(&["custody", "verify", "--all"]).out();
    let lines: Vec<&str> = all.lines().collect();
    assert_eq!(lines.len(), 5, "{all}");
    assert!(lines[4].starts_with("all 4 ledgers: consistent"), "{all}");
    let key = lab.beside("lab.vkey");
    lab.done(&["key", "export", "--out", key.to_str().unwrap()]);
    let proved = lab.done(&["custody", "verify", "--all", "--key", key.to_str().unwrap()]).out();
    assert!(proved.lines().last().unwrap().starts_with("all 4 ledgers: proved"), "{proved}");
    std::fs::write(lab.case_file("a"), b"no database").unwrap();
    let one_bad = lab.run(&["custody", "verify", "--all", "--json"]);
    assert_eq!(one_bad.code(), 1, "{}", one_bad.all());
    let objects = one_bad.objects();
    let verdicts: Vec<&str> =
        objects.iter().map(|object| object["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["consistent", "not_valid", "consistent", "consistent", "not_valid"]);
    // One damaged file hides no other.
    let listed = lab.run(&["case", "list"]);
    assert_eq!(listed.code(), 1);
    assert!(
        listed.out().contains("a  CANNOT BE OPENED") && listed.out().contains("c  complete"),
        "{}",
        listed.all()
    );
}
