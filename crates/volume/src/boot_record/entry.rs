//! An entry of a partition table in a master or extended boot record.

use byte_source::{Expected, Problem, ProblemKind, Structure};
use words::term;

use crate::parts;
use crate::{Extent, Role, Scheme, Volume};

/// What an entry is called in problems.
pub(crate) const NAME: &str = "MBR partition entry";
/// The type of the entry that protects a GPT.
pub(super) const PROTECTIVE: u8 = 0xee;
/// The types of extended partitions: CHS, LBA, Linux, and the hidden ones.
const EXTENDED: [u8; 5] = [0x05, 0x0f, 0x85, 0x15, 0x1f];
/// Byte offset of the table in its sector.
const TABLE_AT: usize = 446;
/// Length in bytes of an entry: status (1), first CHS (3), type (1), last CHS (3), first sector
/// (4), sectors (4), little-endian.
const BYTES: usize = 16;

/// An entry. Its sectors count from the beginning of the medium, or, in extended boot records, from
/// a place that depends on its type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Byte offset on the medium of the entry itself.
    pub(crate) at: u64,
    /// Its number in its table, from 1.
    pub(crate) number: u32,
    /// 0x80 for the partition to boot from, 0 for others.
    pub(crate) status: u8,
    /// Type of the partition; 0 when the entry is not in use.
    pub(crate) kind: u8,
    first: u32,
    sectors: u32,
}

/// The four entries of the boot record `sector` at byte `at` of the medium, and whether it ends
/// with 0x55 0xAA.
pub(crate) fn table_of(sector: &[u8; 512], at: u64) -> ([Entry; 4], bool) {
    let record = Structure::new("boot record", at, sector);
    let mut entries = [Entry::default(); 4];
    for (entry, (number, offset)) in entries.iter_mut().zip((1..).zip((TABLE_AT..).step_by(BYTES)))
    {
        // All four lie within 512 bytes.
        if let Ok(bytes) = record.part(NAME, offset, BYTES) {
            *entry = Entry::parse(&bytes, number).unwrap_or_default();
        }
    }
    (entries, sector.ends_with(&[0x55, 0xaa]))
}

impl Entry {
    fn parse(bytes: &Structure<'_>, number: u32) -> Result<Self, byte_source::OutOfBounds> {
        Ok(Self {
            at: bytes.at(),
            number,
            status: bytes.u8(0)?,
            kind: bytes.u8(4)?,
            first: bytes.u32_le(8)?,
            sectors: bytes.u32_le(12)?,
        })
    }

    /// True when it names a partition.
    pub(crate) fn is_used(&self) -> bool {
        self.kind != 0 && self.sectors > 0
    }

    /// True when it names a chain of extended boot records.
    pub(crate) fn is_extended(&self) -> bool {
        EXTENDED.contains(&self.kind)
    }

    /// Byte offset of its first sector, counted from byte `base`.
    pub(crate) fn start(&self, sector_bytes: u32, base: u64) -> u64 {
        base.saturating_add(u64::from(self.first).saturating_mul(sector_bytes.into()))
    }

    /// The bytes it names, counted from byte `base`.
    pub(crate) fn extent(&self, sector_bytes: u32, base: u64) -> Extent {
        let length = u64::from(self.sectors).saturating_mul(sector_bytes.into());
        Extent { start: self.start(sector_bytes, base), length }
    }

    /// The partition it names, counted from byte `base`.
    pub(crate) fn volume(&self, sector_bytes: u32, base: u64, number: u32) -> Volume {
        let part =
            parts::volume(Scheme::Mbr, number, Role::Volume, self.extent(sector_bytes, base));
        Volume { type_code: format!("{:#04x}", self.kind), ..part }
    }

    /// True when its status is allowed and it begins behind the first sector and within the medium.
    pub(crate) fn is_sound(&self, medium_bytes: u64, sector_bytes: u32) -> bool {
        self.status_problem().is_none()
            && self.first > 0
            && self.start(sector_bytes, 0) < medium_bytes
    }

    /// The problem of a status that is neither 0x00 nor 0x80.
    pub(crate) fn status_problem(&self) -> Option<Problem> {
        let expected = Expected::Rule(term!("mbr.0x00-0x80-entry-not-read"));
        let kind = ProblemKind::Value { field: "status", expected, found: self.status.into() };
        let wrong = self.status & 0x7f != 0;
        wrong.then(|| Problem::damage(NAME, self.at, kind))
    }
}
