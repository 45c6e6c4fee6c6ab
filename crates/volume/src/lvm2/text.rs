//! The text of LVM2's metadata: sections in braces, `name = value`, lists in brackets, comments
//! behind `#`.

use std::iter::Peekable;
use std::str::Chars;

use words::{Term, term};

/// Sections inside sections: LVM2 writes four.
const MOST_DEPTH: usize = 16;

/// A section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Section {
    /// Sections inside it, in order.
    pub(super) sections: Vec<(String, Section)>,
    /// Its values, in order.
    values: Vec<(String, Vec<Value>)>,
}

/// A value, or an element of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Number(u64),
    Text(String),
}

impl Section {
    /// The section called `name` inside it.
    pub(super) fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|(other, _)| other == name).map(|(_, section)| section)
    }

    /// The names of all its values, in order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(|(name, _)| name.as_str())
    }

    /// All elements of the value called `name`.
    pub(super) fn list(&self, name: &str) -> &[Value] {
        self.values.iter().find(|(other, _)| other == name).map_or(&[], |(_, value)| value)
    }

    /// The number called `name`.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        match self.list(name) {
            [Value::Number(number)] => Some(*number),
            _ => None,
        }
    }

    /// The text called `name`.
    pub(super) fn string(&self, name: &str) -> Option<&str> {
        match self.list(name) {
            [Value::Text(text)] => Some(text),
            _ => None,
        }
    }
}

/// The parts of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Sign(char),
}

/// A place of a text that is not of its form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Number of the line, from 1.
    pub(super) line: u64,
    /// What is there; empty at the end of the text.
    pub(super) found: String,
    /// What may be there.
    pub(super) expected: Term,
}

/// The parts of a text that are left, and where.
struct Tokens {
    rest: std::vec::IntoIter<(u64, Token)>,
    line: u64,
}

impl Tokens {
    /// Returns the next part.
    ///
    /// # Errors
    /// The [`Fault`] of a text that ends before it.
    fn next(&mut self, expected: Term) -> Result<Token, Fault> {
        let (line, token) =
            self.rest.next().ok_or(Fault { line: self.line, found: String::new(), expected })?;
        self.line = line;
        Ok(token)
    }

    fn fault(&self, token: &Token, expected: Term) -> Fault {
        let found = match token {
            Token::Word(text) => text.clone(),
            Token::Text(text) => format!("\"{text}\""),
            Token::Sign(sign) => sign.to_string(),
        };
        Fault { line: self.line, found, expected }
    }
}

/// Parses a whole text.
///
/// # Errors
/// The [`Fault`] at the first place that is not of its form, or too deep: nothing of such a text is
/// used.
pub(super) fn parse(text: &str) -> Result<Section, Fault> {
    const KEY: Term = term!("lvm2.name");
    let mut tokens = Tokens { rest: tokens(text)?.into_iter(), line: 1 };
    let mut open: Vec<(String, Section)> = vec![(String::new(), Section::default())];
    while tokens.rest.len() > 0 {
        match tokens.next(KEY)? {
            sign @ Token::Sign('}') => {
                close(&mut open).ok_or_else(|| tokens.fault(&sign, term!("lvm2.name-2")))?;
            }
            Token::Word(name) => named(name, &mut tokens, &mut open)?,
            other => return Err(tokens.fault(&other, KEY)),
        }
    }
    match (open.pop(), open.is_empty()) {
        (Some((_, root)), true) => Ok(root),
        _ => Err(Fault {
            line: tokens.line,
            found: String::new(),
            expected: term!("lvm2.each-open-section"),
        }),
    }
}

/// Ends the innermost open section; `None` when it is the whole text.
fn close(open: &mut Vec<(String, Section)>) -> Option<()> {
    let closed = open.pop();
    let (around, section) = open.last_mut().zip(closed)?;
    around.1.sections.push(section);
    Some(())
}

/// Takes what follows a name: the start of a section, which is then open, or a value of the
/// innermost open one.
fn named(
    name: String,
    tokens: &mut Tokens,
    open: &mut Vec<(String, Section)>,
) -> Result<(), Fault> {
    match tokens.next(term!("lvm2.or"))? {
        Token::Sign('{') if open.len() < MOST_DEPTH => open.push((name, Section::default())),
        Token::Sign('=') => {
            let value = value(tokens)?;
            if let Some((_, section)) = open.last_mut() {
                section.values.push((name, value));
            }
        }
        other => return Err(tokens.fault(&other, term!("lvm2.most-16-sections-deep"))),
    }
    Ok(())
}

