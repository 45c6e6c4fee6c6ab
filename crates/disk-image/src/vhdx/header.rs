//! The two headers (MS-VHDX 2.2.2). All numbers are little-endian.

use byte_source::{Problem, ProblemKind, Scratch, Source, Structure, read_vec};

use super::checksum;
use crate::problems::unreadable;

const NAME: &str = "VHDX header";
/// Where the two headers stand.
const PLACES: [u64; 2] = [64 << 10, 128 << 10];
/// Length in bytes.
const BYTES: u64 = 4096;

/// A header.
pub(super) struct Header {
    pub(super) at: u64,
    sequence_number: u64,
    pub(super) data_write_guid: [u8; 16],
    /// Zero when the log is empty.
    pub(super) log_guid: [u8; 16],
    pub(super) log_version: u16,
    /// Length of the log in bytes.
    pub(super) log_length: u32,
    /// Byte offset of the log.
    pub(super) log_offset: u64,
}

/// The sound header with the highest sequence number.
///
/// # Errors
/// The [`Problem`] when neither is sound.
pub(super) fn current(
    source: &dyn Source,
    scratch: &mut Scratch,
    problems: &mut Vec<Problem>,
) -> Result<Header, Problem> {
    let [first, second] = PLACES.map(|at| read(source, at, scratch));
    match (first, second) {
        (Ok(first), Ok(second)) if first.sequence_number > second.sequence_number => Ok(first),
        (Ok(_), Ok(second)) => Ok(second),
        (Ok(header), Err(problem)) | (Err(problem), Ok(header)) => {
            problems.push(problem.as_note());
            Ok(header)
        }
        (Err(problem), Err(_)) => Err(problem),
    }
}

fn read(source: &dyn Source, at: u64, scratch: &mut Scratch) -> Result<Header, Problem> {
    let bytes = read_vec(source, at, BYTES, scratch).map_err(unreadable(NAME, at))?;
    let header = Structure::new(NAME, at, &bytes);
    let stored = header.u32_le(4)?;
    let computed = checksum(&bytes);
    if header.bytes(0, 4)? != b"head" || stored != computed {
        let stored = stored.into();
        let computed = computed.into();
        return Err(header.damage(ProblemKind::Checksum { field: "checksum", stored, computed }));
    }
    Ok(Header {
        at,
        sequence_number: header.u64_le(8)?,
        data_write_guid: header.array(32)?,
        log_guid: header.array(48)?,
        log_version: header.u16_le(64)?,
        log_length: header.u32_le(68)?,
        log_offset: header.u64_le(72)?,
    })
}
