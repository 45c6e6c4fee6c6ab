//! Words that look like a wrong one.

use strsim::jaro_winkler;

/// Words less like than this are no help.
const LEAST_LIKENESS: f64 = 0.7;

/// Returns the words that look most like a wrong one, most alike first, at most `most`.
#[must_use]
pub fn nearest<'w>(
    wrong: &str,
    words: impl IntoIterator<Item = &'w str>,
    most: usize,
) -> Vec<&'w str> {
    let wrong = wrong.to_lowercase();
    let mut alike: Vec<(f64, &str)> = words
        .into_iter()
        .map(|word| (likeness(&wrong, &word.to_lowercase()), word))
        .filter(|(likeness, _)| *likeness >= LEAST_LIKENESS)
        .collect();
    alike.sort_by(|(one, one_word), (other, other_word)| {
        other.total_cmp(one).then(one_word.cmp(other_word))
    });
    alike.dedup_by(|(_, one), (_, other)| one == other);
    alike.into_iter().take(most).map(|(_, word)| word).collect()
}

/// A word that holds the wrong one, or lies in it, is as like as can be.
fn likeness(wrong: &str, word: &str) -> f64 {
    let holds =
        wrong.len() > 2 && (word.contains(wrong) || (word.len() > 2 && wrong.contains(word)));
    if holds { 1.0 } else { jaro_winkler(wrong, word) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_that_was_meant_comes_first() {
        let words = ["file", "directory", "link", "image/jpeg", "application/pdf"];
        assert_eq!(nearest("fiel", words, 3)[0], "file");
        assert_eq!(nearest("directories", words, 1), ["directory"]);
        assert_eq!(nearest("jpeg", words, 1), ["image/jpeg"]);
        assert!(nearest("zzz", words, 3).is_empty());
    }
}
