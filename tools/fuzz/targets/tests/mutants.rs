//! A few mutants of the demonstration image; `cargo xtask mutate` makes thousands, of all images.
#![allow(clippy::unwrap_used, reason = "test code")]

use std::path::Path;
use std::process::Command;

#[test]
fn mutants_of_the_demonstration_image_lose_nothing_silently() {
    let image = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../testdata/demo/demo.raw");
    let mut command = Command::new(env!("CARGO_BIN_EXE_fuzz-targets"));
    let done = command.arg("mutants").arg(image).args(["0", "400", "1"]).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    let said = String::from_utf8(done.stdout).unwrap();
    let verdicts: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("mutant "))
        .filter_map(|line| line.split_whitespace().nth(4))
        .collect();
    assert_eq!(verdicts.len(), 400);
    let faults: Vec<&str> = said
        .lines()
        .filter(|line| ["SILENT", "OVER", "PANIC"].iter().any(|fault| line.contains(fault)))
        .collect();
    assert!(faults.is_empty(), "{faults:#?}");
    // The mutants hit something: else this tests nothing.
    let told = verdicts.iter().filter(|verdict| **verdict == "told").count();
    assert!(told > 20, "{told} of 400 changes were noticed");
}
