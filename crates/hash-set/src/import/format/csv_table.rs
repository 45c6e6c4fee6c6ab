//! Delimited text with a header that names its columns.

use case_model::{Algorithm, HitDisposition, NameEncoding, readable_name};

use crate::import::collector::{Candidate, Collector};
use crate::import::digest_text::{Untagged, algorithm_of_file_name, put, read_digest};
use crate::import::reading::{Lines, Records, SourceFile, best_delimiter, split_fields};
use crate::{ColumnRole, ImportError, ImportNote, ImportOptions, Position, RejectReason};

use byte_source::length;

/// Reads all records.
pub(super) fn read(
    source: &SourceFile,
    options: &ImportOptions,
    collector: &mut Collector<'_>,
) -> Result<(), ImportError> {
    let mut lines = Lines::new(source, b'\n')?;
    let TableHeader { delimiter, columns } = TableHeader::read(&mut lines, options)?;
    if !options.category_scheme.is_empty() {
        collector.file_says(|facts| facts.category_scheme.clone_from(&options.category_scheme));
    }
    for (name, role) in &columns {
        if role.is_none() {
            collector.note(ImportNote::ColumnNotUsed { name: name.clone() });
        }
    }
    let (names, roles) =
        columns.into_iter().map(|(name, role)| (name, role.unwrap_or(ColumnRole::Ignore))).unzip();
    let table = Table { names, roles, delimiter, surplus_at: None };
    let untagged = Untagged::new(options, algorithm_of_file_name(&source.file_name()));
    read_records(lines, &table, untagged, collector)
}

/// The header of a table, understood.
pub(crate) struct TableHeader {
    pub(crate) delimiter: u8,
    /// Names, and what they hold; `None`: not used.
    pub(crate) columns: Vec<(String, Option<ColumnRole>)>,
}

impl TableHeader {
    /// Reads the first line that is neither blank nor a comment.
    pub(crate) fn read(lines: &mut Lines, options: &ImportOptions) -> Result<Self, ImportError> {
        let header = loop {
            match lines.next()? {
                Some((_, line)) if line.trim_ascii().is_empty() || line.starts_with(b"#") => {}
                Some((_, line)) => break line.to_vec(),
                None => return Err(ImportError::NoDigestColumn { columns: Vec::new() }),
            }
        };
        let known = |name: &str| role_of_column(name).is_some() || options.columns.contains_key(name.trim());
        let delimiter = best_delimiter(&header, &known).unwrap_or(b',');
        let columns = columns_of(&header, delimiter, options)?;
        Ok(Self { delimiter, columns })
    }
}

/// The columns of a table.
pub(super) struct Table {
    pub(super) names: Vec<String>,
    pub(super) roles: Vec<ColumnRole>,
    pub(super) delimiter: u8,
    /// The column that fields beyond the header's belong to, where the format does not quote.
    pub(super) surplus_at: Option<usize>,
}

impl Table {
    /// Puts fields that belong together into one again.
    fn join_surplus(&self, fields: &mut Vec<String>) {
        let surplus = fields.len().saturating_sub(self.roles.len());
        if let Some(at) = self.surplus_at.filter(|_| surplus > 0) {
            let last = at.saturating_add(surplus);
            let joined =
                fields.get(at..=last).unwrap_or_default().join(&char::from(self.delimiter).to_string());
            fields.splice(at..=last, [joined]);
        }
    }
}

/// Reads the records behind the header.
pub(super) fn read_records(
    lines: Lines,
    table: &Table,
    mut untagged: Untagged,
    collector: &mut Collector<'_>,
) -> Result<(), ImportError> {
    let mut records = Records::new(lines, table.delimiter);
    while let Some((position, mut fields)) = records.next()? {
        table.join_surplus(&mut fields);
        read_record(table, &fields, &position, &mut untagged, collector)?;
    }
    Ok(())
}

fn columns_of(
    header: &[u8],
    delimiter: u8,
    options: &ImportOptions,
) -> Result<Vec<(String, Option<ColumnRole>)>, ImportError> {
    let whole = || vec![readable_name(header, NameEncoding::Bytes)];
    let names: Vec<String> = split_fields(header, delimiter)
        .unwrap_or_else(whole)
        .iter()
        .map(|name| name.trim().to_owned())
        .collect();
    if let Some(name) = options.columns.keys().find(|name| !names.contains(name)) {
        return Err(ImportError::NoSuchColumn { name: name.clone(), columns: names });
    }
    let role = |name: &String| options.columns.get(name).copied().or_else(|| role_of_column(name));
    let columns: Vec<_> = names.iter().map(|name| (name.clone(), role(name))).collect();
    let is_digest =
        |role: &Option<ColumnRole>| matches!(role, Some(ColumnRole::Digest(_) | ColumnRole::AnyDigest));
    match columns.iter().any(|(_, role)| is_digest(role)) {
        true => Ok(columns),
        false => Err(ImportError::NoDigestColumn { columns: names }),
    }
}

