//! The header, version 1.1 (`VDICore.h` of VirtualBox). All numbers are little-endian.

use crate::problems::{unreadable, unsupported, value};
use byte_source::{Expected, Problem, Scratch, Source, Structure, read_vec};
use words::term;

/// What the header is called in problems.
pub(super) const NAME: &str = "VDI header";
/// Stands behind 64 bytes of text.
pub(super) const SIGNATURE: [u8; 4] = [0x7f, 0x10, 0xda, 0xbe];
/// Length in bytes.
const BYTES: u64 = 512;
/// The version that is read, in the high half.
const MAJOR: u32 = 1;

/// The header.
pub(super) struct Header {
    pub(super) creator: String,
    pub(super) image_type: u32,
    pub(super) description: String,
    pub(super) offset_blocks: u32,
    pub(super) offset_data: u32,
    pub(super) disk_size: u64,
    pub(super) block_size: u32,
    /// Bytes before each block's data.
    pub(super) block_extra: u32,
    pub(super) blocks: u32,
    pub(super) uuid: [u8; 16],
    /// Changes with every change of the image.
    pub(super) modify_uuid: [u8; 16],
    /// The `uuid` of the parent.
    pub(super) linkage_uuid: [u8; 16],
    /// The `modify_uuid` of the parent when the image was made from it.
    pub(super) parent_modify_uuid: [u8; 16],
}

/// Reads and checks the header.
///
/// # Errors
/// The [`Problem`] for which no block can be found.
pub(super) fn read(source: &dyn Source, scratch: &mut Scratch) -> Result<Header, Problem> {
    let bytes = read_vec(source, 0, BYTES, scratch).map_err(unreadable(NAME, 0))?;
    let structure = Structure::new(NAME, 0, &bytes);
    let version = structure.u32_le(68)?;
    if version >> 16 != MAJOR {
        return Err(unsupported(NAME, 0, term!("vdi.vdi-version"), version.into()));
    }
    let header = fields(&structure)?;
    if !header.block_size.is_power_of_two() || header.block_size < 512 {
        let expected = Expected::Rule(term!("image.power-two-512"));
        return Err(value(&structure, "block size", expected, header.block_size.into()));
    }
    Ok(header)
}

fn fields(structure: &Structure<'_>) -> Result<Header, byte_source::OutOfBounds> {
    Ok(Header {
        creator: text(structure.bytes(0, 64)?),
        image_type: structure.u32_le(76)?,
        description: text(structure.bytes(84, 256)?),
        offset_blocks: structure.u32_le(340)?,
        offset_data: structure.u32_le(344)?,
        disk_size: structure.u64_le(368)?,
        block_size: structure.u32_le(376)?,
        block_extra: structure.u32_le(380)?,
        blocks: structure.u32_le(384)?,
        uuid: structure.array(392)?,
        modify_uuid: structure.array(408)?,
        linkage_uuid: structure.array(424)?,
        parent_modify_uuid: structure.array(440)?,
    })
}

fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(bytes.get(..end).unwrap_or_default())
        .trim_matches(['<', '>', ' ', '\n'])
        .to_owned()
}
