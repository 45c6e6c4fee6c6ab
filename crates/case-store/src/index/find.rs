//! Queries over the index.

use case_model::{Disposition, SharedZone, Times, unpack_times};
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row, params_from_iter};

use super::closed_words::word;
use super::conditions::{Conditions, FURTHER, OF_ENTRIES};
use super::entry::{StoredEntry, lone_name_rules};
use super::entry_columns::{FoundRow, full_path, shown_columns};
use super::filter::{Filter, Sort, SortKey};
use super::local_time::{Reading, utc_sql};
use super::severity::rank_sql;
use crate::case::case_file::CaseFile;
use crate::file::error::StoreError;
use crate::file::ids::{EntryId, ImageId};
use crate::file::integers::unsigned;
use crate::file::stored_path::stored_path;
use crate::scan::owners::has_owner_table;

impl FoundRow {
    /// Returns the times as on the medium: only these say whether a time is UTC or local time of an unknown zone.
    #[must_use]
    pub fn times(&self) -> Times {
        self.times_raw.as_deref().map(unpack_times).unwrap_or_default()
    }
}

/// Dispositions of streams that were not read whole.
const LACKING: [Disposition; 2] = [Disposition::Partial, Disposition::Unreadable];

/// CROSS JOIN keeps SQLite from starting at the few rows of `file_system`: that would read every entry.
const JOINS: &str = "CROSS JOIN file_system f ON f.id = e.file_system CROSS JOIN volume v ON v.id = f.volume CROSS JOIN image i ON i.id = v.image";

impl CaseFile {
    /// Hands over what matches, in a fixed order. `each` returns false to stop. Every name of a record counts: a hard link that matches
    /// comes as a row of its own.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn find(
        &self,
        filter: &Filter,
        each: &mut dyn FnMut(FoundRow) -> bool,
    ) -> Result<(), StoreError> {
        let order = order(filter);
        let limit = filter.limit.map_or(String::new(), |most| format!("LIMIT {most}"));
        let with_owners = has_owner_table(&self.connection)?;
        let columns = |names| sorted_columns(filter, names, with_owners);
        let entry = columns("e");
        let link = columns("l");
        let (selection, values) = selection(filter, &entry, &link);
        let query = format!("SELECT * FROM ({selection}) {order} {limit}");
        let mut statement = self.connection.prepare_cached(&query)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let of_case = self.findings_of_case()?;
        while let Some(row) = rows.next()? {
            let mut found = FoundRow::read(row)?;
            found.findings = self.findings(&of_case, found.id, found.content_type.as_deref())?;
            found.hits = self.hits(found.id)?;
            found.zone = zone_of(filter, row.get(ROW_IMAGE)?);
            if !found.hits.is_empty() {
                found.content_check = self.content_check(found.id)?;
            }
            if LACKING.contains(&found.disposition) {
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
        Ok(self
            .connection
            .query_row(&query, params_from_iter(values), |row| row.get(0))
            .map(unsigned)?)
    }

    /// Returns true when something matches.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn has_matching(&self, filter: &Filter) -> Result<bool, StoreError> {
        let (selection, values) = selection(filter, "1", "1");
        let query = format!("SELECT EXISTS ({selection})");
        Ok(self.connection.query_row(&query, params_from_iter(values), |row| row.get(0))?)
    }

    /// What is needed to read an entry's bytes again; `None` when there is no such row.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn stored_entry(&self, id: EntryId) -> Result<Option<StoredEntry>, StoreError> {
        let query = format!(
            "SELECT e.id, x.path, i.container, i.sha256, v.ordinal, f.kind, e.number, e.generation, e.stream, d.path, e.name, \
             e.stream_name, e.name_raw, e.size, e.disposition, e.sha256, e.kind, e.stream_kind, i.id FROM entry e JOIN directory d ON d.id = e.directory {JOINS} JOIN exhibit x ON x.id = i.exhibit WHERE e.id = ?1"
        );
        let mut statement = self.connection.prepare_cached(&query)?;
        Ok(statement.query_row([id], stored_entry).optional()?)
    }
}

