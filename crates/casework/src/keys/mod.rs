//! Acts with keys.

mod create;
mod lock;
mod revoke;

pub use create::{create_witness_key, read_public_key};
pub use lock::lock_key;
pub use revoke::{Revocation, RevokeRequest, Revoked};
