//! Tables of partitions and logical volumes.

use std::sync::Arc;

use byte_source::{Scratch, Source};

use crate::checksums;
use crate::look;
use crate::packed::Packed;

/// Divides a packed medium.
pub(crate) fn run(input: &[u8]) {
    let packed = Packed::new(input);
    let medium: Arc<dyn Source> = if input.len().is_multiple_of(2) && packed.len() <= 4 << 20 {
        let mut bytes = packed.unpacked();
        checksums::repair(&mut bytes);
        Arc::new(byte_source::MemorySource::new(bytes))
    } else {
        Arc::new(packed)
    };
    let mut scratch = Scratch::new();
    let division = volume::divide(&medium, &mut scratch);
    look::problems(&division.problems);
    assert!(division.sector_bytes > 0);
    assert!(!division.volumes.is_empty() || medium.is_empty());
    assert!(division.volumes.len() < 100_000, "{} volumes", division.volumes.len());
    let again = volume::divide(&medium, &mut scratch);
    assert!(division == again, "divided otherwise the second time");
    for volume in division.volumes.iter().take(64) {
        look::medium(&volume.source(&medium), &mut scratch);
    }
}
