//! Locks a private key's file with a passphrase.

use std::path::{Path, PathBuf};

use lab::Lab;

use crate::key_ring::{locked, read_key, settle_log_key};
use crate::{CaseworkError, KeyHolder, LedgerReading, Session};

/// Locks a private key's file. `passphrase` is the new one; the holder is asked when there is none.
///
/// # Errors
/// [`CaseworkError::Request`] when there is no such key; that the key stays locked with its present passphrase.
pub fn lock_key(
    path: &Path,
    passphrase: Option<&[u8]>,
    holder: &dyn KeyHolder,
) -> Result<(), CaseworkError> {
    let key = read_key(path, holder)?.ok_or_else(|| {
        CaseworkError::Request(format!("{}: there is no such key", path.display()))
    })?;
    let text = match passphrase {
        Some(passphrase) => locked(&key, passphrase)?,
        None => locked(&key, &holder.new_passphrase()?)?,
    };
    Ok(Lab::write_key(path, &text, true)?)
}

impl Session {
    /// Returns the file of the lab's key, after a change of key that was interrupted is complete.
    ///
    /// # Errors
    /// What the operating system or SQLite says.
    pub fn settled_log_key_path(&self) -> Result<PathBuf, CaseworkError> {
        let reading = LedgerReading::of(&self.own_ledger_as_it_is()?.ledger(), &[])?;
        settle_log_key(self.lab(), reading.keys())?;
        Ok(self.lab().log_key_path())
    }
}
