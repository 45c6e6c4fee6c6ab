//! Digests that containers store.

use case_model::Algorithm;

/// A digest of the medium that the container stores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDigest {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// The digest.
    pub digest: Vec<u8>,
    /// Where it is stored, as in "EWF hash section".
    pub place: &'static str,
}
