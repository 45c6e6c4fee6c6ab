//! The sentences of kinds and statements: how values take their places in a template.

use std::fmt;

use crate::template::{Piece, Pieces};
use crate::{Language, Statement, Term, Value};

impl Statement {
    /// Returns the sentence in a language; of an unknown kind its stored form.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        match language.template(self.key()) {
            Some(template) => render(template, self.values(), language),
            None => self.encode(),
        }
    }
}

impl fmt::Display for Statement {
    /// Writes the English sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Language::English))
    }
}

impl Term {
    /// Returns the text in a language; in English where the language has none.
    #[must_use]
    pub fn text(self, language: Language) -> String {
        Statement::from(self).text(language)
    }
}

impl fmt::Display for Term {
    /// Writes the English text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Language::English))
    }
}

/// Returns the sentence of a template. A value that is not there is shown as `?`.
fn render(template: &str, values: &[Value], language: Language) -> String {
    let mut text = String::with_capacity(template.len());
    for piece in Pieces(template) {
        match piece {
            Piece::Plain(plain) => text.push_str(plain),
            Piece::Place(place) => push_place(place, values, language, &mut text),
        }
    }
    text
}

fn push_place(place: &str, values: &[Value], language: Language, text: &mut String) {
    if let Some(between) = place.strip_prefix('*') {
        for (number, value) in values.iter().enumerate() {
            text.push_str(if number > 0 { between } else { "" });
            push_value(value, language, text);
        }
        return;
    }
    let digits = place.find(|c: char| !c.is_ascii_digit()).unwrap_or(place.len());
    let (number, form) = place.split_at(digits);
    let Some(value) = number.parse().ok().and_then(|number: usize| values.get(number)) else {
        text.push('?');
        return;
    };
    match (form, value) {
        (":x", Value::Number(number)) => text.push_str(&format!("{number:#x}")),
        (":os", Value::Number(errno)) => text.push_str(&os_error(*errno)),
        (":q", Value::Text(quoted)) => text.push_str(&format!("{quoted:?}")),
        (nouns, Value::Number(count)) if nouns.starts_with('|') => {
            let forms: Vec<&str> = nouns.split('|').skip(1).collect();
            text.push_str(
                forms.get(language.plural_form(*count, forms.len())).copied().unwrap_or("?"),
            );
        }
        _ => push_value(value, language, text),
    }
}

/// Returns the words of the C library for an error number.
fn os_error(errno: u64) -> String {
    let errno = i32::try_from(errno).unwrap_or(i32::MAX);
    std::io::Error::from_raw_os_error(errno).to_string()
}

fn push_value(value: &Value, language: Language, text: &mut String) {
    match value {
        Value::Number(number) => text.push_str(&number.to_string()),
        Value::Text(plain) => text.push_str(plain),
        Value::Bytes(bytes) => text.push_str(&bytes.escape_ascii().to_string()),
        Value::Said(statement) => text.push_str(&statement.text(language)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(template: &str, values: &[Value]) -> String {
        render(template, values, Language::English)
    }

    #[test]
    fn values_stand_in_their_places() {
        let values = [Value::Number(26), Value::from("a\u{1b}\"b"), Value::Bytes(vec![b'a', 0xff])];
        assert_eq!(said("{0} ({0:x}): {2}, {1:q}.", &values), r#"26 (0x1a): a\xff, "a\u{1b}\"b"."#);
        assert_eq!(said("{* and }", &values[..1]), "26");
        assert_eq!(said("{* and }", &[Value::Number(1), Value::Number(2)]), "1 and 2");
        assert_eq!(said("{{{0}}} é{0|byte|bytes}", &values), "{26} ébytes");
        assert_eq!(said("{0|byte is|bytes are}", &[Value::Number(1)]), "byte is");
    }

    #[test]
    fn a_template_is_never_trusted_with_its_values() {
        for template in ["{7}", "{", "}", "{}", "{0:z}", "{99999999999999999999}", "{0|}", "a{"] {
            said(template, &[Value::Number(1)]);
        }
        assert_eq!(said("{7} {", &[]), "? {");
    }
}
