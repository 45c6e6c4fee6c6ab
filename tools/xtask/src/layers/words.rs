//! Words are made in one place a language: a sentence of a reader or of the scan is a kind, and no kind lacks words.
//!
//! `term!` refuses an unknown key when the program is compiled. Here is looked for what the compiler cannot see: keys that nothing says
//! any more, and texts that are stored or reported as sentences again.

use std::collections::{BTreeMap, BTreeSet};

use super::{Findings, TextFile};

const PLACE: &str = "crates/words/src";
/// Kinds of problems, reasons and rules whose value must be a term: a text in quotes right behind them is a sentence.
const KINDS: [&str; 6] = [
    "Inconsistent(\"",
    "Expected::Rule(\"",
    "Opaque(\"",
    "Layout::Lost(\"",
    "Assumed(\"",
    "Event::Slow(\"",
];

pub(super) fn check(texts: &[TextFile], findings: &mut Findings) {
    let (words, others): (Vec<_>, Vec<_>) =
        texts.iter().filter(|file| file.is_rust()).partition(|file| file.path.starts_with(PLACE));
    let english = tables(&words, "en");
    let used: BTreeSet<&str> =
        others.iter().chain(&words).flat_map(|file| terms(&file.text)).collect();
    for (key, path) in &english {
        if !used.contains(key.as_str()) {
            findings.faults.push(format!("{path}: nothing says {key}"));
        }
    }
    for language in ["fr", "ar"] {
        let unknown =
            tables(&words, language).into_iter().filter(|(key, _)| !english.contains_key(key));
        findings
            .faults
            .extend(unknown.map(|(key, path)| format!("{path}: {key} is no key of English")));
    }
    let own = "tools/xtask/src/layers";
    for file in others.iter().filter(|file| !file.path.starts_with(own)) {
        findings.faults.extend(sentences(file));
    }
}

/// Keys of a language's tables, and where they are.
fn tables(words: &[&TextFile], language: &str) -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    let folder = format!("{PLACE}/{language}");
    for file in words {
        let path = file.path.display().to_string();
        if path.strip_prefix(&folder).is_some_and(|rest| rest.starts_with(['/', '.'])) {
            let rows = file.text.lines().filter_map(|line| line.trim_start().strip_prefix("(\""));
            let found = rows.filter_map(|row| row.split_once("\",")).map(|(key, _)| key.to_owned());
            keys.extend(found.map(|key| (key, path.clone())));
        }
    }
    keys
}

/// The keys that a file says: `term!("…")`, on one line or on two.
fn terms(text: &str) -> impl Iterator<Item = &str> {
    text.split("term!(")
        .skip(1)
        .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
}

/// Sentences in the place of terms.
fn sentences(file: &TextFile) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        if let Some(kind) = KINDS.iter().find(|kind| line.contains(*kind)) {
            let kind = kind.trim_end_matches(['(', '"']);
            faults.push(format!(
                "{}:{number}: {kind} takes a term, not a sentence",
                file.path.display()
            ));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> TextFile {
        TextFile { path: path.into(), text: text.to_owned() }
    }

    fn faults(files: &[TextFile]) -> Vec<String> {
        let mut findings = Findings::default();
        check(files, &mut findings);
        findings.faults
    }

    #[test]
    fn every_key_is_said_and_every_language_has_keys_of_english() {
        let english = file(
            "crates/words/src/en/base.rs",
            "    (\"a.said\", \"x\"),\n    (\"a.silent\",\n     \"y\"),\n",
        );
        let french = file(
            "crates/words/src/fr.rs",
            "    (\"a.said\", \"x\"),\n    (\"a.foreign\", \"z\"),\n",
        );
        let reader = file("crates/filesystem/src/a.rs", "Inconsistent(term!(\n    \"a.said\"))");
        assert_eq!(
            faults(&[english, french, reader]),
            [
                "crates/words/src/en/base.rs: nothing says a.silent",
                "crates/words/src/fr.rs: a.foreign is no key of English"
            ]
        );
    }

    #[test]
    fn a_sentence_in_the_place_of_a_term_is_a_fault() {
        let reader = file(
            "crates/filesystem/src/a.rs",
            "\nlet kind = ProblemKind::Inconsistent(\"is wrong\");\n",
        );
        let found = faults(&[reader]);
        assert_eq!(
            found,
            ["crates/filesystem/src/a.rs:2: Inconsistent takes a term, not a sentence"]
        );
    }
}
