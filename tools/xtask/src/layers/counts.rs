//! A number has the noun that goes with it: "1 file", "2 files". A plural right behind a value says "1 files".
//!
//! `words::counted` and `{0|file|files}` in a template choose the form. Looked at are texts of the program, not those of its tests.

use super::{Findings, TextFile};

/// Nouns that the program counts, as a text with a mistake has them.
#[rustfmt::skip]
const PLURALS: [&str; 60] = [
    "acts", "analysers", "blocks", "bytes", "cases", "characters", "checkpoints", "chunks", "claims", "clusters", "columns",
    "copies", "counts", "days", "digests", "digits", "directories", "disks", "duplicates", "entries", "errors", "exhibits", "extents", "fields",
    "files", "groups", "hashes", "hits", "hours", "images", "inodes", "items", "keys", "lines", "links", "matches", "media", "members",
    "minutes", "nodes", "pages", "parts", "pieces", "problems", "proofs", "ranges", "records", "rows", "runs", "seconds", "sectors",
    "segments", "sets", "signatures", "snapshots", "stamps", "streams", "threads", "volumes", "workers",
];
/// Words that may stand between a number and its noun.
const MOST_ADJECTIVES: usize = 2;
/// A number behind or before these is never one: a limit, or what is beyond it.
const NEVER_ONE: [&str; 4] = ["at most {", "more than {", "at least {", "within {limit}"];
/// A size of a unit: it is never one.
const UNITS: [&str; 2] = ["units of ", "sectors of "];
/// Words behind a value that is no number: `{name} is no …`, `a list of {algorithm} digests`.
const VERBS: [&str; 14] = [
    "and", "as", "by", "has", "have", "holds", "in", "is", "names", "of", "that", "the", "was",
    "were",
];
/// Values that are names: of algorithms, of files, of a stage.
const NAMES: [&str; 3] = ["name", "expected", "msg"];
/// Texts that are stored in an index, and part of its digest: they stay as they were.
const STORED: [&str; 5] = [
    "crates/disk-image/src/ewf/error2.rs",
    "crates/disk-image/src/vhdx/log/mod.rs",
    "crates/filesystem/src/ext/record.rs",
    "crates/filesystem/src/ext/record_content.rs",
    "crates/filesystem/src/ext/xattr.rs",
];

pub(super) fn check(texts: &[TextFile], findings: &mut Findings) {
    for file in texts.iter().filter(|file| is_looked_at(file)) {
        let own = file.text.split("mod tests {").next().unwrap_or_default();
        for (number, line) in (1..).zip(own.lines()) {
            if let Some(noun) = uncounted(line) {
                findings.faults.push(format!(
                    "{}:{number}: \"1 {noun}\" is possible: words::counted chooses the noun",
                    file.path.display()
                ));
            }
        }
    }
}

fn is_looked_at(file: &TextFile) -> bool {
    let path = file.path.to_string_lossy();
    let is_test = path.contains("/tests/") || path.ends_with("tests.rs");
    file.is_rust()
        && path.starts_with("crates/")
        && path.contains("/src/")
        && !is_test
        && !STORED.contains(&&*path)
}

/// Returns the plural that a line has right behind a value that may be one.
fn uncounted(line: &str) -> Option<&'static str> {
    if line.trim_start().starts_with("//") || NEVER_ONE.iter().any(|limit| line.contains(limit)) {
        return None;
    }
    line.match_indices('{').find_map(|(at, _)| {
        let (before, rest) = line.split_at(at);
        let (value, behind) = rest.get(1..)?.split_once('}')?;
        let is_unit = UNITS.iter().any(|unit| before.ends_with(unit));
        if is_unit || !may_be_one(value) { None } else { plural(behind.strip_prefix(' ')?) }
    })
}

/// Is it the place of a value in a text? Constants are limits, and `{0|…}` chooses already.
fn may_be_one(value: &str) -> bool {
    let name = value.split(':').next().unwrap_or_default();
    let is_place =
        name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '.');
    is_place && !value.contains('|') && !NAMES.contains(&name)
}

/// Returns the counted noun that a text begins with, behind a few adjectives.
fn plural(text: &str) -> Option<&'static str> {
    for word in text.split(' ').take(MOST_ADJECTIVES.saturating_add(1)) {
        let bare = word.trim_end_matches(|c: char| !c.is_ascii_lowercase());
        if let Some(plural) = PLURALS.into_iter().find(|plural| *plural == bare) {
            return Some(plural);
        }
        // The end of a sentence's part: what follows is not counted by this value.
        if bare != word
            || VERBS.contains(&bare)
            || !bare.chars().all(|c| c.is_ascii_lowercase() || c == '-')
        {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(path: &str, text: &str) -> Vec<String> {
        let mut findings = Findings::default();
        check(&[TextFile { path: path.into(), text: text.to_owned() }], &mut findings);
        findings.faults
    }

    #[test]
    fn a_plural_behind_a_value_is_found() {
        let found =
            faults("crates/cli/src/a.rs", "\n    format!(\"{} new files listed\", count)\n");
        assert_eq!(
            found,
            ["crates/cli/src/a.rs:2: \"1 files\" is possible: words::counted chooses the noun"]
        );
        for text in ["{size} entries, signed", "has {0} bytes", "{:>4} more ranges;"] {
            assert_eq!(
                faults("crates/words/src/en/base.rs", &format!("\"{text}\"")).len(),
                1,
                "{text}"
            );
        }
    }

    #[test]
    fn a_chosen_noun_a_limit_and_a_test_are_none() {
        for text in [
            "{0} {0|byte|bytes} of it",
            "{0} is on the files",
            "at most {limit} files",
            "{MOST_FILES} files",
            "in units of {unit} bytes",
            "// {n} files",
        ] {
            assert!(faults("crates/cli/src/a.rs", text).is_empty(), "{text}");
        }
        assert!(faults("crates/cli/tests/a.rs", "{n} files").is_empty());
        assert!(faults("crates/cli/src/a.rs", "mod tests { \"{n} files\" }").is_empty());
    }
}
