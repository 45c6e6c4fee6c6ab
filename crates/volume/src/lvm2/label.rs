//! Label and header of a physical volume (`lib/format_text/layout.h` of LVM2). All numbers are
//! little-endian.

use byte_source::{OutOfBounds, Problem, Scratch, Source, Structure, read_available};

/// The label stands in one of the first four sectors.
const LABEL_SECTORS: u64 = 4;
const SECTOR_BYTES: u64 = 512;
/// Areas of a physical volume: LVM2 writes one or two of each kind.
const MOST_AREAS: usize = 16;
/// LVM2's CRC starts with this.
const INITIAL_CRC: u32 = 0xf597_a6cf;

/// A physical volume on the medium.
pub(super) struct PhysicalVolume {
    /// Byte offset of the partition on the medium.
    pub(super) start: u64,
    /// Byte offset of its label on the medium.
    pub(super) label_at: u64,
    /// Its identifier, 32 characters.
    pub(super) id: String,
    /// Byte offset of its data from its beginning, as the label says.
    pub(super) data_offset: u64,
    /// Its metadata areas: byte offset from its beginning, and length.
    pub(super) metadata_areas: Vec<(u64, u64)>,
}

/// The physical volume that begins at byte `start` of the medium; `None` when none does.
///
/// # Errors
/// The [`Problem`] of one whose label is broken.
pub(super) fn read(
    source: &dyn Source,
    start: u64,
    scratch: &mut Scratch,
) -> Result<Option<PhysicalVolume>, Problem> {
    for sector in 0..LABEL_SECTORS {
        let at = start.saturating_add(sector.saturating_mul(SECTOR_BYTES));
        let mut bytes = [0; 512];
        let _ = read_available(source, at, &mut bytes, scratch);
        let label = Structure::new("LVM2 label", at, &bytes);
        if label.bytes(0, 8)? == b"LABELONE" && label.bytes(24, 8)? == b"LVM2 001" {
            return parse(&label, start).map(Some);
        }
    }
    Ok(None)
}

fn parse(label: &Structure<'_>, start: u64) -> Result<PhysicalVolume, Problem> {
    label.wrong_checksum("crc", label.u32_le(16)?, crc(label.from(20)?)).map_or(Ok(()), Err)?;
    let header_at = byte_source::index(label.u32_le(20)?.into());
    let id = String::from_utf8_lossy(label.bytes(header_at, 32)?).into_owned();
    // Two lists of areas: data, then metadata.
    let mut at = header_at.saturating_add(40);
    let data_areas = areas(label, &mut at)?;
    let metadata_areas = areas(label, &mut at)?;
    let data_offset = data_areas.first().map_or(0, |(offset, _)| *offset);
    Ok(PhysicalVolume { start, label_at: label.at(), id, data_offset, metadata_areas })
}

/// Reads a list of areas, offset (8) and length (8) of each, ended by a zero, and moves `at` behind
/// it.
fn areas(label: &Structure<'_>, at: &mut usize) -> Result<Vec<(u64, u64)>, OutOfBounds> {
    let mut list = Vec::new();
    loop {
        let offset = label.u64_le(*at)?;
        let length = label.u64_le(at.saturating_add(8))?;
        *at = at.saturating_add(16);
        if offset == 0 || list.len() >= MOST_AREAS {
            return Ok(list);
        }
        list.push((offset, length));
    }
}

/// LVM2's checksum: the CRC-32 of Ethernet with its own start and without the last inversion.
pub(super) fn crc(bytes: &[u8]) -> u32 {
    byte_source::crc32(INITIAL_CRC, bytes)
}
