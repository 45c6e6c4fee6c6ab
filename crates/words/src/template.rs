//! Templates of sentences, and how values take their places in them.
//!
//! `{0}` is the first value; `{0:x}` a number in hexadecimal digits; `{0:q}` a text in quotes, harmless to a
//! terminal; `{0:os}` the words for an error number of the operating system; `{0|byte|bytes}` the form of a noun that goes with a number; `{* and }` all values, with the
//! text between them; `{{` and `}}` are braces.

/// Returns the numbers of the values that a template asks for.
#[cfg(test)]
pub(crate) fn places(template: &str) -> std::collections::BTreeSet<String> {
    let number =
        |place: &str| place.chars().take_while(|c| c.is_ascii_digit() || *c == '*').collect();
    Pieces(template)
        .filter_map(|piece| match piece {
            Piece::Plain(_) => None,
            Piece::Place(place) => Some(number(place)),
        })
        .collect()
}

/// A part of a template.
pub(crate) enum Piece<'t> {
    /// Words as they are.
    Plain(&'t str),
    /// What stands between the braces.
    Place(&'t str),
}

/// The rest of a template.
pub(crate) struct Pieces<'t>(pub(crate) &'t str);

impl<'t> Iterator for Pieces<'t> {
    type Item = Piece<'t>;

    fn next(&mut self) -> Option<Piece<'t>> {
        let rest = self.0;
        if rest.is_empty() {
            return None;
        }
        for brace in ["{{", "}}"] {
            if let Some(behind) = rest.strip_prefix(brace) {
                self.0 = behind;
                return rest.get(..1).map(Piece::Plain);
            }
        }
        if let Some((place, behind)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'))
        {
            self.0 = behind;
            return Some(Piece::Place(place));
        }
        let end = rest
            .char_indices()
            .skip(1)
            .find(|(_, c)| matches!(c, '{' | '}'))
            .map_or(rest.len(), |(at, _)| at);
        let (plain, behind) = rest.split_at(end);
        self.0 = behind;
        Some(Piece::Plain(plain))
    }
}
