//! Trusted checkpoints: for each ledger the last signed note that the lab knows, in files next to the databases.
//!
//! A case file that was put back from an older copy still fits in itself; it does not fit the note that the lab kept. The folder is
//! small, so it can be copied to another machine after every day's work.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;

use case_model::RecordName;
use custody::SignedCheckpoint;

use crate::private_file::{make_folder, write_privately};
use crate::{Lab, LabError};

const CHECKPOINTS: &str = "checkpoints";
const CASES: &str = "cases";

impl Lab {
    /// Where the last known checkpoint of a ledger is kept.
    #[must_use]
    pub fn trusted_checkpoint_path(&self, record: &RecordName) -> PathBuf {
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
    pub fn trusted_checkpoint(
        &self,
        record: &RecordName,
    ) -> Result<Option<SignedCheckpoint>, LabError> {
        let path = self.trusted_checkpoint_path(record);
        match fs::read(&path) {
            Ok(bytes) => match SignedCheckpoint::from_bytes(&bytes) {
                Ok(signed) => Ok(Some(signed)),
                Err(why) => Err(LabError::TrustedCheckpoint { path, why }),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(LabError::io(&path, error)),
        }
    }

    /// Keeps a checkpoint as the trusted one, unless a larger one is there: of two programs that end at once, the later state stays.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn trust_checkpoint(
        &self,
        record: &RecordName,
        signed: &SignedCheckpoint,
    ) -> Result<(), LabError> {
        let _lock = self.lock_trusted_checkpoints()?;
        match self.trusted_checkpoint(record) {
            Ok(Some(kept)) if kept.checkpoint().size() > signed.checkpoint().size() => Ok(()),
            _ => self.write_trusted_checkpoint(record, signed),
        }
    }

    /// Takes a checkpoint as the last known one whatever was known before: only for a restored copy, which the lab's ledger records.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn replace_trusted_checkpoint(
        &self,
        record: &RecordName,
        signed: &SignedCheckpoint,
    ) -> Result<(), LabError> {
        let _lock = self.lock_trusted_checkpoints()?;
        self.write_trusted_checkpoint(record, signed)
    }

    /// Forgets the last known checkpoint: only for a restored copy that holds none, which the lab's ledger records.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn forget_trusted_checkpoint(&self, record: &RecordName) -> Result<(), LabError> {
        let _lock = self.lock_trusted_checkpoints()?;
        let path = self.trusted_checkpoint_path(record);
        let folder = path.parent().unwrap_or(self.folder());
        match fs::remove_file(&path).and_then(|()| File::open(folder)?.sync_all()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(LabError::io(&path, error))
            }
            _ => Ok(()),
        }
    }

    fn write_trusted_checkpoint(
        &self,
        record: &RecordName,
        signed: &SignedCheckpoint,
    ) -> Result<(), LabError> {
        let path = self.trusted_checkpoint_path(record);
        write_privately(&path, signed.to_string().as_bytes())
            .map_err(|error| LabError::io(&path, error))
    }

    fn lock_trusted_checkpoints(&self) -> Result<File, LabError> {
        let folder = self.folder().join(CHECKPOINTS);
        make_folder(&folder.join(CASES))?;
        let lock = File::open(&folder).map_err(|error| LabError::io(&folder, error))?;
        rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive)
            .map_err(|error| LabError::io(&folder, error.into()))?;
        Ok(lock)
    }
}
