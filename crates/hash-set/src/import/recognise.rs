//! Which format is a file in?

use case_model::{NameEncoding, readable_name};

use super::digest_text::excerpt;
use super::format::{SumLine, role_of_column};
use super::reading::{SourceFile, best_delimiter};
use super::{Format, ImportError, ImportOptions};

/// Archives and compressed files, by their first bytes.
const PACKED: [(&[u8], &str); 7] = [
    (b"PK\x03\x04", "ZIP"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "XZ"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
    (b"Rar!", "RAR"),
];

/// The format of `source`, from its first bytes.
pub(super) fn recognise(source: &SourceFile, options: &ImportOptions) -> Result<Format, ImportError> {
    let path = source.path().to_path_buf();
    if let Some((_, kind)) = PACKED.iter().find(|(magic, _)| source.head().starts_with(magic)) {
        return Err(ImportError::Packed { path, kind });
    }
    let text = source.head_text();
    recognise_text(&text, options).ok_or_else(|| {
        let beginning = excerpt(&readable_name(text.get(..200).unwrap_or(&text), NameEncoding::Bytes));
        ImportError::Unrecognised { path, beginning }
    })
}

fn recognise_text(text: &[u8], options: &ImportOptions) -> Option<Format> {
    if let Some((record, _)) = text.split_once_at(0) {
        return SumLine::parse(record, false).map(|_| Format::SumsZero);
    }
    let line = text
        .split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .find(|line| !line.is_empty() && !line.starts_with(b"#"))?;
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let behind = line.get(digits..).unwrap_or_default().trim_ascii_start();
    if digits >= 32 && behind.first().is_none_or(|&next| matches!(next, b'#' | b',')) {
        return Some(Format::DigestList);
    }
    if SumLine::parse(line, true).is_some() {
        return Some(Format::Sums);
    }
    let known =
        |name: &str| role_of_column(name).is_some_and(is_digest) || options.columns.contains_key(name.trim());
    best_delimiter(line, &known).map(|_| Format::CsvTable)
}

fn is_digest(role: super::ColumnRole) -> bool {
    matches!(role, super::ColumnRole::Digest(_) | super::ColumnRole::AnyDigest)
}

trait SplitOnceAt {
    /// What stands before and after the first `byte`.
    fn split_once_at(&self, byte: u8) -> Option<(&[u8], &[u8])>;
}

impl SplitOnceAt for [u8] {
    fn split_once_at(&self, byte: u8) -> Option<(&[u8], &[u8])> {
        let at = self.iter().position(|&one| one == byte)?;
        Some((self.get(..at)?, self.get(at.checked_add(1)?..)?))
    }
}
