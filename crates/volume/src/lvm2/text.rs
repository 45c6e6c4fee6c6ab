//! The text of LVM2's metadata: sections in braces, `name = value`, lists in brackets, comments behind `#`.

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

/// Parses a whole text; `None` when it is not of this form or too deep.
pub(super) fn parse(text: &str) -> Option<Section> {
    let mut tokens = tokens(text).into_iter();
    let mut open: Vec<(String, Section)> = vec![(String::new(), Section::default())];
    while let Some(token) = tokens.next() {
        match token {
            Token::Sign('}') => {
                let (name, section) = open.pop()?;
                open.last_mut()?.1.sections.push((name, section));
            }
            Token::Word(name) => match tokens.next()? {
                Token::Sign('{') if open.len() < MOST_DEPTH => open.push((name, Section::default())),
                Token::Sign('=') => {
                    let value = value(&mut tokens)?;
                    open.last_mut()?.1.values.push((name, value));
                }
                _ => return None,
            },
            _ => return None,
        }
    }
    match open.len() {
        1 => open.pop().map(|(_, root)| root),
        _ => None,
    }
}

fn value(tokens: &mut impl Iterator<Item = Token>) -> Option<Vec<Value>> {
    let one = |token: Token| match token {
        Token::Text(text) => Some(Value::Text(text)),
        Token::Word(word) => Some(word.parse().map_or(Value::Text(word), Value::Number)),
        Token::Sign(_) => None,
    };
    let first = tokens.next()?;
    if first != Token::Sign('[') {
        return Some(vec![one(first)?]);
    }
    let mut list = Vec::new();
    loop {
        match tokens.next()? {
            Token::Sign(']') => return Some(list),
            Token::Sign(',') => {}
            token => list.push(one(token)?),
        }
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut rest = text.trim_matches('\0').chars().peekable();
    while let Some(char) = rest.next() {
        match char {
            '#' => while rest.next_if(|char| *char != '\n').is_some() {},
            '"' => {
                let mut text = String::new();
                while let Some(char) = rest.next_if(|char| *char != '"') {
                    text.extend(if char == '\\' { rest.next() } else { Some(char) });
                }
                rest.next();
                out.push(Token::Text(text));
            }
            '{' | '}' | '[' | ']' | '=' | ',' => out.push(Token::Sign(char)),
            char if char.is_whitespace() || char == '\0' => {}
            char => {
                let mut word = String::from(char);
                let in_word = |char: &char| !char.is_whitespace() && !"{}[]=,#\"\0".contains(*char);
                while let Some(char) = rest.next_if(in_word) {
                    word.push(char);
                }
                out.push(Token::Word(word));
            }
        }
    }
    out
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
        for text in ["a {", "}", "a", "a = ", "a = [1", "= 1", &"a { ".repeat(100_000)] {
            assert_eq!(parse(text), None);
        }
    }
}
