//! Lines of a text, of bounded length, with their places.

use std::io::BufRead;
use std::path::PathBuf;

use byte_source::length;

use super::SourceFile;
use crate::{ImportError, Position};

/// Longest line in bytes. Paths have 32 KiB at most; what is longer is damaged, or no text.
pub(crate) const LONGEST_LINE_BYTES: usize = 1 << 20;

/// The lines of a text.
pub(crate) struct Lines {
    reader: Box<dyn BufRead>,
    path: PathBuf,
    terminator: u8,
    line: u64,
    byte: u64,
    buffer: Vec<u8>,
}

impl Lines {
    /// The lines of `source`, each ended by `terminator`; a carriage return before a line feed is left out.
    pub(crate) fn new(source: &SourceFile, terminator: u8) -> Result<Self, ImportError> {
        let reader = source.text()?;
        let path = source.path().to_path_buf();
        Ok(Self { reader, path, terminator, line: 0, byte: 0, buffer: Vec::new() })
    }

    /// The next line without its end, and its place; `None` at the end of the file.
    pub(crate) fn next(&mut self) -> Result<Option<(Position, &[u8])>, ImportError> {
        self.line = self.line.saturating_add(1);
        let position = Position::Line { line: self.line, byte: self.byte };
        self.buffer.clear();
        loop {
            let there = self.reader.fill_buf().map_err(ImportError::read(&self.path))?;
            let end = there.iter().position(|&byte| byte == self.terminator);
            let part = end.map_or(there, |end| there.get(..end).unwrap_or_default());
            if self.buffer.len().saturating_add(part.len()) > LONGEST_LINE_BYTES {
                return Err(ImportError::LineTooLong { position, limit: length(LONGEST_LINE_BYTES) });
            }
            let finished = there.is_empty();
            self.buffer.extend_from_slice(part);
            let used = part.len().saturating_add(usize::from(end.is_some()));
            self.reader.consume(used);
            self.byte = self.byte.saturating_add(length(used));
            if finished && self.buffer.is_empty() {
                return Ok(None);
            }
            if finished || end.is_some() {
                break;
            }
        }
        let line = self.buffer.strip_suffix(b"\r").filter(|_| self.terminator == b'\n');
        Ok(Some((position, line.unwrap_or(&self.buffer))))
    }
}
