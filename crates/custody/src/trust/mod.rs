//! Whom a record trusts, and what signatures say about it.

mod key_history;
mod record;
mod standing;

pub use key_history::{KeyHistory, KeyProblem, KeyRecord, KeyRole};
pub use record::{
    CheckpointFault, EntrySignatureFault, JudgedSignature, RecordVerifier, VerifiedRecord,
};
pub use standing::{Guarantee, Guarantees, Standing};
