//! A record: an MFT record, an inode, a FAT directory entry.

use byte_source::Problem;
use case_model::Times;

use super::Stream;

/// Identity of a record within its file system: where it is, never the order in which it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId {
    /// MFT record number, inode number; for FAT and exFAT the byte offset of the (short, or file) directory entry in the volume
    /// divided by 32, and 0 for the root directory; from 2^44 on FAT's structures and lost chains, which no entry describes.
    pub number: u64,
    /// MFT sequence number, inode generation; 0 where there is none.
    pub generation: u64,
}

/// A reference to a record, as a name or another record keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordRef {
    /// As [`RecordId::number`].
    pub number: u64,
    /// The generation that the reference was made for; `None` where references do not carry one (ext, FAT).
    pub generation: Option<u64>,
}

impl RecordRef {
    /// The child of a deleted name that no longer says which record it named (NTFS: the end mark of an index node lies over the
    /// reference). No record of NTFS has this generation.
    pub const UNKNOWN_CHILD: Self = Self { number: 0, generation: Some(0) };
}

impl From<RecordId> for RecordRef {
    fn from(id: RecordId) -> Self {
        Self { number: id.number, generation: Some(id.generation) }
    }
}

/// A record and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Identity.
    pub id: RecordId,
    /// Byte offset of the record in the volume.
    pub at: u64,
    /// What it is.
    pub kind: RecordKind,
    /// Is it in use?
    pub allocation: Allocation,
    /// True when the file system's metadata counts it (see [`super::Tally`]).
    pub counted: bool,
    /// True for the file system's own structures ($MFT, a journal, reserved inodes).
    pub metadata: bool,
    /// Times.
    pub times: Times,
    /// POSIX mode bits, type included.
    pub mode: Option<u32>,
    /// Numeric owner.
    pub owner: Option<Owner>,
    /// Number of names that the record says it has.
    pub links: Option<u32>,
    /// The attribute or flag word as on disk (NTFS and FAT file attributes, ext `i_flags`).
    pub attributes: u32,
    /// Target of a symbolic link or reparse point: raw bytes, readable form.
    pub target: Option<(Vec<u8>, String)>,
    /// Further facts for the examiner (object id, reparse tag, extended attributes), by the specification's names.
    pub details: Vec<Detail>,
    /// Streams; empty for directories and special files.
    pub streams: Vec<Stream>,
    /// What is wrong with the record.
    pub problems: Vec<Problem>,
}

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names of POSIX file types")]
pub enum RecordKind {
    File,
    Directory,
    SymbolicLink,
    BlockDevice,
    CharacterDevice,
    Fifo,
    Socket,
    /// A slot that the file system keeps for itself and that holds no file (reserved inodes).
    Reserved,
    /// A type that the record's fields do not tell.
    Unknown,
}

impl RecordKind {
    /// The word in exports and columns.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Directory => "directory",
            Self::SymbolicLink => "link",
            Self::BlockDevice => "block-device",
            Self::CharacterDevice => "character-device",
            Self::Fifo => "fifo",
            Self::Socket => "socket",
            Self::Reserved => "reserved",
            Self::Unknown => "unknown",
        }
    }
}

/// Is a record or a name in use?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Allocation {
    /// In use.
    Allocated,
    /// Not in use any more; what it says may be stale.
    Deleted,
}

/// Numeric owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner {
    /// User id (NTFS: `$STANDARD_INFORMATION` security id, not a user).
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

/// One further fact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Detail {
    /// Name, as in "object_id" or "xattr user.comment".
    pub name: String,
    /// Value, readable; bytes as hexadecimal digits.
    pub value: String,
}
