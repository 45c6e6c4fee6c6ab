//! Digests and checkpoints on paper: what people read, compare and photograph.

mod hex_groups;
mod qr;
mod slip;

pub use hex_groups::grouped_hex;
pub use qr::{QrError, QrSymbol};
pub use slip::CheckpointSlip;
