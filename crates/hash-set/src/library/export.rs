//! Writing a set for other programs.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use case_model::{Algorithm, to_hex};
use rusqlite::{Connection, params};
use thiserror::Error;

use super::contents::SetEntry;
use super::error::HashSetError;
use super::open::Library;

/// What a list calls an entry without a name.
const UNNAMED: &str = "unnamed";
/// As The Sleuth Kit lays it out; only MD5 is looked up there.
const KDB_SCHEMA: &str = "
CREATE TABLE db_properties (name TEXT NOT NULL, value TEXT);
INSERT INTO db_properties VALUES ('Schema Version', '1');
CREATE TABLE hashes (id INTEGER PRIMARY KEY AUTOINCREMENT, md5 BINARY(16) UNIQUE, sha1 BINARY(20), sha2_256 BINARY(32));
CREATE TABLE file_names (name TEXT NOT NULL, hash_id INTEGER NOT NULL, PRIMARY KEY(name, hash_id));
CREATE TABLE comments (comment TEXT NOT NULL, hash_id INTEGER NOT NULL, PRIMARY KEY(comment, hash_id));
CREATE INDEX md5_index ON hashes(md5);
";

/// How a set is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// As `md5sum`, `sha1sum`, `sha256sum`, `b3sum` write, escaped.
    Sums(Algorithm),
    /// A table of everything; importing it gives a set with the same content digest (when its category scheme is said again).
    Csv,
    /// Autopsy / The Sleuth Kit `.kdb`: entries with MD5. Known or notable is for Autopsy's settings.
    Kdb,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Entries written.
    pub written: u64,
    /// Entries that have no digest of the kind, or whose digest was written already.
    pub left_out: u64,
}

/// Why a set could not be written.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The set cannot be read.
    #[error(transparent)]
    Set(#[from] HashSetError),
    /// The file exists, or cannot be written.
    #[error("{}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// SQLite cannot write the file.
    #[error("{}: {source}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
}

/// The first line of a table.
const TABLE_HEADER: &[u8] = b"md5,sha1,sha256,blake3,size,disposition,category,name,comment\n";

impl Library {
    /// Writes the set with this content digest to `path`, which must not exist. After an error an unfinished file is left.
    ///
    /// # Errors
    /// What cannot be read or written.
    pub fn export(
        &self,
        digest: &[u8; 32],
        format: ExportFormat,
        path: &Path,
    ) -> Result<Exported, ExportError> {
        let write = |source| ExportError::Write { path: path.to_path_buf(), source };
        let file = File::options().write(true).create_new(true).open(path).map_err(write)?;
        if format == ExportFormat::Kdb {
            return self.export_kdb(digest, path);
        }
        let mut out = io::BufWriter::new(file);
        let mut exported = Exported::default();
        if format == ExportFormat::Csv {
            out.write_all(TABLE_HEADER).map_err(write)?;
        }
        self.entries::<ExportError>(digest, &mut |entry| {
            let text = match format {
                ExportFormat::Sums(algorithm) => sum_line(&entry, algorithm),
                _ => Some(table_rows(&entry)),
            };
            exported.count(text.is_some());
            out.write_all(text.unwrap_or_default().as_bytes()).map_err(write)
        })?;
        let file = out.into_inner().map_err(io::IntoInnerError::into_error);
        file.and_then(|file| file.sync_all()).map_err(write)?;
        Ok(exported)
    }

    fn export_kdb(&self, digest: &[u8; 32], path: &Path) -> Result<Exported, ExportError> {
        let error = |source| ExportError::Database { path: path.to_path_buf(), source };
        let mut connection = Connection::open(path).map_err(error)?;
        let transaction = connection.transaction().map_err(error)?;
        transaction.execute_batch(KDB_SCHEMA).map_err(error)?;
        let mut exported = Exported::default();
        self.entries::<ExportError>(digest, &mut |entry| {
            exported.count(insert(&transaction, &entry).map_err(error)?);
            Ok(())
        })?;
        transaction.commit().map_err(error)?;
        Ok(exported)
    }
}

impl Exported {
    fn count(&mut self, written: bool) {
        let number = if written { &mut self.written } else { &mut self.left_out };
        *number = number.saturating_add(1);
    }
}

/// One line; a backslash in front says that backslashes and line ends of the name are escaped.
fn sum_line(entry: &SetEntry, algorithm: Algorithm) -> Option<String> {
    let digest = to_hex(entry.digests.get(algorithm)?);
    let name = entry.names.first().filter(|name| !name.is_empty()).map_or(UNNAMED, String::as_str);
    let escaped = name.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
    let mark = if escaped == name { "" } else { "\\" };
    Some(format!("{mark}{digest}  {escaped}\n"))
}

/// One row for every name.
fn table_rows(entry: &SetEntry) -> String {
    let hex = |algorithm| entry.digests.get(algorithm).map(to_hex).unwrap_or_default();
    let digests = Algorithm::ALL.map(hex).join(",");
    let size = entry.size.map(|size| size.to_string()).unwrap_or_default();
    let category = quoted(entry.category.as_deref());
    let comment = quoted(entry.comment.as_deref());
    let row = |name: Option<&str>| {
        format!(
            "{digests},{size},{},{category},{},{comment}\n",
            entry.disposition.key(),
            quoted(name)
        )
    };
    match entry.names.is_empty() {
        true => row(None),
        false => entry.names.iter().map(|name| row(Some(name))).collect(),
    }
}

fn quoted(field: Option<&str>) -> String {
    let field = field.unwrap_or_default();
    match field.contains([',', '"', '\n', '\r', ' ']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.to_owned(),
    }
}

/// False when the entry has no MD5, or its MD5 is there already.
fn insert(connection: &Connection, entry: &SetEntry) -> rusqlite::Result<bool> {
    if entry.digests.md5.is_none() {
        return Ok(false);
    }
    let mut insert = connection.prepare_cached("INSERT OR IGNORE INTO hashes (md5) VALUES (?)")?;
    let new = insert.execute(params![entry.digests.md5])? > 0;
    let id: i64 = connection.query_row(
        "SELECT id FROM hashes WHERE md5 = ?",
        params![entry.digests.md5],
        |row| row.get(0),
    )?;
    for name in &entry.names {
        connection
            .prepare_cached("INSERT OR IGNORE INTO file_names VALUES (?, ?)")?
            .execute(params![name, id])?;
    }
    if let Some(comment) = &entry.comment {
        connection
            .prepare_cached("INSERT OR IGNORE INTO comments VALUES (?, ?)")?
            .execute(params![comment, id])?;
    }
    Ok(new)
}
