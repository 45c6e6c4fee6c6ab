//! The trailer, `koly`: the last 512 bytes of a UDIF image, or those before what was appended. All numbers are big-endian.

use byte_source::{OutOfBounds, Problem, ProblemKind, Scratch, Source, Structure, read_vec};
use words::term;

use crate::Claim;
use crate::problems::unreadable;
use crate::tail::{self, Tail};

const NAME: &str = "UDIF trailer";
/// Begins the trailer.
pub(super) const SIGNATURE: &[u8] = b"koly";
/// Length in bytes.
pub(super) const BYTES: u64 = 512;
/// How the property list that a trailer names begins.
const LIST_BEGINNINGS: [&[u8]; 3] = [b"<?xml", b"<!DOCTYPE plist", b"<plist"];
/// Type of a checksum that is a CRC-32.
const CRC32: u32 = 2;

/// Returns where the trailer begins: at the end of the file, or before appended bytes when it leads to a property list. A trailer of an
/// image inside a disk leads nowhere, because its offsets count from the beginning of that image.
pub(super) fn place(source: &dyn Source, tail: &Tail, scratch: &mut Scratch) -> Option<u64> {
    if tail.ends(BYTES, SIGNATURE) {
        return tail.end().checked_sub(BYTES);
    }
    tail.places(SIGNATURE).find(|at| {
        let trailer = Structure::new(NAME, *at, tail.from(*at));
        let Ok(Some(list)) = list_before(&trailer) else { return false };
        let mut beginning = [0; 16];
        let _ = byte_source::read_available(source, list, &mut beginning, scratch);
        LIST_BEGINNINGS.iter().any(|known| beginning.starts_with(known))
    })
}

/// Returns where the property list of a trailer begins; `None` where version or sizes are none of a trailer.
fn list_before(trailer: &Structure<'_>) -> Result<Option<u64>, byte_source::OutOfBounds> {
    trailer.bytes(0, 512)?;
    let list = trailer.u64_be(216)?;
    let fits = list.checked_add(trailer.u64_be(224)?).is_some_and(|end| end <= trailer.at());
    let is_sound = trailer.u32_be(4)? == 4 && u64::from(trailer.u32_be(8)?) == BYTES && fits;
    Ok(is_sound.then_some(list))
}

/// The trailer.
pub(super) struct Trailer {
    at: u64,
    pub(super) data_fork_offset: u64,
    segment_count: u32,
    pub(super) xml_offset: u64,
    pub(super) xml_length: u64,
    data_checksum: Option<u32>,
    master_checksum: Option<u32>,
    /// Sectors of 512 bytes of the medium.
    pub(super) sector_count: u64,
}

impl Trailer {
    /// Reads the trailer; `None` when there is none.
    ///
    /// # Errors
    /// The [`Problem`] when it cannot be read.
    pub(super) fn read(
        source: &dyn Source,
        scratch: &mut Scratch,
    ) -> Result<Option<Self>, Problem> {
        let tail = Tail::of(source, scratch);
        let Some(at) = place(source, &tail, scratch) else { return Ok(None) };
        let bytes = read_vec(source, at, BYTES, scratch).map_err(unreadable(NAME, at))?;
        let trailer = Structure::new(NAME, at, &bytes);
        Ok(Some(Self {
            at,
            data_fork_offset: trailer.u64_be(24)?,
            segment_count: trailer.u32_be(60)?,
            xml_offset: trailer.u64_be(216)?,
            xml_length: trailer.u64_be(224)?,
            data_checksum: checksum(&trailer, 80)?,
            master_checksum: checksum(&trailer, 352)?,
            sector_count: trailer.u64_be(492)?,
        }))
    }

    /// Says what keeps the image from being read as a whole, and what is behind it.
    pub(super) fn say(
        &self,
        source: &dyn Source,
        scratch: &mut Scratch,
        problems: &mut Vec<Problem>,
    ) {
        problems.extend(tail::behind(NAME, self.at.saturating_add(BYTES), source, scratch));
        if self.segment_count > 1 {
            problems.push(Problem::damage(
                NAME,
                self.at,
                ProblemKind::Unsupported {
                    feature: term!("dmg.udif-image-several-segments"),
                    value: self.segment_count.into(),
                },
            ));
        }
    }

    /// The checksums, as claims.
    pub(super) fn claims(&self) -> Vec<Claim> {
        let claim = |field, checksum: Option<u32>| {
            Some(Claim { field, value: format!("{:08x}", checksum?) })
        };
        let all = [
            claim("data fork checksum (CRC-32)", self.data_checksum),
            claim("master checksum (CRC-32)", self.master_checksum),
        ];
        all.into_iter().flatten().collect()
    }
}

/// The checksum at byte `at`: type (4), bits (4), value; `None` when it is no CRC-32.
pub(super) fn checksum(structure: &Structure<'_>, at: usize) -> Result<Option<u32>, OutOfBounds> {
    let is_crc32 = structure.u32_be(at)? == CRC32;
    let value = structure.u32_be(at.saturating_add(8))?;
    Ok(is_crc32.then_some(value))
}
