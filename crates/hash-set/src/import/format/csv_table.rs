//! Delimited text with a header that names its columns.

use case_model::{Algorithm, Digests, HitDisposition, NameEncoding, readable_name};

use super::list_rows::{Known, entries};
use super::{list_line, role_of_column};
use crate::import::collector::{Candidate, Collector};
use crate::import::digest_text::{Untagged, algorithm_of_file_name, read_digest};
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
    for (name, _) in columns.iter().filter(|(_, role)| role.is_none()) {
        collector.note(ImportNote::ColumnNotUsed { name: name.clone() });
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
    /// Reads up to the line that names a column of digests. What is before it are blank lines, comments, titles, or the `sep=` by which a
    /// spreadsheet names its separator.
    ///
    /// # Errors
    /// [`ImportError::NoDigestColumn`] with the columns of the first line when none of the first lines names one.
    pub(crate) fn read(lines: &mut Lines, options: &ImportOptions) -> Result<Self, ImportError> {
        let mut separator = None;
        let mut first = None;
        for _ in 0..MOST_LINES_BEFORE_HEADER {
            let Some((_, line)) = lines.next()? else { break };
            separator = separator.or(list_line::separator(line));
            if list_line::separator(line).is_some()
                || line.trim_ascii().is_empty()
                || line.starts_with(b"#")
            {
                continue;
            }
            let header = in_utf8(line);
            let delimiter = separator.unwrap_or_else(|| delimiter_of(&header, options));
            match columns_of(&header, delimiter, options) {
                Ok(columns) => return Ok(Self { delimiter, columns }),
                Err(error) => _ = first.get_or_insert(error),
            }
        }
        Err(first.unwrap_or(ImportError::NoDigestColumn { columns: Vec::new() }))
    }
}

/// Lines before the header of a table.
pub(crate) const MOST_LINES_BEFORE_HEADER: usize = 20;

fn delimiter_of(header: &[u8], options: &ImportOptions) -> u8 {
    let known =
        |name: &str| role_of_column(name).is_some() || options.columns.contains_key(name.trim());
    // What no name is known of has at least its delimiters.
    best_delimiter(header, &known).or_else(|| best_delimiter(header, &|_| true)).unwrap_or(b',')
}

/// Bytes that are no UTF-8 are those of spreadsheets in Western Europe: Windows-1252, of which only the letters matter here.
pub(crate) fn in_utf8(line: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(line) {
        Ok(_) => line.to_vec(),
        Err(_) => line.iter().copied().map(char::from).collect::<String>().into_bytes(),
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
            let joined = fields
                .get(at..=last)
                .unwrap_or_default()
                .join(&char::from(self.delimiter).to_string());
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
    let is_digest = |role: &Option<ColumnRole>| {
        matches!(role, Some(ColumnRole::Digest(_) | ColumnRole::AnyDigest))
    };
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
    if is_no_record(table, fields) {
        collector.leave_out("repeated headers and comments between records");
        return Ok(());
    }
    let mut record = ReadRecord::default();
    for ((role, name), field) in table.roles.iter().zip(&table.names).zip(fields) {
        match role {
            ColumnRole::Digest(algorithm) => record.digest(*algorithm, field),
            ColumnRole::AnyDigest => record.untagged_digest(field, position, untagged)?,
            _ => read_other(*role, name, field, &mut record.candidate, collector),
        }
    }
    match record.fault.take().or_else(|| record.shifted(table, fields)) {
        Some(reason) => collector.reject(position, reason),
        None => record.accept(position, collector)?,
    }
    Ok(())
}

/// What the fields of a record say.
#[derive(Default)]
struct ReadRecord {
    candidate: Candidate,
    known: Vec<Known>,
    /// The first field that cannot be used.
    fault: Option<RejectReason>,
}

impl ReadRecord {
    /// Reads a field of a column that holds digests of one algorithm.
    fn digest(&mut self, algorithm: Algorithm, field: &str) {
        match read_digest(field, algorithm) {
            Ok(digest) => self.known.extend(digest.map(|bytes| (algorithm, bytes))),
            Err(reason) => _ = self.fault.get_or_insert(reason),
        }
    }

    /// Reads a field of a column that holds digests of any algorithm.
    fn untagged_digest(
        &mut self,
        field: &str,
        position: &Position,
        untagged: &mut Untagged,
    ) -> Result<(), ImportError> {
        let mut digests = Digests::default();
        let read = untagged.read(field, position, &mut digests)?;
        let found = |one| digests.get(one).map(|bytes| (one, bytes.to_vec()));
        self.known.extend(Algorithm::ALL.into_iter().find_map(found));
        self.fault = self.fault.take().or(read.err());
        Ok(())
    }

    /// Returns why the record is rejected whose number of fields is wrong, and whose digests are not where they must be.
    fn shifted(&self, table: &Table, fields: &[String]) -> Option<RejectReason> {
        let surplus = fields.get(table.roles.len()..).unwrap_or_default();
        // A digest behind the last column: the fields are shifted, or there are two lines in one.
        let digest_behind = surplus.iter().any(|field| list_line::is_looked_up(field));
        let digest_missing = self.known.is_empty() && fields.len() < table.roles.len();
        let expected = length(table.roles.len());
        let found = length(fields.len());
        (digest_behind || digest_missing).then_some(RejectReason::Fields { expected, found })
    }

    /// Hands over an entry for each digest of an algorithm.
    fn accept(
        mut self,
        position: &Position,
        collector: &mut Collector<'_>,
    ) -> Result<(), ImportError> {
        let candidate = &mut self.candidate;
        if let Some(category) =
            candidate.category.as_ref().filter(|_| candidate.disposition.is_none())
        {
            candidate.disposition = collector.disposition_of_category(category);
        }
        // Two columns of one algorithm are two files: none of them may be lost.
        let mut digests = entries(&self.known);
        if digests.is_empty() {
            digests.push(Digests::default());
        }
        for digests in digests {
            collector.accept(position, Candidate { digests, ..self.candidate.clone() })?;
        }
        Ok(())
    }
}

/// Tells whether a record is the header once more, or a comment.
fn is_no_record(table: &Table, fields: &[String]) -> bool {
    let first = fields.first().map_or("", |first| first.trim());
    let comment = first.starts_with('#') || first.starts_with("//");
    let repeated =
        fields.iter().map(|field| field.trim()).eq(table.names.iter().map(String::as_str));
    comment || repeated
}

/// Returns the disposition of a key; what is none needs review.
fn disposition(text: &str, collector: &mut Collector<'_>) -> HitDisposition {
    let key = text.to_ascii_lowercase().replace(['_', ' '], "-");
    HitDisposition::from_key(&key).unwrap_or_else(|| {
        collector.unknown_code(text);
        HitDisposition::NeedsReview
    })
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
        ColumnRole::Disposition => candidate.disposition = Some(disposition(text, collector)),
        ColumnRole::Comment => candidate.add_comment(text),
        ColumnRole::Detail => candidate.add_comment(&format!("{name}: {text}")),
        _ => {}
    }
}
