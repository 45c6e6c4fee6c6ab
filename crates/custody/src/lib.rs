#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects, clippy::as_conversions))]

mod act;
mod chain;
mod entry;
mod json;
mod merkle;
mod requirements;

pub use act::{Act, UnknownAct};
pub use chain::{ChainFault, ChainReport, ChainVerifier, FaultKind, verify_chain};
pub use entry::{
    EntryBody, EntryError, EntryTime, FORMAT, Head, InvalidTime, MAX_BODY_BYTES, StoredEntry, Tool, UtcTime,
    chain_hash, seal,
};
pub use json::{Json, JsonError, MAX_DEPTH, MAX_INTEGER, Object, canonical_bytes, parse_canonical};
pub use merkle::{
    EMPTY_ROOT, Hash, MerkleBuilder, ProofError, consistency_proof, inclusion_proof, leaf_hash, merkle_root,
    verify_consistency, verify_inclusion,
};
pub use requirements::Requirements;
