//! Why a set could not be built.

use std::io;

use case_model::Algorithm;
use thiserror::Error;

use super::hset_header::MOST_DIGESTS;

/// Most entries (different sizes, categories, other digests) of one digest: each becomes a hit.
pub(super) const MOST_ENTRIES_OF_A_DIGEST: usize = 256;

/// Why a set could not be built.
#[derive(Debug, Error)]
pub(crate) enum BuildError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error("stopped on request")]
    Stopped,
    #[error("more than {MOST_DIGESTS} entries")]
    TooManyEntries,
    #[error(
        "{algorithm} {digest} stands in more than {MOST_ENTRIES_OF_A_DIGEST} different entries"
    )]
    TooManyEntriesOfADigest { algorithm: Algorithm, digest: String },
}
