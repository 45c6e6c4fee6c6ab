//! `$Secure:$SDS`: the security descriptors of the volume, by the security id that `$STANDARD_INFORMATION` names (NTFS 3.0 and later).
//!
//! The stream is pairs of blocks of 256 KiB: the second of a pair is a copy of the first. An entry is a header of 20 bytes (hash, security
//! id, offset of the entry in the stream, length with the header) and a self-relative security descriptor ([MS-DTYP] 2.4.6); entries begin
//! at multiples of 16 bytes and lie in one block.

use std::collections::BTreeMap;

use byte_source::{Expected, OutOfBounds, Problem, ProblemKind, Scratch, Structure, index, length};

use super::attribute::type_code;
use super::content::MetadataStream;
use super::records::Records;
use super::{gather, streams};
use crate::SecurityOwner;

/// Record of `$Secure`.
const SECURE: u64 = 9;
const NAME: &str = "$Secure:$SDS";
/// "$SDS".
const STREAM: &[u8] = b"$\0S\0D\0S\0";
const BLOCK_BYTES: usize = 256 << 10;
const HEADER_BYTES: usize = 20;
/// Bytes of the stream that are read: some hundred thousand descriptors, more than any volume has in use.
const STREAM_BYTES_MAX: u64 = 64 << 20;
/// Problems that are reported one by one.
const PROBLEMS_MAX: usize = 100;

/// Reads the owners of all security ids. A volume without the stream (NTFS 1.2) has none.
///
/// What keeps an owner from being known costs no content: it is noted.
pub(super) fn owners(
    records: &Records,
    problems: &mut Vec<Problem>,
    scratch: &mut Scratch,
) -> Vec<SecurityOwner> {
    if SECURE >= records.mft.slots {
        return Vec::new();
    }
    // What is wrong with the record itself, the scan tells.
    let mut of_record = Vec::new();
    let mut found = Vec::new();
    let read = gather::attributes_of(
        records,
        SECURE,
        scratch,
        &mut of_record,
        |attributes, _, scratch| {
            let at = attributes.first().map_or(0, |attribute| attribute.at);
            let stream =
                streams::find(attributes, type_code::DATA, STREAM, &records.boot, &mut Vec::new())?;
            let volume = &*records.volume;
            let stream =
                MetadataStream { name: NAME, at, stream: &stream, limit: STREAM_BYTES_MAX };
            Some((at, stream.read(volume, &mut found, scratch)))
        },
    );
    let Ok(Some((at, bytes))) = read else { return Vec::new() };
    let owners = parse(&bytes, at, &mut found);
    found.truncate(PROBLEMS_MAX);
    problems.extend(found.into_iter().map(Problem::as_note));
    owners
}

/// Reads the entries of a stream that is described at byte `at`: those of the first blocks, and from the copies what these do not give.
///
/// Behind the last entry a block may hold anything: Windows does not clear it. What is no entry ends a block, and is a
/// problem only where the copy has an entry that the block does not.
fn parse(bytes: &[u8], at: u64, problems: &mut Vec<Problem>) -> Vec<SecurityOwner> {
    let mut owners = BTreeMap::new();
    let mut ends = BTreeMap::new();
    for (number, block) in bytes.chunks(BLOCK_BYTES).enumerate().step_by(2) {
        let first = length(number.saturating_mul(BLOCK_BYTES));
        if let Err(problem) = parse_block(block, first, at, &mut owners) {
            ends.insert(number, problem);
        }
    }
    for (number, block) in bytes.chunks(BLOCK_BYTES).enumerate().skip(1).step_by(2) {
        // Entries of a copy say the offset of the original.
        let original = number.saturating_sub(1);
        let known = owners.len();
        let _ = parse_block(block, length(original.saturating_mul(BLOCK_BYTES)), at, &mut owners);
        if owners.len() > known {
            problems.extend(ends.remove(&original));
        }
    }
    owners.into_iter().map(|(security_id, sid)| SecurityOwner { security_id, sid }).collect()
}

/// Reads the entries of a block whose first byte has the offset `first`.
fn parse_block(
    block: &[u8],
    first: u64,
    at: u64,
    owners: &mut BTreeMap<u32, String>,
) -> Result<(), Problem> {
    let mut position = 0_usize;
    while let Some(rest) = block.get(position..).filter(|rest| rest.len() >= HEADER_BYTES) {
        let entry = Structure::new(NAME, at, rest);
        let (id, offset, bytes) = header(&entry).map_err(Problem::from)?;
        if id == 0 && offset == 0 && bytes == 0 {
            // The rest of the block is empty.
            return Ok(());
        }
        let expected = first.saturating_add(length(position));
        if offset != expected {
            let how = ProblemKind::Value {
                field: "offset",
                expected: Expected::Exactly(expected),
                found: offset,
            };
            return Err(Problem::note(NAME, at, how));
        }
        let descriptor =
            entry.bytes(HEADER_BYTES, bytes.saturating_sub(HEADER_BYTES)).map_err(Problem::from)?;
        let descriptor = Structure::new("security descriptor", at, descriptor);
        if let Some(sid) = owner(&descriptor).map_err(Problem::from)? {
            owners.entry(id).or_insert(sid);
        }
        // An entry is at least its header: the position grows.
        position = position.saturating_add(bytes.max(HEADER_BYTES)).next_multiple_of(16);
    }
    Ok(())
}

