//! The words of a command line, read; and what is said of words that mean nothing.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::FromArgMatches;
use clap::error::{ContextKind, ContextValue, Error};
use serde_json::json;

use crate::arguments::{self, Arguments};
use crate::display::safe_lines;
use crate::exit::Exit;

/// Reads the words of the command line.
///
/// # Errors
/// How the program ends: what is wrong was said, or help was printed.
pub(crate) fn read() -> Result<Arguments, ExitCode> {
    let words: Vec<OsString> = std::env::args_os().collect();
    let matches = arguments::command().try_get_matches_from(&words);
    let read = matches.and_then(|matches| Arguments::from_arg_matches(&matches));
    read.map_err(|error| refuse(&error, words.iter().any(|word| word == "--json")))
}

/// Says what is wrong, or prints the help that was asked for. Words that could change the terminal are escaped.
fn refuse(error: &Error, is_json: bool) -> ExitCode {
    if !error.use_stderr() {
        error.exit();
    }
    if is_json {
        // Standard error may be closed; the exit code says it then.
        let _ = writeln!(std::io::stderr(), "{}", object(error));
        return Exit::Usage.into();
    }
    let plain = error.render().to_string();
    let escaped = safe_lines(&plain);
    if escaped == plain {
        error.exit();
    }
    let _ = writeln!(std::io::stderr(), "{escaped}");
    Exit::Usage.into()
}

/// The error as an object: the first paragraph is what is wrong, the tips are what to do.
fn object(error: &Error) -> serde_json::Value {
    let text = error.render().to_string();
    let what = text.split("\n\n").next().unwrap_or_default().trim_start_matches("error: ").trim();
    let hint: Vec<&str> =
        text.lines().filter_map(|line| line.trim().strip_prefix("tip: ")).collect();
    let context = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    json!({
        "error": what, "hint": (!hint.is_empty()).then(|| hint.join("; ")), "kind": "usage",
        "argument": context(ContextKind::InvalidArg), "value": context(ContextKind::InvalidValue),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> serde_json::Value {
        object(&arguments::command().try_get_matches_from(words).unwrap_err())
    }

    #[test]
    fn a_usage_error_is_an_object_that_says_what_and_what_to_do() {
        let unknown = of(&["athar", "--json", "fnd"]);
        assert!(
            unknown["error"].as_str().unwrap().contains("unrecognized subcommand 'fnd'"),
            "{unknown}"
        );
        assert!(unknown["hint"].as_str().unwrap().contains("find"), "{unknown}");
        let value = of(&["athar", "export", "c", "--format", "xml", "--json"]);
        assert_eq!(value["value"], "xml");
        assert_eq!(value["kind"], "usage");
        assert!(
            !value["error"].as_str().unwrap().contains('\n')
                || value["error"].as_str().unwrap().contains("possible values")
        );
    }
}
