//! What a scan hands over.

use std::ops::Range;

use byte_source::Problem;
use case_model::{NameEncoding, Times};

use super::{Allocation, Record, RecordId, RecordRef};

/// One thing that a scan found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A record with its streams.
    Record(Box<Record>),
    /// A name in a directory.
    Link(Box<Link>),
    /// A record slot in use that belongs to another record (an NTFS extension record).
    Extension(Extension),
    /// Space in use that no stream shows.
    Space(Box<Space>),
    /// Something that could not be read, or that an examiner should know.
    Problem(Problem),
}

/// Space in use that no stream shows: the blocks of a directory, an index of an NTFS record, the inode tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    /// The structure by its specification's name.
    pub what: &'static str,
    /// The record in use that the structure belongs to; `None` for a structure of the file system as a whole.
    pub owner: Option<RecordId>,
    /// Byte ranges of the volume, in whole allocation units.
    pub extents: Vec<Range<u64>>,
}

/// A name: this record is called so in that directory. A record may have several (hard links) or none (orphan).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The directory.
    pub parent: LinkParent,
    /// The record that is named. [`RecordRef::UNKNOWN_CHILD`] in a deleted name that no longer says it: a record may still tell the
    /// same name.
    pub child: RecordRef,
    /// The name's raw bytes, without path separators' meaning: whatever stands on disk.
    pub name: Vec<u8>,
    /// How to understand the raw bytes.
    pub encoding: NameEncoding,
    /// The readable form, where the reader knows better than [`case_model::readable_name`] (code pages).
    pub readable: Option<String>,
    /// Which of several names of one link this is.
    pub space: NameSpace,
    /// Is the name in use?
    pub allocation: Allocation,
    /// Byte offset of the name's entry in the volume.
    pub at: u64,
    /// The times that the name itself keeps (NTFS `$FILE_NAME`).
    pub times: Option<Box<Times>>,
}

/// Where a name hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkParent {
    /// In a directory; when its record is gone or was used again for another (other generation), the child is an orphan.
    Directory(RecordRef),
    /// Directly under the root in a virtual folder of this name (FAT's and NTFS's structures that no directory lists).
    Virtual(&'static str),
}

/// Several names may stand for one link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameSpace {
    /// The name that people see.
    Primary,
    /// The 8.3 short name beside a long one: kept, but no path of its own.
    Short,
}

/// A record slot that is part of another record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension {
    /// The slot.
    pub id: RecordId,
    /// The record it belongs to.
    pub base: RecordRef,
    /// Byte offset in the volume.
    pub at: u64,
    /// True when the file system's metadata counts it (see [`super::Tally`]).
    pub counted: bool,
}
