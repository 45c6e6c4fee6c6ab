//! The lab's folder of keys: private to the user, one text file a key.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::private_file::{make_folder, write_privately};
use crate::{Lab, LabError};

/// The longest key file in bytes.
const MAX_KEY_BYTES: u64 = 4_096;
/// Files of one revoked key that are kept.
const MOST_ASIDE: u32 = 100;

impl Lab {
    /// The private key that signs the checkpoints of all the lab's ledgers.
    #[must_use]
    pub fn log_key_path(&self) -> PathBuf {
        self.keys().join("lab.key")
    }

    /// Reads a private key's text; `None` when there is no such file. The second value tells whether others than the owner can read it.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn read_key(path: &Path) -> Result<Option<(String, bool)>, LabError> {
        let data = match fs::metadata(path) {
            Ok(data) => data,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(LabError::io(path, error)),
        };
        if data.len() > MAX_KEY_BYTES {
            let error =
                io::Error::other(format!("not a key file: longer than {MAX_KEY_BYTES} bytes"));
            return Err(LabError::io(path, error));
        }
        let text = fs::read_to_string(path).map_err(|error| LabError::io(path, error))?;
        Ok(Some((text, data.permissions().mode() & 0o077 != 0)))
    }

    /// Writes a private key's text into a file that only the user can read, wholly or not at all. An existing file is replaced only when
    /// `replace` says so.
    ///
    /// # Errors
    /// [`LabError::Exists`], or what the operating system says.
    pub fn write_key(path: &Path, text: &str, replace: bool) -> Result<(), LabError> {
        if !replace && path.exists() {
            return Err(LabError::Exists(path.to_owned()));
        }
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            make_folder(folder)?;
        }
        write_privately(path, text.as_bytes()).map_err(|error| LabError::io(path, error))
    }

    /// Where the key with this id waits until the lab's ledger names it: it signs nothing before.
    #[must_use]
    pub fn next_log_key_path(&self, id: &str) -> PathBuf {
        self.keys().join(format!("next-{id}.key"))
    }

    /// Takes the key with this id, which the lab's ledger names by now, for the lab's key; the file of the one before, which was revoked,
    /// stays under its id. Nothing happens when no such key waits. Stopped at any moment, it is brought to its end by the next call.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn take_next_log_key(&self, id: &str, revoked: Option<&str>) -> Result<(), LabError> {
        let next = self.next_log_key_path(id);
        if !next.exists() {
            return Ok(());
        }
        let _lock = self.lock()?;
        let place = self.log_key_path();
        let renamed = |from: &Path, to: &Path| match fs::rename(from, to) {
            // Another program was first.
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(LabError::io(from, error)),
            _ => Ok(()),
        };
        // Looked at under the lock: the key in its place may be the new one by now.
        if next.exists() {
            // A key that was put back after it was revoked is not written over what was put aside then.
            let names =
                (1..=MOST_ASIDE).map(|number| match (revoked.unwrap_or("unknown"), number) {
                    (id, 1) => format!("revoked-{id}.key"),
                    (id, _) => format!("revoked-{id}-{number}.key"),
                });
            let aside = names.map(|name| self.keys().join(name)).find(|path| !path.exists());
            renamed(&place, &aside.ok_or_else(|| LabError::Exists(place.clone()))?)?;
            renamed(&next, &place)?;
        }
        let keys = self.keys();
        fs::File::open(&keys)
            .and_then(|folder| folder.sync_all())
            .map_err(|error| LabError::io(&keys, error))
    }
}
