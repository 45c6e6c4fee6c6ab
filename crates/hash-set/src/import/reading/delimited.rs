//! Records of delimited text (RFC 4180, with any delimiter, lenient about quotes inside fields).

use byte_source::length;
use case_model::{NameEncoding, readable_name};

use super::Lines;
use super::lines::LONGEST_LINE_BYTES;
use crate::{ImportError, Position};

/// Longest record in bytes, with the line ends inside quotes.
pub(crate) const LONGEST_RECORD_BYTES: usize = LONGEST_LINE_BYTES;
/// Delimiters that are tried.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The records of a text.
pub(crate) struct Records {
    lines: Lines,
    delimiter: u8,
    record: Vec<u8>,
}

impl Records {
    pub(crate) fn new(lines: Lines, delimiter: u8) -> Self {
        Self { lines, delimiter, record: Vec::new() }
    }

    /// The fields of the next record that is not blank, and where it begins; `None` at the end of the file.
    pub(crate) fn next(&mut self) -> Result<Option<(Position, Vec<String>)>, ImportError> {
        self.record.clear();
        let mut begin = None;
        let mut place = Place::FieldStart;
        while let Some((position, line)) = self.lines.next()? {
            let position = begin.get_or_insert(position);
            if self.record.len().saturating_add(line.len()) > LONGEST_RECORD_BYTES {
                return Err(unterminated(position));
            }
            self.record.extend_from_slice(line);
            place = line.iter().fold(place, |place, &byte| place.after(byte, self.delimiter));
            if place == Place::Quoted {
                // The line end belongs to the field.
                self.record.push(b'\n');
                continue;
            }
            let fields = split_fields(&self.record, self.delimiter).unwrap_or_default();
            if fields.iter().any(|field| !field.trim().is_empty()) {
                return Ok(begin.map(|position| (position, fields)));
            }
            self.record.clear();
            (begin, place) = (None, Place::FieldStart);
        }
        begin.map_or(Ok(None), |position| Err(unterminated(&position)))
    }
}

/// Where in a record a byte stands: decides whether a line end ends the record, without splitting it again at each line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    FieldStart,
    Plain,
    Quoted,
    QuoteInQuoted,
}

impl Place {
    fn after(self, byte: u8, delimiter: u8) -> Self {
        match (self, byte) {
            (Self::FieldStart | Self::QuoteInQuoted, b'"') => Self::Quoted,
            (Self::Quoted, b'"') => Self::QuoteInQuoted,
            (Self::Quoted, _) => Self::Quoted,
            (_, byte) if byte == delimiter => Self::FieldStart,
            _ => Self::Plain,
        }
    }
}

fn unterminated(position: &Position) -> ImportError {
    ImportError::UnterminatedQuote {
        position: position.clone(),
        limit: length(LONGEST_RECORD_BYTES),
    }
}

/// The fields of a record; `None` when it ends inside quotes. A quote is special at the beginning of a field only.
pub(crate) fn split_fields(record: &[u8], delimiter: u8) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    let mut rest = Some(record);
    while let Some(record) = rest {
        let (field, after) = match record.strip_prefix(b"\"") {
            Some(quoted) => quoted_field(quoted, delimiter)?,
            None => plain_field(record, delimiter, Vec::new()),
        };
        fields.push(readable_name(&field, NameEncoding::Bytes));
        rest = after;
    }
    Some(fields)
}

/// The field behind an opening quote, and what follows its delimiter.
fn quoted_field(record: &[u8], delimiter: u8) -> Option<(Vec<u8>, Option<&[u8]>)> {
    let mut field = Vec::new();
    let mut rest = record;
    loop {
        let quote = rest.iter().position(|&byte| byte == b'"')?;
        let (text, after) = rest.split_at_checked(quote)?;
        field.extend_from_slice(text);
        let after = after.get(1..)?;
        match after.strip_prefix(b"\"") {
            Some(after) => {
                field.push(b'"');
                rest = after;
            }
            // What stands between the closing quote and the delimiter is kept as it is.
            None => return Some(plain_field(after, delimiter, field)),
        }
    }
}

fn plain_field(record: &[u8], delimiter: u8, mut field: Vec<u8>) -> (Vec<u8>, Option<&[u8]>) {
    match record
        .iter()
        .position(|&byte| byte == delimiter)
        .and_then(|at| record.split_at_checked(at))
    {
        Some((text, after)) => {
            field.extend_from_slice(text);
            (field, after.get(1..))
        }
        None => {
            field.extend_from_slice(record);
            (field, None)
        }
    }
}

/// The delimiter with which `header` has most columns that `wanted` knows; `None` when it knows none.
pub(crate) fn best_delimiter(header: &[u8], wanted: &dyn Fn(&str) -> bool) -> Option<u8> {
    let known = |delimiter: u8| {
        let fields = split_fields(header, delimiter).unwrap_or_default();
        fields.iter().filter(|field| wanted(field)).count()
    };
    // The first of the best: `max_by_key` gives the last.
    DELIMITERS
        .into_iter()
        .rev()
        .map(|one| (known(one), one))
        .max_by_key(|(count, _)| *count)
        .filter(|(count, _)| *count > 0)
        .map(|(_, one)| one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_delimiters_and_stray_quotes() {
        let fields = |record: &str| split_fields(record.as_bytes(), b',').unwrap();
        assert_eq!(fields(r#"a,"b,""c""",d"#), ["a", r#"b,"c""#, "d"]);
        assert_eq!(fields(r#"5" disk,"x" y,"#), [r#"5" disk"#, "x y", ""]);
        assert_eq!(fields(""), [""]);
        assert_eq!(split_fields(b"a,\"b", b','), None);
        assert_eq!(
            best_delimiter(b"MD5;SHA1;a,b", &|name| name == "MD5" || name == "SHA1"),
            Some(b';')
        );
        assert_eq!(best_delimiter(b"MD5", &|name| name == "MD5"), Some(b','));
        assert_eq!(best_delimiter(b"x,y", &|name| name == "MD5"), None);
    }
}
