//! A line of a list of digests, as people and programs write them: with names before or behind, several digests in a row, quotes, `0x`,
//! separators, digits in groups. Nothing that looks like a digest is dropped: it is found, or counted.

use case_model::{Algorithm, NameEncoding, readable_name};

use super::sum_line::SumLine;
use crate::import::reading::split_fields;
use crate::import::visible_text::visible;

/// Digits of digests that are looked up.
const LOOKED_UP: [usize; 3] = [32, 40, 64];
/// Digits of digests that are not: SHA-224, SHA-384, SHA-512.
const NOT_LOOKED_UP: [usize; 3] = [56, 96, 128];
/// Digits that a digest may lack, or have too many, to be taken for a damaged one.
const DAMAGE_DIGITS: usize = 2;
/// Separators of lists that are not made of words.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// What a line is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ListLine {
    /// Blank, or a comment: `#`, `;`, `//`, or the `sep=` of a spreadsheet.
    Nothing,
    /// At least one digest.
    Record(Row),
    /// No digest; `damaged` tells that something has nearly the digits of one.
    Other { damaged: bool },
}

/// The parts of a line with a digest.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Row {
    /// The digests, in their order.
    pub(crate) digests: Vec<Tagged>,
    /// The name of the file.
    pub(crate) name: Option<String>,
    /// What else there is.
    pub(crate) comment: Option<String>,
    /// Digits of what has nearly the length of a digest.
    pub(crate) damaged: Vec<u64>,
    /// Digits of digests of algorithms that are not looked up.
    pub(crate) not_looked_up: Vec<u64>,
}

/// A digest, and the algorithm where the line names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tagged {
    pub(crate) tag: Option<String>,
    pub(crate) digits: String,
}

/// Splits the comment behind `#` off a line that begins with a digest.
fn without_comment(text: &str, hash_comments: bool) -> (&str, Option<&str>) {
    match text.split_once('#') {
        Some((before, comment)) if hash_comments && starts_with_digest(before) => {
            (before, Some(comment))
        }
        _ => (text, None),
    }
}

/// Tells whether a line is a comment, or the line by which a spreadsheet names its separator.
pub(crate) fn is_comment(line: &[u8]) -> bool {
    line.starts_with(b"#")
        || line.starts_with(b";")
        || line.starts_with(b"//")
        || separator(line).is_some()
}

/// Returns the separator that a line `sep=;` names.
pub(crate) fn separator(line: &[u8]) -> Option<u8> {
    match line.trim_ascii_end() {
        [s, e, p, b'=', separator] if [*s, *e, *p].eq_ignore_ascii_case(b"sep") => Some(*separator),
        _ => None,
    }
}

impl ListLine {
    /// Takes a line apart. `hash_comments`: what follows `#` behind a digest is a comment, not a name.
    pub(crate) fn read(line: &[u8], hash_comments: bool) -> Self {
        let text = readable_name(line, NameEncoding::Bytes);
        let text = visible(&text);
        if text.is_empty() || is_comment(text.as_bytes()) {
            return Self::Nothing;
        }
        let sum = SumLine::parse(line.trim_ascii(), true);
        if let Some(sum) = sum.as_ref().filter(|sum| sum.has_sure_name(line)) {
            return Self::Record(Row::of_sum(sum));
        }
        let (text, comment) = without_comment(text, hash_comments);
        let mut row = Row::delimited(text).or_else(|| Row::words(text)).unwrap_or_default();
        if row.digests.is_empty() && row.not_looked_up.is_empty() {
            let damaged = !row.damaged.is_empty() || text.split_whitespace().any(is_damaged);
            return Self::Other { damaged };
        }
        let is_sum = row.digests.len() == 1 && row.damaged.is_empty() && comment.is_none();
        row.name = sum.filter(|_| is_sum).and_then(|sum| sum.readable_name()).or(row.name);
        let comment = comment.map(visible).filter(|comment| !comment.is_empty());
        row.comment = comment.map(str::to_owned).or(row.comment);
        Self::Record(row)
    }
}

impl Row {
    fn of_sum(sum: &SumLine) -> Self {
        let digest = Tagged { tag: sum.tag.clone(), digits: sum.digest.clone() };
        Self { digests: vec![digest], name: sum.readable_name(), ..Self::default() }
    }

    /// Takes a line of fields apart; `None` when no separator makes a field a digest, or when it hides one inside another field.
    fn delimited(text: &str) -> Option<Self> {
        let all = digests_in(text);
        SEPARATORS.iter().find_map(|separator| {
            let fields =
                split_fields(text.as_bytes(), *separator).filter(|fields| fields.len() > 1)?;
            let mut row = Self::default();
            let mut others = Vec::new();
            for field in fields.iter().map(|field| visible(field)).filter(|field| !field.is_empty())
            {
                if !row.take(field) {
                    others.push(field.trim_start_matches('*').to_owned());
                }
            }
            let found = row.digests.len();
            if found == 0 || found < all {
                return None;
            }
            let mut others = others.into_iter();
            row.name = others.next();
            row.comment =
                Some(others.collect::<Vec<_>>().join(" ")).filter(|rest| !rest.is_empty());
            Some(row)
        })
    }

