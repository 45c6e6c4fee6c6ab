//! The footer (Virtual Hard Disk Image Format Specification 1.0). All numbers are big-endian.

use crate::problems::checksum;
use byte_source::{Problem, Scratch, Source, Structure, read_vec};

/// What the footer is called in problems.
pub(super) const NAME: &str = "VHD footer";
/// Begins the footer.
pub(super) const COOKIE: &[u8; 8] = b"conectix";
/// Length in bytes.
pub(super) const BYTES: u64 = 512;

/// The footer, its fields as the specification names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Footer {
    /// Byte offset of the dynamic disk header; 2^64 - 1 in fixed images.
    pub(super) data_offset: u64,
    /// Seconds since 2000-01-01 UTC.
    pub(super) time_stamp: u32,
    pub(super) creator_application: [u8; 4],
    pub(super) creator_host_os: [u8; 4],
    /// Length of the medium in bytes.
    pub(super) current_size: u64,
    pub(super) disk_type: u32,
    pub(super) unique_id: [u8; 16],
}

/// Reads the footer at byte `at` and what is wrong with its checksum; `None` when none is there.
pub(super) fn read(
    source: &dyn Source,
    at: u64,
    scratch: &mut Scratch,
) -> Option<(Footer, Option<Problem>)> {
    // Files of early versions lack the last byte.
    let bytes = read_vec(source, at, BYTES.min(source.len().checked_sub(at)?), scratch).ok()?;
    let structure = Structure::new(NAME, at, &bytes);
    if structure.array(0) != Ok(*COOKIE) {
        return None;
    }
    let footer = parse(&structure).ok()?;
    Some((footer, checksum_problem(&structure, 64)))
}

fn parse(footer: &Structure<'_>) -> Result<Footer, byte_source::OutOfBounds> {
    Ok(Footer {
        data_offset: footer.u64_be(16)?,
        time_stamp: footer.u32_be(24)?,
        creator_application: footer.array(28)?,
        creator_host_os: footer.array(36)?,
        current_size: footer.u64_be(48)?,
        disk_type: footer.u32_be(60)?,
        unique_id: footer.array(68)?,
    })
}

/// The checksum at byte `field` is the complement of the sum of all other bytes.
pub(super) fn checksum_problem(structure: &Structure<'_>, field: usize) -> Option<Problem> {
    let stored = structure.u32_be(field).ok()?;
    let sum = |bytes: &[u8]| bytes.iter().fold(0_u32, |sum, byte| sum.wrapping_add((*byte).into()));
    let own = structure.bytes(field, 4).ok()?;
    let computed = !sum(structure.all()).wrapping_sub(sum(own));
    checksum(structure, "checksum", stored, computed)
}
