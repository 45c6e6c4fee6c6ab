//! The metadata area: a header and a ring of texts, the newest of which counts. All numbers are
//! little-endian.

use byte_source::{BadReason, Problem, ProblemKind, Scratch, Source, Structure, read_vec};
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

/// Reads the first sound metadata area of `physical` that holds a text. `None` when none does: LVM2
/// keeps the text on other physical volumes of the group, or the physical volume belongs to no
/// group.
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

/// Reads the text of the metadata area at byte `at`, `length` bytes long; `None` when it holds
/// none.
fn read_area(
    source: &dyn Source,
    at: u64,
    length: u64,
    scratch: &mut Scratch,
) -> Result<Option<VolumeGroup>, Problem> {
    let header =
        read_vec(source, at, HEADER_BYTES, scratch).map_err(|reason| unreadable(at, reason))?;
    let header = Structure::new(NAME, at, &header);
    let stored = header.u32_le(0)?;
    let computed = crc(header.from(4)?);
    if header.bytes(4, 16)? != SIGNATURE || stored != computed {
        let kind = ProblemKind::Checksum {
            field: "checksum",
            stored: stored.into(),
            computed: computed.into(),
        };
        return Err(header.damage(kind));
    }
    let Some(text) = TextLocation::parse(&header, length)? else { return Ok(None) };
    let bytes = text.read(source, at, length, scratch)?;
    let wrong = header.wrong_checksum("checksum of the text", text.checksum, crc(&bytes));
    wrong.map_or(Ok(()), Err)?;
    group(&bytes, at).map(Some).map_err(|kind| header.damage(kind))
}

fn unreadable(at: u64, reason: BadReason) -> Problem {
    Problem::damage(NAME, at, ProblemKind::Unreadable(reason))
}

/// `raw_locn`: where in its area the newest text lies.
struct TextLocation {
    /// From the start of the area.
    offset: u64,
    size: u64,
    checksum: u32,
}

impl TextLocation {
    /// Reads the location in the header of an area of `length` bytes; `None` when there is no text,
    /// or it is ignored.
    fn parse(header: &Structure<'_>, length: u64) -> Result<Option<Self>, Problem> {
        let offset = header.u64_le(40)?;
        let size = header.u64_le(48)?;
        let checksum = header.u32_le(56)?;
        if offset == 0 && size == 0 || header.u32_le(60)? & IGNORED != 0 {
            return Ok(None);
        }
        if offset == 0 || size == 0 || size > MOST_TEXT_BYTES || size > length || offset > length {
            return Err(header.inconsistent(term!("lvm2.area-holds-no-text-one")));
        }
        Ok(Some(Self { offset, size, checksum }))
    }

    /// Reads the text. It may run over the end of the ring and go on behind the header.
    fn read(
        &self,
        source: &dyn Source,
        at: u64,
        length: u64,
        scratch: &mut Scratch,
    ) -> Result<Vec<u8>, Problem> {
        let straight = self.size.min(length.saturating_sub(self.offset));
        let rest = self.size.saturating_sub(straight);
        let mut read = |start: u64, count| {
            read_vec(source, at.saturating_add(start), count, scratch)
                .map_err(|why| unreadable(at, why))
        };
        let mut bytes = read(self.offset, straight)?;
        bytes.extend(read(HEADER_BYTES, rest)?);
        Ok(bytes)
    }
}

fn group(bytes: &[u8], at: u64) -> Result<VolumeGroup, ProblemKind> {
    let root = text::parse(&String::from_utf8_lossy(bytes))
        .map_err(|fault| ProblemKind::line(fault.line, &fault.found, fault.expected))?;
    let mut sections = root.sections.into_iter();
    let not_one = ProblemKind::Inconsistent(term!("lvm2.text-not-one-volume-group"));
    let Some((name, contents)) = sections.next() else { return Err(not_one) };
    if sections.next().is_some() {
        return Err(not_one);
    }
    let how = term!("lvm2.text-volume-group-no-id");
    let id = contents.string("id").ok_or(ProblemKind::Inconsistent(how))?.to_owned();
    let sequence = contents.number("seqno").ok_or(ProblemKind::Inconsistent(how))?;
    Ok(VolumeGroup { id, name, sequence, at, contents })
}
