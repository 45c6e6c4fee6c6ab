//! Lost chains as records: files of the virtual folder `$LostChains`.

use byte_source::{Problem, ProblemKind, Scratch};
use words::{Term, term};

use crate::{Allocation, Confidence, Detail, Found, Layout, Record, RecordKind};

use super::lost_chains::{LostChain, LostChains};
use super::virtual_link::virtual_link;
use super::{Heap, Table, TableReader, data_stream, record_of_entry, runs};

/// Numbers of virtual records begin here: no volume is so large that a directory entry could lie at
/// 32 times this byte. The number itself is that of FAT's reserved area, with a cluster added that
/// of the lost chain which begins there.
pub(super) const FIRST_NUMBER: u64 = 1 << 44;

/// The virtual folder of chains that no entry leads to.
const LOST_FOLDER: &str = "$LostChains";

/// How the length of a lost chain's content is known.
const LOST: Term = term!("fat.lost-chain-entry-gone-so");
/// How the content is known where the table has no chain (exFAT's contiguous files).
const LOST_RUN: Term = term!("fat.neighbouring-lost-clusters-without-chain");

/// Hands over the lost chains of a volume with their names, and what kept them from being found.
pub(crate) fn scan_lost_chains(
    lost: &LostChains,
    table: &Table,
    heap: Heap,
    scratch: &mut Scratch,
    each: &mut dyn FnMut(Found),
) {
    let mut reader = TableReader::new(table);
    for chain in &lost.chains {
        let record = record(chain, heap, &mut reader, scratch);
        let name = format!("cluster-{}", chain.first);
        let link = virtual_link(record.id.number, record.at, LOST_FOLDER, name);
        each(Found::Record(Box::new(record)));
        each(Found::Link(Box::new(link)));
    }
    lost.problems.iter().for_each(|problem| each(Found::Problem(problem.clone())));
}

/// Returns the record of the lost chain with that number; `None` where the number is none of a lost
/// chain.
pub(crate) fn lost_chain_record(
    number: u64,
    lost: &LostChains,
    table: &Table,
    heap: Heap,
    scratch: &mut Scratch,
) -> Option<Record> {
    let first = u32::try_from(number.checked_sub(FIRST_NUMBER)?).ok()?;
    let chain = lost.beginning_in(first)?;
    Some(record(chain, heap, &mut TableReader::new(table), scratch))
}

fn record(
    chain: &LostChain,
    heap: Heap,
    reader: &mut TableReader<'_>,
    scratch: &mut Scratch,
) -> Record {
    let number = FIRST_NUMBER.saturating_add(u64::from(chain.first));
    let at = reader.table().entry_at(chain.first);
    let mut record = record_of_entry(number, at, RecordKind::File, Allocation::Allocated);
    record.counted = false;
    let extents = chain.extents(heap, reader, scratch);
    let size = u64::from(chain.clusters).saturating_mul(u64::from(heap.cluster_bytes));
    let how = if chain.is_linked { LOST } else { LOST_RUN };
    record.streams.push(data_stream(size, Layout::Runs(runs(&extents)), Confidence::Assumed(how)));
    let detail =
        |name: &str, value: u32| Detail { name: name.to_owned(), value: value.to_string() };
    record.details.push(detail("first_cluster", chain.first));
    record.details.push(detail("clusters", chain.clusters));
    if let Some(how) = chain.end {
        record.problems.push(Problem::note("lost chain", at, ProblemKind::Inconsistent(how)));
    }
    record
}
