//! `$REPARSE_POINT`: a tag, and data by the rule of the tag ([MS-FSCC] section 2.1.2).

use byte_source::{OutOfBounds, Problem, ProblemKind, Structure};
use case_model::{NameEncoding, readable_name};
use words::term;

use super::attribute::{Attribute, Body, type_code};
use super::boot_sector::BootSector;
use super::content::MetadataStream;
use super::streams;
use crate::{Codec, RecordKind};

const MOUNT_POINT: u32 = 0xa000_0003;
const SYMLINK: u32 = 0xa000_000c;
const WOF: u32 = 0x8000_0017;
const AF_UNIX: u32 = 0x8000_0023;
const LX_SYMLINK: u32 = 0xa000_001d;
const LX_FIFO: u32 = 0x8000_0024;
const LX_CHR: u32 = 0x8000_0025;
const LX_BLK: u32 = 0x8000_0026;

/// The attribute's value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ReparsePoint {
    pub(super) tag: u32,
    /// Raw bytes and readable form of the target of a symbolic link or mount point.
    pub(super) target: Option<(Vec<u8>, String)>,
    pub(super) wof: Option<Wof>,
}

/// How the Windows Overlay Filter keeps a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wof {
    /// In the stream `WofCompressedData`.
    File(Codec),
    /// In a WIM file elsewhere.
    Wim,
    /// In a way that this version does not know.
    Unknown,
}

