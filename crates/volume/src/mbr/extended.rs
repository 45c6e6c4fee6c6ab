//! The chain of extended boot records that holds logical partitions.

use std::collections::HashSet;

use byte_source::{BadReason, Expected, Problem, ProblemKind, Scratch, Source, read_exact};
use words::term;

use crate::Scheme;
use crate::boot_record::{ENTRY_NAME, Entry, table_of};
use crate::parts::Parts;

/// What a record is called in problems.
const NAME: &str = "extended boot record";
/// Extended boot records of a medium. Systems number logical partitions up to a few hundred at
/// most.
const MOST_RECORDS: usize = 1024;
/// Logical partitions are numbered from 5.
const FIRST_LOGICAL: u32 = 5;

/// Follows the chains of one medium. All its extended partitions share the numbering.
pub(super) struct Chain<'a> {
    source: &'a dyn Source,
    sector_bytes: u32,
    visited: HashSet<u64>,
    next_number: u32,
}

/// True when an extended boot record at byte `start` is signed and the sector is not that of a file
/// system with text for a table.
pub(super) fn is_signed(source: &dyn Source, start: u64, scratch: &mut Scratch) -> bool {
    read(source, start, scratch).is_ok_and(|entries| {
        entries.iter().all(|entry| !entry.is_used() || entry.status_problem().is_none())
    })
}

fn read(source: &dyn Source, at: u64, scratch: &mut Scratch) -> Result<[Entry; 4], Problem> {
    let mut sector = [0; 512];
    read_exact(source, at, &mut sector, scratch)
        .map_err(|reason: BadReason| Problem::damage(NAME, at, ProblemKind::Unreadable(reason)))?;
    let (entries, signed) = table_of(&sector, at);
    if signed {
        return Ok(entries);
    }
    let [.., low, high] = sector;
    let expected = Expected::Exactly(0xaa55);
    let found = u16::from_le_bytes([low, high]).into();
    Err(Problem::damage(NAME, at, ProblemKind::Value { field: "signature", expected, found }))
}

impl<'a> Chain<'a> {
    pub(super) fn new(source: &'a dyn Source, sector_bytes: u32) -> Self {
        Self { source, sector_bytes, visited: HashSet::new(), next_number: FIRST_LOGICAL }
    }

    /// Adds the logical partitions of the extended partition that `outer` of the master boot record
    /// names. Partitions count their sectors from the record that names them, links from the
    /// extended partition.
    pub(super) fn follow(&mut self, outer: &Entry, scratch: &mut Scratch, parts: &mut Parts) {
        let base = outer.start(self.sector_bytes, 0);
        let mut waiting = vec![base];
        while let Some(at) = waiting.pop() {
            if !self.visited.insert(at) {
                let how = term!("mbr.chain-extended-boot-records-comes");
                parts.problems.push(Problem::damage(NAME, at, ProblemKind::Inconsistent(how)));
                continue;
            }
            if self.visited.len() > MOST_RECORDS {
                return parts.problems.push(too_many(at));
            }
            match read(self.source, at, scratch) {
                Ok(entries) => self.record(at, base, &entries, &mut waiting, parts),
                Err(problem) => parts.problems.push(problem),
            }
        }
    }

    fn record(
        &mut self,
        at: u64,
        base: u64,
        entries: &[Entry; 4],
        waiting: &mut Vec<u64>,
        parts: &mut Parts,
    ) {
        parts.table(Scheme::Mbr, at, self.sector_bytes.into(), NAME);
        let used = || entries.iter().filter(|entry| entry.is_used());
        let sound = |entry: &&Entry| entry.status_problem().is_none() && entry.is_extended();
        waiting.extend(used().filter(sound).map(|entry| entry.start(self.sector_bytes, base)));
        used().for_each(|entry| self.logical(entry, at, parts));
        let links = used().filter(|entry| entry.is_extended()).count();
        if links > 1 || used().count() > 2 {
            let how = term!("mbr.extended-boot-record-one-partition");
            parts.problems.push(Problem::note(NAME, at, ProblemKind::Inconsistent(how)));
        }
        // The first link is followed first.
        let first_link = waiting.len().saturating_sub(links);
        waiting.get_mut(first_link..).unwrap_or_default().reverse();
    }

    /// Adds the logical partition that an entry of the record at byte `at` names, or what is wrong
    /// with the entry.
    fn logical(&mut self, entry: &Entry, at: u64, parts: &mut Parts) {
        if let Some(problem) = entry.status_problem() {
            parts.problems.push(problem);
        } else if !entry.is_extended() {
            let volume = entry.volume(self.sector_bytes, at, self.next_number);
            parts.partition(volume, ENTRY_NAME, entry.at);
            self.next_number = self.next_number.saturating_add(1);
        }
    }
}

/// The problem of a medium with more records than are followed; the one at byte `at` is the first
/// of those.
fn too_many(at: u64) -> Problem {
    let what = term!("mbr.extended-boot-records");
    let kind = ProblemKind::LimitReached { what, limit: byte_source::length(MOST_RECORDS) };
    Problem::damage(NAME, at, kind)
}
