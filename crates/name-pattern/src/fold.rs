//! The caseless form of a text: Unicode 3.13, D145.

use icu_casemap::CaseMapper;
use icu_normalizer::properties::CanonicalCombiningClassMap;
use icu_normalizer::{ComposingNormalizer, DecomposingNormalizer};

/// One scalar of a folded text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scalar {
    /// The scalar of the folded text.
    pub(crate) folded: char,
    /// True where a character of the text before folding starts.
    pub(crate) starts: bool,
    /// The character before folding, where it starts and is a single scalar.
    pub(crate) original: Option<char>,
}

/// Returns true when two texts differ in letter case and composition at most.
#[must_use]
pub fn is_same(one: &str, other: &str) -> bool {
    let folded =
        |text: &str| fold(text).into_iter().map(|scalar| scalar.folded).collect::<Vec<char>>();
    folded(one) == folded(other)
}

/// Folds a text. A character is a composed scalar with the combining marks that follow it.
pub(crate) fn fold(text: &str) -> Vec<Scalar> {
    // What nearly all names are.
    if text.is_ascii() {
        let scalar = |byte: u8| Scalar {
            folded: char::from(byte.to_ascii_lowercase()),
            starts: true,
            original: Some(char::from(byte)),
        };
        return text.bytes().map(scalar).collect();
    }
    let composed = ComposingNormalizer::new_nfc().normalize(text);
    let mut scalars = Vec::with_capacity(composed.len());
    let mut rest: &str = &composed;
    while !rest.is_empty() {
        let (character, after) = rest.split_at(first_character(rest));
        push_folded(character, &mut scalars);
        rest = after;
    }
    scalars
}

/// Returns the bytes of the first scalar with the combining marks that follow it.
fn first_character(text: &str) -> usize {
    let classes = CanonicalCombiningClassMap::new();
    let is_mark = |&(_, c): &(usize, char)| !c.is_ascii() && classes.get_u8(c) != 0;
    text.char_indices().skip(1).find(|place| !is_mark(place)).map_or(text.len(), |(at, _)| at)
}

/// Decomposes, folds and decomposes one character: a folding may compose or reorder marks.
fn push_folded(character: &str, scalars: &mut Vec<Scalar>) {
    let decomposing = DecomposingNormalizer::new_nfd();
    let decomposed = decomposing.normalize(character);
    let folded = CaseMapper::new().fold_string(&decomposed);
    let mut starts = true;
    for folded in decomposing.normalize(&folded).chars() {
        let mut all = character.chars();
        let original = all.next().filter(|_| starts && all.next().is_none());
        scalars.push(Scalar { folded, starts, original });
        starts = false;
    }
}

/// Returns a character in its other letter cases, each a single scalar.
pub(crate) fn cases(c: char) -> [char; 3] {
    let mapper = CaseMapper::new();
    [c, mapper.simple_fold(c), mapper.simple_uppercase(c)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_the_same() {
        // Pairs by CaseFolding.txt and NormalizationTest.txt of Unicode 16.
        let same = [
            ("README", "readme"),
            ("Été", "e\u{301}te\u{301}"),
            ("É", "é"),
            ("Straße", "STRASSE"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("\u{390}", "\u{399}\u{308}\u{301}"),
            ("\u{1fb3}", "\u{391}\u{345}"),
            ("ﬁle", "FILE"),
            ("\u{212b}", "å"),
            ("한글", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}"),
            ("Дом", "ДОМ"),
            ("صورة", "صورة"),
            ("a\u{323}\u{307}", "A\u{307}\u{323}"),
        ];
        for (one, other) in same {
            assert!(is_same(one, other), "{one} {other}");
        }
        for (one, other) in [("e", "é"), ("ı", "i"), ("а", "a"), ("o\u{308}", "o"), ("ss", "s")]
        {
            assert!(!is_same(one, other), "{one} {other}");
        }
    }

    #[test]
    fn a_letter_with_its_marks_is_one_character() {
        let characters = |text| fold(text).iter().filter(|scalar| scalar.starts).count();
        assert_eq!([characters("Été"), characters("e\u{301}te\u{301}")], [3, 3]);
        assert_eq!(
            [characters("straße"), characters("한글"), characters("x\u{323}\u{307}y")],
            [6, 2, 2]
        );
        assert_eq!(characters(""), 0);
    }
}
