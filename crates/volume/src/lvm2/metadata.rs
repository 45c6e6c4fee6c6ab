//! The metadata area: a header and a ring of texts, the newest of which counts. All numbers are little-endian.

use byte_source::{Problem, ProblemKind, Scratch, Source, Structure, read_vec};
use words::term;

use super::label::{PhysicalVolume, crc};
use super::text::{self, Section};

const NAME: &str = "LVM2 metadata area";
const SIGNATURE: &[u8] = b" LVM2 x[5A%r0N*>";
/// Length in bytes of the header of an area; the ring begins behind it.
const HEADER_BYTES: u64 = 512;
/// `RAW_LOCN_IGNORED`: the area is kept and not written (`pvchange --metadataignore y`).
const IGNORED: u32 = 1;
/// Bytes of a text at most; areas of a megabyte are usual.
const MOST_TEXT_BYTES: u64 = 16 << 20;

/// A volume group as a physical volume's metadata tell it.
pub(super) struct VolumeGroup {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) sequence: u64,
    /// Byte offset on the medium of the area it was read from.
    pub(super) at: u64,
    pub(super) contents: Section,
}

impl VolumeGroup {
    pub(super) fn has_logical_volumes(&self) -> bool {
        self.contents.section("logical_volumes").is_some_and(|all| !all.sections.is_empty())
    }

    /// The physical volumes of the group, by their names in its text.
    pub(super) fn physical_volumes(&self) -> impl Iterator<Item = (&str, VolumeText)> {
        let all = self.contents.section("physical_volumes").map_or(&[][..], |all| &all.sections);
        all.iter().map(|(name, volume)| {
            let id = volume.string("id").map(|id| id.replace('-', "")).unwrap_or_default();
            (name.as_str(), VolumeText { id, pe_start: volume.number("pe_start") })
        })
    }
}

/// A physical volume as the text of its group describes it.
pub(super) struct VolumeText {
    /// Its identifier, 32 characters.
    pub(super) id: String,
    /// Sectors from its beginning to its first extent.
    pub(super) pe_start: Option<u64>,
}

/// Reads the first sound metadata area of `physical` that holds a text. `None` when none does: LVM2 keeps the text on other physical volumes
/// of the group, or the physical volume belongs to no group.
///
/// # Errors
/// The [`Problem`] of a broken area, when no other one holds a text.
pub(super) fn read(
    source: &dyn Source,
    physical: &PhysicalVolume,
    scratch: &mut Scratch,
    problems: &mut Vec<Problem>,
) -> Result<Option<VolumeGroup>, Problem> {
    let mut broken = None;
    for (offset, length) in &physical.metadata_areas {
        match read_area(source, physical.start.saturating_add(*offset), *length, scratch) {
            Ok(Some(group)) => {
                problems.extend(broken.map(Problem::as_note));
                return Ok(Some(group));
            }
            Ok(None) => {}
            Err(problem) => broken = broken.or(Some(problem)),
        }
    }
    broken.map_or(Ok(None), Err)
}

fn read_area(
    source: &dyn Source,
    at: u64,
    length: u64,
    scratch: &mut Scratch,
) -> Result<Option<VolumeGroup>, Problem> {
    let unreadable = |reason| Problem::damage(NAME, at, ProblemKind::Unreadable(reason));
    let header = read_vec(source, at, HEADER_BYTES, scratch).map_err(unreadable)?;
    let header = Structure::new(NAME, at, &header);
    let (stored, computed) = (header.u32_le(0)?, crc(header.from(4)?));
    if header.bytes(4, 16)? != SIGNATURE || stored != computed {
        let (stored, computed) = (stored.into(), computed.into());
        return Err(header.damage(ProblemKind::Checksum { field: "checksum", stored, computed }));
    }
    let (offset, size, checksum) = (header.u64_le(40)?, header.u64_le(48)?, header.u32_le(56)?);
    if offset == 0 && size == 0 || header.u32_le(60)? & IGNORED != 0 {
        return Ok(None);
    }
    if offset == 0 || size == 0 || size > MOST_TEXT_BYTES || size > length || offset > length {
        return Err(header.damage(ProblemKind::Inconsistent(term!("lvm2.area-holds-no-text-one"))));
    }
    // The text may run over the end of the ring and go on behind the header.
    let straight = size.min(length.saturating_sub(offset));
    let mut bytes = read_vec(source, at.saturating_add(offset), straight, scratch).map_err(unreadable)?;
    let rest = size.saturating_sub(straight);
    bytes.extend(read_vec(source, at.saturating_add(HEADER_BYTES), rest, scratch).map_err(unreadable)?);
    let computed = crc(&bytes);
    if computed != checksum {
        let (stored, computed) = (checksum.into(), computed.into());
        return Err(header.damage(ProblemKind::Checksum { field: "checksum of the text", stored, computed }));
    }
    group(&bytes, at).map(Some).map_err(|kind| header.damage(kind))
}

fn group(bytes: &[u8], at: u64) -> Result<VolumeGroup, ProblemKind> {
    let root = text::parse(&String::from_utf8_lossy(bytes))
        .map_err(|fault| ProblemKind::line(fault.line, &fault.found, fault.expected))?;
    let mut sections = root.sections.into_iter();
    let (Some((name, contents)), None) = (sections.next(), sections.next()) else {
        return Err(ProblemKind::Inconsistent(term!("lvm2.text-not-one-volume-group")));
    };
    let how = term!("lvm2.text-volume-group-no-id");
    let id = contents.string("id").ok_or(ProblemKind::Inconsistent(how))?.to_owned();
    let sequence = contents.number("seqno").ok_or(ProblemKind::Inconsistent(how))?;
    Ok(VolumeGroup { id, name, sequence, at, contents })
}
