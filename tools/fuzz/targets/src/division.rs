//! Tables of partitions and logical volumes.

use byte_source::Scratch;

use crate::look;
use crate::packed;

/// Divides a packed medium.
pub(crate) fn run(input: &[u8]) {
    let medium = packed::source(input);
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
