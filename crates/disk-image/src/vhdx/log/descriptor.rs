//! The descriptors of an entry and their data sectors (MS-VHDX 2.3.1.2 to 2.3.1.4). All numbers are little-endian.

use std::ops::Range;

use byte_source::{OutOfBounds, ProblemKind, Structure, index, length};
use words::term;

use super::entry::Entry;
use super::{NAME, SECTOR_BYTES};

/// Length in bytes of the entry's header; descriptors follow.
const HEADER_BYTES: u64 = 64;
/// Length in bytes of a descriptor.
const DESCRIPTOR_BYTES: u64 = 32;

/// A change of the image file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Zeros.
    Zero(Range<u64>),
    /// A sector at a byte offset.
    Data(u64, Box<[u8; 4096]>),
}

/// The changes of an entry, in order.
///
/// # Errors
/// The [`ProblemKind`] for which they cannot be relied on, although the checksum of the entry is right.
pub(super) fn changes(entry: &Entry) -> Result<Vec<Change>, ProblemKind> {
    read(entry).unwrap_or_else(|OutOfBounds { wanted_end, available, .. }| {
        Err(ProblemKind::OutOfBounds { wanted_end, available })
    })
}

fn read(entry: &Entry) -> Result<Result<Vec<Change>, ProblemKind>, OutOfBounds> {
    const BROKEN: ProblemKind =
        ProblemKind::Inconsistent(term!("vhdx.descriptor-log-entry-not-must"));
    let structure = Structure::new(NAME, entry.at, &entry.bytes);
    let count = u64::from(entry.descriptor_count);
    // Data sectors lie behind the sectors with header and descriptors.
    let descriptors = HEADER_BYTES.saturating_add(count.saturating_mul(DESCRIPTOR_BYTES));
    let mut data_at = descriptors.next_multiple_of(SECTOR_BYTES);
    if descriptors > length(entry.bytes.len()) {
        return Ok(Err(BROKEN));
    }
    let mut changes = Vec::new();
    for number in 0..count {
        let at = HEADER_BYTES.saturating_add(number.saturating_mul(DESCRIPTOR_BYTES));
        let descriptor =
            structure.part("VHDX log descriptor", index(at), index(DESCRIPTOR_BYTES))?;
        let file_offset = descriptor.u64_le(16)?;
        let sequence = descriptor.u64_le(24)?;
        let aligned = file_offset.is_multiple_of(SECTOR_BYTES);
        if !aligned || sequence != entry.sequence_number {
            return Ok(Err(BROKEN));
        }
        match descriptor.bytes(0, 4)? {
            b"zero" => {
                let bytes = descriptor.u64_le(8)?;
                let Some(end) =
                    file_offset.checked_add(bytes).filter(|_| bytes.is_multiple_of(SECTOR_BYTES))
                else {
                    return Ok(Err(BROKEN));
                };
                changes.push(Change::Zero(file_offset..end));
            }
            b"desc" => {
                let sector =
                    structure.part("VHDX log data sector", index(data_at), index(SECTOR_BYTES))?;
                let Some(data) = data(&descriptor, &sector, sequence)? else {
                    return Ok(Err(BROKEN));
                };
                changes.push(Change::Data(file_offset, Box::new(data)));
                data_at = data_at.saturating_add(SECTOR_BYTES);
            }
            _ => return Ok(Err(BROKEN)),
        }
    }
    Ok(Ok(changes))
}

/// The sector: its first 8 and last 4 bytes stand in the descriptor, in their place are signature and sequence number.
fn data(
    descriptor: &Structure<'_>,
    sector: &Structure<'_>,
    sequence: u64,
) -> Result<Option<[u8; 4096]>, OutOfBounds> {
    let number = u64::from(sector.u32_le(4)?) << 32 | u64::from(sector.u32_le(4092)?);
    if sector.bytes(0, 4)? != b"data" || number != sequence {
        return Ok(None);
    }
    let mut bytes = sector.array::<4096>(0)?;
    let trailing = descriptor.array::<4>(4)?;
    let leading = descriptor.array::<8>(8)?;
    if let Some(first) = bytes.first_chunk_mut() {
        *first = leading;
    }
    if let Some(last) = bytes.last_chunk_mut() {
        *last = trailing;
    }
    Ok(Some(bytes))
}
