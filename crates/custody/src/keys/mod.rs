//! Ed25519 keys and the texts in which they are handed over.

mod signing;
mod verifier;

pub use signing::SigningKey;
pub(crate) use verifier::check_name;
pub use verifier::{KeyError, KeyKind, VerifierKey};