fn read_record(
    table: &Table,
    fields: &[String],
    position: &Position,
    untagged: &mut Untagged,
    collector: &mut Collector<'_>,
) -> Result<(), ImportError> {
    let mut candidate = Candidate::default();
    let mut fault = None;
    for ((role, name), field) in table.roles.iter().zip(&table.names).zip(fields) {
        let read = match role {
            ColumnRole::Digest(algorithm) => read_digest(field, *algorithm).map(|digest| {
                digest.iter().for_each(|digest| put(&mut candidate.digests, *algorithm, digest));
            }),
            ColumnRole::AnyDigest => untagged.read(field, position, &mut candidate.digests)?,
            _ => {
                read_other(*role, name, field, &mut candidate, collector);
                Ok(())
            }
        };
        fault = fault.or(read.err());
    }
    let digest_missing = candidate.digests.is_empty() && fields.len() < table.roles.len();
    match fault {
        Some(reason) => collector.reject(position, reason),
        None if digest_missing => {
            let (expected, found) = (length(table.roles.len()), length(fields.len()));
            collector.reject(position, RejectReason::Fields { expected, found });
        }
        None => {
            if let Some(category) = candidate.category.as_ref().filter(|_| candidate.disposition.is_none()) {
                candidate.disposition = collector.disposition_of_category(category);
            }
            collector.accept(position, candidate)?;
        }
    }
    Ok(())
}

/// Takes a field that is no digest.
fn read_other(
    role: ColumnRole,
    name: &str,
    field: &str,
    candidate: &mut Candidate,
    collector: &mut Collector<'_>,
) {
    let text = field.trim();
    if text.is_empty() {
        return;
    }
    match role {
        // The first of several name columns (a name beside a path) stands.
        ColumnRole::Name if candidate.name.is_none() => candidate.name = Some(field.to_owned()),
        ColumnRole::Size => match text.parse() {
            Ok(size) => candidate.size = Some(size),
            Err(_) => collector.size_not_used(),
        },
        ColumnRole::Category => candidate.category = Some(text.to_owned()),
        ColumnRole::Disposition => {
            let key = text.to_ascii_lowercase().replace(['_', ' '], "-");
            candidate.disposition = Some(HitDisposition::from_key(&key).unwrap_or_else(|| {
                collector.unknown_code(text);
                HitDisposition::NeedsReview
            }));
        }
        ColumnRole::Comment => candidate.add_comment(text),
        ColumnRole::Detail => candidate.add_comment(&format!("{name}: {text}")),
        _ => {}
    }
}

/// What a column of this name holds: case, hyphens and the words around the name of an algorithm do not matter.
pub(crate) fn role_of_column(name: &str) -> Option<ColumnRole> {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let algorithm = ["hash", "digest", "checksum", "sum", "file", "value", "hex"]
        .iter()
        .fold(plain.clone(), |plain, word| plain.replace(word, ""));
    if let Some(algorithm) = Algorithm::from_key(&algorithm) {
        return Some(ColumnRole::Digest(algorithm));
    }
    match plain.as_str() {
        "sha2256" => Some(ColumnRole::Digest(Algorithm::Sha256)),
        "hash" | "digest" | "checksum" | "hashvalue" | "filehash" => Some(ColumnRole::AnyDigest),
        "name" | "filename" | "file" | "path" | "filepath" | "fullpath" => Some(ColumnRole::Name),
        "size" | "filesize" | "bytes" | "sizebytes" | "sizeinbytes" | "logicalsize" => Some(ColumnRole::Size),
        "category" | "categorycode" | "categoryid" => Some(ColumnRole::Category),
        "disposition" => Some(ColumnRole::Disposition),
        "comment" | "comments" | "description" | "note" | "notes" => Some(ColumnRole::Comment),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_known_by_many_spellings_and_other_digests_are_not_taken_for_ours() {
        for name in ["sha256", "SHA-256", "sha_256", "SHA256 Hash", "hash_sha256", "File SHA-256", "sha2_256"]
        {
            assert_eq!(role_of_column(name), Some(ColumnRole::Digest(Algorithm::Sha256)), "{name}");
        }
        assert_eq!(role_of_column("MD5"), Some(ColumnRole::Digest(Algorithm::Md5)));
        for name in ["sha512", "sha3-256", "ssdeep", "crc32", "tiger", "md5deep", ""] {
            assert_eq!(role_of_column(name), None, "{name}");
        }
    }
}
