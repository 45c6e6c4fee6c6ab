//! The sections `volume`, `disk` and `data`: what the medium is and how it is cut into chunks.

use byte_source::{Expected, Problem, Scratch, Source, Structure, read_vec};
use simd_adler32::adler32;
use words::term;

use super::section::Section;
use crate::Claim;
use crate::problems::{checksum, unreadable, value};

/// Bytes of the EnCase form; linen, FTK Imager and libewf write it too.
const ENCASE_BYTES: usize = 1052;
/// Bytes of the SMART form, also written by ASR's first version of the format.
const SMART_BYTES: usize = 94;
/// The longest chunk: 32,768 sectors of 4096 bytes, the most that any tool offers.
pub(crate) const MOST_CHUNK_BYTES: u64 = 128 << 20;
/// The largest sector: any optical, tape or memory unit is smaller.
pub(crate) const MOST_SECTOR_BYTES: u32 = 1 << 16;

/// What a `volume` section says. All numbers little-endian on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Volume {
    /// Chunks of the medium; 0 when the acquisition did not know yet.
    pub(super) number_of_chunks: u32,
    /// Sectors of a chunk.
    pub(super) sectors_per_chunk: u32,
    /// Bytes of a sector.
    pub(super) bytes_per_sector: u32,
    /// Sectors of the medium; 0 when the acquisition did not know yet.
    pub(super) number_of_sectors: u64,
    /// Tells the segment files of one image from those of another; zero before EnCase 5.
    pub(super) set_identifier: [u8; 16],
    media_type: u8,
    media_flags: Option<u8>,
}

impl Volume {
    /// Bytes of a chunk.
    pub(super) fn chunk_bytes(&self) -> u64 {
        u64::from(self.sectors_per_chunk).saturating_mul(self.bytes_per_sector.into())
    }

    /// Length of the medium in bytes by its sectors.
    pub(super) fn medium_bytes(&self) -> u64 {
        self.number_of_sectors.saturating_mul(self.bytes_per_sector.into())
    }

    /// The claims on the medium.
    pub(super) fn claims(&self) -> Vec<Claim> {
        let media_type = match self.media_type {
            0 => "removable disk",
            1 => "fixed disk",
            3 => "optical disc",
            0x0e => "logical evidence file",
            0x10 => "memory",
            _ => "unknown",
        };
        let mut claims = vec![Claim {
            field: "media type",
            value: format!("{media_type} ({:#04x})", self.media_type),
        }];
        if let Some(flags) = self.media_flags {
            let mut words = vec![if flags & 2 == 0 { "logical" } else { "physical" }];
            words.extend((flags & 4 != 0).then_some("Fastbloc write blocker"));
            words.extend((flags & 8 != 0).then_some("Tableau write blocker"));
            claims.push(Claim {
                field: "media flags",
                value: format!("{} ({flags:#04x})", words.join(", ")),
            });
        }
        claims
    }
}

/// Reads the data of a `volume`, `disk` or `data` section of a segment file that begins at byte `start` of the image. A wrong checksum is
/// a problem beside the value.
///
/// # Errors
/// The [`Problem`] for which the medium cannot be laid out.
pub(super) fn read(
    source: &dyn Source,
    start: u64,
    section: &Section,
    scratch: &mut Scratch,
) -> Result<(Volume, Option<Problem>), Problem> {
    const NAME: &str = "EWF volume section";
    let data = section.data();
    let place = start.saturating_add(data.start);
    let available = data.end.saturating_sub(data.start);
    let bytes =
        read_vec(source, data.start, available.min(byte_source::length(ENCASE_BYTES)), scratch)
            .map_err(unreadable(NAME, place))?;
    let smart = bytes.len() < ENCASE_BYTES;
    let volume = Structure::new(NAME, place, &bytes);
    let checksum_at: usize = if smart { SMART_BYTES } else { ENCASE_BYTES }.saturating_sub(4);
    let stored = volume.u32_le(checksum_at)?;
    let computed = adler32(&volume.bytes(0, checksum_at)?);
    let fault = checksum(&volume, "checksum", stored, computed);
    let found = Volume {
        number_of_chunks: volume.u32_le(4)?,
        sectors_per_chunk: volume.u32_le(8)?,
        bytes_per_sector: volume.u32_le(12)?,
        number_of_sectors: if smart { volume.u32_le(16)?.into() } else { volume.u64_le(16)? },
        set_identifier: if smart { [0; 16] } else { volume.array(64)? },
        media_type: volume.u8(0)?,
        media_flags: if smart { None } else { Some(volume.u8(36)?) },
    };
    check(&found, &volume)?;
    Ok((found, fault))
}

fn check(found: &Volume, volume: &Structure<'_>) -> Result<(), Problem> {
    let value = |field, expected, found| Err(value(volume, field, expected, found));
    if !(1..=MOST_SECTOR_BYTES).contains(&found.bytes_per_sector) {
        let expected = Expected::Within(1, MOST_SECTOR_BYTES.into());
        return value("bytes per sector", expected, found.bytes_per_sector.into());
    }
    if !(1..=MOST_CHUNK_BYTES).contains(&found.chunk_bytes()) {
        let expected = Expected::Rule(term!("image.chunk-1-byte-128-mib"));
        return value("sectors per chunk", expected, found.sectors_per_chunk.into());
    }
    Ok(())
}
