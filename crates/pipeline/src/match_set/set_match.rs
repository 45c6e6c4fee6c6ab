//! What matching one set gave.

use hash_set::SetInfo;

/// What matching one set gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetMatch {
    /// Content digest of the set.
    pub digest: [u8; 32],
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Entries of the case that the set lists.
    pub files: u64,
    /// Hits that were added.
    pub new_hits: u64,
    /// Hits that were recorded before.
    pub hits_before: u64,
    /// Of all these hits: one digest agrees, another does not.
    pub possible_collisions: u64,
    /// Of all these hits: the size does not agree.
    pub other_sizes: u64,
    /// Entries that an earlier version listed and this one does not, newly marked.
    pub withdrawn: u64,
    /// The same, marked before.
    pub withdrawn_before: u64,
    /// Sets of the same name that the case has hits of and the lab no longer has: nobody can say whether they are older.
    pub unclear: Vec<String>,
}

impl SetMatch {
    /// Returns the match of a set of which nothing was looked up yet.
    pub(crate) fn of(info: &SetInfo) -> Self {
        Self {
            digest: info.digest,
            name: info.name.clone(),
            version: info.version.clone(),
            files: 0,
            new_hits: 0,
            hits_before: 0,
            possible_collisions: 0,
            other_sizes: 0,
            withdrawn: 0,
            withdrawn_before: 0,
            unclear: Vec::new(),
        }
    }
}
