//! A typed text as characters that mean themselves and characters that mean something.

use crate::PatternError;

/// Characters that a pattern may have.
const MAX_CHARACTERS: usize = 4_096;

/// A character of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lexeme {
    /// The character.
    pub(crate) c: char,
    /// True when it may be a sign of a pattern: it was not escaped.
    pub(crate) sign: bool,
}

impl Lexeme {
    /// Returns true when this is the given sign.
    pub(crate) fn is(self, sign: char) -> bool {
        self.sign && self.c == sign
    }
}

/// The readings of a typed text.
#[derive(Debug)]
pub(crate) struct Readings {
    /// As a pattern.
    pub(crate) pattern: Vec<Lexeme>,
    /// As names that are spelled exactly so.
    pub(crate) literals: Vec<String>,
}

/// Reads a typed text.
pub(crate) fn read(text: &str) -> Result<Readings, PatternError> {
    let length = text.chars().count();
    if length > MAX_CHARACTERS {
        return Err(PatternError::TooLong(length, MAX_CHARACTERS));
    }
    let cleaned = without_marks(text);
    let pattern = lexemes(&cleaned, true);
    if pattern.is_empty() {
        return Err(PatternError::Empty);
    }
    let unescaped: String = lexemes(&cleaned, false).iter().map(|lexeme| lexeme.c).collect();
    let literals = if unescaped == cleaned { vec![cleaned] } else { vec![cleaned, unescaped] };
    Ok(Readings { pattern, literals })
}

/// Leaves out the marks that the display adds around names. Those in a name are displayed as `\u{…}`.
pub(crate) fn without_marks(text: &str) -> String {
    let is_mark = |c: &char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    text.chars().filter(|c| !is_mark(c)).collect()
}

/// Reads the escapes of the display (`\u{1b}`, `\n`), and with `signs` those of a pattern (`\*`).
fn lexemes(text: &str, signs: bool) -> Vec<Lexeme> {
    let mut lexemes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (lexeme, length) = match escape(rest, signs) {
            Some((c, length)) => (Lexeme { c, sign: false }, length),
            None => (Lexeme { c, sign: true }, c.len_utf8()),
        };
        lexemes.push(lexeme);
        rest = rest.get(length..).unwrap_or_default();
    }
    lexemes
}

/// Reads an escape at the start of a text: the character that it stands for, and its bytes.
fn escape(text: &str, signs: bool) -> Option<(char, usize)> {
    let after = text.strip_prefix('\\')?;
    let first = after.chars().next()?;
    match first {
        'n' => Some(('\n', 2)),
        'r' => Some(('\r', 2)),
        't' => Some(('\t', 2)),
        '*' | '?' | '[' | ']' | '{' | '}' | ',' | '\\' if signs => Some((first, 2)),
        'u' => {
            let digits = after.strip_prefix("u{")?.split_once('}')?.0;
            let c = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)?;
            Some((c, digits.len().checked_add(4)?))
        }
        _ => None,
    }
}
