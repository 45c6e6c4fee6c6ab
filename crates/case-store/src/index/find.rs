//! Queries over the index.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use case_model::{Disposition, Times, unpack_times};
use rusqlite::params_from_iter;
use rusqlite::types::Value;

use super::entry::{StoredEntry, lone_name_rules};
use super::entry_columns::{FoundRow, full_path, shown_columns};
use crate::case::case_file::CaseFile;
use crate::file::error::StoreError;
use crate::file::ids::{EntryId, ImageId};
use crate::file::integers::{integer, unsigned};

/// What to look for; all conditions that are set must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// A digest: column (`md5`, `sha1`, `sha256`, `blake3`) and bytes.
    pub digest: Option<(&'static str, Vec<u8>)>,
    /// A name pattern with `*` and `?`; ASCII letters match in either case. Any name of the record counts.
    pub name: Option<String>,
    /// A path, or the folder above what is looked for.
    pub path: Option<String>,
    /// Only what hash sets list; the gravest first.
    pub hit: bool,
    /// Larger than so many bytes.
    pub larger_than: Option<u64>,
    /// Smaller than so many bytes.
    pub smaller_than: Option<u64>,
    /// Modified at or after, nanoseconds since 1970 UTC.
    pub modified_after: Option<i64>,
    /// Modified before, nanoseconds since 1970 UTC.
    pub modified_before: Option<i64>,
    /// `file`, `directory`, `link`, …; a MIME type; the first or second part of one.
    pub content_type: Option<String>,
    /// Only what is deleted (or orphaned).
    pub deleted: bool,
    /// Only this disposition.
    pub disposition: Option<String>,
    /// One entry.
    pub id: Option<EntryId>,
    /// One image: its row.
    pub image: Option<ImageId>,
    /// At most so many rows.
    pub limit: Option<u64>,
}

impl FoundRow {
    /// Returns the times as on the medium: only these say whether a time is UTC or local time of an unknown zone.
    #[must_use]
    pub fn times(&self) -> Times {
        self.times_raw.as_deref().map(unpack_times).unwrap_or_default()
    }
}

/// Dispositions of streams that were not read whole.
const LACKING: [&str; 2] = [Disposition::Partial.key(), Disposition::Unreadable.key()];

/// CROSS JOIN keeps SQLite from starting at the few rows of `file_system`: that would read every entry.
const JOINS: &str = "CROSS JOIN file_system f ON f.id = e.file_system CROSS JOIN volume v ON v.id = f.volume CROSS JOIN image i ON i.id = v.image";

impl CaseFile {
    /// Hands over what matches, in a fixed order. `each` returns false to stop. Every name of a record counts: a hard link that matches
    /// comes as a row of its own.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn find(&self, filter: &Filter, each: &mut dyn FnMut(FoundRow) -> bool) -> Result<(), StoreError> {
        let order = if filter.hit {
            "ORDER BY (SELECT min(CASE h.disposition WHEN 'alert' THEN 0 WHEN 'notable' THEN 1 WHEN 'needs-review' THEN 2 \
             WHEN 'no-change' THEN 3 ELSE 4 END) FROM hit h WHERE h.entry = id), id, further"
        } else {
            ""
        };
        let limit = filter.limit.map_or(String::new(), |most| format!("LIMIT {most}"));
        let (selection, values) = selection(filter, &shown_columns("e"), &shown_columns("l"));
        let query = format!("SELECT * FROM ({selection}) {order} {limit}");
        let mut statement = self.connection.prepare_cached(&query)?;
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            let mut found = FoundRow::read(row)?;
            found.hits = self.hits(found.id)?;
            if !found.hits.is_empty() {
                found.content_check = self.content_check(found.id)?;
            }
            if LACKING.contains(&found.disposition.as_str()) {
                found.unreadable = self.unreadable_parts(found.id)?;
            }
            if !each(found) {
                break;
            }
        }
        Ok(())
    }

    /// Counts what matches, whatever the filter's limit.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn count_matching(&self, filter: &Filter) -> Result<u64, StoreError> {
        let (selection, values) = selection(filter, "1", "1");
        let query = format!("SELECT count(*) FROM ({selection})");
        Ok(self.connection.query_row(&query, params_from_iter(values), |row| row.get(0)).map(unsigned)?)
    }

    /// What is needed to read an entry's bytes again; `None` when there is no such row.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn stored_entry(&self, id: EntryId) -> Result<Option<StoredEntry>, StoreError> {
        let query = format!(
            "SELECT e.id, x.path, i.container, i.sha256, v.ordinal, f.kind, e.number, e.generation, e.stream, d.path, e.name, \
             e.stream_name, e.name_raw, e.size, e.disposition, e.sha256 FROM entry e JOIN directory d ON d.id = e.directory {JOINS} JOIN exhibit x ON x.id = i.exhibit WHERE e.id = ?1"
        );
        let mut statement = self.connection.prepare_cached(&query)?;
        let mut rows = statement.query([id])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let path =
            full_path(&row.get::<_, String>(9)?, &row.get::<_, String>(10)?, &row.get::<_, String>(11)?);
        Ok(Some(StoredEntry {
            id: row.get(0)?,
            image_path: OsString::from_vec(row.get(1)?).into(),
            container: row.get(2)?,
            image_sha256: row.get(3)?,
            volume_ordinal: row.get(4)?,
            file_system: row.get(5)?,
            number: unsigned(row.get(6)?),
            generation: row.get::<_, i64>(7)?.cast_unsigned(),
            stream: row.get(8)?,
            path,
            name_raw: row.get(12)?,
            size: unsigned(row.get(13)?),
            disposition: row.get(14)?,
            sha256: row.get(15)?,
        }))
    }
}

