//! What the index holds, as people read it.

use crate::{Language, Statement};

/// Returns the text of a stored statement. The sentence of an old case is its own text.
#[must_use]
pub fn stored_text(stored: &str, language: Language) -> String {
    Statement::decode(stored)
        .map_or_else(|| stored.to_owned(), |statement| statement.text(language))
}

/// Returns the text of a stored problem: the structure, its place on the medium where it has one, and what
/// is wrong with it. The text of an old case says the first two itself.
#[must_use]
pub fn problem_text(structure: &str, at: Option<u64>, stored: &str, language: Language) -> String {
    let Some(statement) = Statement::decode(stored) else { return stored.to_owned() };
    let what = statement.text(language);
    let place = match at {
        Some(at) => crate::term!("problem.place").with(structure).with(at).with(what),
        None => crate::term!("problem.no-place").with(structure).with(what),
    };
    place.text(language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_its_place_and_an_old_one_is_shown_as_it_was_written() {
        let stored = r#"["image.file-changed-none"]"#;
        assert_eq!(
            problem_text("boot sector", Some(512), stored, Language::English),
            r#"boot sector at byte 512 (0x200): ["image.file-changed-none"]"#
        );
        let old = "boot sector at byte 512 (0x200): damaged";
        assert_eq!(problem_text("boot sector", Some(512), old, Language::English), old);
        assert_eq!(
            problem_text("file of evidence", None, r#"["skip.directory"]"#, Language::English),
            "file of evidence: directory: its content is names"
        );
    }
}
