//! The parts of XML texts as containers hold them: tags, texts, nothing of entities or attributes (Extensible Markup Language 1.0).

use byte_source::ProblemKind;
use words::term;

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part<'t> {
    /// `<name>`.
    Open(&'t str),
    /// `</name>`.
    Close(&'t str),
    /// `<name/>`.
    Empty(&'t str),
    /// Text between tags that is not only white space, trimmed.
    Text(&'t str),
}

/// The parts of a text, one after the other.
pub(crate) struct Parts<'t> {
    rest: &'t str,
    line: u64,
}

impl<'t> Parts<'t> {
    pub(crate) fn of(text: &'t str) -> Self {
        Self { rest: text, line: 1 }
    }

    /// The line at which the last part ended, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// Returns the next part; `None` at the end of the text.
    ///
    /// # Errors
    /// [`ProblemKind::Line`] where a tag, comment or declaration does not end.
    pub(crate) fn next(&mut self) -> Result<Option<Part<'t>>, ProblemKind> {
        loop {
            let Some(at) = self.rest.find('<') else {
                let text = self.cut(self.rest.len()).trim_matches(['\0', ' ', '\t', '\r', '\n']);
                return Ok((!text.is_empty()).then_some(Part::Text(text)));
            };
            if at > 0 {
                let text = self.cut(at).trim();
                if !text.is_empty() {
                    return Ok(Some(Part::Text(text)));
                }
                continue;
            }
            if let Some((_, end)) = SKIPPED.iter().find(|(begin, _)| self.rest.starts_with(begin)) {
                self.tag(end)?;
                continue;
            }
            return self.tag(">").map(|tag| Some(part_of(tag)));
        }
    }

    /// Cuts off what begins with `<` and ends with `end`.
    fn tag(&mut self, end: &str) -> Result<&'t str, ProblemKind> {
        let found = self.rest.find(end).map(|at| at.saturating_add(end.len()));
        let bytes = found.ok_or_else(|| {
            ProblemKind::line(self.line, self.rest, term!("image.end-tag-comment"))
        })?;
        Ok(self.cut(bytes))
    }

    fn cut(&mut self, bytes: usize) -> &'t str {
        let (cut, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        let lines = byte_source::length(cut.bytes().filter(|byte| *byte == b'\n').count());
        self.line = self.line.saturating_add(lines);
        self.rest = rest;
        cut
    }
}

/// A text with the five entities that XML knows of itself put in.
pub(crate) fn unescaped(text: &str) -> String {
    let entities =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    entities.iter().fold(text.to_owned(), |text, (entity, char)| text.replace(entity, char))
}

/// What is passed over: comments, processing instructions, declarations.
const SKIPPED: [(&str, &str); 3] = [("<!--", "-->"), ("<?", "?>"), ("<!", ">")];

/// Returns the part that a tag with its angle brackets is.
fn part_of(tag: &str) -> Part<'_> {
    let tag = tag.trim_start_matches('<').trim_end_matches('>');
    let name = |tag| str::split_whitespace(tag).next().unwrap_or_default();
    match (tag.strip_prefix('/'), tag.strip_suffix('/')) {
        (Some(tag), _) => Part::Close(name(tag)),
        (None, Some(tag)) => Part::Empty(name(tag)),
        (None, None) => Part::Open(name(tag)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_texts_and_comments_are_told_apart() {
        let mut parts = Parts::of("<?xml?>\n<!DOCTYPE x>\n<a b='c'> t <!-- <n> -->\n<d/></a>\0");
        let mut found = Vec::new();
        while let Some(part) = parts.next().unwrap() {
            found.push(part);
        }
        assert_eq!(found, [Part::Open("a"), Part::Text("t"), Part::Empty("d"), Part::Close("a")]);
        assert_eq!(parts.line(), 4);
        let mut open = Parts::of("\n\n<a");
        assert!(matches!(open.next(), Err(ProblemKind::Line { line: 3, .. })));
        assert_eq!(unescaped("a &amp;lt; &lt;"), "a &lt; <");
    }
}
