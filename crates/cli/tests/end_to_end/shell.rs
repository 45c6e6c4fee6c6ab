//! What shells, pipes and terminals get from the program.

use std::process::{Command, Stdio};

use crate::program::{Lab, Run};

fn lab() -> Lab {
    let lab = Lab::new();
    let image = lab.write("blank.img", &[0; 4096]);
    assert_eq!(lab.scan(&image).code(), 0);
    lab
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let lab = lab();
    for question in [
        &["find", "c"][..],
        &["export", "c", "--format", "csv"],
        &["case", "list"],
        &["case", "show", "c"],
        &["custody", "show", "c"],
        &["hash-set", "list", "--json"],
        &["completions", "bash"],
        &["--help"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = lab.command(question);
        let child = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        // The program holds the only other end.
        drop(command);
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(0), "{question:?} {said}");
        assert!(!said.contains("roken pipe") && !said.contains("panic"), "{question:?} {said}");
    }
}

#[test]
fn colour_is_for_terminals_unless_it_is_forced_and_no_color_wins() {
    let lab = lab();
    let coloured = |variables: &[(&str, &str)]| {
        let mut command = lab.command(&["custody", "verify", "c"]);
        for name in ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR"] {
            command.env_remove(name);
        }
        command.envs(variables.iter().copied());
        Run::of(&mut command).out().contains("\u{1b}[")
    };
    assert!(!coloured(&[]), "a pipe");
    assert!(coloured(&[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
}

#[test]
fn words_that_mean_nothing_are_an_object_with_json() {
    let lab = Lab::new();
    let wrong = lab.run(&["--json", "fnd", "c"]);
    assert_eq!((wrong.code(), wrong.out()), (2, String::new()), "{}", wrong.all());
    let object: serde_json::Value = serde_json::from_str(wrong.err().trim()).unwrap();
    assert_eq!(object["kind"], "usage");
    assert!(object["error"].as_str().unwrap().contains("fnd"), "{object}");
    // A hostile word does not reach the terminal, in either form.
    for words in [
        &["find", "c", "--name", "x", "--set", "\u{1b}[31mY", "--limit", "\u{1b}[31mY"][..],
        &["\u{1b}[31mY"],
    ] {
        let refused = lab.run(words);
        assert_eq!(refused.code(), 2, "{}", refused.all());
        assert!(!refused.err().contains('\u{1b}'), "{}", refused.err());
    }
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    let lab = Lab::new();
    let script = lab.write("athar.bash", lab.done(&["completions", "bash"]).bytes());
    let understood = Command::new("bash").arg("-n").arg(&script).status().unwrap();
    assert!(understood.success());
    for shell in ["zsh", "fish", "powershell"] {
        assert!(lab.done(&["completions", shell]).out().contains("hash-set"), "{shell}");
    }
    let folder = lab.beside("man");
    lab.done(&["man", folder.to_str().unwrap()]);
    for page in ["athar.1", "athar-find.1", "athar-custody-add-receive.1", "athar-case-remove.1"] {
        let text = std::fs::read_to_string(folder.join(page)).unwrap();
        assert!(text.starts_with(".ie") || text.contains(".TH"), "{page}: {text}");
        assert!(text.contains("Examples:"), "{page}");
    }
    assert!(!lab.path().exists(), "no lab is made for it");
}