    /// Takes a line of words apart: digests at its beginning, or else at its end, or digits in groups.
    fn words(text: &str) -> Option<Self> {
        let mut row = Self::default();
        let mut rest = text;
        while let Some(word) = rest.split_whitespace().next().filter(|word| row.take(word)) {
            rest = rest.trim_start().strip_prefix(word).unwrap_or_default();
        }
        let rest = visible(rest);
        if !row.digests.is_empty() || !row.not_looked_up.is_empty() {
            row.name =
                Some(rest.trim_start_matches('*').to_owned()).filter(|name| !name.is_empty());
            return Some(row);
        }
        if let Some(digits) = grouped(text) {
            row.take(&digits);
            return Some(row);
        }
        Self::at_the_end(text)
    }

    /// Takes a line apart that ends with its digests: `name: digest`, `name digest`, `MD5: digest`.
    fn at_the_end(text: &str) -> Option<Self> {
        let mut row = Self::default();
        let mut rest = text;
        while let Some(word) = rest.split_whitespace().next_back().filter(|word| row.take(word)) {
            rest = rest.trim_end().strip_suffix(word).unwrap_or_default();
        }
        row.digests.reverse();
        let before = visible(rest).trim_end_matches([':', '=']).trim_end();
        match row.digests.as_mut_slice() {
            [] => return None,
            [only] if only.tag.is_none() && is_tag(before) => only.tag = Some(before.to_owned()),
            _ => row.name = Some(before.to_owned()).filter(|name| !name.is_empty()),
        }
        Some(row)
    }

    /// Takes a field or word when it is a digest, or a damaged one; false when it is something else.
    fn take(&mut self, field: &str) -> bool {
        let Some(found) = digest(field) else {
            if is_damaged(field) {
                self.damaged.push(byte_source::length(bare(field).len()));
                return true;
            }
            return false;
        };
        match LOOKED_UP.contains(&found.digits.len()) {
            true => self.digests.push(found),
            false => self.not_looked_up.push(byte_source::length(found.digits.len())),
        }
        true
    }
}

/// Tells whether a field is a digest that is looked up.
pub(super) fn is_looked_up(field: &str) -> bool {
    digest(field).is_some_and(|found| LOOKED_UP.contains(&found.digits.len()))
}

/// A field without quotes, commas and `0x`.
fn bare(field: &str) -> &str {
    let field = visible(field).trim_matches(['"', '\'', ',', ';', '|']);
    let field = visible(field);
    field.strip_prefix("0x").or_else(|| field.strip_prefix("0X")).unwrap_or(field)
}

/// The digest that a field is, with the algorithm where the field names it (`sha256:…`).
fn digest(field: &str) -> Option<Tagged> {
    let field = bare(field);
    if let Some(digits) =
        is_digest(field).then(|| field.to_owned()).or_else(|| without_colons(field))
    {
        return Some(Tagged { tag: None, digits });
    }
    let (tag, digits) = field.split_once([':', '='])?;
    (is_tag(tag) && is_digest(digits))
        .then(|| Tagged { tag: Some(tag.to_owned()), digits: digits.to_owned() })
}

