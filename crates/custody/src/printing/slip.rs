//! A checkpoint for the transmittal slip.

use super::hex_groups::grouped_hex;
use super::qr::{QrError, QrSymbol};
use crate::note::SignedCheckpoint;

/// What is printed, stamped and filed: the cheapest witness there is. The words around it are the printing program's.
#[derive(Clone, Debug)]
pub struct CheckpointSlip {
    /// The record's name between FSI and PDI (U+2068, U+2069), so that it does not disturb a line in another direction.
    pub origin: String,
    /// Number of entries.
    pub size: u64,
    /// The root as 16 groups of four hexadecimal digits.
    pub root: String,
    /// The whole signed note; what a camera reads is a file for `--against`.
    pub qr: QrSymbol,
}

impl CheckpointSlip {
    /// The slip of a checkpoint.
    ///
    /// # Errors
    /// [`QrError`] when the note with all its signatures is longer than a QR symbol holds.
    pub fn new(signed: &SignedCheckpoint) -> Result<Self, QrError> {
        let checkpoint = signed.checkpoint();
        Ok(Self {
            origin: format!("\u{2068}{}\u{2069}", checkpoint.origin()),
            size: checkpoint.size(),
            root: grouped_hex(checkpoint.root()),
            qr: QrSymbol::new(signed.to_string().as_bytes())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::SigningKey;
    use crate::note::Checkpoint;

    #[test]
    fn a_slip_shows_the_root_in_groups() {
        let key = SigningKey::from_random_bytes("lab/log", &[1; 32]).unwrap();
        let root = std::array::from_fn(|at| at as u8);
        let slip =
            CheckpointSlip::new(&Checkpoint::new("lab/log", 3, root).unwrap().sign(&key)).unwrap();
        assert_eq!(slip.root.split(' ').count(), 16);
        assert!(slip.root.starts_with("0001 0203 0405 0607"));
        assert_eq!((slip.origin.as_str(), slip.size), ("\u{2068}lab/log\u{2069}", 3));
    }
}