fn value(tokens: &mut Tokens) -> Result<Vec<Value>, Fault> {
    const VALUE: Term = term!("lvm2.number-text-list");
    let first = tokens.next(VALUE)?;
    if first != Token::Sign('[') {
        return Ok(vec![single(first, tokens, VALUE)?]);
    }
    let mut list = Vec::new();
    loop {
        match tokens.next(term!("lvm2.end-list"))? {
            Token::Sign(']') => return Ok(list),
            Token::Sign(',') => {}
            token => list.push(single(token, tokens, VALUE)?),
        }
    }
}

/// A number, or a text.
fn single(token: Token, tokens: &Tokens, expected: Term) -> Result<Value, Fault> {
    match token {
        Token::Text(text) => Ok(Value::Text(text)),
        Token::Word(word) => Ok(word.parse().map_or(Value::Text(word), Value::Number)),
        Token::Sign(_) => Err(tokens.fault(&token, expected)),
    }
}

/// The parts of a text with their lines, from 1.
///
/// # Errors
/// The [`Fault`] of a quoted text that does not end.
fn tokens(text: &str) -> Result<Vec<(u64, Token)>, Fault> {
    let mut out = Vec::new();
    let mut line = 1_u64;
    let mut rest = text.trim_matches('\0').chars().peekable();
    while let Some(char) = rest.next() {
        match char {
            '#' => while rest.next_if(|char| *char != '\n').is_some() {},
            '"' => {
                let start = line;
                out.push((start, quoted(&mut rest, &mut line)?));
            }
            '{' | '}' | '[' | ']' | '=' | ',' => out.push((line, Token::Sign(char))),
            char if char.is_whitespace() || char == '\0' => {
                line = line.saturating_add(u64::from(char == '\n'));
            }
            char => out.push((line, word(char, &mut rest))),
        }
    }
    Ok(out)
}

/// The quoted text behind an opening quote; a backslash makes the next character part of it.
fn quoted(rest: &mut Peekable<Chars<'_>>, line: &mut u64) -> Result<Token, Fault> {
    let mut text = String::new();
    let start = *line;
    while let Some(char) = rest.next_if(|char| *char != '"') {
        *line = line.saturating_add(u64::from(char == '\n'));
        text.extend(if char == '\\' { rest.next() } else { Some(char) });
    }
    match rest.next() {
        Some(_) => Ok(Token::Text(text)),
        None => Err(Fault { line: start, found: text, expected: term!("lvm2.quote-end-text") }),
    }
}

/// The word that begins with `first`.
fn word(first: char, rest: &mut Peekable<Chars<'_>>) -> Token {
    let mut word = String::from(first);
    let in_word = |char: &char| !char.is_whitespace() && !"{}[]=,#\"\0".contains(*char);
    while let Some(char) = rest.next_if(in_word) {
        word.push(char);
    }
    Token::Word(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_values_lists_and_comments() {
        let text = "vg {\n id = \"a-\\\"b\" # x = 1\n seqno = 3\n flags = []\n s { stripes = [\n\"pv0\", 0,\n\"pv1\", 7]\n}\n}\n# end\0";
        let root = parse(text).unwrap();
        let group = root.section("vg").unwrap();
        assert_eq!((group.string("id"), group.number("seqno")), (Some("a-\"b"), Some(3)));
        let text = |text: &str| Value::Text(text.to_owned());
        let stripes = group.section("s").unwrap().list("stripes");
        assert_eq!(stripes, [text("pv0"), Value::Number(0), text("pv1"), Value::Number(7)]);
    }

    #[test]
    fn what_is_open_at_the_end_or_too_deep_is_refused() {
        for text in ["a {", "}", "a", "a = ", "a = [1", "= 1", "a = \"x", &"a { ".repeat(100_000)] {
            assert!(parse(text).is_err());
        }
        let fault = parse("a = 1\n# b\nc = \"x\ny\"\nd ] 2\n").unwrap_err();
        assert_eq!((fault.line, fault.found.as_str()), (5, "]"));
    }
}
