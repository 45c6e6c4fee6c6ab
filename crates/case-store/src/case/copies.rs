//! Copies of a case, and looking at a case without changing it.

use std::fs;
use std::path::Path;

use case_model::CaseId;
use rusqlite::{Connection, OpenFlags};

use super::case_file::CaseFile;
use crate::file::connection::BUSY_TIMEOUT;
use crate::file::copy::{UnfinishedCopy, copy_database, with_ending};
use crate::file::error::StoreError;
use crate::file::integrity::{MAX_FAULTS, integrity_faults};
use crate::file::layout::{CASE_APPLICATION, check_kind, versions};
use crate::file::read_only::{can_only_be_read, immutable, open_as_it_is};

const READ_ONLY: OpenFlags = OpenFlags::SQLITE_OPEN_READ_ONLY
    .union(OpenFlags::SQLITE_OPEN_NO_MUTEX)
    .union(OpenFlags::SQLITE_OPEN_URI);

impl CaseFile {
    /// Copies the case by SQLite's online backup, as one moment of it, whatever others write meanwhile. The copy is a single file without
    /// a write-ahead log. `beside` is where it shall be in the end.
    ///
    /// # Errors
    /// What the operating system or SQLite says; nothing is left then.
    pub fn copy(&self, beside: &Path) -> Result<UnfinishedCopy, StoreError> {
        copy_database(self.path(), beside)
    }

    /// Opens a copy to look at it: nothing is written, not even beside it, and an older layout stays what it is.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::NotOurs`], [`StoreError::Newer`], that it names no case, and what SQLite says.
    pub fn open_copy(path: &Path) -> Result<Self, StoreError> {
        if !path.exists() {
            return Err(StoreError::NotFound(path.to_owned()));
        }
        // Without a log beside it the file is the whole; a log would hold entries that reading it alone does not show.
        let log = with_ending(path, "-wal");
        if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
            return Err(StoreError::LogBeside { path: path.to_owned(), log });
        }
        let connection = Connection::open_with_flags(immutable(path), READ_ONLY)?;
        check_kind(&connection, path, CASE_APPLICATION)?;
        let query = "SELECT value FROM property WHERE name = 'case'";
        let name: String = connection.query_row(query, [], |row| row.get(0))?;
        let id = CaseId::new(&name)
            .map_err(|_| StoreError::NotOurs(path.to_owned(), CASE_APPLICATION))?;
        Self::from_parts(connection, path.to_owned(), id)
    }

    /// Opens a case to look at it as it is at one moment, whatever others write meanwhile; the moment is that of the first reading. Nothing
    /// is written into it, and an older layout stays what it is.
    ///
    /// # Errors
    /// As [`CaseFile::open`].
    pub fn look_at(path: &Path, id: &CaseId) -> Result<Self, StoreError> {
        if !path.exists() {
            return Err(StoreError::NotFound(path.to_owned()));
        }
        if can_only_be_read(path) {
            let connection = open_as_it_is(path, CASE_APPLICATION)?;
            return Self::from_parts(connection, path.to_owned(), id.clone());
        }
        let connection =
            Connection::open_with_flags(path, READ_ONLY.difference(OpenFlags::SQLITE_OPEN_URI))?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        check_kind(&connection, path, CASE_APPLICATION)?;
        connection.execute_batch("BEGIN")?;
        Self::from_parts(connection, path.to_owned(), id.clone())
    }

    /// The version of the file's layout, and the one that this program writes.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn layout(&self) -> Result<(i64, i64), StoreError> {
        let found = self.connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let known = versions(CASE_APPLICATION).len();
        Ok((found, i64::try_from(known).unwrap_or(i64::MAX)))
    }

    /// What SQLite finds wrong in the file: its pages and indexes, and rows that point to rows that are not there. Reads all of it.
    ///
    /// # Errors
    /// What SQLite says when it cannot even look.
    pub fn database_faults(&self) -> Result<Vec<String>, StoreError> {
        let mut faults = integrity_faults(&self.connection)?;
        let mut statement = self.connection.prepare("PRAGMA foreign_key_check")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if faults.len() >= MAX_FAULTS {
                break;
            }
            let (table, number): (String, Option<i64>) = (row.get(0)?, row.get(1)?);
            let parent = row.get::<_, String>(2)?;
            let number = number.map_or("?".into(), |n| n.to_string());
            faults.push(format!(
                "row {number} of {table} points to a row of {parent} that is not there"
            ));
        }
        let unused = "SELECT count(*) FROM custody_checkpoint WHERE witness IS NOT NULL";
        if self.connection.query_row(unused, [], |row| row.get::<_, i64>(0))? > 0 {
            faults.push(
                "custody_checkpoint: the column `witness` is not used, and holds something"
                    .to_owned(),
            );
        }
        Ok(faults)
    }

    /// The number of rows of every table, sorted by name.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn row_counts(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name";
        let mut statement = self.connection.prepare(query)?;
        let names =
            statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
        let count = |name: String| {
            let query = format!("SELECT count(*) FROM \"{}\"", name.replace('"', "\"\""));
            let rows: i64 = self.connection.query_row(&query, [], |row| row.get(0))?;
            Ok((name, rows.cast_unsigned()))
        };
        names.into_iter().map(count).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::connection::connect;
    use crate::file::copy::UNFINISHED;

    fn case(folder: &Path) -> CaseFile {
        CaseFile::create(&folder.join("c.db"), &CaseId::new("c").unwrap()).unwrap()
    }

    #[test]
    fn a_copy_is_of_one_moment_while_another_connection_writes() {
        let folder = tempfile::tempdir().unwrap();
        let case = case(folder.path());
        let place = folder.path().join("copy #1?.backup");
        let other = connect(case.path()).unwrap();
        // An open writing transaction of another: what it has not committed is not in the copy, and it does not hold the copy up.
        other.execute_batch("BEGIN IMMEDIATE; INSERT INTO property VALUES ('x', 'y')").unwrap();
        case.copy(&place).unwrap().put_in_place(&place).unwrap();
        other.execute_batch("COMMIT").unwrap();
        let copy = CaseFile::open_copy(&place).unwrap();
        assert_eq!(copy.id().as_str(), "c");
        assert_eq!(copy.database_faults().unwrap(), Vec::<String>::new());
        let count = |case: &CaseFile| {
            case.row_counts().unwrap().iter().find(|t| t.0 == "property").unwrap().1
        };
        assert_eq!((count(&copy), count(&case)), (1, 2));
        assert!(matches!(
            case.copy(&place).unwrap().put_in_place(&place),
            Err(StoreError::Exists(_))
        ));
        let names: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
        assert!(names.iter().all(|name| !name.to_string_lossy().contains(UNFINISHED)), "{names:?}");
    }

    #[test]
    fn rows_that_point_nowhere_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let case = case(folder.path());
        case.connection
            .execute_batch("PRAGMA foreign_keys = OFF; INSERT INTO problem (image, severity, structure, statement) VALUES (7, 'note', 's', 't')")
            .unwrap();
        let faults = case.database_faults().unwrap();
        assert_eq!(faults, ["row 1 of problem points to a row of image that is not there"]);
    }

    #[test]
    fn a_copy_with_a_log_beside_it_is_not_taken_for_the_whole() {
        let folder = tempfile::tempdir().unwrap();
        let case = case(folder.path());
        assert!(matches!(CaseFile::open_copy(case.path()), Err(StoreError::LogBeside { .. })));
    }
}
