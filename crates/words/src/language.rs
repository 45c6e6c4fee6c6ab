//! The languages that words are made in.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::{ar, en, fr};

/// A language of people who read what the program found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// English: the only one with words for every kind.
    #[default]
    English,
    /// French.
    French,
    /// Arabic.
    Arabic,
}

/// Key and template.
type Table = HashMap<&'static str, &'static str>;

static ENGLISH: LazyLock<Table> = LazyLock::new(|| collect(&en::TABLES));
static FRENCH: LazyLock<Table> = LazyLock::new(|| collect(&fr::TABLES));
static ARABIC: LazyLock<Table> = LazyLock::new(|| collect(&ar::TABLES));

fn collect(tables: &[&[(&'static str, &'static str)]]) -> Table {
    tables.iter().flat_map(|table| table.iter().copied()).collect()
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::English, Self::French, Self::Arabic];

    /// Returns the language of an ISO 639-1 code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// Returns the ISO 639-1 code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
            Self::Arabic => "ar",
        }
    }

    /// Returns the template of a key; that of English where the language has none.
    pub(crate) fn template(self, key: &str) -> Option<&'static str> {
        let own = match self {
            Self::English => None,
            Self::French => FRENCH.get(key),
            Self::Arabic => ARABIC.get(key),
        };
        own.or_else(|| ENGLISH.get(key)).copied()
    }

    /// Returns which of `forms` forms of a noun goes with a count (Unicode CLDR, plural rules for cardinals).
    pub(crate) fn plural_form(self, count: u64, forms: usize) -> usize {
        let form = match self {
            Self::English => usize::from(count != 1),
            Self::French => usize::from(count > 1),
            Self::Arabic => match (count, count % 100) {
                (0, _) => 0,
                (1, _) => 1,
                (2, _) => 2,
                (_, 3..=10) => 3,
                (_, 11..=99) => 4,
                _ => 5,
            },
        };
        form.min(forms.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::places;

    /// What the summary of every scan may say: every language has words for it.
    const SUMMARY: [&str; 6] =
        ["bad.", "name.", "problem.place", "problem.no-place", "skip.", "stream.part"];

    #[test]
    fn a_language_says_what_english_says_with_the_same_values() {
        for (language, table) in [("fr", &*FRENCH), ("ar", &*ARABIC)] {
            for (key, template) in table {
                let english =
                    ENGLISH.get(key).unwrap_or_else(|| panic!("{language}: {key} is no key"));
                assert_eq!(places(template), places(english), "{language}: {key}");
            }
            for key in
                ENGLISH.keys().filter(|key| SUMMARY.iter().any(|prefix| key.starts_with(prefix)))
            {
                assert!(table.contains_key(key), "{language} has no words for {key}");
            }
        }
    }

    #[test]
    fn a_kind_is_said_in_the_language_that_is_asked_for_and_else_in_english() {
        let rule = crate::term!("skip.unstored").with(8_u64);
        assert!(rule.text(Language::French).contains("dépassent les 8 octets"));
        assert!(rule.text(Language::Arabic).contains("تتجاوز 8 بايت"));
        let only_english = crate::term!("problem.out-of-bounds").with(9_u64).with(3_u64);
        assert_eq!(only_english.text(Language::Arabic), "needs 9 bytes, has 3");
    }

    #[test]
    fn counts_take_the_form_that_their_language_has_for_them() {
        let forms = |language: Language, counts: &[u64]| -> Vec<usize> {
            counts.iter().map(|count| language.plural_form(*count, 6)).collect()
        };
        assert_eq!(forms(Language::English, &[0, 1, 2]), [1, 0, 1]);
        assert_eq!(forms(Language::French, &[0, 1, 2]), [0, 0, 1]);
        assert_eq!(forms(Language::Arabic, &[0, 1, 2, 3, 11, 100, 103]), [0, 1, 2, 3, 4, 5, 3]);
        assert_eq!(Language::Arabic.plural_form(100, 2), 1, "a noun with fewer forms");
    }
}
