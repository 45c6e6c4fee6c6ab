//! A fixed text: a key that every reader may name, with words in the table of English.

use crate::en;

/// The key of a text, as in `fat.chain-leads-back`. Made by [`term!`](macro@crate::term) alone, which refuses to
/// compile a key without words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term(&'static str);

/// Returns the [`Term`] of a key. A key that the table of English lacks does not compile: add it in
/// `crates/words/src/en`.
#[macro_export]
macro_rules! term {
    ($key:literal) => {
        const { $crate::Term::known($key) }
    };
}

impl Term {
    /// Returns the term of a key in the table of English. Meant for [`term!`](macro@crate::term), in which it
    /// runs while the program is compiled.
    ///
    /// # Panics
    /// When the key has no words.
    #[must_use]
    #[expect(
        clippy::panic,
        reason = "runs in the compiler, where it is the error of an unknown key"
    )]
    pub const fn known(key: &'static str) -> Self {
        if !en::holds(key) {
            panic!("a kind without words: add its key and its text to crates/words/src/en");
        }
        Self(key)
    }

    /// Returns the key, as the index stores it. A key never changes its meaning.
    #[must_use]
    pub const fn key(self) -> &'static str {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_its_key_and_shows_its_words() {
        let term = crate::term!("skip.directory");
        assert_eq!(term.key(), "skip.directory");
        assert_eq!(term.to_string(), "directory: its content is names");
    }

    #[test]
    fn a_key_without_words_is_refused() {
        let unknown = std::panic::catch_unwind(|| Term::known("skip.nothing-like-this"));
        assert!(unknown.is_err());
    }
}
