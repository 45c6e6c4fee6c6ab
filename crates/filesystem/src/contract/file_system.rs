//! The trait, and what a file system says of itself as a whole.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use byte_source::{Problem, Scratch, Source};

use super::{Found, Record, RecordId, RecordRef, Stream};
use crate::Extents;

/// A file system on a volume, read-only. All offsets are bytes from the start of the volume.
///
/// Implementations never panic, hang, or allocate what the volume's own length does not bound, whatever the volume holds.
pub trait FileSystem: Send + Sync {
    /// What the file system says of itself.
    fn summary(&self) -> &Summary;

    /// The volume that the offsets of streams count in, as [`fn@crate::pump`] wants it.
    fn volume(&self) -> &Arc<dyn Source>;

    /// The root directory.
    fn root(&self) -> RecordRef;

    /// Returns how the space of the volume is divided among files.
    fn allocation_units(&self) -> AllocationUnits {
        AllocationUnits { first_at: 0, bytes: self.summary().block_bytes, shared: false }
    }

    /// Returns the places of a stream in the volume as it is stored: a file system that replays its journal in memory names those in the
    /// journal. `None` when the layout names none.
    fn extents(&self, stream: &Stream) -> Option<Extents> {
        crate::extents(stream, self.volume().len())
    }

    /// How many record slots there are, and how many one part of a scan should hold.
    fn record_space(&self) -> RecordSpace;

    /// Hands over what the record slots `part` hold, in the order of the slots. Parts may be scanned by several workers, in any
    /// order; together they give everything exactly once. Damage is handed over as [`Found::Problem`]; the scan goes on.
    fn scan(&self, part: Range<u64>, scratch: &mut Scratch, each: &mut dyn FnMut(Found));

    /// Reads one record again, by the identity that [`Self::scan`] gave it.
    ///
    /// # Errors
    /// What is wrong with the record, or that there is none of that identity.
    fn record(&self, id: RecordId, scratch: &mut Scratch) -> Result<Record, Problem>;

    /// What the file system's own metadata counts, read independently of the scan, so that the two can be reconciled.
    fn census(&self, scratch: &mut Scratch) -> Census;

    /// Unallocated space as byte ranges of the volume, ascending, merged. Returns what kept it from being complete.
    fn unallocated(&self, scratch: &mut Scratch, each: &mut dyn FnMut(Range<u64>)) -> Vec<Problem>;
}

/// What the reader may be told beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenOptions {
    /// DOS code page of FAT short names.
    pub code_page: u16,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { code_page: 437 }
    }
}

/// Which file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names of the file systems")]
pub enum FileSystemKind {
    Apfs,
    Bcachefs,
    Btrfs,
    Cramfs,
    Erofs,
    ExFat,
    Ext2,
    Ext3,
    Ext4,
    /// The journal of an ext file system that stands on another device: no files.
    ExtJournal,
    F2fs,
    Fat12,
    Fat16,
    Fat32,
    Gfs2,
    Hfs,
    HfsPlus,
    Iso9660,
    Jfs,
    LinuxSwap,
    /// Files without a medium: a container of logical evidence.
    Logical,
    Minix,
    Nilfs2,
    Ntfs,
    Ocfs2,
    ReFs,
    ReiserFs,
    RomFs,
    /// Snapshots of an NTFS or ReFS volume, which lie within it.
    ShadowCopies,
    SquashFs,
    Udf,
    Ufs,
    Vmfs,
    Xfs,
    Zfs,
}

impl FileSystemKind {
    /// The field's name for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Apfs => "APFS",
            Self::Bcachefs => "bcachefs",
            Self::Btrfs => "Btrfs",
            Self::Cramfs => "cramfs",
            Self::Erofs => "EROFS",
            Self::ExFat => "exFAT",
            Self::Ext2 => "ext2",
            Self::Ext3 => "ext3",
            Self::Ext4 => "ext4",
            Self::ExtJournal => "ext external journal",
            Self::F2fs => "F2FS",
            Self::Fat12 => "FAT12",
            Self::Fat16 => "FAT16",
            Self::Fat32 => "FAT32",
            Self::Gfs2 => "GFS2",
            Self::Hfs => "HFS",
            Self::HfsPlus => "HFS+",
            Self::Iso9660 => "ISO 9660",
            Self::Jfs => "JFS",
            Self::LinuxSwap => "Linux swap",
            Self::Logical => "logical",
            Self::Minix => "Minix",
            Self::Nilfs2 => "NILFS2",
            Self::Ntfs => "NTFS",
            Self::Ocfs2 => "OCFS2",
            Self::ReFs => "ReFS",
            Self::ReiserFs => "ReiserFS",
            Self::RomFs => "romfs",
            Self::ShadowCopies => "volume shadow copies",
            Self::SquashFs => "SquashFS",
            Self::Udf => "UDF",
            Self::Ufs => "UFS",
            Self::Vmfs => "VMFS",
            Self::Xfs => "XFS",
            Self::Zfs => "ZFS",
        }
    }
}

impl fmt::Display for FileSystemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a file system says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Which one.
    pub kind: FileSystemKind,
    /// Volume label in readable form, empty when there is none.
    pub label: String,
    /// Serial number or UUID as its tools print it, empty when there is none.
    pub serial: String,
    /// Allocation unit (cluster, block) in bytes.
    pub block_bytes: u32,
    /// Allocation units on the volume.
    pub blocks: u64,
    /// What was noticed while opening (a backup superblock was used, an unreplayed journal, …).
    pub problems: Vec<Problem>,
}

/// How the space of a volume is divided among files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocationUnits {
    /// Byte offset of the first unit in the volume. No file can have space before it.
    pub first_at: u64,
    /// Bytes of a unit: a block, a cluster.
    pub bytes: u32,
    /// True when files share their units by design (ext4 `shared_blocks`): only the file system's own space is then exclusive.
    pub shared: bool,
}

/// The record slots of a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordSpace {
    /// Slots are numbered from 0 up to this, exclusive.
    pub slots: u64,
    /// Slots that one part should hold (a block group's inodes, a megabyte of MFT records); at least 1.
    pub part: u64,
}

/// What the file system's own metadata counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// One line per count; every one must be reconciled.
    pub tallies: Vec<Tally>,
    /// What kept the counting from being complete.
    pub problems: Vec<Problem>,
    /// Owners that records name by number only; each number once.
    pub owners: Vec<SecurityOwner>,
}

/// The owner that a security descriptor names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecurityOwner {
    /// The number by which records name the descriptor: [`super::Owner::uid`] of NTFS.
    pub security_id: u32,
    /// The owner's SID, like `S-1-5-21-…`.
    pub sid: String,
}

/// One count of the file system's metadata, and what the scan must show for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// What is counted, as in "inodes in use by the inode bitmaps".
    pub what: words::Term,
    /// By the metadata: the number of [`Found::Record`] with [`Record::counted`] plus [`Found::Extension`] with
    /// [`super::Extension::counted`] that a complete scan hands over.
    pub expected: u64,
}
