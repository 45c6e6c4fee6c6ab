//! Volume shadow copies of Windows (libvshadow, "Volume Shadow Snapshot (VSS) format"): snapshots
//! of an NTFS or ReFS volume. They are counted by their catalog and named; the files in them are
//! not read. All numbers are little-endian.

use std::collections::HashSet;

use byte_source::{
    OutOfBounds, Problem, ProblemKind, Scratch, Source, Structure, read_exact, read_vec,
};
use words::term;

/// Byte offset of the volume header in the volume.
const HEADER_AT: u64 = 0x1e00;
/// Begins every block of VSS: 3808876B-C176-4E48-B7AE-04046E6CC752.
const IDENTIFIER: [u8; 16] = [
    0x6b, 0x87, 0x08, 0x38, 0x76, 0xc1, 0x48, 0x4e, 0xb7, 0xae, 0x04, 0x04, 0x6e, 0x6c, 0xc7, 0x52,
];
/// Record types of blocks.
const VOLUME_HEADER: u32 = 1;
const CATALOG: u32 = 2;
/// Bytes of a block of the catalog; its header and its entries have 128 bytes each.
const BLOCK_BYTES: u64 = 0x4000;
const ENTRY_BYTES: usize = 128;
/// The entry type that names a snapshot.
const SNAPSHOT: u64 = 2;
/// Blocks of a catalog: Windows keeps 512 snapshots at most, which fit into nine.
const MOST_BLOCKS: usize = 64;

const NAME: &str = "VSS volume header";
const CATALOG_NAME: &str = "VSS catalog";

/// True when the volume has a catalog that names a snapshot, or one that cannot be read.
pub(super) fn are_there(volume: &dyn Source, scratch: &mut Scratch) -> bool {
    match catalog_at(volume, scratch) {
        Some(at) => count(volume, at, scratch).map_or(true, |snapshots| snapshots > 0),
        None => false,
    }
}

/// Says how many snapshots there are, or what keeps them from being counted.
pub(super) fn not_read(volume: &dyn Source, scratch: &mut Scratch) -> Problem {
    let format = "volume shadow copies";
    match catalog_at(volume, scratch).map(|at| count(volume, at, scratch)) {
        Some(Ok(count)) => {
            Problem::damage(NAME, HEADER_AT, ProblemKind::SnapshotsNotRead { format, count })
        }
        Some(Err(problem)) => problem,
        None => Problem::damage(NAME, HEADER_AT, ProblemKind::NotRead(format)),
    }
}

/// Byte offset of the catalog; `None` when the volume has none.
fn catalog_at(volume: &dyn Source, scratch: &mut Scratch) -> Option<u64> {
    let mut bytes = [0; 512];
    read_exact(volume, HEADER_AT, &mut bytes, scratch).ok()?;
    let header = Structure::new(NAME, HEADER_AT, &bytes);
    if !is_block(&header, VOLUME_HEADER).ok()? {
        return None;
    }
    header.u64_le(48).ok().filter(|at| *at != 0)
}

fn is_block(block: &Structure<'_>, record_type: u32) -> Result<bool, OutOfBounds> {
    Ok(block.array(0)? == IDENTIFIER && block.u32_le(20)? == record_type)
}

/// Counts the snapshots of the catalog that begins at byte `first`.
///
/// # Errors
/// The [`Problem`] of a catalog that cannot be read, leads in a circle, or is longer than any that
/// Windows writes.
fn count(volume: &dyn Source, first: u64, scratch: &mut Scratch) -> Result<u64, Problem> {
    let mut at = first;
    let mut snapshots = 0_u64;
    let mut visited = HashSet::new();
    while at != 0 {
        let damage = |kind| Problem::damage(CATALOG_NAME, at, kind);
        if !visited.insert(at) {
            return Err(damage(ProblemKind::Inconsistent(term!(
                "fs.blocks-lead-circle-snapshots-not"
            ))));
        }
        if visited.len() > MOST_BLOCKS {
            let limit = byte_source::length(MOST_BLOCKS);
            return Err(damage(ProblemKind::LimitReached {
                what: term!("fs.blocks-vss-catalog"),
                limit,
            }));
        }
        let (here, next) = read_block(volume, at, scratch)?;
        snapshots = snapshots.saturating_add(here);
        at = next;
    }
    Ok(snapshots)
}

