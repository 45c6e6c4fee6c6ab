//! Bytes, characters, lines and fields of an imported file.

mod delimited;
mod digest_beside;
mod json;
mod lines;
mod source_file;
mod utf16;

pub(crate) use delimited::{Records, best_delimiter, split_fields};
pub(crate) use json::Json;
pub(crate) use lines::Lines;
pub(crate) use source_file::{Meter, SourceFile};
pub(crate) use utf16::{Encoding, Utf16Reader};
