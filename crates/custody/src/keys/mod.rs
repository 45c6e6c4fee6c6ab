//! Ed25519 keys and the texts in which they are handed over.

mod key_file;
mod signing;
mod verifier;

pub use key_file::KeyFileError;
pub use signing::SigningKey;
pub(crate) use verifier::check_name;
pub use verifier::{KeyError, KeyKind, VerifierKey};