impl ReparsePoint {
    /// The file's reparse point, when it has one; it is resident but for very long targets.
    pub(super) fn find(
        attributes: &[Attribute<'_>],
        boot: &BootSector,
        volume: &dyn byte_source::Source,
        problems: &mut Vec<Problem>,
        scratch: &mut byte_source::Scratch,
    ) -> Option<Self> {
        const NAME: &str = "$REPARSE_POINT";
        /// `MAXIMUM_REPARSE_DATA_BUFFER_SIZE`.
        const LIMIT: u64 = 16 << 10;
        let attribute =
            attributes.iter().find(|attribute| attribute.type_code == type_code::REPARSE_POINT)?;
        let parsed = match &attribute.body {
            Body::Resident { value, .. } => {
                Self::parse(&Structure::new(NAME, value.at(), value.all()))
            }
            Body::NonResident(_) => {
                let stream = streams::find(
                    attributes,
                    type_code::REPARSE_POINT,
                    attribute.name,
                    boot,
                    problems,
                )?;
                let content =
                    MetadataStream { name: NAME, at: attribute.at, stream: &stream, limit: LIMIT };
                let bytes = content.read(volume, problems, scratch);
                Self::parse(&Structure::new(NAME, attribute.at, &bytes))
            }
        };
        parsed.map_err(|problem| problems.push(problem)).ok()
    }

    /// # Errors
    /// Data that leaves the value.
    fn parse(value: &Structure<'_>) -> Result<Self, Problem> {
        let tag = value.u32_le(0)?;
        let count = usize::from(value.u16_le(4)?);
        let data = value.part("reparse data", 8, count.min(value.len().saturating_sub(8)))?;
        let mut point = Self { tag, ..Self::default() };
        match tag {
            SYMLINK => point.target = Some(path(&data, 12)?),
            MOUNT_POINT => point.target = Some(path(&data, 8)?),
            // A version, and the target in UTF-8.
            LX_SYMLINK => {
                let raw = data.from(4)?.to_vec();
                let readable = readable_name(&raw, NameEncoding::Bytes);
                point.target = Some((raw, readable));
            }
            WOF => point.wof = Some(wof(&data)?),
            _ => {}
        }
        Ok(point)
    }

    /// What a file with this reparse point is, when that is not what its record says.
    pub(super) fn kind(&self) -> Option<RecordKind> {
        match self.tag {
            SYMLINK | LX_SYMLINK => Some(RecordKind::SymbolicLink),
            AF_UNIX => Some(RecordKind::Socket),
            LX_FIFO => Some(RecordKind::Fifo),
            LX_CHR => Some(RecordKind::CharacterDevice),
            LX_BLK => Some(RecordKind::BlockDevice),
            _ => None,
        }
    }
}

/// The substitute name, which counts, as raw bytes; readable the print name where there is one.
/// `buffer` is the offset of the path buffer, which names begin in.
fn path(data: &Structure<'_>, buffer: usize) -> Result<(Vec<u8>, String), OutOfBounds> {
    let name = |field: usize| {
        let offset = buffer.saturating_add(usize::from(data.u16_le(field)?));
        data.bytes(offset, usize::from(data.u16_le(field.saturating_add(2))?))
    };
    let substitute = name(0)?;
    let print = name(4).unwrap_or_default();
    let readable = if print.is_empty() { substitute } else { print };
    Ok((substitute.to_vec(), readable_name(readable, NameEncoding::Utf16Le)))
}

/// `WOF_EXTERNAL_INFO` and `FILE_PROVIDER_EXTERNAL_INFO_V1`.
fn wof(data: &Structure<'_>) -> Result<Wof, Problem> {
    const WIM_PROVIDER: u32 = 1;
    const FILE_PROVIDER: u32 = 2;
    let version = data.u32_le(0)?;
    let provider = data.u32_le(4)?;
    let (way, value) = match (version, provider) {
        (1, WIM_PROVIDER) => (Wof::Wim, 0),
        (1, FILE_PROVIDER) if data.u32_le(8)? == 1 => {
            let algorithm = data.u32_le(12)?;
            (wof_codec(algorithm).map_or(Wof::Unknown, Wof::File), algorithm)
        }
        _ => (Wof::Unknown, provider),
    };
    if way == Wof::Unknown {
        let feature = term!("ntfs.provider-version-algorithm-windows-overlay");
        return Err(data.damage(ProblemKind::Unsupported { feature, value: u64::from(value) }));
    }
    Ok(way)
}

/// The codec of an algorithm of `FILE_PROVIDER_EXTERNAL_INFO_V1`.
fn wof_codec(algorithm: u32) -> Option<Codec> {
    match algorithm {
        0 => Some(Codec::WofXpress4k),
        1 => Some(Codec::WofLzx),
        2 => Some(Codec::WofXpress8k),
        3 => Some(Codec::WofXpress16k),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(tag: u32, data: &[u8]) -> Result<ReparsePoint, Problem> {
        let head =
            [tag.to_le_bytes().to_vec(), (data.len() as u16).to_le_bytes().to_vec(), vec![0, 0]]
                .concat();
        ReparsePoint::parse(&Structure::new("$REPARSE_POINT", 0, &[head, data.to_vec()].concat()))
    }

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn targets_of_links_and_mount_points_are_read() {
        let names = [utf16("\\??\\C:\\x"), utf16("C:\\x")].concat();
        let head = [0_u16, 16, 16, 8].map(u16::to_le_bytes).concat();
        let link = parse(SYMLINK, &[head.clone(), vec![0; 4], names.clone()].concat()).unwrap();
        assert_eq!(link.target, Some((utf16("\\??\\C:\\x"), "C:\\x".to_owned())));
        assert_eq!(link.kind(), Some(RecordKind::SymbolicLink));
        let mount = parse(MOUNT_POINT, &[head.clone(), names].concat()).unwrap();
        assert_eq!(
            (mount.target.unwrap().1.as_str(), parse(SYMLINK, &head).is_err()),
            ("C:\\x", true)
        );
        let linux = parse(LX_SYMLINK, b"\x02\0\0\0/etc/motd").unwrap();
        assert_eq!(linux.target, Some((b"/etc/motd".to_vec(), "/etc/motd".to_owned())));
    }

    #[test]
    fn wof_algorithms_are_told_apart_and_unknown_ones_are_told() {
        let data = |fields: [u32; 4]| fields.map(u32::to_le_bytes).concat();
        assert_eq!(parse(WOF, &data([1, 2, 1, 1])).unwrap().wof, Some(Wof::File(Codec::WofLzx)));
        assert_eq!(
            parse(WOF, &data([1, 2, 1, 0])).unwrap().wof,
            Some(Wof::File(Codec::WofXpress4k))
        );
        assert_eq!(parse(WOF, &data([1, 1, 0, 0])).unwrap().wof, Some(Wof::Wim));
        assert!(parse(WOF, &data([1, 2, 1, 9])).unwrap_err().to_string().contains("not supported"));
    }
}
