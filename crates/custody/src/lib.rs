#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects, clippy::as_conversions))]

mod act;
mod chain;
pub mod content;
mod entry;
mod export;
mod interchange;
mod json;
mod keys;
mod merkle;
mod note;
mod printing;
mod requirements;
mod sshsig;
mod timestamp;
mod trust;
mod view;

pub use act::{Act, UnknownAct};
pub use chain::{ChainFault, ChainReport, ChainVerifier, FaultKind, verify_chain};
pub use content::EntryContent;
pub use entry::{
    EntryBody, EntryError, EntryTime, FORMAT, Head, InvalidTime, MAX_BODY_BYTES, StoredEntry, Tool,
    UtcTime, chain_hash, seal,
};
pub use export::{
    BagInfo, ExportError, ExportInput, ExportOutput, ExportReport, ExportWriter, Finding,
    FindingKind, Folder, Remark, Trust, ZipInput, ZipOutput, verify_export,
};
pub use interchange::{
    CaseHeader, CaseImage, DfxmlFile, DfxmlHeader, DfxmlRun, DfxmlVolume, DfxmlWriter, NameType,
    write_case_jsonld,
};
pub use json::{Json, JsonError, MAX_DEPTH, MAX_INTEGER, Object, canonical_bytes, parse_canonical};
pub use keys::{KeyError, KeyFileError, KeyKind, SigningKey, VerifierKey};
pub use merkle::{
    EMPTY_ROOT, Hash, MerkleBuilder, ProofError, consistency_proof, inclusion_proof, leaf_hash,
    merkle_root, verify_consistency, verify_inclusion,
};
pub use note::{
    Checkpoint, CheckpointError, EntryProof, EntryProofError, EntrySignatureError, MAX_NOTE_BYTES,
    NoteError, NoteSignature, SignedCheckpoint, SignedNote, Verified, WitnessError, WitnessRequest,
    entry_signature_text, sign_entry, verify_entry_signature,
};
pub use printing::{CheckpointSlip, QrError, QrSymbol, grouped_hex};
pub use requirements::Requirements;
pub use sshsig::{
    CHECKPOINT_NAMESPACE, SshPublicKey, SshSignature, SshSignatureError, allowed_signers_line,
    ssh_sign,
};
pub use timestamp::{Timestamp, TimestampError, timestamp_request};
pub use trust::{
    CheckpointFault, EntrySignatureFault, Guarantee, Guarantees, JudgedSignature, KeyHistory,
    KeyProblem, KeyRecord, KeyRole, RecordVerifier, Standing, VerifiedRecord,
};
pub use view::EntryView;
