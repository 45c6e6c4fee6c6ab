//! What a division of a medium says.

use std::sync::Arc;

use byte_source::{Concatenation, Problem, Section, Source};

/// How a medium is divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Division {
    /// The scheme.
    pub scheme: Scheme,
    /// Bytes of a sector, as the tables count.
    pub sector_bytes: u32,
    /// All parts, by their first byte. For partition schemes they cover the medium without gaps, except for overlaps, which are reported.
    pub volumes: Vec<Volume>,
    /// What is wrong with the tables.
    pub problems: Vec<Problem>,
}

/// A partitioning scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names of the schemes")]
pub enum Scheme {
    /// No table: the medium is one volume.
    None,
    Mbr,
    Gpt,
    Apm,
    Lvm2,
}

impl Scheme {
    /// The word in exports and columns.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Mbr => "mbr",
            Self::Gpt => "gpt",
            Self::Apm => "apm",
            Self::Lvm2 => "lvm2",
        }
    }
}

/// A part of a medium.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// The scheme that names it (a logical volume of LVM2 stands beside the partition that holds it).
    pub scheme: Scheme,
    /// Its number in its table, from 1 (MBR: 1 to 4, logical ones from 5); 0 for parts that no table numbers.
    pub number: u32,
    /// What it is.
    pub role: Role,
    /// Where it lies: one extent, or several for a logical volume.
    pub extents: Vec<Extent>,
    /// Its type as the table says: `0x07`, a GUID, `Apple_HFS`; empty when the table says none.
    pub type_code: String,
    /// Its name as the table says; empty when the table says none.
    pub name: String,
    /// The encryption that was recognised, as in "BitLocker", "LUKS 2".
    pub encryption: Option<&'static str>,
    /// What larger whole it belongs to, where it is no plain volume.
    pub member: Option<Member>,
}

/// A part that belongs to something larger, or that another layer than a file system stands on: a physical volume of LVM2, a member of an
/// array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Member {
    /// What it is, as in "LVM2 physical volume", "md RAID 5 member".
    pub name: &'static str,
    /// True when other volumes, or [`Division::problems`], say what became of its content; false when its content is read as it stands (one
    /// half of a mirror).
    pub is_explained: bool,
}

/// What a part of a medium is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A partition, a logical volume, or the whole medium: may hold a file system.
    Volume,
    /// Space that no partition claims.
    Unpartitioned,
    /// The tables themselves.
    Table,
}

impl Role {
    /// The word in exports and columns.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Volume => "volume",
            Self::Unpartitioned => "unpartitioned",
            Self::Table => "table",
        }
    }
}

/// Consecutive bytes of the medium.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Extent {
    /// Byte offset on the medium.
    pub start: u64,
    /// Length in bytes; may reach past the end of a truncated medium (those bytes read as bad).
    pub length: u64,
}

impl Volume {
    /// Byte offset of the first extent on the medium.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.extents.first().map_or(0, |extent| extent.start)
    }

    /// Length in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.extents.iter().fold(0, |sum, extent| sum.saturating_add(extent.length))
    }

    /// Byte offset on the medium of byte `at` of the part. Past its end: as if its last extent went on.
    #[must_use]
    pub fn on_medium(&self, at: u64) -> u64 {
        let mut left = at;
        for extent in &self.extents {
            if left < extent.length {
                return extent.start.saturating_add(left);
            }
            left = left.saturating_sub(extent.length);
        }
        self.extents
            .last()
            .map_or(at, |last| last.start.saturating_add(last.length).saturating_add(left))
    }

    /// The part's bytes.
    #[must_use]
    pub fn source(&self, medium: &Arc<dyn Source>) -> Arc<dyn Source> {
        let section = |extent: &Extent| -> Arc<dyn Source> {
            Arc::new(Section::new(
                Arc::clone(medium),
                extent.start..extent.start.saturating_add(extent.length),
            ))
        };
        match self.extents.as_slice() {
            [one] => section(one),
            many => match Concatenation::new(many.iter().map(section).collect()) {
                Some(whole) => Arc::new(whole),
                None => Arc::new(Section::new(Arc::clone(medium), 0..0)),
            },
        }
    }
}
