//! Is what stands in a slot in use?

use byte_source::{OutOfBounds, Structure};

use crate::Allocation;

use super::TableReader;
use super::directory_entry::{DirectoryEntry, READ_ONLY_TO_ARCHIVE, SlotKind};

/// Goes along the slots of one directory and tells which short entries are in use.
pub(super) struct SlotUse {
    directory: Allocation,
    ended: bool,
}

/// A short entry, with what its place says of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    pub(super) entry: DirectoryEntry,
    pub(super) allocation: Allocation,
    /// It stands behind the mark that ends the directory.
    pub(super) behind_end: bool,
}

impl SlotUse {
    pub(super) fn new(directory: Allocation) -> Self {
        Self { directory, ended: false }
    }

    /// Was the mark that ends the directory passed?
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Takes the next slot; a short entry comes back with its use. Behind the end of the directory,
    /// and in a directory that is not in use itself, only what looks like an entry is taken for
    /// one.
    pub(super) fn place(
        &mut self,
        kind: SlotKind,
        slot: &Structure<'_>,
        reader: &TableReader<'_>,
    ) -> Result<Option<Placed>, OutOfBounds> {
        self.ended |= kind == SlotKind::EndOfDirectory;
        if kind != SlotKind::Short {
            return Ok(None);
        }
        let entry = DirectoryEntry::read(slot)?;
        let certain = self.directory == Allocation::Allocated && !self.ended;
        let taken =
            certain || (may_be_entry(&entry, reader) && (!self.ended || has_plain_name(&entry)));
        let in_use = certain && !entry.is_deleted();
        let allocation = if in_use { Allocation::Allocated } else { Allocation::Deleted };
        Ok(taken.then_some(Placed { entry, allocation, behind_end: self.ended }))
    }
}

/// Attributes, first cluster and date are possible.
fn may_be_entry(entry: &DirectoryEntry, reader: &TableReader<'_>) -> bool {
    let cluster = entry.first_cluster(reader.table().format);
    let day = entry.modified.0 & 31;
    let month = entry.modified.0 >> 5 & 15;
    let dated = entry.modified.0 == 0 || ((1..=31).contains(&day) && (1..=12).contains(&month));
    entry.attributes & !READ_ONLY_TO_ARCHIVE == 0
        && (cluster == 0 || reader.table().holds(cluster))
        && dated
        && entry.name.get(1..).is_some_and(|rest| rest.iter().all(|byte| *byte >= b' '))
}

/// Only characters that a short name may have (FAT spec, "DIR_Name"), and no reserved bits: what
/// stands behind the end of a directory may be anything.
fn has_plain_name(entry: &DirectoryEntry) -> bool {
    let [first, rest @ ..] = entry.name;
    let allowed = |byte: u8| {
        byte >= b' ' && !byte.is_ascii_lowercase() && !b"\"*+,./:;<=>?[\\]|\x7f".contains(&byte)
    };
    (allowed(first) || first == 0x05)
        && first != b' '
        && rest.into_iter().all(allowed)
        && entry.nt_reserved & !0x18 == 0
}
