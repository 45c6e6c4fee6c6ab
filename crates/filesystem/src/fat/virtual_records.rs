//! Records of what no directory entry describes: the reserved area, the copies of the table, lost chains.

use byte_source::{Problem, Scratch};
use case_model::NameEncoding;

use crate::{
    Allocation, Confidence, Detail, Found, Layout, Link, LinkParent, NameSpace, Place, Record, RecordKind,
    RecordRef, Run,
};

use super::lost_chains::LostChain;
use super::volume::FatVolume;
use super::{TableReader, data_stream, record_of_entry, runs};

/// Numbers of virtual records begin here: no volume is so large that a directory entry could lie at 32 times this byte. The number
/// itself is that of the reserved area, with a cluster added that of the lost chain which begins there.
const FIRST_NUMBER: u64 = 1 << 44;
/// With the ordinal of a copy of the table added: the number of that copy.
const FIRST_TABLE: u64 = FIRST_NUMBER + (1 << 32);

/// The virtual folder of the file system's own structures.
const METADATA_FOLDER: &str = "$Metadata";
/// The virtual folder of chains that no entry leads to.
const LOST_FOLDER: &str = "$LostChains";

/// How the length of a lost chain's content is known.
const LOST: &str = "lost chain: its entry is gone, so its length is that of its clusters";

impl FatVolume {
    /// Hands over all virtual records with their names.
    pub(super) fn scan_virtual(&self, scratch: &mut Scratch, each: &mut dyn FnMut(Found)) {
        let mut hand_over = |record: Record, folder, name: String| {
            let (number, at) = (record.id.number, record.at);
            each(Found::Record(Box::new(record)));
            each(Found::Link(Box::new(link(number, at, folder, name))));
        };
        hand_over(self.reserved_area(), METADATA_FOLDER, "$Boot".to_owned());
        for copy in 0..self.boot.fats {
            hand_over(self.table_copy(copy), METADATA_FOLDER, format!("$FAT{}", copy.saturating_add(1)));
        }
        let mut reader = TableReader::new(&self.table);
        for chain in &self.lost.chains {
            let record = self.lost_chain(chain, &mut reader, scratch);
            hand_over(record, LOST_FOLDER, format!("cluster-{}", chain.first));
        }
        self.lost.problems.iter().for_each(|problem| each(Found::Problem(problem.clone())));
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
        let first = u32::try_from(number.checked_sub(FIRST_NUMBER)?).ok()?;
        let chain = self.lost.beginning_in(first)?;
        Some(self.lost_chain(chain, &mut TableReader::new(&self.table), scratch))
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
        (record.counted, record.metadata) = (false, true);
        let runs = vec![Run { length: bytes, place: Place::At(at) }];
        record.streams.push(data_stream(bytes, Layout::Runs(runs), Confidence::Recorded));
        record
    }

    fn lost_chain(&self, chain: &LostChain, reader: &mut TableReader<'_>, scratch: &mut Scratch) -> Record {
        let number = FIRST_NUMBER.saturating_add(u64::from(chain.first));
        let at = self.table.entry_at(chain.first);
        let mut record = record_of_entry(number, at, RecordKind::File, Allocation::Allocated);
        record.counted = false;
        let extents = chain.extents(self.heap, reader, scratch);
        let size = u64::from(chain.clusters).saturating_mul(u64::from(self.heap.cluster_bytes));
        record.streams.push(data_stream(size, Layout::Runs(runs(&extents)), Confidence::Assumed(LOST)));
        let mut add = |name: &str, value: String| {
            record.details.push(Detail { name: name.to_owned(), value });
        };
        add("first_cluster", chain.first.to_string());
        add("clusters", chain.clusters.to_string());
        if let Some(how) = chain.end {
            record.problems.push(Problem::note(
                "lost chain",
                at,
                byte_source::ProblemKind::Inconsistent(how),
            ));
        }
        record
    }
}

fn link(number: u64, at: u64, folder: &'static str, name: String) -> Link {
    Link {
        parent: LinkParent::Virtual(folder),
        child: RecordRef { number, generation: None },
        name: name.into_bytes(),
        encoding: NameEncoding::Bytes,
        readable: None,
        space: NameSpace::Primary,
        allocation: Allocation::Allocated,
        at,
        times: None,
    }
}
