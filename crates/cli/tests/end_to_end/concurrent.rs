//! Several programs at once on one lab.

use std::process::{Child, Command, Stdio};

use crate::program::Lab;

fn started(mut command: Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Ends well, and shows nobody what SQLite says.
fn ends_well(child: Child) -> String {
    let (code, said) = end(child);
    assert_eq!(code, Some(0), "{said}");
    said
}

/// A question about a case that is being scanned ends with 3 and says what it does not cover; behind the scan it ends with 0.
fn answers(child: Child) {
    let (code, said) = end(child);
    assert!(code == Some(0) || code == Some(3) && said.contains("files"), "{code:?}: {said}");
}

fn end(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(!said.contains("locked") && !said.contains("busy"), "{said}");
    (output.status.code(), said)
}

#[test]
fn ten_questions_while_a_case_is_scanned_are_answered_and_recorded() {
    let lab = Lab::new();
    let folder = lab.beside("files");
    for number in 0..60 {
        let below = folder.join(format!("d{number}"));
        std::fs::create_dir_all(&below).unwrap();
        (0..100).for_each(|file| {
            std::fs::write(below.join(format!("f{file}")), vec![1; 3000]).unwrap()
        });
    }
    let first = lab.write("first.img", &[0; 4096]);
    assert_eq!(lab.scan(&first).code(), 0);
    let scan = started(lab.command(&["scan", folder.to_str().unwrap(), "--case", "c"]));
    let questions: Vec<Child> = (0..10)
        .map(|number| started(lab.command(&["find", "c", "--name", &format!("f{number}")])))
        .collect();
    questions.into_iter().for_each(answers);
    ends_well(scan);
    let ledger = lab.done(&["custody", "show", "c", "--json"]).objects();
    let asked = ledger.iter().filter(|entry| entry["body"]["act"] == "query").count();
    assert_eq!(asked, 10, "{ledger:?}");
    assert_eq!(lab.run(&["custody", "verify", "c"]).code(), 3);
    // The same index as without questions.
    let alone = Lab::new();
    for item in [&first, &folder] {
        assert_eq!(alone.scan(item).code(), 0);
    }
    assert_eq!(lab.digest("c"), alone.digest("c"));
}

#[test]
fn programs_that_begin_a_lab_at_the_same_time_share_it() {
    let lab = Lab::new();
    let items: Vec<_> = (1..5_usize)
        .map(|number| lab.write(&format!("{number}.img"), &vec![0; 4096 * number]))
        .collect();
    let scans: Vec<Child> = (1..)
        .zip(&items)
        .map(|(number, item)| {
            started(lab.command(&["scan", item.to_str().unwrap(), "--case", &format!("c{number}")]))
        })
        .collect();
    scans.into_iter().for_each(|scan| drop(ends_well(scan)));
    for number in 1..5 {
        assert_eq!(lab.run(&["custody", "verify", &format!("c{number}")]).code(), 3);
    }
    assert_eq!(lab.run(&["custody", "verify"]).code(), 3);
}
