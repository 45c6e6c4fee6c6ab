//! Which format is a file in?

use case_model::{Algorithm, NameEncoding, readable_name};

use super::digest_text::excerpt;
use super::format::list_line::{ListLine, is_comment};
use super::format::{
    HASHDEEP_HEADER, MOST_LINES_BEFORE_HEADER, NSRL_HEADER_V1_5, NSRL_HEADER_V2, SumLine,
    autopsy_kdb, encase, hash_keeper, ilook, in_utf8, interpol_icse, md5deep, project_vic,
    role_of_column, sqlite_file,
};
use super::reading::{SourceFile, best_delimiter, split_fields};
use super::{ColumnRole, Format, ImportError, ImportOptions};

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
pub(super) fn recognise(
    source: &SourceFile,
    options: &ImportOptions,
) -> Result<Format, ImportError> {
    let path = source.path().to_path_buf();
    if let Some((_, kind)) = PACKED.iter().find(|(magic, _)| source.head().starts_with(magic)) {
        return Err(ImportError::Packed { path, kind });
    }
    if let Some(format) = recognise_binary(source)? {
        return Ok(format);
    }
    let text = source.head_text();
    recognise_text(&text, options).ok_or_else(|| {
        let beginning =
            excerpt(&readable_name(text.get(..200).unwrap_or(&text), NameEncoding::Bytes));
        ImportError::Unrecognised { path, beginning }
    })
}

/// Formats that are told by their first bytes, or by the tables of a database.
fn recognise_binary(source: &SourceFile) -> Result<Option<Format>, ImportError> {
    if source.head().starts_with(encase::MAGIC) {
        return Ok(Some(Format::EnCase));
    }
    if !source.head().starts_with(sqlite_file::MAGIC) {
        return Ok(None);
    }
    let connection = sqlite_file::open(source.path())?;
    let has = |name| sqlite_file::kind_of(&connection, name).map(|kind| kind.is_some());
    let error = sqlite_file::database(source.path());
    Ok(match (has(autopsy_kdb::TABLE).map_err(&error)?, has("FILE").map_err(&error)?) {
        (true, _) => Some(Format::AutopsyKdb),
        (_, true) => Some(Format::NsrlRdsV3),
        _ => None,
    })
}

fn recognise_columns(header: &[u8]) -> Option<Format> {
    let columns = split_fields(header, b',').unwrap_or_default();
    if columns
        .iter()
        .zip(hash_keeper::FIRST_COLUMNS)
        .filter(|(column, name)| column == name)
        .count()
        == 2
    {
        return Some(Format::HashKeeper);
    }
    if columns.first().is_some_and(|first| ilook::FIRST_COLUMN.contains(&first.as_str())) {
        return Some(Format::ILook);
    }
    let columns = split_fields(header, b';').unwrap_or_default();
    let has_column = |wanted: &&str| columns.iter().any(|name| name.trim() == *wanted);
    interpol_icse::TELLING_COLUMNS.iter().all(has_column).then_some(Format::InterpolIcse)
}

fn recognise_text(text: &[u8], options: &ImportOptions) -> Option<Format> {
    if let Some(end) = text.iter().position(|&byte| byte == 0) {
        return SumLine::parse(text.get(..end)?, false).map(|_| Format::SumsZero);
    }
    if matches!(text.trim_ascii_start(), [b'{' | b'[', ..]) {
        return recognise_json(text);
    }
    let lines = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let lines = lines.filter(|line| !line.is_empty() && !is_comment(line));
    let mut before: Option<&[u8]> = None;
    // Titles may come before what tells the format.
    for line in lines.take(MOST_LINES_BEFORE_HEADER) {
        let header = recognise_header(line, options).filter(|_| before.is_none());
        let record = header.or_else(|| recognise_record(line));
        match record.or_else(|| recognise_table(line, options)) {
            // Above a record of as many fields is a header in words that nobody here knows: a person says what they mean.
            Some(Format::DigestList | Format::Sums)
                if before.is_some_and(|title| is_header(title, line)) =>
            {
                return Some(Format::CsvTable);
            }
            Some(format) => return Some(format),
            None => before = Some(line),
        }
    }
    None
}

/// Tells whether `title` and the record `line` have the same number of fields, more than one.
fn is_header(title: &[u8], line: &[u8]) -> bool {
    [b',', b';', b'\t', b'|'].into_iter().any(|delimiter| {
        let fields = |line: &[u8]| split_fields(line, delimiter).map_or(0, |fields| fields.len());
        fields(title) > 1 && fields(title) == fields(line)
    })
}

/// JSON formats, by the names of members near the beginning.
fn recognise_json(text: &[u8]) -> Option<Format> {
    let text = String::from_utf8_lossy(text);
    let has = |name: &str| text.contains(&format!("\"{name}\""));
    if project_vic::CONTEXTS.iter().any(|name| has(name)) || (has("value") && has("MediaID")) {
        return Some(Format::ProjectVic);
    }
    if has("bundle") || has("indicator") && has("pattern") {
        return Some(Format::Stix);
    }
    (has("Event") || has("Attribute")).then_some(Format::Misp)
}

/// Formats that are told by their first line.
fn recognise_header(line: &[u8], options: &ImportOptions) -> Option<Format> {
    let beginnings = [
        (HASHDEEP_HEADER, Format::Hashdeep),
        (NSRL_HEADER_V2, Format::NsrlRdsV2),
        (NSRL_HEADER_V1_5, Format::NsrlRdsV1_5),
    ];
    if let Some((_, format)) =
        beginnings.into_iter().find(|(beginning, _)| line.starts_with(beginning))
    {
        return Some(format);
    }
    if let Some(format) = recognise_columns(line) {
        return Some(format);
    }
    let heading = std::str::from_utf8(line).ok().and_then(Algorithm::from_key);
    heading.filter(|_| options.columns.is_empty()).map(|_| Format::XWays)
}

/// Formats whose first line is a record.
fn recognise_record(line: &[u8]) -> Option<Format> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let behind = line.get(digits..).unwrap_or_default().trim_ascii_start();
    if digits >= 32 && behind.first().is_none_or(|&next| matches!(next, b'#' | b',')) {
        return Some(Format::DigestList);
    }
    if md5deep::take_apart(line).is_some() {
        return Some(Format::Md5Deep);
    }
    if SumLine::parse(line, true).is_some() {
        return Some(Format::Sums);
    }
    matches!(ListLine::read(line, true), ListLine::Record(_)).then_some(Format::DigestList)
}

fn recognise_table(line: &[u8], options: &ImportOptions) -> Option<Format> {
    let is_digest = |role| matches!(role, ColumnRole::Digest(_) | ColumnRole::AnyDigest);
    let known = |name: &str| {
        role_of_column(name).is_some_and(is_digest) || options.columns.contains_key(name.trim())
    };
    best_delimiter(&in_utf8(line), &known).map(|_| Format::CsvTable)
}
