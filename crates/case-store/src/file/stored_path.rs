//! Paths in columns: their bytes, because a path need not be text.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// Returns a path from its column.
pub(crate) fn stored_path(raw: Vec<u8>) -> PathBuf {
    OsString::from_vec(raw).into()
}
