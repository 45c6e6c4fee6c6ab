//! A row of the record, bound to all rows before it.

use sha2::{Digest, Sha256};

use super::body::{EntryBody, EntryError};
use crate::merkle::{Hash, leaf_hash};

/// Keeps the hash of an entry apart from every other use of SHA-256.
const DOMAIN: &[u8] = b"lab-custody/v1\0";

/// A row as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// Its place, counted from 1.
    pub seq: u64,
    /// The hash of the row before it; 32 zero bytes for the first.
    pub prev: Hash,
    /// The exact bytes that were written: canonical JSON.
    pub body: Vec<u8>,
    /// [`chain_hash`] of the other three.
    pub hash: Hash,
}

impl StoredEntry {
    /// The leaf of the Merkle tree: SHA-256(0x00 ‖ body).
    #[must_use]
    pub fn leaf(&self) -> Hash {
        leaf_hash(&self.body)
    }
}

/// The last row of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Head {
    /// Its place; 0 for a record without rows.
    pub seq: u64,
    /// Its hash; 32 zero bytes for a record without rows.
    pub hash: Hash,
}

impl Head {
    /// The head of a record without rows.
    pub const EMPTY: Self = Self { seq: 0, hash: [0; 32] };

    /// Seals the row that follows this head.
    ///
    /// # Errors
    /// What keeps the entry from being written.
    pub fn seal_next(&self, body: &EntryBody) -> Result<StoredEntry, EntryError> {
        seal(self.seq.saturating_add(1), self.hash, body)
    }
}

impl From<&StoredEntry> for Head {
    fn from(entry: &StoredEntry) -> Self {
        Self { seq: entry.seq, hash: entry.hash }
    }
}

/// The row with number `seq` after the row whose hash is `prev`.
///
/// # Errors
/// What keeps the entry from being written.
pub fn seal(seq: u64, prev: Hash, body: &EntryBody) -> Result<StoredEntry, EntryError> {
    let body = body.to_bytes(seq, &prev)?;
    let hash = chain_hash(seq, &prev, &body);
    Ok(StoredEntry { seq, prev, body, hash })
}

/// `SHA-256("lab-custody/v1\0" ‖ seq ‖ prev ‖ length of body ‖ body)`, both numbers as 64 bits, big-endian.
#[must_use]
pub fn chain_hash(seq: u64, prev: &Hash, body: &[u8]) -> Hash {
    let length = u64::try_from(body.len()).unwrap_or(u64::MAX);
    Sha256::new()
        .chain_update(DOMAIN)
        .chain_update(seq.to_be_bytes())
        .chain_update(prev)
        .chain_update(length.to_be_bytes())
        .chain_update(body)
        .finalize()
        .into()
}
