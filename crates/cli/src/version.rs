//! `athar --version --verbose`: which program this is, as far as it knows itself.

use std::ffi::OsString;

use case_model::to_hex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// True when all words ask for the version and for more of it, or for JSON. The plain `--version` is clap's.
pub(crate) fn is_asked(words: impl Iterator<Item = OsString>) -> bool {
    let words: Vec<_> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    let any = |names: &[&str]| words.iter().any(|word| names.contains(&word.as_str()));
    let known = ["-V", "--version", "-v", "--verbose", "--json", "-q", "--quiet", "-Vv", "-vV"];
    words.iter().all(|word| known.contains(&word.as_str()))
        && any(&["-V", "--version", "-Vv", "-vV"])
        && any(&["-v", "--verbose", "-Vv", "-vV", "--json"])
}

/// Prints it; JSON when that is asked for.
pub(crate) fn print(words: impl Iterator<Item = OsString>) -> std::io::Result<()> {
    use std::io::Write;
    let lines = lines();
    let text = if words.into_iter().any(|word| word == "--json") {
        let members: serde_json::Map<String, Value> =
            lines.into_iter().map(|(name, value)| (key(name), json!(value))).collect();
        format!("{}\n", Value::Object(members))
    } else {
        lines.into_iter().map(|(name, value)| format!("{name:<16}{value}\n")).collect()
    };
    std::io::stdout().write_all(text.as_bytes())
}

/// "program SHA-256" → `program_sha256`
fn key(name: &str) -> String {
    name.to_lowercase().replace(' ', "_").replace('-', "")
}

fn lines() -> Vec<(&'static str, String)> {
    let commit = env!("ATHAR_COMMIT");
    let (commit, modified) = match commit.strip_suffix("-modified") {
        Some(commit) => (commit, "yes: the source differed from that commit"),
        None if commit == "unknown" => (commit, "unknown"),
        None => (commit, "no"),
    };
    let layout = case_store::newest_layout();
    let ledger = custody::FORMAT;
    vec![
        ("athar", env!("CARGO_PKG_VERSION").to_owned()),
        ("commit", commit.to_owned()),
        ("modified", modified.to_owned()),
        ("target", env!("ATHAR_TARGET").to_owned()),
        ("profile", env!("ATHAR_PROFILE").to_owned()),
        ("rustc", env!("ATHAR_RUSTC").to_owned()),
        ("features", env!("ATHAR_TARGET_FEATURES").to_owned()),
        ("hashing here", hash_engine::Engine::best().to_string()),
        ("SQLite", case_store::sqlite_version().to_owned()),
        ("layouts", format!("case file {layout}, ledger {ledger}")),
        ("program SHA-256", program_digest()),
    ]
}

/// The digest of the program file, to compare with that of a release.
fn program_digest() -> String {
    let file = std::env::current_exe().and_then(std::fs::read);
    file.map_or_else(
        |error| format!("cannot be read: {error}"),
        |bytes| to_hex(&Sha256::digest(bytes)),
    )
}

#[cfg(test)]
mod tests {
    use super::is_asked;

    #[test]
    fn only_words_about_the_version_ask_for_it() {
        let asked = |words: &[&str]| is_asked(words.iter().map(std::ffi::OsString::from));
        assert!(
            asked(&["--version", "--verbose"])
                && asked(&["-vV"])
                && asked(&["--version", "--json"])
        );
        assert!(!asked(&["--version"]) && !asked(&["--verbose"]) && !asked(&[]));
        assert!(!asked(&["scan", "--version", "--verbose"]));
    }
}
