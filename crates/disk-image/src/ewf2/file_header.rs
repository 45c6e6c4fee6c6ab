//! The file header of a segment file.

use crate::problems::{unreadable, value};
use byte_source::{Expected, Problem, Scratch, Source, Structure};
use codec::Codec;
use words::term;

/// Begins every segment file of a medium.
pub(super) const SIGNATURE: [u8; 8] = *b"EVF2\x0d\x0a\x81\x00";
/// Begins every segment file of a logical evidence file.
pub(super) const LOGICAL_SIGNATURE: [u8; 8] = *b"LEF2\x0d\x0a\x81\x00";
/// Length in bytes.
pub(super) const BYTES: u64 = 32;
/// Segment files of an image: names end at 2,127; the field has 32 bits, and every number that is missing is said.
const MOST_SEGMENTS: u32 = 65_535;
/// The version that is read.
const MAJOR: u8 = 2;

/// What a file header says. All numbers are little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileHeader {
    /// How compressed chunks and texts are coded.
    pub(super) compression: Compression,
    /// From 1.
    pub(super) segment_number: u32,
    /// True for logical evidence.
    pub(super) logical: bool,
    /// Tells the segment files of one image from those of another.
    pub(super) set_identifier: [u8; 16],
}

/// The compression method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Zlib,
    Bzip2,
}

impl Compression {
    /// The method of a number, as stored.
    fn of(number: u16) -> Option<Self> {
        match number {
            0 => Some(Self::None),
            1 => Some(Self::Zlib),
            2 => Some(Self::Bzip2),
            _ => None,
        }
    }

    /// The coding; `None` when nothing is compressed.
    pub(super) const fn codec(self) -> Option<Codec> {
        match self {
            Self::None => None,
            Self::Zlib => Some(Codec::Zlib),
            Self::Bzip2 => Some(Codec::Bzip2),
        }
    }

    /// Its name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Zlib => "zlib",
            Self::Bzip2 => "bzip2",
        }
    }
}

/// Reads the file header of `source`, which begins at byte `start` of the image: signature (8), major version (1), minor version (1),
/// compression method (2), segment number (4), set identifier (16).
///
/// # Errors
/// The [`Problem`] that makes it no segment file.
pub(super) fn read(
    source: &dyn Source,
    start: u64,
    scratch: &mut Scratch,
) -> Result<FileHeader, Problem> {
    const NAME: &str = "EWF2 file header";
    let mut bytes = [0; 32];
    byte_source::read_exact(source, 0, &mut bytes, scratch).map_err(unreadable(NAME, start))?;
    parse(&Structure::new(NAME, start, &bytes))
}

fn parse(header: &Structure<'_>) -> Result<FileHeader, Problem> {
    let value = |field, expected, found| value(header, field, expected, found);
    let signature = header.array::<8>(0)?;
    if signature != SIGNATURE && signature != LOGICAL_SIGNATURE {
        let expected = Expected::Rule(term!("ewf2.segment-file-version-2"));
        return Err(value("signature", expected, header.u64_be(0)?));
    }
    if header.u8(8)? != MAJOR {
        return Err(value("major version", Expected::Exactly(MAJOR.into()), header.u8(8)?.into()));
    }
    let method = header.u16_le(10)?;
    let compression = Compression::of(method)
        .ok_or_else(|| value("compression method", Expected::Within(0, 2), method.into()))?;
    let segment_number = header.u32_le(12)?;
    if !(1..=MOST_SEGMENTS).contains(&segment_number) {
        let expected = Expected::Within(1, MOST_SEGMENTS.into());
        return Err(value("segment number", expected, segment_number.into()));
    }
    let logical = signature == LOGICAL_SIGNATURE;
    Ok(FileHeader { logical, compression, segment_number, set_identifier: header.array(16)? })
}
