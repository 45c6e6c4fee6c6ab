//! What is printed cannot take a terminal over, and what is written is for its owner alone.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::program::Lab;

#[test]
fn control_characters_of_operands_are_escaped_in_every_error() {
    let lab = Lab::new();
    lab.scan(&lab.write("blank.img", &[0; 4096]));
    let operand = "/no/x\u{1b}[31mY\u{7}\u{202e}";
    let commands: [&[&str]; 6] = [
        &["ls", operand],
        &["stat", operand, "/a"],
        &["image", "info", operand],
        &["case", "check", operand],
        &["hash-set", "import", operand],
        &[operand],
    ];
    for command in commands {
        let run = lab.run(command);
        assert_ne!(run.code(), 0, "{command:?}");
        let told = run.all();
        assert!(!told.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{command:?}: {told:?}");
        // The parser of the command line leaves sequences of a terminal out.
        assert!(command == [operand] || run.err().contains("\\u{1b}[31mY"), "{command:?}: {told}");
    }
}

#[test]
fn exports_are_for_their_owner_alone() {
    let lab = Lab::new();
    let item = lab.write("blank.img", &[0; 4096]);
    lab.scan(&item);
    let out = lab.beside("out");
    assert_eq!(lab.run(&["custody", "export", "c", out.to_str().unwrap()]).code(), 0);
    let note = lab.beside("last.note");
    lab.done(&["custody", "checkpoint", "c", "--out", note.to_str().unwrap()]);
    assert_private(&note);
    assert_private(&out);
}

fn assert_private(path: &Path) {
    let mode = std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{}: {mode:o}", path.display());
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            assert_private(&entry.unwrap().path());
        }
    }
}
