//! The lab's list of last known checkpoints: one signed note a ledger, in files beside the databases.
//!
//! A case file that was put back from an older copy still fits in itself; it does not fit the note that the lab kept. The folder is
//! small, so it can be copied to another machine after every day's work.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;

use case_model::CaseId;
use custody::SignedCheckpoint;

use crate::StoreError;
use crate::lab::{Lab, io_error, make_folder, write_privately};

const CHECKPOINTS: &str = "checkpoints";
const CASES: &str = "cases";

/// One of the lab's ledgers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordName {
    /// The lab's own.
    Lab,
    /// That of a case.
    Case(CaseId),
}

impl fmt::Display for RecordName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lab => f.write_str("the lab's own ledger"),
            Self::Case(id) => write!(f, "case {id}"),
        }
    }
}

impl Lab {
    /// Where the last known checkpoint of a ledger is kept.
    #[must_use]
    pub fn last_known_path(&self, record: &RecordName) -> PathBuf {
        let folder = self.folder().join(CHECKPOINTS);
        match record {
            RecordName::Lab => folder.join("lab.note"),
            RecordName::Case(id) => folder.join(CASES).join(format!("{id}.note")),
        }
    }

    /// The last known checkpoint of a ledger. Its signatures are not verified here.
    ///
    /// # Errors
    /// What the operating system says, or that the file is no checkpoint.
    pub fn last_known(&self, record: &RecordName) -> Result<Option<SignedCheckpoint>, StoreError> {
        let path = self.last_known_path(record);
        match fs::read(&path) {
            Ok(bytes) => match SignedCheckpoint::from_bytes(&bytes) {
                Ok(signed) => Ok(Some(signed)),
                Err(why) => Err(StoreError::LastKnown { path, why }),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(io_error(&path, error)),
        }
    }

    /// Keeps a checkpoint as the last known one, unless a larger one is there: of two programs that end at once, the later state stays.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn keep_last_known(&self, record: &RecordName, signed: &SignedCheckpoint) -> Result<(), StoreError> {
        let _lock = self.lock_last_known()?;
        match self.last_known(record) {
            Ok(Some(kept)) if kept.checkpoint().size() > signed.checkpoint().size() => Ok(()),
            _ => self.write_last_known(record, signed),
        }
    }

    /// Takes a checkpoint as the last known one whatever was known before: only for a restored copy, which the lab's ledger records.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn replace_last_known(
        &self,
        record: &RecordName,
        signed: &SignedCheckpoint,
    ) -> Result<(), StoreError> {
        let _lock = self.lock_last_known()?;
        self.write_last_known(record, signed)
    }

    /// Forgets the last known checkpoint: only for a restored copy that holds none, which the lab's ledger records.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn forget_last_known(&self, record: &RecordName) -> Result<(), StoreError> {
        let _lock = self.lock_last_known()?;
        let path = self.last_known_path(record);
        let folder = path.parent().unwrap_or(self.folder());
        match fs::remove_file(&path).and_then(|()| File::open(folder)?.sync_all()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error(&path, error)),
            _ => Ok(()),
        }
    }

    fn write_last_known(&self, record: &RecordName, signed: &SignedCheckpoint) -> Result<(), StoreError> {
        let path = self.last_known_path(record);
        write_privately(&path, signed.to_string().as_bytes()).map_err(|error| io_error(&path, error))
    }

    fn lock_last_known(&self) -> Result<File, StoreError> {
        let folder = self.folder().join(CHECKPOINTS);
        make_folder(&folder.join(CASES))?;
        let lock = File::open(&folder).map_err(|error| io_error(&folder, error))?;
        rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive)
            .map_err(|error| io_error(&folder, error.into()))?;
        Ok(lock)
    }
}