fn is_digest(text: &str) -> bool {
    let digits = text.len();
    (LOOKED_UP.contains(&digits) || NOT_LOOKED_UP.contains(&digits))
        && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Tells whether a word is hexadecimal and nearly as long as a digest that is looked up.
fn is_damaged(field: &str) -> bool {
    let field = bare(field);
    let near = |digits: &usize| (1..=DAMAGE_DIGITS).contains(&digits.abs_diff(field.len()));
    LOOKED_UP.iter().any(near) && field.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Tells whether `text` is the name of an algorithm, looked up or not.
fn is_tag(text: &str) -> bool {
    const OTHERS: [&str; 8] =
        ["sha224", "sha384", "sha512", "sha3", "blake2", "ripemd", "tiger", "whirlpool"];
    let plain = text.to_ascii_lowercase().replace('-', "");
    Algorithm::from_key(text).is_some() || OTHERS.iter().any(|other| plain.starts_with(other))
}

/// The digits of `22:55:8c:…`.
fn without_colons(text: &str) -> Option<String> {
    let pairs: Vec<&str> = text.split(':').collect();
    let digits = pairs.concat();
    (pairs.len() > 1 && pairs.iter().all(|pair| pair.len() == 2) && is_digest(&digits))
        .then_some(digits)
}

/// The digits of a line that is nothing but digits in groups of one length, as `certutil` writes them.
fn grouped(text: &str) -> Option<String> {
    let groups: Vec<&str> = text.split_whitespace().collect();
    let digits = groups.concat();
    let first = groups.first()?.len();
    (groups.len() > 1 && groups.iter().all(|group| group.len() == first) && is_digest(&digits))
        .then_some(digits)
}

fn starts_with_digest(text: &str) -> bool {
    text.split_whitespace().next().is_some_and(|word| digest(word).is_some())
        || grouped(text).is_some()
        || digest(text).is_some()
}

/// How many digests that are looked up are in a text, wherever.
fn digests_in(text: &str) -> usize {
    let words = text.split(|char: char| !char.is_alphanumeric());
    let plain = words.map(bare).filter(|word| is_digest(word) && LOOKED_UP.contains(&word.len()));
    plain.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MD5: &str = "22558cad65ecb8d453605c62052e0899";
    const OTHER: &str = "f7998231c2d7199ba31a0ddb437258a0";
    const SHA1: &str = "f09fb90ff94bb6c13833fd5babbfd80199259f79";

    fn row(line: &str) -> (Vec<String>, String, String) {
        match ListLine::read(line.as_bytes(), true) {
            ListLine::Record(row) => {
                let digest =
                    |one: Tagged| one.tag.map_or(String::new(), |tag| tag + " ") + &one.digits;
                let digests = row.digests.into_iter().map(digest).collect();
                (digests, row.name.unwrap_or_default(), row.comment.unwrap_or_default())
            }
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn every_digest_of_a_line_is_found_with_its_name() {
        let upper = MD5.to_uppercase();
        let spaced: Vec<&str> =
            MD5.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap()).collect();
        let cases = [
            (MD5.to_owned(), vec![MD5], "", ""),
            (format!("{MD5} {OTHER}"), vec![MD5, OTHER], "", ""),
            (format!("{MD5}  {SHA1}  name 0"), vec![MD5, SHA1], "name 0", ""),
            (format!("{MD5}\t{SHA1}\tname0"), vec![MD5, SHA1], "name0", ""),
            (format!("{MD5},{SHA1}"), vec![MD5, SHA1], "", ""),
            (format!("{MD5},a.jpg,69"), vec![MD5], "a.jpg", "69"),
            (format!("a.jpg;{MD5};{SHA1};x"), vec![MD5, SHA1], "a.jpg", "x"),
            (format!("\"{MD5}\""), vec![MD5], "", ""),
            (format!("'{MD5}',"), vec![MD5], "", ""),
            (format!("{MD5};"), vec![MD5], "", ""),
            (format!("0x{MD5}"), vec![MD5], "", ""),
            (format!("\u{a0} {MD5}\u{200b}"), vec![MD5], "", ""),
            (format!("file 0.jpg: {MD5}"), vec![MD5], "file 0.jpg", ""),
            (format!("file0.jpg {MD5}"), vec![MD5], "file0.jpg", ""),
            (spaced.join(" "), vec![MD5], "", ""),
            (spaced.join(":"), vec![MD5], "", ""),
            (format!("{MD5} # a comment"), vec![MD5], "", "a comment"),
            (format!("{MD5}  a, b.jpg"), vec![MD5], "a, b.jpg", ""),
            (format!("{MD5} *{OTHER}"), vec![MD5], OTHER, ""),
            (format!("\\{MD5}  {OTHER}\\n"), vec![MD5], "f7998231c2d7199ba31a0ddb437258a0\n", ""),
        ];
        for (line, digests, name, comment) in cases {
            let expected = digests.into_iter().map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(row(&line), (expected, name.to_owned(), comment.to_owned()), "{line}");
        }
        assert_eq!(row(&format!("MD5: {MD5}")).0, [format!("MD5 {MD5}")]);
        assert_eq!(row(&format!("SHA1 = {SHA1}")).0, [format!("SHA1 {SHA1}")]);
        assert_eq!(row(&format!("md5:{upper}")).0, [format!("md5 {upper}")]);
    }

    #[test]
    fn comments_titles_and_damaged_digests_are_told_apart() {
        for line in ["", " \u{feff}", "# x", "; x", "// x", "sep=;", "SEP=,"] {
            assert_eq!(ListLine::read(line.as_bytes(), false), ListLine::Nothing, "{line}");
        }
        for (line, damaged) in
            [("Bad files of case 7", false), (&MD5[1..], true), (&format!("x {MD5}0"), true)]
        {
            assert_eq!(
                ListLine::read(line.as_bytes(), false),
                ListLine::Other { damaged },
                "{line}"
            );
        }
        match ListLine::read(format!("{MD5} {} name", &SHA1[1..]).as_bytes(), false) {
            ListLine::Record(row) => {
                assert_eq!((row.damaged, row.name.as_deref()), (vec![39], Some("name")))
            }
            other => panic!("{other:?}"),
        }
        match ListLine::read(format!("{MD5} {}", "a".repeat(128)).as_bytes(), false) {
            ListLine::Record(row) => {
                assert_eq!((row.digests.len(), row.not_looked_up), (1, vec![128]))
            }
            other => panic!("{other:?}"),
        }
    }
}
