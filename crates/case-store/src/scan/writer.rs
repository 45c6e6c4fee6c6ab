//! The one writer of a scan: rows in, batches of transactions out.

use std::collections::HashMap;
use std::time::{Duration, Instant};
use words::{Statement, Term};

use case_model::UnreadableRange;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params};

use super::image_row::{FileSystemRow, VolumeRow};
use super::owners::insert_owner;
use super::sealed_rows::{DIRECTORIES, ENTRIES, LINKS};
use crate::case::case_file::CaseFile;
use crate::case::transaction::CaseTransaction;
use crate::file::connection::WAIT_STEP;
use crate::file::error::StoreError;
use crate::file::ids::{DirectoryId, EntryId, FileSystemId, ImageId, RowsAbove, SetId, VolumeId};
use crate::file::integers::integer;
use crate::file::row_bytes::{INTERNAL, append_value};
use crate::file::row_chain::{ResumeKey, WrittenRows};
use crate::index::columns::{New, insert, insert_sql};
use crate::index::entry::{EntryRow, LinkRow};
use crate::index::entry_columns::ENTRY;
use crate::index::finding::{analyser_row, image_analyser, insert_finding, insert_image_analyser};
use crate::index::link_columns::LINK;
use crate::index::problem::{ProblemRow, insert_problem};
use crate::index::write_hits::{hash_set_row, insert_hit};

/// Rows in one transaction: large enough that the commit's flush does not count, small enough that the write-ahead log stays small.
const ROWS_PER_TRANSACTION: u32 = 100_000;
/// How long a transaction stays open while rows come: each question to a case is an entry of its ledger, and waits so long.
const MOST_HELD: Duration = Duration::from_secs(1);

/// Writes the rows of one image in batches. Rows that were written are kept when the process dies; the image's state tells that its
/// scan did not finish.
pub struct ImageWriter<'c> {
    connection: &'c Connection,
    image: ImageId,
    rows: u32,
    /// Rows are committed with a checkpoint that covers them, and not otherwise.
    with_checkpoints: bool,
    /// When the transaction was begun: none is open between a commit and the next row, so that others can write.
    begun: Option<Instant>,
    sets: HashMap<[u8; 32], SetId>,
    /// Rows of the analysers, by their numbers.
    analysers: Vec<i64>,
    above: RowsAbove,
    /// The statements that store an entry and a link.
    insert_entry: String,
    insert_link: String,
    resume_key: Option<ResumeKey>,
    /// The rows as the seals of checkpoints chain them; `None` where nothing is sealed.
    written: Option<WrittenRows>,
    /// The values of the row that was stored last.
    row_bytes: Vec<u8>,
}

