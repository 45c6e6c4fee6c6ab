//! The two region tables (MS-VHDX 2.2.3). All numbers are little-endian.

use byte_source::{Problem, ProblemKind, Scratch, Source, Structure, read_vec};
use words::term;

use super::checksum;
use crate::problems::unreadable;

const NAME: &str = "VHDX region table";
/// Where the two tables stand.
const PLACES: [u64; 2] = [192 << 10, 256 << 10];
/// Length in bytes.
const BYTES: u64 = 64 << 10;
/// Entries of a table, by the specification.
const MOST_ENTRIES: usize = 2047;
/// 2DC27766-F623-4200-9D64-115E9BFD4A08
const BAT: [u8; 16] = [
    0x66, 0x77, 0xc2, 0x2d, 0x23, 0xf6, 0x00, 0x42, 0x9d, 0x64, 0x11, 0x5e, 0x9b, 0xfd, 0x4a, 0x08,
];
/// 8B7CA206-4790-4B9A-B8FE-575F050F886E
const METADATA: [u8; 16] = [
    0x06, 0xa2, 0x7c, 0x8b, 0x90, 0x47, 0x9a, 0x4b, 0xb8, 0xfe, 0x57, 0x5f, 0x05, 0x0f, 0x88, 0x6e,
];

/// Where the two known regions lie: byte offset and length in bytes.
pub(super) struct Regions {
    pub(super) bat: (u64, u64),
    pub(super) metadata: (u64, u64),
}

/// The regions by the first table, or by the second where the first is broken.
///
/// # Errors
/// The [`Problem`] when neither can be used.
pub(super) fn read(
    source: &dyn Source,
    scratch: &mut Scratch,
    problems: &mut Vec<Problem>,
) -> Result<Regions, Problem> {
    let [first, second] = PLACES.map(|at| read_table(source, at, scratch));
    match (first, second) {
        (Ok(regions), Ok(_)) => Ok(regions),
        (Ok(regions), Err(problem)) | (Err(problem), Ok(regions)) => {
            problems.push(problem.as_note());
            Ok(regions)
        }
        (Err(problem), Err(_)) => Err(problem),
    }
}

fn read_table(source: &dyn Source, at: u64, scratch: &mut Scratch) -> Result<Regions, Problem> {
    let bytes = read_vec(source, at, BYTES, scratch).map_err(unreadable(NAME, at))?;
    let table = Structure::new(NAME, at, &bytes);
    let stored = table.u32_le(4)?;
    let computed = checksum(&bytes);
    if table.bytes(0, 4)? != b"regi" || stored != computed {
        let stored = stored.into();
        let computed = computed.into();
        return Err(table.damage(ProblemKind::Checksum { field: "checksum", stored, computed }));
    }
    let count = byte_source::index(table.u32_le(8)?.into()).min(MOST_ENTRIES);
    let mut bat = None;
    let mut metadata = None;
    for number in 0..count {
        let entry = table.part(
            "VHDX region table entry",
            16_usize.saturating_add(number.saturating_mul(32)),
            32,
        )?;
        let place = (entry.u64_le(16)?, u64::from(entry.u32_le(24)?));
        match entry.array(0)? {
            BAT => bat = Some(place),
            METADATA => metadata = Some(place),
            _ if entry.u32_le(28)? & 1 != 0 => {
                return Err(entry.damage(ProblemKind::Unsupported {
                    feature: term!("vhdx.required-region"),
                    value: entry.u64_le(0)?,
                }));
            }
            _ => {}
        }
    }
    match (bat, metadata) {
        (Some(bat), Some(metadata)) => Ok(Regions { bat, metadata }),
        _ => {
            Err(table
                .damage(ProblemKind::Inconsistent(term!("vhdx.names-no-block-allocation-table"))))
        }
    }
}
