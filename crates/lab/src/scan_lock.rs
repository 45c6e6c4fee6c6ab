//! Locks that let one scan of a case run at a time.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;

use case_model::CaseId;

use crate::{Lab, LabError};

/// How often, and after what time, a lock of a scan is tried again before it is taken for held.
const MOMENTS: u32 = 5;
const MOMENT: std::time::Duration = std::time::Duration::from_millis(10);

impl Lab {
    /// Locks a case for one scan at a time; `None` when another program is scanning it. The lock lasts as long as the file is open, also when
    /// the program is killed.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn lock_for_scan(&self, id: &CaseId) -> Result<Option<File>, LabError> {
        // Who asks whether the case is being scanned holds the lock for a moment.
        for _ in 0..MOMENTS {
            let lock =
                self.try_scan_lock(id, rustix::fs::FlockOperation::NonBlockingLockExclusive)?;
            if lock.is_some() {
                return Ok(lock);
            }
            std::thread::sleep(MOMENT);
        }
        Ok(None)
    }

    /// Whether a program is scanning a case at this moment.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn is_being_scanned(&self, id: &CaseId) -> Result<bool, LabError> {
        if self.is_lone_case() {
            return Ok(false);
        }
        Ok(self.try_scan_lock(id, rustix::fs::FlockOperation::NonBlockingLockShared)?.is_none())
    }

    fn try_scan_lock(
        &self,
        id: &CaseId,
        how: rustix::fs::FlockOperation,
    ) -> Result<Option<File>, LabError> {
        let path = self.case_path(id).with_file_name(format!("{id}.lock"));
        let lock =
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let lock = match lock {
            // Where nothing can be written the lock of another program is asked for all the same; without one nobody scans.
            Err(error) if is_read_only(&error) => match File::open(&path) {
                Err(missing) if missing.kind() == std::io::ErrorKind::NotFound && is_asked(how) => {
                    return Ok(File::open(self.cases_folder()).ok());
                }
                Ok(lock) if is_asked(how) => lock,
                _ => return Err(LabError::io(&path, error)),
            },
            lock => lock.map_err(|error| LabError::io(&path, error))?,
        };
        match rustix::fs::flock(&lock, how) {
            Ok(()) => Ok(Some(lock)),
            Err(error) if error == rustix::io::Errno::WOULDBLOCK => Ok(None),
            Err(error) => Err(LabError::io(&path, error.into())),
        }
    }
}

fn is_read_only(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem)
}

/// Returns whether a lock is only asked for, not taken.
fn is_asked(how: rustix::fs::FlockOperation) -> bool {
    how == rustix::fs::FlockOperation::NonBlockingLockShared
}
