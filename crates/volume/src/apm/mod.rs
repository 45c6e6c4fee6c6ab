//! Apple partition map (Inside Macintosh: Devices, chapter 3). All numbers are big-endian.

use byte_source::{
    Expected, OutOfBounds, Problem, ProblemKind, Scratch, Source, Structure, read_vec,
};
use words::term;

use crate::medium::Medium;
use crate::parts::{self, Parts};
use crate::{Division, Extent, Role, Scheme, Volume};

/// What an entry is called in problems.
const NAME: &str = "Apple partition map entry";
/// Begins block 0, the driver descriptor record.
const DRIVER_SIGNATURE: &[u8] = b"ER";
/// Begins an entry of the map.
const ENTRY_SIGNATURE: &[u8] = b"PM";
/// Bytes of an entry that are used.
const ENTRY_BYTES: u64 = 512;
/// Entries of a map: Apple's tools write up to 62.
const MOST_ENTRIES: u32 = 1024;
/// Sizes of a block that are tried.
const BLOCK_SIZES: [u32; 4] = [512, 1024, 2048, 4096];
/// Types of entries that hold nothing.
const FREE_TYPES: [&str; 2] = ["Apple_Free", "Apple_Void"];
/// The type of the entry that is the map itself.
const MAP_TYPE: &str = "Apple_partition_map";

/// An entry of the map. Blocks count from the beginning of the medium.
struct Entry {
    map_entries: u32,
    start: u32,
    blocks: u32,
    name: String,
    kind: String,
}

/// Divides a medium with an Apple partition map.
pub(crate) fn divide(
    medium: &Medium<'_>,
    scratch: &mut Scratch,
    _: &mut Vec<Problem>,
) -> Option<Division> {
    let source = medium.source;
    let mut sizes = BLOCK_SIZES.into_iter();
    let block_bytes = sizes.find(|size| entry_at(source, (*size).into(), scratch).is_some())?;
    // Without the driver descriptor record two letters are not enough: the map must name itself.
    let mut head = [0; 2];
    let _ = byte_source::read_exact(source, 0, &mut head, scratch);
    let first = entry_at(source, block_bytes.into(), scratch)?;
    if head != DRIVER_SIGNATURE && first.kind != MAP_TYPE {
        return None;
    }
    let mut parts = Parts::default();
    parts.table(Scheme::Apm, 0, block_bytes.into(), "driver descriptor record");
    read_map(source, first.map_entries, block_bytes, &mut parts, scratch);
    let (volumes, problems) = parts.cover(Scheme::Apm, source.len());
    Some(Division { scheme: Scheme::Apm, sector_bytes: block_bytes, volumes, problems })
}

/// Adds what the `count` entries of the map name.
fn read_map(
    source: &dyn Source,
    count: u32,
    block_bytes: u32,
    parts: &mut Parts,
    scratch: &mut Scratch,
) {
    if count > MOST_ENTRIES {
        let expected = Expected::Within(1, MOST_ENTRIES.into());
        let kind = ProblemKind::Value { field: "pmMapBlkCnt", expected, found: count.into() };
        parts.problems.push(Problem::damage(NAME, block_bytes.into(), kind));
    }
    for number in 1..=count.min(MOST_ENTRIES) {
        let at = u64::from(number).saturating_mul(block_bytes.into());
        let Some(entry) = entry_at(source, at, scratch) else {
            let kind = ProblemKind::Inconsistent(term!("apm.map-fewer-entries-says"));
            return parts.problems.push(Problem::damage(NAME, at, kind));
        };
        add(&entry, number, at, block_bytes, parts);
    }
}

fn add(entry: &Entry, number: u32, at: u64, block_bytes: u32, parts: &mut Parts) {
    let bytes = |blocks: u32| u64::from(blocks).saturating_mul(block_bytes.into());
    let extent = Extent { start: bytes(entry.start), length: bytes(entry.blocks) };
    if FREE_TYPES.contains(&entry.kind.as_str()) || entry.blocks == 0 {
        return;
    }
    if entry.kind == MAP_TYPE {
        parts.table(Scheme::Apm, extent.start, extent.length, MAP_TYPE);
        return;
    }
    let part = parts::volume(Scheme::Apm, number, Role::Volume, extent);
    parts.partition(
        Volume { type_code: entry.kind.clone(), name: entry.name.clone(), ..part },
        NAME,
        at,
    );
}

/// The entry at byte `at`; `None` when none is there.
fn entry_at(source: &dyn Source, at: u64, scratch: &mut Scratch) -> Option<Entry> {
    let bytes = read_vec(source, at, ENTRY_BYTES, scratch).ok()?;
    let entry = Structure::new(NAME, at, &bytes);
    if entry.bytes(0, 2) != Ok(ENTRY_SIGNATURE) {
        return None;
    }
    parse(&entry).ok().filter(|entry| entry.map_entries > 0)
}

fn parse(entry: &Structure<'_>) -> Result<Entry, OutOfBounds> {
    Ok(Entry {
        map_entries: entry.u32_be(4)?,
        start: entry.u32_be(8)?,
        blocks: entry.u32_be(12)?,
        name: text(entry.bytes(16, 32)?),
        kind: text(entry.bytes(48, 32)?),
    })
}

fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned()
}