/// The rows that match, under any of their names, with these columns of entries and of further names; and the values of the query.
fn selection(filter: &Filter, entry: &str, link: &str) -> (String, Vec<Value>) {
    let (first, mut values) = condition(filter, &Names { table: "entry", row: "e" }, 0);
    let (second, further_values) = condition(filter, &Names { table: "link", row: "l" }, values.len());
    values.extend(further_values);
    // A path is looked up among the directories first, everything else among the names.
    let from = |names: &str, name: &str| match filter.path {
        Some(_) => format!("directory d CROSS JOIN {names} {name} ON {name}.directory = d.id"),
        None => format!("{names} {name} CROSS JOIN directory d ON d.id = {name}.directory"),
    };
    // A hard link shares the record of its entry. A record with a primary name only has no row in `link`. A name alone has the number of a
    // record, too, but is none of its names.
    let selection = format!(
        "SELECT {entry} FROM {} {JOINS} WHERE {first} UNION ALL SELECT {link} FROM {} \
         CROSS JOIN entry e ON e.file_system = l.file_system AND e.number = l.number \
         AND (l.generation IS NULL OR l.generation = e.generation) \
         AND (e.rule IS NULL OR e.rule NOT IN ({})) {JOINS} WHERE l.space = 'primary' AND {second}",
        from("entry", "e"),
        from("link", "l"),
        lone_name_rules(),
    );
    (selection, values)
}

/// The table of the names that are looked at, and what its row is called in the query.
struct Names {
    table: &'static str,
    row: &'static str,
}

/// The WHERE clause of a filter and its values, numbered behind the `from` values before.
fn condition(filter: &Filter, names: &Names, from: usize) -> (String, Vec<Value>) {
    let Names { table, row } = names;
    let mut clauses = vec!["1".to_owned()];
    let mut values: Vec<Value> = Vec::new();
    let mut bind = |value: Value| {
        values.push(value);
        format!("?{}", from + values.len())
    };
    if let Some((column, digest)) = &filter.digest {
        clauses.push(format!("e.{column} = {}", bind(Value::Blob(digest.clone()))));
    }
    if let Some(pattern) = &filter.name {
        clauses.push(match pattern.contains(['*', '?']) {
            // The names alone are read for this, from their index.
            true => {
                let pattern = bind(Value::Text(like_pattern(pattern)));
                format!("{row}.id IN (SELECT id FROM {table} WHERE name LIKE {pattern} ESCAPE '\\')")
            }
            false => format!("{row}.name = {} COLLATE NOCASE", bind(Value::Text(pattern.clone()))),
        });
    }
    if let Some(path) = &filter.path {
        let path = format!("/{}", path.trim_matches('/'));
        let (above, last) = path.rsplit_once('/').unwrap_or(("", &path));
        let above = bind(Value::Text(if above.is_empty() { "/".to_owned() } else { above.to_owned() }));
        let last = bind(Value::Text(last.to_owned()));
        let whole = bind(Value::Text(path.clone()));
        let (low, high) = (bind(Value::Text(subtree(&path, '/'))), bind(Value::Text(subtree(&path, '0'))));
        clauses.push(format!(
            "(d.path = {whole} OR (d.path >= {low} AND d.path < {high}) OR (d.path = {above} AND {row}.name = {last}))"
        ));
    }
    if filter.hit {
        clauses.push("e.id IN (SELECT entry FROM hit)".to_owned());
    }
    if let Some(bytes) = filter.larger_than {
        clauses.push(format!("e.size > {}", bind(Value::Integer(integer(bytes)))));
    }
    if let Some(bytes) = filter.smaller_than {
        clauses.push(format!("e.size < {}", bind(Value::Integer(integer(bytes)))));
    }
    if let Some(ns) = filter.modified_after {
        clauses.push(format!("e.modified >= {}", bind(Value::Integer(ns))));
    }
    if let Some(ns) = filter.modified_before {
        clauses.push(format!("e.modified < {}", bind(Value::Integer(ns))));
    }
    if let Some(kind) = &filter.content_type {
        let exact = bind(Value::Text(kind.clone()));
        let kind = kind.trim_end_matches("/*");
        let first = bind(Value::Text(format!("{}/%", like_pattern(kind))));
        let second = bind(Value::Text(format!("%/%{}", like_pattern(kind))));
        clauses.push(format!(
            "(e.kind = {exact} OR e.content_type = {exact} OR e.content_type LIKE {first} ESCAPE '\\' OR e.content_type LIKE {second} ESCAPE '\\')"
        ));
    }
    if filter.deleted {
        clauses.push(format!("{row}.state <> 'allocated'"));
    }
    if let Some(disposition) = &filter.disposition {
        clauses.push(format!("e.disposition = {}", bind(Value::Text(disposition.clone()))));
    }
    if let Some(id) = filter.id {
        clauses.push(format!("e.id = {}", bind(Value::Integer(id.number()))));
    }
    if let Some(image) = filter.image {
        clauses.push(format!("i.id = {}", bind(Value::Integer(image.number()))));
    }
    (clauses.join(" AND "), values)
}

/// The first path behind a folder's own (`separator` is `/`) and the first one behind its whole subtree (`0` follows `/` in ASCII).
fn subtree(path: &str, separator: char) -> String {
    format!("{}{separator}", path.trim_end_matches('/'))
}

fn like_pattern(glob: &str) -> String {
    glob.chars().fold(String::new(), |mut pattern, c| {
        match c {
            '*' => pattern.push('%'),
            '?' => pattern.push('_'),
            '%' | '_' | '\\' => pattern.extend(['\\', c]),
            other => pattern.push(other),
        }
        pattern
    })
}
