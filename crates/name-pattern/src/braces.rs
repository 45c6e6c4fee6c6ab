//! `{a,b}`: a pattern as several without braces.

use crate::PatternError;
use crate::lexeme::Lexeme;

/// Alternatives that a pattern may have.
const MAX_ALTERNATIVES: usize = 1_000;

/// Returns the alternatives of a pattern. Braces without a comma or without an end mean themselves.
pub(crate) fn expand(pattern: &[Lexeme]) -> Result<Vec<Vec<Lexeme>>, PatternError> {
    // Alternatives whose start holds no braces: the length of that start, and the whole.
    let mut open = vec![(0, pattern.to_vec())];
    let mut done = Vec::new();
    while let Some((from, pattern)) = open.pop() {
        let Some(braces) = first_braces(&pattern, from) else {
            done.push(pattern);
            continue;
        };
        // Pushed in reverse, so that the first comes out first.
        for (start, end) in braces.parts.iter().rev() {
            let parts = [
                pattern.get(..braces.start),
                pattern.get(*start..*end),
                pattern.get(braces.end.saturating_add(1)..),
            ];
            open.push((braces.start, parts.into_iter().flatten().flatten().copied().collect()));
        }
        if open.len().saturating_add(done.len()) > MAX_ALTERNATIVES {
            return Err(PatternError::TooManyAlternatives(MAX_ALTERNATIVES));
        }
    }
    Ok(done)
}

/// Braces with a comma: where they are, and the ranges of their parts.
struct Braces {
    start: usize,
    end: usize,
    parts: Vec<(usize, usize)>,
}

fn first_braces(pattern: &[Lexeme], from: usize) -> Option<Braces> {
    (from..pattern.len())
        .filter(|at| pattern.get(*at).is_some_and(|lexeme| lexeme.is('{')))
        .find_map(|start| braces_at(pattern, start))
}

fn braces_at(pattern: &[Lexeme], start: usize) -> Option<Braces> {
    let mut depth = 0_usize;
    let mut part = start.saturating_add(1);
    let mut parts = Vec::new();
    for (at, lexeme) in pattern.iter().enumerate().skip(start) {
        if lexeme.is('{') {
            depth = depth.saturating_add(1);
        } else if lexeme.is('}') {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                parts.push((part, at));
                return (parts.len() > 1).then_some(Braces { start, end: at, parts });
            }
        } else if lexeme.is(',') && depth == 1 {
            parts.push((part, at));
            part = at.saturating_add(1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexeme::read;

    fn expanded(text: &str) -> Vec<String> {
        let alternatives = expand(&read(text).unwrap().pattern).unwrap();
        alternatives.iter().map(|all| all.iter().map(|lexeme| lexeme.c).collect()).collect()
    }

    #[test]
    fn braces_are_those_of_a_shell() {
        assert_eq!(expanded("*.{jpg,png}"), ["*.jpg", "*.png"]);
        assert_eq!(expanded("{a,b{c,d}}x{1,2}"), ["ax1", "ax2", "bcx1", "bcx2", "bdx1", "bdx2"]);
        assert_eq!(expanded("a{,b}"), ["a", "ab"]);
        for alone in ["{a}", "{a,b", "a}b{", "{}"] {
            assert_eq!(expanded(alone), [alone]);
        }
        assert_eq!(expanded("\\{a,b}"), ["{a,b}"]);
        assert_eq!(expanded("{a,{b}}"), ["a", "{b}"]);
    }

    #[test]
    fn braces_that_multiply_are_refused_at_once() {
        let many = "{a,b}".repeat(200);
        let refused = expand(&read(&many).unwrap().pattern);
        assert_eq!(refused, Err(PatternError::TooManyAlternatives(MAX_ALTERNATIVES)));
        let deep = "{".repeat(2_000);
        assert_eq!(expand(&read(&deep).unwrap().pattern).unwrap().len(), 1);
    }
}