/// Reads a block of the catalog: its number of snapshots, and the byte offset of the next block, 0
/// for none.
fn read_block(volume: &dyn Source, at: u64, scratch: &mut Scratch) -> Result<(u64, u64), Problem> {
    let unreadable = |reason| Problem::damage(CATALOG_NAME, at, ProblemKind::Unreadable(reason));
    let bytes = read_vec(volume, at, BLOCK_BYTES, scratch).map_err(unreadable)?;
    let block = Structure::new(CATALOG_NAME, at, &bytes);
    if !is_block(&block, CATALOG)? {
        return Err(block.inconsistent(term!("fs.no-block-catalog-here-snapshots")));
    }
    let entries = bytes.chunks_exact(ENTRY_BYTES).skip(1);
    let named = entries.filter(|entry| entry.starts_with(&SNAPSHOT.to_le_bytes())).count();
    Ok((byte_source::length(named), block.u64_le(40)?))
}

#[cfg(test)]
mod tests {
    use byte_source::MemorySource;

    use super::*;

    const CATALOG_AT: usize = 0x8000;

    /// A volume whose catalog has these blocks, each by its place, its number of snapshots and the
    /// next block.
    fn volume(catalog_at: usize, blocks: &[(usize, usize, usize)]) -> MemorySource {
        let mut bytes = vec![0; 256 << 10];
        let mut put = |at: usize, piece: &[u8]| bytes[at..at + piece.len()].copy_from_slice(piece);
        let mut block = |at: usize, record_type: u32| {
            put(at, &IDENTIFIER);
            put(at + 20, &record_type.to_le_bytes());
        };
        block(0x1e00, VOLUME_HEADER);
        blocks.iter().for_each(|(at, ..)| block(*at, CATALOG));
        put(0x1e00 + 48, &catalog_at.to_le_bytes());
        for (at, snapshots, next) in blocks {
            put(at + 40, &next.to_le_bytes());
            for number in 0..*snapshots {
                put(at + 128 + 256 * number, &[2]);
                put(at + 256 + 256 * number, &[3]);
            }
        }
        MemorySource::new(bytes)
    }

    fn said(volume: &MemorySource) -> Option<String> {
        let scratch = &mut Scratch::new();
        are_there(volume, scratch).then(|| not_read(volume, scratch).to_string())
    }

    #[test]
    fn snapshots_are_counted_over_all_blocks() {
        let two_blocks = volume(CATALOG_AT, &[(CATALOG_AT, 60, 0x10000), (0x10000, 2, 0)]);
        let text = said(&two_blocks).unwrap();
        assert!(
            text.contains("62 snapshots (volume shadow copies)") && text.contains("0x1e00"),
            "{text}"
        );
    }

    #[test]
    fn no_snapshot_is_nothing_to_say() {
        assert_eq!(said(&volume(0, &[])), None);
        assert_eq!(said(&volume(CATALOG_AT, &[(CATALOG_AT, 0, 0)])), None);
        assert_eq!(said(&MemorySource::new(vec![0; 64 << 10])), None);
    }

    #[test]
    fn a_catalog_that_cannot_be_followed_is_said_with_its_place() {
        let circle = volume(CATALOG_AT, &[(CATALOG_AT, 1, 0x10000), (0x10000, 1, CATALOG_AT)]);
        assert!(said(&circle).unwrap().contains("circle"));
        assert!(said(&volume(0x20000, &[])).unwrap().contains("0x20000"));
        assert!(said(&volume(1 << 40, &[])).unwrap().contains("cannot be read"));
    }
}
