//! The short directory entry (FAT spec, "FAT Directory Structure").

use byte_source::{OutOfBounds, Structure};
use case_model::{Times, Timestamp};

use super::Format;

pub(super) const READ_ONLY_TO_ARCHIVE: u8 = 0x3f;
pub(super) const VOLUME_LABEL: u8 = 0x08;
pub(super) const DIRECTORY: u8 = 0x10;
const LONG_NAME: u8 = 0x0f;
/// First byte of an entry that is not in use any more.
pub(super) const DELETED: u8 = 0xe5;

/// What a slot of a directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SlotKind {
    /// Nothing was ever here, nor behind it.
    EndOfDirectory,
    /// A part of a long name, in use or deleted.
    LongName,
    /// The directory itself, "."
    Dot,
    /// Its parent, ".."
    DotDot,
    /// A file, directory or label, in use or deleted.
    Short,
}

/// A short entry: fields as on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DirectoryEntry {
    /// Byte offset in the volume.
    pub(super) at: u64,
    pub(super) name: [u8; 11],
    pub(super) attributes: u8,
    /// `DIR_NTRes`: bits 3 and 4 say that base and extension are in lower case.
    pub(super) nt_reserved: u8,
    pub(super) created: (u16, u16, u8),
    pub(super) accessed: u16,
    pub(super) cluster_high: u16,
    pub(super) modified: (u16, u16),
    pub(super) cluster_low: u16,
    pub(super) size: u32,
}

impl SlotKind {
    /// Tells what a 32-byte slot is.
    pub(super) fn of(slot: &Structure<'_>) -> Result<Self, OutOfBounds> {
        let name: [u8; 11] = slot.array(0)?;
        let attributes = slot.u8(11)?;
        let is_directory = attributes & (DIRECTORY | VOLUME_LABEL) == DIRECTORY;
        Ok(match &name {
            [0, ..] => Self::EndOfDirectory,
            _ if attributes & READ_ONLY_TO_ARCHIVE == LONG_NAME => Self::LongName,
            b".          " if is_directory => Self::Dot,
            b"..         " if is_directory => Self::DotDot,
            _ => Self::Short,
        })
    }
}

impl DirectoryEntry {
    /// Reads a short entry.
    pub(super) fn read(slot: &Structure<'_>) -> Result<Self, OutOfBounds> {
        Ok(Self {
            at: slot.at(),
            name: slot.array(0)?,
            attributes: slot.u8(11)?,
            nt_reserved: slot.u8(12)?,
            created: (slot.u16_le(16)?, slot.u16_le(14)?, slot.u8(13)?),
            accessed: slot.u16_le(18)?,
            cluster_high: slot.u16_le(20)?,
            modified: (slot.u16_le(24)?, slot.u16_le(22)?),
            cluster_low: slot.u16_le(26)?,
            size: slot.u32_le(28)?,
        })
    }

    /// Number of the record: where it is.
    pub(super) fn number(&self) -> u64 {
        self.at >> 5
    }

    pub(super) fn is_deleted(&self) -> bool {
        self.name.first() == Some(&DELETED)
    }

    /// A label has the label bit alone; with the directory bit it is taken for a directory, so that nothing below it is hidden.
    pub(super) fn is_label(&self) -> bool {
        self.attributes & (VOLUME_LABEL | DIRECTORY) == VOLUME_LABEL
    }

    pub(super) fn is_directory(&self) -> bool {
        self.attributes & DIRECTORY != 0
    }

    /// First cluster. The upper half counts on FAT32 only: on FAT12 and FAT16 OS/2 keeps a handle there.
    pub(super) fn first_cluster(&self, format: Format) -> u32 {
        let high = if format == Format::Fat32 { u32::from(self.cluster_high) << 16 } else { 0 };
        (high | u32::from(self.cluster_low)) & 0x0fff_ffff
    }

    pub(super) fn times(&self) -> Times {
        let (created_date, created_time, tenths) = self.created;
        let (modified_date, modified_time) = self.modified;
        Times {
            modified: Timestamp::fat(modified_date, Some(modified_time), None),
            accessed: Timestamp::fat(self.accessed, None, None),
            created: Timestamp::fat(created_date, Some(created_time), Some(tenths)),
            ..Times::default()
        }
    }
}
