//! Who has the passphrases of keys: a person at a terminal, a file, a queue that was unlocked once.

use std::path::Path;

use crate::CaseworkError;

/// Gives passphrases when they are needed.
pub trait KeyHolder: Send {
    /// Returns the passphrase that unlocks the key in this file; `None` when nobody gives one.
    ///
    /// # Errors
    /// Why the place where it should be cannot be read.
    fn passphrase(&self, key_file: &Path) -> Result<Option<Vec<u8>>, CaseworkError>;

    /// Returns the passphrase for a key that is about to be locked.
    ///
    /// # Errors
    /// That nobody gives one.
    fn new_passphrase(&self) -> Result<Vec<u8>, CaseworkError>;

    /// Takes the news that others than the owner can read this unlocked private key.
    fn readable_by_others(&self, key_file: &Path);
}

/// Nobody gives passphrases: locked keys stay locked.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoKeyHolder;

impl KeyHolder for NoKeyHolder {
    fn passphrase(&self, _: &Path) -> Result<Option<Vec<u8>>, CaseworkError> {
        Ok(None)
    }

    fn new_passphrase(&self) -> Result<Vec<u8>, CaseworkError> {
        Err(CaseworkError::Request("nobody gives a passphrase".to_owned()))
    }

    fn readable_by_others(&self, _: &Path) {}
}
