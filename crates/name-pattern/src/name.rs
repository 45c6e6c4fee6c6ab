//! Patterns of names.

use crate::PatternError;
use crate::braces::expand;
use crate::fold::fold;
use crate::glob::Glob;
use crate::lexeme::read;

/// A pattern of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePattern {
    alternatives: Vec<Glob>,
}

impl NamePattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Why the text means no name.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let readings = read(text)?;
        if readings.pattern.iter().any(|lexeme| lexeme.c == '/') {
            return Err(PatternError::SlashInName(text.to_owned()));
        }
        let mut alternatives = expand(&readings.pattern)?
            .iter()
            .map(|one| Glob::parse(one))
            .collect::<Result<Vec<Glob>, _>>()?;
        for literal in &readings.literals {
            let literal = Glob::literal(literal);
            if !alternatives.contains(&literal) {
                alternatives.push(literal);
            }
        }
        Ok(Self { alternatives })
    }

    /// Returns true when a name matches, or the name of its alternate stream (empty for the main one), or both with `:` between.
    #[must_use]
    pub fn matches(&self, name: &str, stream: &str) -> bool {
        self.fits(name)
            || (!stream.is_empty() && (self.fits(stream) || self.fits(&format!("{name}:{stream}"))))
    }

    fn fits(&self, name: &str) -> bool {
        let name = fold(name);
        self.alternatives.iter().any(|glob| glob.matches(&name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, name: &str, stream: &str) -> bool {
        NamePattern::parse(pattern).unwrap().matches(name, stream)
    }

    #[test]
    fn a_name_is_found_by_its_stream_its_alternatives_and_its_exact_spelling() {
        assert!(matches("*.{jpg,png}", "B.PNG", ""));
        assert!(matches("*Zone*", "setup.exe", "Zone.Identifier"));
        assert!(matches("setup.exe:Zone.Identifier", "Setup.exe", "Zone.Identifier"));
        assert!(matches("[2024] photos", "[2024] Photos", ""), "spelled exactly so");
        assert!(matches("a\\nb", "a\\nb", "") && matches("a\\nb", "a\nb", ""));
        assert!(matches("\u{2068}صورة.jpg\u{2069}", "صورة.jpg", ""));
        assert!(matches("x\\u{202e}gpj", "x\u{202e}gpj", ""));
        assert!(matches("\\xff*", "\\xff\\xfe", ""));
        assert!(!matches("*Zone*", "setup.exe", ""));
    }

    #[test]
    fn what_means_no_name_is_refused() {
        assert_eq!(NamePattern::parse(""), Err(PatternError::Empty));
        assert_eq!(NamePattern::parse("\u{2068}\u{2069}"), Err(PatternError::Empty));
        assert_eq!(NamePattern::parse("a/b"), Err(PatternError::SlashInName("a/b".to_owned())));
        assert!(matches!(
            NamePattern::parse(&"a".repeat(5_000)),
            Err(PatternError::TooLong(5_000, _))
        ));
    }
}
