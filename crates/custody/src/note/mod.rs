//! C2SP signed notes: checkpoints, cosignatures, proofs of one entry, and personal signatures of entries.

mod checkpoint;
mod entry_signature;
mod proof;
mod signed_note;
mod witness_request;

pub use checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint};
pub use entry_signature::{
    EntrySignatureError, entry_signature_text, sign_entry, verify_entry_signature,
};
pub use proof::{EntryProof, EntryProofError};
pub use signed_note::{MAX_NOTE_BYTES, NoteError, NoteSignature, SignedNote, Verified};
pub use witness_request::{WitnessError, WitnessRequest};