impl<'c> ImageWriter<'c> {
    /// A writer for the rows of `image`, which was registered before.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn new(case: &'c CaseFile, image: ImageId) -> Result<Self, StoreError> {
        let last = |table| {
            case.connection.query_row(
                &format!("SELECT coalesce(max(id), 0) FROM {table}"),
                [],
                |row| row.get(0),
            )
        };
        let above = RowsAbove { entry: last("entry")?, link: last("link")? };
        Ok(Self {
            connection: &case.connection,
            image,
            rows: 0,
            with_checkpoints: false,
            begun: None,
            sets: HashMap::new(),
            analysers: Vec::new(),
            above,
            insert_entry: insert_sql("entry", ENTRY),
            insert_link: insert_sql("link", LINK),
            resume_key: case.resume_key,
            written: case.resume_key.map(|_| WrittenRows::new(image)),
            row_bytes: Vec::new(),
        })
    }

    /// Returns a writer that resumes with the rows of `image`, where a checkpoint left them.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn resume(
        case: &'c CaseFile,
        image: ImageId,
        above: RowsAbove,
    ) -> Result<Self, StoreError> {
        let begin = || WrittenRows::begin(&case.connection, image, above);
        let written = case.resume_key.map(|_| begin()).transpose()?;
        Ok(Self { above, with_checkpoints: true, written, ..Self::new(case, image)? })
    }

    /// What the row numbers of this image's rows are above.
    #[must_use]
    pub fn above(&self) -> RowsAbove {
        self.above
    }

    /// True when what was written should be committed: others wait for the file, or the write-ahead log grows.
    #[must_use]
    pub fn should_commit(&self) -> bool {
        self.rows >= ROWS_PER_TRANSACTION
            || self.begun.is_some_and(|begun| begun.elapsed() >= MOST_HELD)
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        if self.begun.is_none() {
            self.connection.execute_batch("BEGIN IMMEDIATE")?;
            self.begun = Some(Instant::now());
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.rows = 0;
        if self.begun.take().is_some() {
            self.connection.execute_batch("COMMIT")?;
            // Whoever waits looks every few milliseconds (`WAIT_STEP`).
            std::thread::sleep(WAIT_STEP.saturating_mul(2));
        }
        Ok(())
    }

    /// Commits what was written, with a checkpoint that `store` writes. From now on nothing is committed without one.
    ///
    /// # Errors
    /// What `store` or SQLite says.
    pub fn checkpoint(
        &mut self,
        store: impl FnOnce(&mut CaseTransaction<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.begin()?;
        let mut transaction = CaseTransaction::new(self.connection, self.resume_key);
        transaction.written = self.written.as_mut();
        store(&mut transaction)?;
        self.with_checkpoints = true;
        self.commit()
    }

    /// Writes which analysers look into the streams: name and version of each, in the order of their numbers.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn analysers<'n>(
        &mut self,
        analysers: impl Iterator<Item = (&'n str, &'n str)>,
    ) -> Result<(), StoreError> {
        for (name, version) in analysers {
            // A scan that resumes finds them written, and opens no transaction before there are rows.
            let row = match image_analyser(self.connection, self.image, (name, version))? {
                Some(row) => row,
                None => {
                    self.begin()?;
                    let row = analyser_row(self.connection, name, version)?;
                    insert_image_analyser(self.connection, self.image, row)?;
                    row
                }
            };
            self.analysers.push(row);
        }
        Ok(())
    }

    /// Writes a part of the medium.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn volume(&mut self, volume: &VolumeRow) -> Result<VolumeId, StoreError> {
        self.begin()?;
        self.connection.execute(
            "INSERT INTO volume (image, ordinal, scheme, number, role, start, length, extents, type_code, name, encryption) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                self.image, volume.ordinal, volume.scheme, volume.number, volume.role, integer(volume.start),
                integer(volume.length), volume.extents, volume.type_code, volume.name, volume.encryption
            ],
        )?;
        Ok(VolumeId::from_number(self.connection.last_insert_rowid()))
    }

    /// Writes a file system.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn file_system(
        &mut self,
        volume: VolumeId,
        row: &FileSystemRow,
    ) -> Result<FileSystemId, StoreError> {
        self.begin()?;
        self.connection.execute(
            "INSERT INTO file_system (volume, kind, reason, state, label, serial, block_bytes, blocks) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![volume, row.kind, row.reason, row.state, row.label, row.serial, row.block_bytes, integer(row.blocks)],
        )?;
        Ok(FileSystemId::from_number(self.connection.last_insert_rowid()))
    }

    /// Writes the size of the unallocated space of a file system.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn unallocated(&mut self, file_system: FileSystemId, bytes: u64) -> Result<(), StoreError> {
        self.begin()?;
        let update = "UPDATE file_system SET unallocated_bytes = ?2 WHERE id = ?1";
        self.connection.execute(update, params![file_system, integer(bytes)])?;
        Ok(())
    }

    /// Writes a reconciled count.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn tally(
        &mut self,
        file_system: FileSystemId,
        what: Term,
        expected: u64,
        found: u64,
    ) -> Result<(), StoreError> {
        self.begin()?;
        let insert =
            "INSERT INTO tally (file_system, what, expected, found) VALUES (?1, ?2, ?3, ?4)";
        self.connection.execute(
            insert,
            params![file_system, Statement::from(what).encode(), integer(expected), integer(found)],
        )?;
        Ok(())
    }

    /// Writes an owner that records name by a number: the SID of a security descriptor.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn security_owner(
        &mut self,
        file_system: FileSystemId,
        security_id: u32,
        sid: &str,
    ) -> Result<(), StoreError> {
        self.begin()?;
        insert_owner(self.connection, file_system, security_id, sid)?;
        self.count_row()
    }

    /// Writes a directory with its full readable path.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn directory(
        &mut self,
        file_system: FileSystemId,
        path: &str,
    ) -> Result<DirectoryId, StoreError> {
        self.begin()?;
        let mut insert = self
            .connection
            .prepare_cached("INSERT INTO directory (file_system, path) VALUES (?1, ?2)")?;
        let id = DirectoryId::from_number(insert.insert(params![file_system, path])?);
        drop(insert);
        if self.written.is_some() {
            self.row_bytes.clear();
            append_value(&mut self.row_bytes, ValueRef::Integer(file_system.number()), &INTERNAL);
            append_value(&mut self.row_bytes, ValueRef::Text(path.as_bytes()), &INTERNAL);
        }
        self.chain(DIRECTORIES, id.number());
        self.count_row()?;
        Ok(id)
    }

    /// Writes a problem.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn problem(
        &mut self,
        file_system: Option<FileSystemId>,
        problem: &ProblemRow,
    ) -> Result<(), StoreError> {
        self.begin()?;
        insert_problem(self.connection, self.image, file_system, problem)
    }

    /// Writes an entry with its hits, problems and unreadable ranges. Returns its row.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn entry(
        &mut self,
        file_system: FileSystemId,
        row: &EntryRow,
    ) -> Result<EntryId, StoreError> {
        self.begin()?;
        let row_bytes = self.written.is_some().then_some(&mut self.row_bytes);
        let id = insert(
            self.connection,
            &self.insert_entry,
            ENTRY,
            New { row, file_system },
            row_bytes,
        )?;
        self.chain(ENTRIES, id);
        let id = EntryId::from_number(id);
        for UnreadableRange { offset, length, why } in &row.unreadable {
            self.connection.execute(
                "INSERT OR IGNORE INTO unreadable_part VALUES (?1, ?2, ?3, ?4)",
                params![id, integer(*offset), integer(*length), why],
            )?;
        }
        for problem in &row.problems {
            self.problem(Some(file_system), problem)?;
        }
        for finding in &row.findings {
            let analyser = self.analysers.get(finding.analyser).copied();
            let analyser = analyser.ok_or(StoreError::UnknownAnalyser(finding.analyser))?;
            insert_finding(self.connection, id, analyser, finding)?;
        }
        for hit in &row.hits {
            self.hit(id, hit)?;
        }
        self.count_row()?;
        Ok(id)
    }

    /// Writes a further name of a record.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn link(&mut self, file_system: FileSystemId, row: &LinkRow) -> Result<(), StoreError> {
        self.begin()?;
        let row_bytes = self.written.is_some().then_some(&mut self.row_bytes);
        let id =
            insert(self.connection, &self.insert_link, LINK, New { row, file_system }, row_bytes)?;
        self.chain(LINKS, id);
        self.count_row()
    }

    /// Gives up what was not committed yet.
    pub fn abandon(self) {
        // The error that led here is the one to tell; without an open transaction there is nothing to give up.
        let _ = self.connection.execute_batch("ROLLBACK");
    }

    fn hit(&mut self, entry: EntryId, hit: &case_model::Hit) -> Result<(), StoreError> {
        let set = match self.sets.get(&hit.set_digest) {
            Some(set) => *set,
            None => {
                let set = hash_set_row(
                    self.connection,
                    &hit.set_digest,
                    &hit.set_name,
                    &hit.set_version,
                )?;
                self.sets.insert(hit.set_digest, set);
                set
            }
        };
        insert_hit(self.connection, entry, set, hit)?;
        Ok(())
    }

    /// Chains a row of this number, whose values are in `row_bytes`, as it is read again with [`Rows::chain`](super::sealed_rows::Rows).
    fn chain(&mut self, kind: usize, number: i64) {
        let Some(chain) = self.written.as_mut().and_then(|written| written.chains.get_mut(kind))
        else {
            return;
        };
        let out = chain.next_row(number);
        append_value(out, ValueRef::Integer(number), &INTERNAL);
        out.extend_from_slice(&self.row_bytes);
    }

    fn count_row(&mut self) -> Result<(), StoreError> {
        self.rows = self.rows.saturating_add(1);
        if !self.with_checkpoints && self.should_commit() {
            self.commit()?;
        }
        Ok(())
    }
}
