//! Space that two files claim, in a scan that was interrupted: what it says of them is what a scan without a break says.

use std::path::Path;
use std::process::Command;

use crate::program::Lab;
use crate::resume::{VERY_BIG, break_off, evidence, scan};

/// Runs one request of debugfs; returns what it printed.
fn debugfs(image: &Path, request: &str) -> String {
    let output = Command::new("debugfs").args(["-w", "-R", request]).arg(image).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The double claims of a case, as stored.
fn claims(lab: &Lab, case: &str) -> Vec<(Option<i64>, String)> {
    let case = rusqlite::Connection::open(lab.case_file(case)).unwrap();
    let mut query = case
        .prepare("SELECT number, statement FROM problem WHERE structure = 'allocation' ORDER BY id")
        .unwrap();
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn claims_of_two_files_are_the_same_after_a_break() {
    let lab = Lab::new();
    let Some([image, _]) = evidence(&lab) else { return };
    let first = debugfs(&image, "bmap /d0/f9 0");
    // The sixth word of the mapping is where its first extent starts.
    debugfs(&image, &format!("sif /d1/f9 block[5] {first}"));
    assert_eq!(debugfs(&image, "bmap /d1/f9 0"), first);
    let items = [image];
    assert_eq!(scan(&lab, &items, "whole", &[]).status().unwrap().code(), Some(3));
    let whole = claims(&lab, "whole");
    assert_eq!(whole.len(), 2, "one for each of the two files: {whole:?}");
    for path in [r#""/d0/f9""#, r#""/d1/f9""#] {
        assert!(whole.iter().all(|(_, text)| text.contains(path)), "{whole:?}");
    }
    break_off(&lab, &items, "c", VERY_BIG / 2);
    assert_eq!(scan(&lab, &items, "c", &[]).status().unwrap().code(), Some(3));
    assert_eq!(claims(&lab, "c"), whole);
    assert_eq!(lab.digest("c"), lab.digest("whole"));
}
