//! Words that the glossary replaces, in comments and names of the crates: one word for one thing.

use super::Findings;
use super::bounds::Bounds;
use super::sources::SourceFile;

/// A word, and what to write for it.
const REPLACED: [(&str, &str); 12] = [
    ("beside", "besides, next to, in the background"),
    ("whoever", "name the subject"),
    ("broken off", "interrupted"),
    ("goes on", "resumes, continues"),
    ("go on", "resume, continue"),
    ("begun", "started"),
    ("stands", "is, lies at"),
    ("shall", "must"),
    ("of before", "earlier"),
    ("scribe", "author"),
    ("kept", "retained, cached, recorded"),
    ("is told", "is reported"),
];

pub(super) fn check(sources: &[SourceFile], bounds: &Bounds, findings: &mut Findings) {
    for (word, instead) in REPLACED {
        let times: usize = sources.iter().map(|source| count(&source.text, word)).sum();
        let before = findings.faults.len();
        let key = word.replace(' ', "_");
        bounds.compare("words", &key, u32::try_from(times).unwrap_or(u32::MAX).into(), findings);
        if findings.faults.len() > before {
            findings.faults.push(format!("words: {word:?}: write {instead}"));
        }
    }
}

/// Counts a word, not as part of a longer one.
fn count(text: &str, word: &str) -> usize {
    let text = text.to_lowercase();
    let whole = |at: &usize| {
        let before = text[..*at].chars().next_back();
        let after = text[*at + word.len()..].chars().next();
        !before.is_some_and(char::is_alphabetic) && !after.is_some_and(char::is_alphabetic)
    };
    text.match_indices(word).map(|(at, _)| at).filter(whole).count()
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn a_word_is_counted_in_names_and_sentences_and_not_in_longer_words() {
        assert_eq!(count("kept_scan: what is Kept, besides", "kept"), 2);
        assert_eq!(count("besides, beside", "beside"), 1);
    }
}
