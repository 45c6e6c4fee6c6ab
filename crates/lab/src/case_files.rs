//! The files of a case as a whole: moved when it gets another name, deleted when it is removed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use case_model::{CaseId, RecordName};

use crate::private_file::make_folder;
use crate::{Lab, LabError};

/// The folder of the records of removed cases, in that of the cases.
const REMOVED: &str = "removed";

impl Lab {
    /// Returns the folder that keeps the records of removed cases.
    #[must_use]
    pub fn removed_folder(&self) -> PathBuf {
        self.cases_folder().join(REMOVED)
    }

    /// Moves the file of a case, which stands alone, and the trusted checkpoint of its ledger to another name. What was moved before is left.
    ///
    /// # Errors
    /// What the operating system says; that a file is there already.
    pub fn move_case(&self, from: &CaseId, to: &CaseId) -> Result<(), LabError> {
        let note = |id: &CaseId| self.trusted_checkpoint_path(&RecordName::Case(id.clone()));
        // The checkpoint first: a file without it would be refused as one that lost it.
        if note(from).exists() {
            move_file(&note(from), &note(to))?;
        }
        move_file(&self.case_path(from), &self.case_path(to))?;
        remove(&self.cases_folder().join(format!("{from}.lock")))
    }

    /// Deletes the file of a case, what belongs to it, its copies from before changes of its layout, and its trusted checkpoint.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn delete_case(&self, id: &CaseId) -> Result<(), LabError> {
        let folder = self.cases_folder();
        for ending in ["", "-wal", "-shm", "-journal"] {
            remove(&folder.join(format!("{id}.db{ending}")))?;
        }
        let copies = format!("{id}.db.before-layout-");
        for file in fs::read_dir(&folder).map_err(|error| LabError::io(&folder, error))? {
            let file = file.map_err(|error| LabError::io(&folder, error))?;
            if file.file_name().to_str().is_some_and(|name| name.starts_with(&copies)) {
                remove(&file.path())?;
            }
        }
        remove(&folder.join(format!("{id}.lock")))?;
        sync(&folder)?;
        self.forget_trusted_checkpoint(&RecordName::Case(id.clone()))
    }
}

/// Moves a file; never over another.
fn move_file(from: &Path, to: &Path) -> Result<(), LabError> {
    let folder = to.parent().unwrap_or(Path::new("."));
    make_folder(folder)?;
    let here = rustix::fs::CWD;
    match rustix::fs::renameat_with(here, from, here, to, rustix::fs::RenameFlags::NOREPLACE) {
        Ok(()) => sync(folder),
        Err(rustix::io::Errno::EXIST) => Err(LabError::Exists(to.to_owned())),
        Err(error) => Err(LabError::io(from, error.into())),
    }
}

fn remove(path: &Path) -> Result<(), LabError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(LabError::io(path, error)),
        _ => Ok(()),
    }
}

fn sync(folder: &Path) -> Result<(), LabError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| LabError::io(folder, error))
}