/// Returns security id, offset and length of an entry.
fn header(entry: &Structure<'_>) -> Result<(u32, u64, usize), OutOfBounds> {
    let bytes = index(u64::from(entry.u32_le(16)?));
    Ok((entry.u32_le(4)?, entry.u64_le(8)?, bytes))
}

/// Returns the owner of a self-relative security descriptor; `None` when it names none.
fn owner(descriptor: &Structure<'_>) -> Result<Option<String>, OutOfBounds> {
    let at = descriptor.u32_le(4)?;
    if at == 0 {
        return Ok(None);
    }
    sid(descriptor, index(u64::from(at))).map(Some)
}

/// Reads a SID ([MS-DTYP] 2.4.2.2) as Windows writes it (2.4.2.1).
fn sid(structure: &Structure<'_>, at: usize) -> Result<String, OutOfBounds> {
    let revision = structure.u8(at)?;
    let count = structure.u8(at.saturating_add(1))?;
    let authority = structure.array::<6>(at.saturating_add(2))?;
    let authority = authority.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    let mut text = match u32::try_from(authority) {
        Ok(authority) => format!("S-{revision}-{authority}"),
        Err(_) => format!("S-{revision}-{authority:#014x}"),
    };
    for number in 0..usize::from(count) {
        let value =
            structure.u32_le(at.saturating_add(8).saturating_add(number.saturating_mul(4)))?;
        text.push_str(&format!("-{value}"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An entry with the owner S-1-5-21-ID.
    fn entry(id: u32, offset: u64) -> Vec<u8> {
        let mut sid = vec![1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0];
        sid.extend(id.to_le_bytes());
        let mut descriptor = vec![1, 0, 0, 0x80, 20, 0, 0, 0];
        descriptor.resize(20, 0);
        descriptor.extend(sid);
        let mut entry = vec![0; 4];
        entry.extend(id.to_le_bytes());
        entry.extend(offset.to_le_bytes());
        entry.extend(u32::try_from(HEADER_BYTES + descriptor.len()).unwrap().to_le_bytes());
        entry.extend(descriptor);
        entry.resize(entry.len().next_multiple_of(16), 0);
        entry
    }

    fn stream() -> Vec<u8> {
        let mut first = entry(256, 0);
        let second = entry(257, first.len() as u64);
        first.extend(second);
        let mut bytes = first.clone();
        bytes.resize(BLOCK_BYTES, 0);
        bytes.extend(first);
        bytes
    }

    fn ids(owners: &[SecurityOwner]) -> Vec<(u32, &str)> {
        owners.iter().map(|owner| (owner.security_id, owner.sid.as_str())).collect()
    }

    #[test]
    fn owners_come_from_the_blocks_and_from_the_copies_where_these_are_damaged() {
        let both = [(256, "S-1-5-21-256"), (257, "S-1-5-21-257")];
        let mut bytes = stream();
        let mut problems = Vec::new();
        assert_eq!(ids(&parse(&bytes, 0, &mut problems)), both);
        assert!(problems.is_empty());
        // The offset of the second entry is wrong.
        bytes[entry(256, 0).len() + 8] ^= 1;
        assert_eq!(ids(&parse(&bytes, 0, &mut problems)), both);
        assert_eq!(problems.len(), 1);
        // In both copies.
        bytes[BLOCK_BYTES + entry(256, 0).len() + 8] ^= 1;
        assert_eq!(ids(&parse(&bytes, 0, &mut problems)), both[..1]);
    }

    #[test]
    fn no_bytes_make_it_panic_or_go_on_for_ever() {
        let sound = stream();
        for at in 0..entry(256, 0).len() * 2 {
            for value in [0, 1, 0x7f, 0xff] {
                let mut bytes = sound.clone();
                bytes[at] = value;
                parse(&bytes, 0, &mut Vec::new());
            }
            parse(&sound[..at], 0, &mut Vec::new());
        }
        parse(&vec![0xff; 3 * BLOCK_BYTES], 0, &mut Vec::new());
    }

    #[test]
    fn a_large_authority_is_written_in_hexadecimal() {
        let bytes = [1, 1, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 7, 0, 0, 0];
        let structure = Structure::new("SID", 0, &bytes);
        assert_eq!(sid(&structure, 0).unwrap(), "S-1-0x123456789abc-7");
        assert!(sid(&structure, 1).is_err() && sid(&structure, usize::MAX).is_err());
    }
}
