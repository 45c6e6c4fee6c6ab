//! A JSON document read as a stream, of bounded depth and bounded strings.

use std::io::{self, BufRead, Read};
use std::path::PathBuf;

use struson::reader::json_path::JsonPathPiece;
use struson::reader::{JsonReader, JsonStreamReader, ReaderError, ValueType};

use super::SourceFile;
use crate::{ImportError, Position};

/// Longest string, name or number in bytes: attached files are longer than names.
const LONGEST_TOKEN_BYTES: u64 = 64 << 20;

/// A JSON document. Values of an unexpected kind are skipped, what is not JSON is an error.
pub(crate) struct Json {
    reader: JsonStreamReader<TokenGuard<Box<dyn BufRead>>>,
    path: PathBuf,
}

/// Takes a member by its name and reads its value.
type EachMember<'a> = dyn FnMut(&mut Json, &str) -> Result<(), ImportError> + 'a;
/// Takes an item by its number and reads it.
type EachItem<'a> = dyn FnMut(&mut Json, u64) -> Result<(), ImportError> + 'a;

impl Json {
    pub(crate) fn new(source: &SourceFile) -> Result<Self, ImportError> {
        let guard =
            TokenGuard { inner: source.text()?, in_string: false, escaped: false, length: 0 };
        Ok(Self { reader: JsonStreamReader::new(guard), path: source.path().to_path_buf() })
    }

    /// Hands over the members of an object by name; every value must be read with one of the methods. False when it is no object.
    pub(crate) fn object(&mut self, each: &mut EachMember<'_>) -> Result<bool, ImportError> {
        if self.peek()? != ValueType::Object {
            self.skip()?;
            return Ok(false);
        }
        self.reader.begin_object().map_err(|error| self.error(error))?;
        while self.reader.has_next().map_err(|error| self.error(error))? {
            let name = self.reader.next_name_owned().map_err(|error| self.error(error))?;
            each(self, &name)?;
        }
        self.reader.end_object().map_err(|error| self.error(error))?;
        Ok(true)
    }

    /// Hands over the items of an array by number; every item must be read with one of the methods. False when it is no array.
    pub(crate) fn array(&mut self, each: &mut EachItem<'_>) -> Result<bool, ImportError> {
        if self.peek()? != ValueType::Array {
            self.skip()?;
            return Ok(false);
        }
        self.reader.begin_array().map_err(|error| self.error(error))?;
        let mut number = 0_u64;
        while self.reader.has_next().map_err(|error| self.error(error))? {
            each(self, number)?;
            number = number.saturating_add(1);
        }
        self.reader.end_array().map_err(|error| self.error(error))?;
        Ok(true)
    }

    /// A string, number or boolean as text; `None` for null, an array or an object.
    pub(crate) fn text(&mut self) -> Result<Option<String>, ImportError> {
        let read = match self.peek()? {
            ValueType::String => self.reader.next_string().map(Some),
            ValueType::Number => self.reader.next_number_as_string().map(Some),
            ValueType::Boolean => self.reader.next_bool().map(|value| Some(value.to_string())),
            _ => self.reader.skip_value().map(|()| None),
        };
        read.map_err(|error| self.error(error))
    }

    /// The same, as a flag: exporters write `true` and `"true"`.
    pub(crate) fn flag(&mut self) -> Result<bool, ImportError> {
        Ok(self.text()?.is_some_and(|text| text.eq_ignore_ascii_case("true") || text == "1"))
    }

    /// Skips a value.
    pub(crate) fn skip(&mut self) -> Result<(), ImportError> {
        self.reader.skip_value().map_err(|error| self.error(error))
    }

    /// Is the next value an array?
    pub(crate) fn is_array(&mut self) -> Result<bool, ImportError> {
        Ok(self.peek()? == ValueType::Array)
    }

    /// Where the reader stands.
    pub(crate) fn position(&self) -> Position {
        let position = self.reader.current_position(true);
        let piece = |piece: &JsonPathPiece| match piece {
            JsonPathPiece::ArrayItem(number) => format!("[{number}]"),
            JsonPathPiece::ObjectMember(name) => format!(".{name}"),
        };
        let path: String = position.path.iter().flatten().map(piece).collect();
        let line = position.line_pos.map_or(0, |place| place.line.saturating_add(1));
        Position::Item { path: path.trim_start_matches('.').to_owned(), line }
    }

    /// Checks that nothing but white space follows the document.
    pub(crate) fn end(self) -> Result<(), ImportError> {
        let path = self.path;
        self.reader.consume_trailing_whitespace().map_err(|error| json_error(path, error))
    }

    fn peek(&mut self) -> Result<ValueType, ImportError> {
        self.reader.peek().map_err(|error| self.error(error))
    }

    fn error(&self, error: ReaderError) -> ImportError {
        json_error(self.path.clone(), error)
    }
}

fn json_error(path: PathBuf, source: ReaderError) -> ImportError {
    ImportError::Json { path, source: Box::new(source) }
}

/// Lets through what is no longer than any sensible token, so that a string without end cannot fill the memory.
struct TokenGuard<R> {
    inner: R,
    in_string: bool,
    escaped: bool,
    length: u64,
}

impl<R: Read> Read for TokenGuard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        for &byte in buffer.get(..count).unwrap_or_default() {
            self.length = self.length.saturating_add(1);
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' => (self.in_string, self.length) = (!self.in_string, 0),
                b',' | b':' | b'[' | b']' | b'{' | b'}' | b' ' | b'\n' | b'\r' | b'\t'
                    if !self.in_string =>
                {
                    self.length = 0;
                }
                _ => {}
            }
            if self.length > LONGEST_TOKEN_BYTES {
                return Err(io::Error::other(format!(
                    "a string or number of more than {LONGEST_TOKEN_BYTES} bytes"
                )));
            }
        }
        Ok(count)
    }
}
