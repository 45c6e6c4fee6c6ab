//! The program says which one it is.

use std::process::Command;

use crate::program::Lab;

#[test]
fn the_version_names_commit_and_libraries_and_the_program_file() {
    let lab = Lab::new();
    let athar = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_athar"));
        command.args(words).env("ATHAR_LAB", lab.path());
        Lab::without_terminal(command)
    };
    let said = athar(&["--version", "--verbose"]);
    for name in [
        "athar ",
        "commit ",
        "modified ",
        "target ",
        "rustc ",
        "SQLite ",
        "hashing here ",
        "layouts ",
    ] {
        assert!(said.out().lines().any(|line| line.starts_with(name)), "{name}: {}", said.all());
    }
    assert!(!lab.path().exists(), "no lab is made");
    let json = athar(&["--version", "--json"]).objects().remove(0);
    let sum = Command::new("sha256sum").arg(env!("CARGO_BIN_EXE_athar")).output().unwrap();
    let sum = String::from_utf8_lossy(&sum.stdout).split(' ').next().unwrap().to_owned();
    assert_eq!(json["program_sha256"], sum.as_str());
    // What is recorded in ledgers is what is said here.
    let item = lab.write("blank.img", &[0; 4096]);
    assert_eq!(lab.scan(&item).code(), 0);
    let tool = &lab.done(&["custody", "show", "c", "--json"]).objects()[0]["body"]["tool"];
    assert!(
        tool["commit"].as_str().unwrap().starts_with(json["commit"].as_str().unwrap()),
        "{tool}"
    );
    assert_eq!(athar(&["--version"]).out(), format!("athar {}\n", json["athar"].as_str().unwrap()));
}
