//! An MFT record (`FILE_RECORD_SEGMENT_HEADER` and the attributes behind it).

use byte_source::{Expected, OutOfBounds, Problem, ProblemKind, Structure, index, length};

use super::attribute::{Attribute, type_code};
use super::file_reference::FileReference;
use super::placement::Placement;

/// Name of the structure in messages.
pub(super) const NAME: &str = "MFT record";

/// Signature of a record.
pub(super) const SIGNATURE: &[u8; 4] = b"FILE";

/// A record whose protected bytes were put back, and where it lies.
#[derive(Clone, Debug)]
pub(super) struct FileRecord<'a> {
    pub(super) number: u64,
    pub(super) place: Placement,
    pub(super) sequence_number: u16,
    pub(super) link_count: u16,
    flags: u16,
    pub(super) base: FileReference,
    first_attribute: u16,
    bytes_in_use: u32,
    bytes: &'a [u8],
}

impl<'a> FileRecord<'a> {
    /// The record `number`, signature and update sequence already seen to.
    ///
    /// # Errors
    /// A record too short for its header.
    pub(super) fn parse(
        number: u64,
        place: Placement,
        bytes: &'a [u8],
    ) -> Result<Self, OutOfBounds> {
        let header = Structure::new(NAME, place.first(), bytes);
        Ok(Self {
            number,
            sequence_number: header.u16_le(0x10)?,
            link_count: header.u16_le(0x12)?,
            first_attribute: header.u16_le(0x14)?,
            flags: header.u16_le(0x16)?,
            bytes_in_use: header.u32_le(0x18)?,
            base: FileReference::new(header.u64_le(0x20)?),
            place,
            bytes,
        })
    }

    pub(super) fn is_in_use(&self) -> bool {
        self.flags & 1 != 0
    }

    pub(super) fn is_directory(&self) -> bool {
        self.flags & 2 != 0
    }

    /// The sequence number that references to this record carry: NTFS increments it, past 0, when it frees the record.
    pub(super) fn generation(&self) -> u16 {
        match (self.is_in_use(), self.sequence_number) {
            (true, sequence) => sequence,
            (false, 0) => 0,
            (false, 1) => u16::MAX,
            (false, sequence) => sequence.saturating_sub(1),
        }
    }

    pub(super) fn reference(&self) -> FileReference {
        FileReference { number: self.number, sequence: self.generation() }
    }

    /// Is there a list of attributes among the record's own?
    pub(super) fn has_list(&self) -> bool {
        let mut attributes = Vec::new();
        self.attributes(&mut attributes, &mut Vec::new());
        attributes.iter().any(|attribute| attribute.type_code == type_code::ATTRIBUTE_LIST)
    }

    /// Reads the attributes into `attributes`; what ends them early is reported.
    pub(super) fn attributes(
        &self,
        attributes: &mut Vec<Attribute<'a>>,
        problems: &mut Vec<Problem>,
    ) {
        match self.read_attributes(attributes) {
            Ok(end) => problems.extend(self.end_problem(end)),
            Err(problem) => problems.push(problem),
        }
    }

    /// Reads the attributes. Returns the offset of the mark that ends them.
    fn read_attributes(&self, attributes: &mut Vec<Attribute<'a>>) -> Result<usize, Problem> {
        const END: u32 = 0xffff_ffff;
        let record = Structure::new(NAME, self.place.first(), self.bytes);
        let mut offset = usize::from(self.first_attribute);
        // Every attribute is 16 bytes long or longer: the record's length bounds the loop.
        while record.u32_le(offset)? != END {
            let (attribute, bytes) = Attribute::parse(&record, offset, self.number, &self.place)?;
            attributes.push(attribute);
            offset = offset.saturating_add(bytes);
        }
        Ok(offset)
    }

    /// The note of a record whose `bytes in use` do not fit the mark at `end`.
    fn end_problem(&self, end: usize) -> Option<Problem> {
        let in_use = index(u64::from(self.bytes_in_use));
        let fits = in_use <= self.bytes.len() && end < in_use;
        let expected = Expected::Within(length(end).saturating_add(4), length(self.bytes.len()));
        let kind =
            ProblemKind::Value { field: "bytes in use", expected, found: self.bytes_in_use.into() };
        (!fits).then(|| Problem::note(NAME, self.place.first(), kind))
    }
}
