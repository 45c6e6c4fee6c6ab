//! Records of what no directory entry describes: the reserved area and the copies of the table.

use byte_source::Scratch;

use crate::{Allocation, Confidence, Found, Layout, Place, Record, RecordKind, Run};

use super::lost_chain_record::FIRST_NUMBER;
use super::virtual_link::virtual_link;
use super::volume::FatVolume;
use super::{data_stream, lost_chain_record, record_of_entry, scan_lost_chains};

/// With the ordinal of a copy of the table added: the number of that copy.
const FIRST_TABLE: u64 = FIRST_NUMBER + (1 << 32);

/// The virtual folder of the file system's own structures.
const METADATA_FOLDER: &str = "$Metadata";

impl FatVolume {
    /// Hands over all virtual records with their names.
    pub(super) fn scan_virtual(&self, scratch: &mut Scratch, each: &mut dyn FnMut(Found)) {
        let mut hand_over = |record: Record, folder, name: String| {
            let number = record.id.number;
            let at = record.at;
            each(Found::Record(Box::new(record)));
            each(Found::Link(Box::new(virtual_link(number, at, folder, name))));
        };
        hand_over(self.reserved_area(), METADATA_FOLDER, "$Boot".to_owned());
        for copy in 0..self.boot.fats {
            hand_over(
                self.table_copy(copy),
                METADATA_FOLDER,
                format!("$FAT{}", copy.saturating_add(1)),
            );
        }
        scan_lost_chains(&self.lost, &self.table, self.heap, scratch, each);
    }

    /// The virtual record of that number; `None` where the number is that of a directory entry, or of nothing.
    pub(super) fn virtual_record(&self, number: u64, scratch: &mut Scratch) -> Option<Record> {
        if number == FIRST_NUMBER {
            return Some(self.reserved_area());
        }
        if let Some(copy) = number.checked_sub(FIRST_TABLE) {
            let copy = u8::try_from(copy).ok().filter(|copy| *copy < self.boot.fats)?;
            return Some(self.table_copy(copy));
        }
        lost_chain_record(number, &self.lost, &self.table, self.heap, scratch)
    }

    /// Boot sector, FSInfo and their copies: everything before the first copy of the table.
    fn reserved_area(&self) -> Record {
        self.structure(FIRST_NUMBER, 0, self.boot.fat_at)
    }

    fn table_copy(&self, copy: u8) -> Record {
        let number = FIRST_TABLE.saturating_add(u64::from(copy));
        self.structure(number, self.boot.copy_at(copy), self.boot.fat_bytes)
    }

    fn structure(&self, number: u64, at: u64, bytes: u64) -> Record {
        let mut record = record_of_entry(number, at, RecordKind::File, Allocation::Allocated);
        record.counted = false;
        record.metadata = true;
        let runs = vec![Run { length: bytes, place: Place::At(at) }];
        record.streams.push(data_stream(bytes, Layout::Runs(runs), Confidence::Recorded));
        record
    }
}
