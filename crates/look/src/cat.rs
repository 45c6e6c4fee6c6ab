//! One entry of a case, read back out of the evidence.

use std::io::Write;

use case_store::StoredEntry;

use crate::cat_error::CatError;
use crate::cat_stream::ONLY_SHA256;
use crate::content_reader::{CatPart, ContentReader};
use crate::stream_copy::CatReport;

/// Writes the bytes of an entry to `out`.
///
/// # Errors
/// Why it cannot be read back. The caller compares the digest.
pub fn cat(
    entry: &StoredEntry,
    part: CatPart,
    code_page: u16,
    out: &mut dyn Write,
) -> Result<CatReport, CatError> {
    ContentReader::new(code_page, ONLY_SHA256).read(entry, part, out)
}