/// Reads the columns of [`CaseFile::stored_entry`].
fn stored_entry(row: &Row<'_>) -> Result<StoredEntry, rusqlite::Error> {
    let (folder, name, stream): (String, String, String) =
        (row.get(9)?, row.get(10)?, row.get(11)?);
    Ok(StoredEntry {
        id: row.get(0)?,
        image_path: stored_path(row.get(1)?),
        container: row.get(2)?,
        image_sha256: row.get(3)?,
        volume_ordinal: row.get(4)?,
        file_system: row.get(5)?,
        number: unsigned(row.get(6)?),
        generation: row.get::<_, i64>(7)?.cast_unsigned(),
        stream: row.get(8)?,
        path: full_path(&folder, &name, &stream),
        name_raw: row.get(12)?,
        size: unsigned(row.get(13)?),
        disposition: word(row, 14)?,
        sha256: row.get(15)?,
        kind: row.get(16)?,
        stream_kind: row.get(17)?,
        image: row.get(18)?,
    })
}

/// The column of the image that a row lies on.
const ROW_IMAGE: &str = "row_image";

/// Returns the columns of a row, and behind them its image and what it may be sorted by.
fn sorted_columns(filter: &Filter, names: &str, with_owners: bool) -> String {
    let shown = shown_columns(names, with_owners);
    let time = match filter.sort {
        Some(Sort { key: SortKey::Time(field), .. }) => {
            utc_sql(&filter.zones, field, Reading::Earliest)
        }
        _ => "NULL".to_owned(),
    };
    format!(
        "{shown}, v.image AS {ROW_IMAGE}, d.path AS sorted_directory, {names}.name AS sorted_name, \
         e.stream_name AS sorted_stream, {time} AS sorted_time"
    )
}

/// Returns the zone of an image's local times.
fn zone_of(filter: &Filter, image: ImageId) -> Option<SharedZone> {
    filter.zones.iter().find(|(of, _)| *of == image).map(|(_, zone)| zone.clone())
}

/// The order of the rows. Those of one content or one severity stand together where that is what was asked for.
fn order(filter: &Filter) -> String {
    let Some(Sort { key, reversed }) = filter.sort else {
        return match (filter.duplicates, filter.hit) {
            (true, _) => "ORDER BY sha256, id, further".to_owned(),
            (false, true) => format!("ORDER BY ({}), id, further", by_severity()),
            (false, false) => String::new(),
        };
    };
    let (columns, biggest_first): (&[&str], bool) = match key {
        SortKey::Size => (&["size"], true),
        SortKey::Time(_) => (&["sorted_time"], true),
        SortKey::Path => (&["sorted_directory", "sorted_name", "sorted_stream"], false),
        SortKey::Name => (&["sorted_name", "sorted_directory", "sorted_stream"], false),
        SortKey::Entry => (&[], false),
    };
    let way = if biggest_first == reversed { "ASC" } else { "DESC" };
    let columns: Vec<String> =
        columns.iter().map(|column| format!("{column} {way} NULLS LAST, ")).collect();
    let last = if key == SortKey::Entry { way } else { "ASC" };
    format!("ORDER BY {}id {last}, further", columns.concat())
}

/// Returns the rank of the gravest hit of a row.
fn by_severity() -> String {
    format!("SELECT min({}) FROM hit h WHERE h.entry = id", rank_sql("h.disposition"))
}

/// The rows that match, under any of their names, with these columns of entries and of further names; and the values of the query.
fn selection(filter: &Filter, entry: &str, link: &str) -> (String, Vec<Value>) {
    let (first, mut values) = Conditions::new(filter, OF_ENTRIES, 0).finish();
    let (second, further_values) = Conditions::new(filter, FURTHER, values.len()).finish();
    values.extend(further_values);
    let from = |names: &str, name: &str| {
        format!("{names} {name} CROSS JOIN directory d ON d.id = {name}.directory")
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
