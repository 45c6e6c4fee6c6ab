//! The file of a case, and the file of a lab's own ledger.

use std::path::{Path, PathBuf};

use case_model::CaseId;
use custody::{EntryBody, StoredEntry};
use rusqlite::{Connection, Row, ToSql};

use super::countersign::Countersign;
use crate::file::error::StoreError;
use crate::file::folder_sync::FolderSync;
use crate::file::layout::{CASE_APPLICATION, LEDGER_APPLICATION};
use crate::file::migration::Migration;
use crate::file::open::{create, open};
use crate::file::row_chain::ResumeKey;
use crate::index::{local_time, pattern_functions};
use crate::ledger::rows::Ledger;

/// A case: its index and its custody ledger.
pub struct CaseFile {
    pub(crate) connection: Connection,
    path: PathBuf,
    id: CaseId,
    migration: Option<Migration>,
    pub(super) countersign: Option<Box<dyn Countersign>>,
    pub(crate) resume_key: Option<ResumeKey>,
    /// Dropped after the connection.
    _folder: FolderSync,
}

/// A lab's own custody ledger: what concerns no single case.
pub struct LedgerFile {
    pub(super) connection: Connection,
    pub(super) migration: Option<Migration>,
    /// Dropped after the connection.
    pub(super) _folder: FolderSync,
}

impl CaseFile {
    /// Makes the file of a new case.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when there is one, and what the operating system or SQLite says.
    pub fn create(path: &Path, id: &CaseId) -> Result<Self, StoreError> {
        let connection = create(path, CASE_APPLICATION)?;
        pattern_functions::register(&connection)?;
        local_time::register(&connection)?;
        connection
            .execute("INSERT INTO property (name, value) VALUES ('case', ?1)", [id.as_str()])?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            id: id.clone(),
            migration: None,
            countersign: None,
            resume_key: None,
            _folder: FolderSync::of(path),
        })
    }

    /// Opens the file of a case alone, wherever it is, to read it: nothing is written, not even beside it.
    ///
    /// # Errors
    /// As [`CaseFile::open_copy`]; [`StoreError::OlderOnReadOnly`] when its layout is older.
    pub fn open_alone(path: &Path) -> Result<Self, StoreError> {
        let case = Self::open_copy(path)?;
        let (found, known) = case.layout()?;
        match found == known {
            true => Ok(case),
            false => Err(StoreError::OlderOnReadOnly { path: path.to_owned(), found, known }),
        }
    }

    /// Opens the file of a case.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::NotOurs`], [`StoreError::Newer`], and what SQLite says.
    pub fn open(path: &Path, id: &CaseId) -> Result<Self, StoreError> {
        let (connection, migration) = open(path, CASE_APPLICATION)?;
        pattern_functions::register(&connection)?;
        local_time::register(&connection)?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            id: id.clone(),
            migration,
            countersign: None,
            resume_key: None,
            _folder: FolderSync::of(path),
        })
    }

    pub(crate) fn from_parts(
        connection: Connection,
        path: PathBuf,
        id: CaseId,
    ) -> Result<Self, StoreError> {
        pattern_functions::register(&connection)?;
        local_time::register(&connection)?;
        let folder = FolderSync::of(&path);
        Ok(Self {
            connection,
            path,
            id,
            migration: None,
            countersign: None,
            resume_key: None,
            _folder: folder,
        })
    }

    /// What opening the file changed in its layout.
    #[must_use]
    pub fn migration(&self) -> Option<&Migration> {
        self.migration.as_ref()
    }

    /// The case's name.
    #[must_use]
    pub fn id(&self) -> &CaseId {
        &self.id
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The custody ledger of the case.
    pub fn ledger(&mut self) -> Ledger<'_> {
        Ledger::new(&self.connection)
    }

    /// Appends an entry in a transaction of its own.
    ///
    /// # Errors
    /// What keeps the entry from being written; it is not there then.
    pub fn append(&mut self, body: &EntryBody) -> Result<StoredEntry, StoreError> {
        self.transaction(|transaction| transaction.ledger().append(body))
    }

    /// Seals the checkpoints of scans with this key from now on, and takes only those that are sealed with it for whole.
    pub fn set_resume_key(&mut self, key: ResumeKey) {
        self.resume_key = Some(key);
    }

    /// Has every transaction of the case from now on signed by `countersign`. Work on the ledger alone ([`Self::ledger`]) signs itself.
    pub fn set_countersign(&mut self, countersign: Box<dyn Countersign>) {
        self.countersign = Some(countersign);
    }

    /// Returns the rows of a query with one value.
    pub(crate) fn rows<T>(
        &self,
        query: &str,
        key: impl ToSql,
        read: impl FnMut(&Row<'_>) -> Result<T, rusqlite::Error>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.connection.prepare_cached(query)?;
        Ok(statement.query_map([key], read)?.collect::<Result<_, _>>()?)
    }
}

impl LedgerFile {
    /// Opens the lab's ledger, or makes it.
    ///
    /// # Errors
    /// What the operating system or SQLite says.
    pub fn open_or_create(path: &Path) -> Result<Self, StoreError> {
        let made = match path.exists() {
            true => Err(StoreError::Exists(path.to_owned())),
            false => create(path, LEDGER_APPLICATION),
        };
        let (connection, migration) = match made {
            Err(StoreError::Exists(_)) => open(path, LEDGER_APPLICATION)?,
            other => (other?, None),
        };
        Ok(Self { connection, migration, _folder: FolderSync::of(path) })
    }

    /// What opening the file changed in its layout.
    #[must_use]
    pub fn migration(&self) -> Option<&Migration> {
        self.migration.as_ref()
    }

    /// The ledger.
    pub fn ledger(&mut self) -> Ledger<'_> {
        Ledger::new(&self.connection)
    }

    /// Appends in one transaction.
    ///
    /// # Errors
    /// What `work` or SQLite says; nothing has happened then.
    pub fn transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Ledger<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.ledger().transaction(work)
    }

    /// Appends an entry in a transaction of its own.
    ///
    /// # Errors
    /// What keeps the entry from being written; it is not there then.
    pub fn append(&mut self, body: &EntryBody) -> Result<StoredEntry, StoreError> {
        self.transaction(|ledger| ledger.append(body))
    }
}
