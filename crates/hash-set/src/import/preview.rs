//! How a table would be understood, to be shown before it is imported.

use std::path::Path;

use words::counted;

use super::format::{TableHeader, role_of_column};
use super::reading::{Lines, Records, SourceFile};
use super::{ColumnRole, Format, ImportError, ImportOptions, recognise};

/// Records that are shown and looked at.
const ROWS_SHOWN: usize = 5;
/// Digits of digests that evidence or sets are keyed by: MD5, SHA-1, SHA-256 (or BLAKE3).
const DIGEST_DIGITS: [usize; 3] = [32, 40, 64];

/// How a table would be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TablePreview {
    /// The character between fields.
    pub delimiter: char,
    /// The columns, in the file's order.
    pub columns: Vec<PreviewColumn>,
    /// The first five records.
    pub rows: Vec<Vec<String>>,
    /// What is not certain about it: while there is something here, a person should say what the columns hold.
    pub doubts: Vec<String>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewColumn {
    /// Its name in the header.
    pub name: String,
    /// What it holds; `None`: not used.
    pub role: Option<ColumnRole>,
    /// Did the caller say so?
    pub said: bool,
}

/// How `path` would be understood by these options; `None` when it is no table.
///
/// # Errors
/// What keeps the file from being read, recognised or understood.
pub fn preview_table(
    path: &Path,
    options: &ImportOptions,
) -> Result<Option<TablePreview>, ImportError> {
    let source = SourceFile::open(path)?;
    let format = options.format.map_or_else(|| recognise::recognise(&source, options), Ok)?;
    if format != Format::CsvTable {
        return Ok(None);
    }
    let mut lines = Lines::new(&source, b'\n')?;
    let TableHeader { delimiter, columns } = TableHeader::read(&mut lines, options)?;
    let mut records = Records::new(lines, delimiter);
    let mut rows = Vec::new();
    while let Some((_, fields)) = records.next()?.filter(|_| rows.len() < ROWS_SHOWN) {
        rows.push(fields);
    }
    let columns: Vec<PreviewColumn> = columns
        .into_iter()
        .map(|(name, role)| PreviewColumn { said: options.columns.contains_key(&name), name, role })
        .collect();
    let doubts = doubts(&columns, &rows);
    Ok(Some(TablePreview { delimiter: char::from(delimiter), columns, rows, doubts }))
}

/// What a person should decide.
fn doubts(columns: &[PreviewColumn], rows: &[Vec<String>]) -> Vec<String> {
    let mut doubts = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        doubts.extend(columns.get(..at).and_then(|before| doubt_of_two(column, before)));
        doubts.extend(doubt_of_digits(column, digest_digits(at, rows)));
    }
    doubts
}

/// Returns what a column and one before it cannot both be.
fn doubt_of_two(column: &PreviewColumn, before: &[PreviewColumn]) -> Option<String> {
    if matches!(
        column.role,
        None | Some(ColumnRole::Ignore | ColumnRole::Comment | ColumnRole::Detail)
    ) {
        return None;
    }
    let name = &column.name;
    if before.iter().any(|other| other.name == *name) {
        return Some(format!("two columns are called {name:?}"));
    }
    let other = before.iter().find(|other| other.role == column.role)?;
    let is_plain = (column.said && other.said) || column.role == Some(ColumnRole::Name);
    (!is_plain).then(|| {
        format!("the columns {:?} and {name:?} would be taken for the same thing", other.name)
    })
}

/// Returns what is not plain about the digits of a column's values.
fn doubt_of_digits(column: &PreviewColumn, digits: Option<usize>) -> Option<String> {
    let name = &column.name;
    match (column.role, digits) {
        (_, _) if column.said => None,
        (None, Some(digits)) => {
            let digits = counted(digits, "hexadecimal digit", "hexadecimal digits");
            Some(format!("column {name:?} is not used, but holds {digits}"))
        }
        (Some(ColumnRole::AnyDigest), _) => Some(format!(
            "column {name:?} holds digests, but its name does not say of which algorithm"
        )),
        (Some(ColumnRole::Digest(algorithm)), Some(digits))
            if digits != algorithm.length().saturating_mul(2) =>
        {
            let digits = counted(digits, "digit", "digits");
            Some(format!("column {name:?} should hold {algorithm}, but its values have {digits}"))
        }
        _ => None,
    }
}

