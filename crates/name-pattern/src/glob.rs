//! The pattern of one name.

use crate::PatternError;
use crate::fold::{Scalar, cases, fold};
use crate::lexeme::Lexeme;

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// A folded scalar.
    Scalar(char),
    /// `?`: one character.
    Any,
    /// `*`: any characters.
    Many,
    /// `[…]`: one character of ranges, or of none of them.
    Class { negated: bool, ranges: Vec<(char, char)> },
}

/// The pattern of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Glob {
    tokens: Vec<Token>,
}

impl Glob {
    /// Reads a pattern without braces and slashes.
    pub(crate) fn parse(pattern: &[Lexeme]) -> Result<Self, PatternError> {
        let mut tokens = Vec::with_capacity(pattern.len());
        // Folded as a whole: a mark belongs to the letter before it.
        let mut literal = String::new();
        let mut at = 0;
        while let Some(lexeme) = pattern.get(at) {
            let mut length = 1;
            let class =
                if lexeme.is('[') { class(pattern.get(at..).unwrap_or_default())? } else { None };
            let sign = match class {
                Some((token, lexemes)) => {
                    length = lexemes;
                    Some(token)
                }
                None if lexeme.is('*') => Some(Token::Many),
                None if lexeme.is('?') => Some(Token::Any),
                None => None,
            };
            match sign {
                Some(token) => {
                    push_literal(&mut literal, &mut tokens);
                    tokens.push(token);
                }
                None => literal.push(lexeme.c),
            }
            at = at.saturating_add(length);
        }
        push_literal(&mut literal, &mut tokens);
        // `**` of one name is `*`.
        tokens.dedup_by(|one, other| *one == Token::Many && *other == Token::Many);
        Ok(Self { tokens })
    }

    /// Returns the pattern of the name that is spelled exactly so.
    pub(crate) fn literal(name: &str) -> Self {
        Self { tokens: fold(name).into_iter().map(|scalar| Token::Scalar(scalar.folded)).collect() }
    }

    /// Returns true when the whole name matches. Takes at most the product of both lengths: only the last `*` is tried again.
    pub(crate) fn matches(&self, name: &[Scalar]) -> bool {
        let mut token = 0;
        let mut at = 0;
        let mut last_star: Option<(usize, usize)> = None;
        loop {
            match self.tokens.get(token) {
                None if at == name.len() => return true,
                Some(Token::Many) => {
                    token = token.saturating_add(1);
                    last_star = Some((token, at));
                    continue;
                }
                Some(wanted) => {
                    if let Some(next) = step(wanted, name, at) {
                        (token, at) = (token.saturating_add(1), next);
                        continue;
                    }
                }
                None => {}
            }
            match last_star {
                Some((behind, from)) if from < name.len() => {
                    last_star = Some((behind, from.saturating_add(1)));
                    (token, at) = (behind, from.saturating_add(1));
                }
                _ => return false,
            }
        }
    }
}

fn push_literal(literal: &mut String, tokens: &mut Vec<Token>) {
    tokens.extend(
        fold(&std::mem::take(literal)).into_iter().map(|scalar| Token::Scalar(scalar.folded)),
    );
}

/// Returns where the name continues behind what the token matches.
fn step(token: &Token, name: &[Scalar], at: usize) -> Option<usize> {
    let here = name.get(at)?;
    let next = at.saturating_add(1);
    match token {
        Token::Scalar(wanted) => (here.folded == *wanted).then_some(next),
        Token::Many => None,
        Token::Any | Token::Class { .. } => {
            let fits = match token {
                Token::Class { negated, ranges } => holds(ranges, here.original) != *negated,
                _ => true,
            };
            let marks = name.get(next..)?.iter().take_while(|scalar| !scalar.starts).count();
            (here.starts && fits).then_some(next.saturating_add(marks))
        }
    }
}

fn holds(ranges: &[(char, char)], character: Option<char>) -> bool {
    let Some(character) = character else { return false };
    let cases = cases(character);
    ranges.iter().any(|(first, last)| cases.iter().any(|c| (first..=last).contains(&c)))
}

/// Reads `[…]` and its number of lexemes; `None` when it has no end or no character, and so means itself.
fn class(pattern: &[Lexeme]) -> Result<Option<(Token, usize)>, PatternError> {
    let inside = pattern.get(1..).unwrap_or_default();
    let negated = inside.first().is_some_and(|lexeme| lexeme.is('!') || lexeme.is('^'));
    let skipped = usize::from(negated);
    let members = inside.get(skipped..).unwrap_or_default();
    // `]` directly after `[` is a member, as in POSIX.
    let Some(end) = members.iter().skip(1).position(|lexeme| lexeme.is(']')) else {
        return Ok(None);
    };
    let end = end.saturating_add(1);
    let mut members = members.get(..end).unwrap_or_default();
    let mut ranges = Vec::new();
    while let [first, after @ ..] = members {
        members = match after {
            [dash, last, after @ ..] if dash.is('-') => {
                if last.c < first.c {
                    return Err(PatternError::ReversedRange(first.c, last.c));
                }
                ranges.push((first.c, last.c));
                after
            }
            _ => {
                ranges.push((first.c, first.c));
                after
            }
        };
    }
    let length = end.saturating_add(skipped).saturating_add(2);
    Ok(Some((Token::Class { negated, ranges }, length)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexeme::read;

    fn matches(pattern: &str, name: &str) -> bool {
        Glob::parse(&read(pattern).unwrap().pattern).unwrap().matches(&fold(name))
    }

    #[test]
    fn wildcards_match_characters_as_people_count_them() {
        let fits = [
            ("*", ""),
            ("*.jpg", "A.B.JPG"),
            ("?t?", "Été"),
            ("?t?", "e\u{301}te\u{301}"),
            ("*été*", "ÉTÉ 2024"),
            ("stra?e", "straße"),
            ("*strasse", "Hauptstraße"),
            ("[a-c]*", "Bob"),
            ("[!a-c]*", "dora"),
            ("[^a-c]?", "d1"),
            ("[é]t*", "Été"),
            ("[]]x", "]x"),
            ("[a-]", "-"),
            ("[ab", "[AB"),
            ("a**b", "a--b"),
            ("\\*\\?", "*?"),
            ("a\\u{1b}b", "a\u{1b}b"),
            ("*a*b*c", "xxaxxbxxc"),
            ("[А-Я]*", "дом"),
        ];
        for (pattern, name) in fits {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        let fails = [
            ("?", ""),
            ("?", "ab"),
            ("[a-c]", "é"),
            ("[!a-c]*", "bob"),
            ("*.jpg", "a.jpg.exe"),
            ("stras?e", "straße"),
            ("a", "b"),
            ("\\*", "x"),
        ];
        for (pattern, name) in fails {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
        let reversed = Glob::parse(&read("[c-a]").unwrap().pattern);
        assert_eq!(reversed, Err(PatternError::ReversedRange('c', 'a')));
    }

    #[test]
    fn many_stars_take_no_exponential_time() {
        let pattern = "*a".repeat(2_000);
        assert!(!matches(&pattern, &"a".repeat(1_999)));
        assert!(!matches(&format!("{pattern}b"), &"a".repeat(4_000)));
    }
}
