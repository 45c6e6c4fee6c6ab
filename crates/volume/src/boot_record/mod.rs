//! The first sector as a master boot record: fields that every scheme looks at.

mod entry;

use byte_source::{Scratch, Source, read_available};

pub(crate) use entry::{Entry, NAME as ENTRY_NAME, table_of};

/// Bytes of a sector where no table says otherwise.
pub(crate) const SECTOR_BYTES: u32 = 512;

/// The fields of the first sector as a master boot record.
pub(crate) struct Master {
    /// The four entries of its table, used or not.
    pub(crate) entries: [Entry; 4],
    /// True when it ends with 0x55 0xAA.
    pub(crate) signed: bool,
}

impl Master {
    /// Reads the first sector; what cannot be read is zero.
    pub(crate) fn read(medium: &dyn Source, scratch: &mut Scratch) -> Self {
        let mut sector = [0; 512];
        let _ = read_available(medium, 0, &mut sector, scratch);
        let (entries, signed) = entry::table_of(&sector, 0);
        Self { entries, signed }
    }

    /// True when an entry of type 0xEE says that a GPT follows.
    pub(crate) fn is_protective(&self) -> bool {
        self.signed && self.entries.iter().any(|entry| entry.kind == entry::PROTECTIVE)
    }

    /// The entries in use that are not the protective one.
    pub(crate) fn real(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.is_used() && entry.kind != entry::PROTECTIVE)
    }

    /// True when it has partitions of its own and none is out of order.
    pub(crate) fn is_sound(&self, medium_bytes: u64) -> bool {
        let sound = |entry: &Entry| !entry.is_used() || entry.is_sound(medium_bytes, SECTOR_BYTES);
        self.signed && self.real().next().is_some() && self.entries.iter().all(sound)
    }
}