/// How many digits the values of a column have, when all that are shown are digests of one length.
fn digest_digits(column: usize, rows: &[Vec<String>]) -> Option<usize> {
    let mut values = rows
        .iter()
        .filter_map(|row| row.get(column))
        .map(|value| value.trim())
        .filter(|value| !value.is_empty());
    let first = values.next()?;
    let is_digest = |value: &str| {
        DIGEST_DIGITS.contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    (is_digest(first) && values.all(|value| is_digest(value) && value.len() == first.len()))
        .then_some(first.len())
}

impl ColumnRole {
    /// The word for it in options: `md5`, `sha1`, `sha256`, `blake3`, `digest`, `name`, `size`, …
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Digest(algorithm) => algorithm.key(),
            Self::AnyDigest => "digest",
            Self::Name => "name",
            Self::Size => "size",
            Self::Category => "category",
            Self::Disposition => "disposition",
            Self::Comment => "comment",
            Self::Detail => "detail",
            Self::Ignore => "ignore",
        }
    }

    /// The role called `key`; names of columns that are recognised count too.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        match key.trim().to_ascii_lowercase().as_str() {
            "detail" => Some(Self::Detail),
            "ignore" => Some(Self::Ignore),
            other => role_of_column(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubts_of(table: &str, columns: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, table).unwrap();
        let columns = columns
            .iter()
            .map(|(name, role)| ((*name).to_owned(), ColumnRole::from_key(role).unwrap()))
            .collect();
        preview_table(&path, &ImportOptions { columns, ..ImportOptions::default() })
            .unwrap()
            .unwrap()
            .doubts
    }

    #[test]
    fn what_is_plain_gives_no_doubt_and_what_is_not_must_be_said() {
        let md5 = "1".repeat(32);
        let sha1 = "2".repeat(40);
        assert!(doubts_of(&format!("md5,name,size\n{md5},a,1\n"), &[]).is_empty());
        assert!(
            doubts_of(&format!("MD5;SHA-1;File Name;Path;x\n{md5};{sha1};a;b;c\n"), &[]).is_empty()
        );
        let unsaid = format!("hash,name\n{md5},a\n");
        assert_eq!(doubts_of(&unsaid, &[]).len(), 1);
        assert!(doubts_of(&unsaid, &[("hash", "md5")]).is_empty());
        let other = doubts_of(&format!("md5,original\n{md5},{sha1}\n"), &[]);
        assert_eq!(other, ["column \"original\" is not used, but holds 40 hexadecimal digits"]);
        let twice = doubts_of(&format!("md5,file md5\n{md5},{md5}\n"), &[]);
        assert_eq!(
            twice,
            ["the columns \"md5\" and \"file md5\" would be taken for the same thing"]
        );
        let wrong = doubts_of(&format!("md5,x\n{sha1},\n"), &[]);
        assert_eq!(wrong, ["column \"md5\" should hold MD5, but its values have 40 digits"]);
        let same = doubts_of(&format!("md5,md5\n{md5},{md5}\n"), &[]);
        assert_eq!(same, ["two columns are called \"md5\""]);
    }

    #[test]
    fn every_role_is_found_by_its_word() {
        use case_model::Algorithm;
        let digests = Algorithm::ALL.map(ColumnRole::Digest);
        for role in digests.into_iter().chain([
            ColumnRole::AnyDigest,
            ColumnRole::Name,
            ColumnRole::Size,
            ColumnRole::Category,
            ColumnRole::Disposition,
            ColumnRole::Comment,
            ColumnRole::Detail,
            ColumnRole::Ignore,
        ]) {
            assert_eq!(ColumnRole::from_key(role.key()), Some(role));
        }
        assert_eq!(ColumnRole::from_key("colour"), None);
    }
}
