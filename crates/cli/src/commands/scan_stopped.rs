//! What is said of a scan that was stopped.

use std::path::Path;

use case_store::CaseFile;
use serde_json::json;

use crate::arguments::{Global, Scan};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::stopping::Stopping;

/// The lab that is taken without `--lab`.
const DEFAULT_LAB: &str = "athar-lab";

/// Says that the scan was stopped, and how to finish it.
pub(super) fn tell_stopped(
    global: &Global,
    arguments: &Scan,
    case: &CaseFile,
    stopping: &Stopping,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let id = case.id().as_str();
    let signal = stopping.signal();
    let resume = resume_command(global, arguments, id);
    output.flush()?;
    if output.is_json() {
        let path = case.path().to_string_lossy();
        output.object(
            &json!({ "case": id, "path": path, "state": "stopped", "signal": signal.name(), "resume": resume }),
        )?;
    } else {
        let name = signal.name();
        let text = format!(
            "athar: stopped by {name}: what was done is stored. To finish the scan: {resume}"
        );
        crate::output::tell(&safe(&text));
    }
    Ok(signal.exit())
}

/// Returns the command that finishes the scan of a case, ready to be pasted into a shell. Digests and code page come from the case.
fn resume_command(global: &Global, arguments: &Scan, case: &str) -> String {
    let mut words = vec!["athar scan --resume --case".to_owned(), quoted(case)];
    let mut option = |name: &str, value: Option<String>| {
        words.extend(value.map(|value| format!("{name} {}", quoted(&value))));
    };
    let path = |path: &Path| path.to_string_lossy().into_owned();
    option("--lab", Some(path(&global.lab)).filter(|lab| lab != DEFAULT_LAB));
    option("--threads", global.threads.map(|threads| threads.to_string()));
    option("--memory", arguments.memory.map(|bytes| bytes.to_string()));
    option("--examiner", global.examiner.clone());
    option("--passphrase-file", global.passphrase_file.as_deref().map(path));
    words.join(" ")
}

/// Returns a word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_@%+=:,./-".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_reach_the_program_as_they_were_given() {
        for word in ["case-1", "a b", "it's", "", "$HOME", "أثر"] {
            let echo = std::process::Command::new("sh")
                .arg("-c")
                .arg(format!("printf %s {}", quoted(word)))
                .output()
                .unwrap();
            assert_eq!(String::from_utf8_lossy(&echo.stdout), word);
        }
        assert_eq!(quoted("case-1"), "case-1");
    }
}
