//! An attribute: its header, and its value or the runs of it (`ATTRIBUTE_RECORD_HEADER`).

use byte_source::{Expected, Problem, Structure, index, length};
use words::term;

use super::placement::Placement;
use super::update_sequence;
use crate::Run;

const NAME: &str = "attribute header";

/// Type codes of attributes.
pub(super) mod type_code {
    pub(in crate::ntfs) const STANDARD_INFORMATION: u32 = 0x10;
    pub(in crate::ntfs) const ATTRIBUTE_LIST: u32 = 0x20;
    pub(in crate::ntfs) const FILE_NAME: u32 = 0x30;
    pub(in crate::ntfs) const OBJECT_ID: u32 = 0x40;
    pub(in crate::ntfs) const VOLUME_NAME: u32 = 0x60;
    pub(in crate::ntfs) const VOLUME_INFORMATION: u32 = 0x70;
    pub(in crate::ntfs) const DATA: u32 = 0x80;
    pub(in crate::ntfs) const BITMAP: u32 = 0xb0;
    pub(in crate::ntfs) const REPARSE_POINT: u32 = 0xc0;
    pub(in crate::ntfs) const EA: u32 = 0xe0;
    const INDEX_ALLOCATION: u32 = 0xa0;
    const LOGGED_UTILITY_STREAM: u32 = 0x100;

    /// Returns the name of the type, as far as such attributes may lie in clusters.
    pub(in crate::ntfs) const fn name(type_code: u32) -> &'static str {
        match type_code {
            ATTRIBUTE_LIST => "$ATTRIBUTE_LIST",
            DATA => "encrypted $DATA",
            INDEX_ALLOCATION => "$INDEX_ALLOCATION",
            BITMAP => "$BITMAP",
            REPARSE_POINT => "$REPARSE_POINT",
            EA => "$EA",
            LOGGED_UTILITY_STREAM => "$LOGGED_UTILITY_STREAM",
            _ => "attribute",
        }
    }
}

/// An attribute of a record.
#[derive(Clone, Debug)]
pub(super) struct Attribute<'a> {
    pub(super) type_code: u32,
    /// UTF-16LE.
    pub(super) name: &'a [u8],
    flags: u16,
    /// Number of the attribute within its record.
    pub(super) instance: u16,
    /// Number of the record that holds it.
    pub(super) record: u64,
    /// Byte offset of the header in the volume.
    pub(super) at: u64,
    pub(super) body: Body<'a>,
}

/// Where the value is.
#[derive(Clone, Debug)]
pub(super) enum Body<'a> {
    /// In the record.
    Resident {
        /// Its place is that of its first byte in the volume.
        value: Structure<'a>,
        /// Where its bytes lie in the volume; only for a `$DATA` attribute.
        runs: Vec<Run>,
    },
    /// In clusters.
    NonResident(NonResident<'a>),
}

/// The fields of an attribute whose value lies in clusters. Sizes in bytes; they count only where `lowest_vcn` is 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct NonResident<'a> {
    pub(super) lowest_vcn: u64,
    /// Last VCN that this attribute maps, `u64::MAX` when it maps none.
    pub(super) highest_vcn: u64,
    /// Clusters in a compression unit as the exponent of 2; 0 when not compressed.
    pub(super) compression_unit: u8,
    pub(super) file_size: u64,
    pub(super) valid_data_length: u64,
    /// The mapping pairs and what follows them in the attribute.
    pub(super) mapping_pairs: Structure<'a>,
}

impl<'a> Attribute<'a> {
    /// The attribute at `offset` of `record`, and its length in bytes.
    ///
    /// # Errors
    /// Lengths and offsets that leave the record or the attribute.
    pub(super) fn parse(
        record: &Structure<'a>,
        offset: usize,
        number: u64,
        place: &Placement,
    ) -> Result<(Self, usize), Problem> {
        let whole = whole(record, offset)?;
        let name = match usize::from(whole.u8(9)?).saturating_mul(2) {
            0 => &[],
            count => whole.bytes(usize::from(whole.u16_le(0x0a)?), count)?,
        };
        let body = match whole.u8(8)? {
            0 => resident(record, &whole, offset, place)?,
            _ => Body::NonResident(non_resident(&whole)?),
        };
        let attribute = Self {
            type_code: whole.u32_le(0)?,
            name,
            flags: whole.u16_le(0x0c)?,
            instance: whole.u16_le(0x0e)?,
            record: number,
            at: place.at(offset),
            body,
        };
        Ok((attribute, whole.len()))
    }

    pub(super) fn is_compressed(&self) -> bool {
        self.flags & 0x00ff != 0
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.flags & 0x4000 != 0
    }

    /// First VCN of what the attribute maps; 0 for a resident one.
    pub(super) fn lowest_vcn(&self) -> u64 {
        match &self.body {
            Body::Resident { .. } => 0,
            Body::NonResident(body) => body.lowest_vcn,
        }
    }

    /// The value of a resident attribute.
    pub(super) fn value(&self) -> Option<Structure<'a>> {
        match &self.body {
            Body::Resident { value, .. } => Some(*value),
            Body::NonResident(_) => None,
        }
    }
}

/// All bytes of the attribute at `offset` of a record.
fn whole<'a>(record: &Structure<'a>, offset: usize) -> Result<Structure<'a>, Problem> {
    let header = record.part(NAME, offset, 16)?;
    let bytes = index(u64::from(header.u32_le(4)?));
    if bytes < 24 || !bytes.is_multiple_of(8) {
        let expected = Expected::Rule(term!("ntfs.multiple-8-least-24"));
        return Err(header.wrong_value("record length", expected, length(bytes)));
    }
    Ok(record.part(NAME, offset, bytes)?)
}

fn resident<'a>(
    record: &Structure<'a>,
    header: &Structure<'a>,
    offset: usize,
    place: &Placement,
) -> Result<Body<'a>, Problem> {
    let count = index(u64::from(header.u32_le(0x10)?));
    let value_offset = usize::from(header.u16_le(0x14)?);
    let bytes = header.bytes(value_offset, count)?;
    let start = offset.saturating_add(value_offset);
    let runs = match header.u32_le(0)? {
        type_code::DATA => update_sequence::runs(record, start, count, place),
        _ => Vec::new(),
    };
    Ok(Body::Resident { value: Structure::new("attribute value", place.at(start), bytes), runs })
}

fn non_resident<'a>(header: &Structure<'a>) -> Result<NonResident<'a>, Problem> {
    let pairs = usize::from(header.u16_le(0x20)?);
    let bytes = header.from(pairs)?;
    Ok(NonResident {
        lowest_vcn: header.u64_le(0x10)?,
        highest_vcn: header.u64_le(0x18)?,
        compression_unit: header.u8(0x22)?,
        file_size: header.u64_le(0x30)?,
        valid_data_length: header.u64_le(0x38)?,
        mapping_pairs: header.part("mapping pairs", pairs, bytes.len())?,
    })
}
