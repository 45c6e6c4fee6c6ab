//! Digests and checkpoints on paper: what people read, compare and photograph.

mod qr;
mod slip;

pub use qr::{QrError, QrSymbol};
pub use slip::{CheckpointSlip, grouped_hex};
