//! The Merkle tree of RFC 6962, section 2.1 (RFC 9162, section 2.1), over the bodies of the entries.

mod builder;
mod prove;
mod verify;

pub use builder::{EMPTY_ROOT, Hash, MerkleBuilder, leaf_hash, merkle_root};
pub use prove::{consistency_proof, inclusion_proof};
pub use verify::{ProofError, verify_consistency, verify_inclusion};
