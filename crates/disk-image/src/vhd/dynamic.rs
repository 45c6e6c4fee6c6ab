//! The header of dynamic and differencing images. All numbers are big-endian.

use byte_source::{Expected, Problem, Scratch, Source, Structure, read_vec};
use words::term;

use super::footer::checksum_problem;
use crate::problems::{unreadable, value};

/// What the header is called in problems.
const NAME: &str = "VHD dynamic disk header";
/// Begins the header.
const COOKIE: &[u8; 8] = b"cxsparse";
/// Length in bytes.
const BYTES: u64 = 1024;
/// Parent locators of a header.
const LOCATORS: usize = 8;
/// Length in bytes of a path of a locator at most: Windows allows 32,767 units.
const MOST_PATH_BYTES: u64 = 64 << 10;
/// Platform codes of locators whose path is UTF-16, little-endian: relative and absolute.
const WINDOWS_PATHS: [&[u8; 4]; 2] = [b"W2ru", b"W2ku"];

/// The header, its fields as the specification names them.
pub(super) struct DynamicHeader {
    pub(super) table_offset: u64,
    pub(super) max_table_entries: u32,
    pub(super) block_size: u32,
    pub(super) parent_unique_id: [u8; 16],
    /// The names under which the parent may be found, the likeliest first.
    pub(super) parent_names: Vec<String>,
}

/// Reads the header at byte `at`.
///
/// # Errors
/// The [`Problem`] without which no block can be found.
pub(super) fn read(
    source: &dyn Source,
    at: u64,
    scratch: &mut Scratch,
    problems: &mut Vec<Problem>,
) -> Result<DynamicHeader, Problem> {
    let bytes = read_vec(source, at, BYTES, scratch).map_err(unreadable(NAME, at))?;
    let header = Structure::new(NAME, at, &bytes);
    if header.array(0)? != *COOKIE {
        let field = "cookie";
        let expected = Expected::Exactly(u64::from_be_bytes(*COOKIE));
        return Err(value(&header, field, expected, header.u64_be(0)?));
    }
    problems.extend(checksum_problem(&header, 36));
    let block_size = header.u32_be(32)?;
    if !block_size.is_power_of_two() || block_size < 512 {
        let field = "block size";
        let expected = Expected::Rule(term!("image.power-two-512"));
        return Err(value(&header, field, expected, block_size.into()));
    }
    let mut parent_names = Vec::new();
    for number in 0..LOCATORS {
        let locator = header.part(
            "VHD parent locator",
            576_usize.saturating_add(number.saturating_mul(24)),
            24,
        )?;
        parent_names.extend(path(source, &locator, scratch)?);
    }
    let units =
        header.bytes(64, 512)?.as_chunks::<2>().0.iter().map(|unit| u16::from_be_bytes(*unit));
    parent_names.insert(0, text(units));
    parent_names.retain(|name| !name.is_empty());
    Ok(DynamicHeader {
        table_offset: header.u64_be(16)?,
        max_table_entries: header.u32_be(28)?,
        block_size,
        parent_unique_id: header.array(40)?,
        parent_names,
    })
}

/// The path that a locator leads to; `None` when it is not one of Windows or cannot be read.
fn path(
    source: &dyn Source,
    locator: &Structure<'_>,
    scratch: &mut Scratch,
) -> Result<Option<String>, byte_source::OutOfBounds> {
    let code: [u8; 4] = locator.array(0)?;
    if !WINDOWS_PATHS.contains(&&code) {
        return Ok(None);
    }
    let bytes = u64::from(locator.u32_be(8)?).min(MOST_PATH_BYTES);
    let at = locator.u64_be(16)?;
    let path = read_vec(source, at, bytes, scratch).unwrap_or_default();
    Ok(Some(text(path.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit)))))
}

fn text(units: impl Iterator<Item = u16>) -> String {
    let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
    String::from_utf16_lossy(&units)
}
