//! The lab's folder of keys: private to the user, one text file a key.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::StoreError;
use crate::lab::{Lab, io_error, make_folder, write_privately};

/// The longest key file in bytes.
const MAX_KEY_BYTES: u64 = 4_096;

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
    pub fn read_key(path: &Path) -> Result<Option<(String, bool)>, StoreError> {
        let data = match fs::metadata(path) {
            Ok(data) => data,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io_error(path, error)),
        };
        if data.len() > MAX_KEY_BYTES {
            let error = io::Error::other(format!("not a key file: longer than {MAX_KEY_BYTES} bytes"));
            return Err(io_error(path, error));
        }
        let text = fs::read_to_string(path).map_err(|error| io_error(path, error))?;
        Ok(Some((text, data.permissions().mode() & 0o077 != 0)))
    }

    /// Writes a private key's text into a file that only the user can read, wholly or not at all. An existing file is replaced only when
    /// `replace` says so.
    ///
    /// # Errors
    /// [`StoreError::Exists`], or what the operating system says.
    pub fn write_key(path: &Path, text: &str, replace: bool) -> Result<(), StoreError> {
        if !replace && path.exists() {
            return Err(StoreError::Exists(path.to_owned()));
        }
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            make_folder(folder)?;
        }
        write_privately(path, text.as_bytes()).map_err(|error| io_error(path, error))
    }

    /// Puts the lab's key aside after it was revoked: its file stays, under the key's id.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn put_log_key_aside(&self, id: &str) -> Result<PathBuf, StoreError> {
        let to = self.keys().join(format!("revoked-{id}.key"));
        let from = self.log_key_path();
        fs::rename(&from, &to).map_err(|error| io_error(&from, error))?;
        Ok(to)
    }
}
