//! EnCase `.hash`.
//!
//! ```text
//!    0    8  48 41 53 48 0D 0A FF 00  "HASH\r\n\xff\0"       16    4  number of records, little-endian
//!    8    8  02 00 00 00 01 00 00 00                       1032   80  name of the set, UTF-16LE
//! 1152   18  for each record: MD5 (16), two more bytes     1112   40  type of the set, UTF-16LE
//! ```

use std::io::{BufRead, Read};

use byte_source::{OutOfBounds, Structure, length};
use case_model::{Digests, NameEncoding, readable_name};

use crate::import::collector::{Candidate, Collector};
use crate::import::reading::SourceFile;
use crate::{ImportError, Position};

/// First bytes.
pub(crate) const MAGIC: &[u8] = b"HASH\r\n\xff\0";
/// Length of the header in bytes.
const HEADER_BYTES: usize = 1152;
/// Length of a record in bytes.
const RECORD_BYTES: usize = 18;

/// Reads all records.
/// Returns the number of records, the set's name and its kind.
fn header(bytes: &[u8]) -> Result<(u64, String, String), OutOfBounds> {
    let header = Structure::new("EnCase hash set", 0, bytes);
    let text = |offset, count| header.bytes(offset, count).map(utf16_text);
    Ok((header.u32_le(16)?.into(), text(1032, 80)?, text(1112, 40)?))
}

/// Reads all records.
pub(super) fn read(source: &SourceFile, collector: &mut Collector<'_>) -> Result<(), ImportError> {
    let mut reader = source.bytes()?;
    let read_error = |error| ImportError::read(source.path())(error);
    let mut bytes = Vec::new();
    (&mut reader).take(length(HEADER_BYTES)).read_to_end(&mut bytes).map_err(read_error)?;
    let found = source.meter().total();
    let truncated =
        |expected| ImportError::Truncated { path: source.path().to_path_buf(), expected, found };
    let (count, name, kind) = header(&bytes).map_err(|_| truncated(length(HEADER_BYTES)))?;
    let expected = count.saturating_mul(length(RECORD_BYTES)).saturating_add(length(HEADER_BYTES));
    if expected > found {
        return Err(truncated(expected));
    }
    collector.file_says(|facts| facts.name = name);
    let comment = Some(kind).filter(|kind| !kind.is_empty());
    let mut record = [0; RECORD_BYTES];
    for number in 0_u64..count {
        reader.read_exact(&mut record).map_err(read_error)?;
        let before = number.saturating_mul(length(RECORD_BYTES));
        let position = Position::Byte { byte: before.saturating_add(length(HEADER_BYTES)) };
        let digests = Digests { md5: record.first_chunk().copied(), ..Digests::default() };
        let candidate = Candidate { digests, comment: comment.clone(), ..Candidate::default() };
        collector.accept(&position, candidate)?;
    }
    match reader.fill_buf().map_err(read_error)?.is_empty() {
        true => Ok(()),
        false => {
            Err(ImportError::TrailingBytes { path: source.path().to_path_buf(), expected, found })
        }
    }
}

/// UTF-16LE up to the first zero.
fn utf16_text(bytes: &[u8]) -> String {
    let end = bytes.chunks_exact(2).position(|unit| unit == [0, 0]).unwrap_or(bytes.len());
    let bytes = bytes.get(..end.saturating_mul(2)).unwrap_or(bytes);
    readable_name(bytes, NameEncoding::Utf16Le).trim().to_owned()
}
