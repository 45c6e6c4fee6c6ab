//! A directory entry as a record.

use byte_source::{Expected, Problem, ProblemKind, Scratch};
use words::term;

use crate::{Allocation, Confidence, Detail, Layout, Record, RecordKind, Stream};

use super::directory_entry::{DirectoryEntry, READ_ONLY_TO_ARCHIVE};
use super::volume::FatVolume;
use super::{Chain, Format, TableReader, data_stream, record_of_entry, runs};

const STRUCTURE: &str = "directory entry";

impl FatVolume {
    /// The root directory has no entry; it is record 0.
    pub(super) fn root_record(&self, reader: &mut TableReader<'_>, scratch: &mut Scratch) -> Record {
        let first_cluster = self.boot.root_cluster;
        let mut record = record_of_entry(0, self.boot.root_at, RecordKind::Directory, Allocation::Allocated);
        if self.format() == Format::Fat32 {
            if self.table.holds(first_cluster) {
                record.at = self.heap.range(first_cluster).start;
                record.problems = self.follow(first_cluster, reader, scratch).problems(None, reader);
            } else {
                record.problems.push(bad_first_cluster(record.at, first_cluster));
            }
        }
        record
    }

    /// The record of a short entry.
    pub(super) fn entry_record(
        &self,
        entry: &DirectoryEntry,
        allocation: Allocation,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) -> Record {
        let kind = match (entry.is_directory(), entry.is_label()) {
            (true, _) => RecordKind::Directory,
            (_, true) => RecordKind::Reserved,
            _ => RecordKind::File,
        };
        let mut record = record_of_entry(entry.number(), entry.at, kind, allocation);
        record.metadata = kind == RecordKind::Reserved;
        record.times = entry.times();
        record.attributes = u32::from(entry.attributes);
        record.details = self.details(entry);
        if entry.attributes & !READ_ONLY_TO_ARCHIVE != 0
            || (entry.is_directory() && entry.attributes & 8 != 0)
        {
            let expected = Expected::Rule(term!("fat.bits-6-7-clear-not"));
            let found = u64::from(entry.attributes);
            let kind = ProblemKind::Value { field: "DIR_Attr", expected, found };
            record.problems.push(Problem::note(STRUCTURE, entry.at, kind));
        }
        if kind == RecordKind::Directory {
            record.problems.extend(match allocation {
                Allocation::Allocated => self.directory_problems(entry, reader, scratch),
                Allocation::Deleted => self.deleted_directory_problems(entry).into_iter().collect(),
            });
        } else if kind == RecordKind::File || entry.size != 0 || entry.first_cluster(self.format()) != 0 {
            let (stream, problems) = match allocation {
                Allocation::Allocated => self.live_stream(entry, reader, scratch),
                Allocation::Deleted => self.recovered_stream(entry, reader, scratch),
            };
            record.streams.push(stream);
            record.problems.extend(problems);
            if kind == RecordKind::Reserved {
                let kind = ProblemKind::Inconsistent(term!("fat.volume-label-content"));
                record.problems.push(Problem::note(STRUCTURE, entry.at, kind));
            }
        }
        record
    }

    fn details(&self, entry: &DirectoryEntry) -> Vec<Detail> {
        let mut details = vec![Detail {
            name: "first_cluster".to_owned(),
            value: entry.first_cluster(self.format()).to_string(),
        }];
        if self.format() != Format::Fat32 && entry.cluster_high != 0 {
            details.push(Detail { name: "ea_handle".to_owned(), value: entry.cluster_high.to_string() });
        }
        details
    }

    pub(super) fn follow(&self, first: u32, reader: &mut TableReader<'_>, scratch: &mut Scratch) -> Chain {
        Chain::follow(first, self.heap, &self.tree.crossings, reader, scratch)
    }

    fn directory_problems(
        &self,
        entry: &DirectoryEntry,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) -> Vec<Problem> {
        let first_cluster = entry.first_cluster(self.format());
        if !self.table.holds(first_cluster) {
            return vec![bad_first_cluster(entry.at, first_cluster)];
        }
        let owner = self.tree.directories.beginning_in(first_cluster);
        let mut problems = match owner {
            // Its chain is that of the other one, with the other one's problems: a million entries may all lead to one directory.
            Some(owner) if owner.record != entry.number() => {
                let how = term!("fs.first-cluster-another-directory-under");
                vec![Problem::damage(STRUCTURE, entry.at, ProblemKind::Inconsistent(how))]
            }
            _ => self.follow(first_cluster, reader, scratch).problems(None, reader),
        };
        if entry.size != 0 {
            let (expected, found) = (Expected::Exactly(0), u64::from(entry.size));
            let kind = ProblemKind::Value { field: "DIR_FileSize of a directory", expected, found };
            problems.push(Problem::note(STRUCTURE, entry.at, kind));
        }
        problems
    }

    /// Why the entries of a deleted directory are not listed, or not for certain.
    fn deleted_directory_problems(&self, entry: &DirectoryEntry) -> Option<Problem> {
        let first_cluster = entry.first_cluster(self.format());
        let note = |how| Some(Problem::note(STRUCTURE, entry.at, ProblemKind::Inconsistent(how)));
        match self.tree.directories.beginning_in(first_cluster) {
            Some(owner) if owner.record == entry.number() => None,
            Some(_) => note(term!("fs.first-cluster-another-directory-under")),
            None if self.free.contains(first_cluster) => note(term!("fat.first-cluster-no-longer-holds")),
            None => note(term!("fs.first-cluster-use-again-none")),
        }
    }

    fn live_stream(
        &self,
        entry: &DirectoryEntry,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) -> (Stream, Vec<Problem>) {
        let first_cluster = entry.first_cluster(self.format());
        let size = u64::from(entry.size);
        let recorded = |layout| data_stream(size, layout, Confidence::Recorded);
        if first_cluster == 0 && size == 0 {
            return (recorded(Layout::Runs(Vec::new())), Vec::new());
        }
        if !self.table.holds(first_cluster) {
            let problem = bad_first_cluster(entry.at, first_cluster);
            let problem = if size == 0 { problem.as_note() } else { problem };
            return (recorded(Layout::Lost(term!("fs.no-first-cluster"))), vec![problem]);
        }
        let chain = self.follow(first_cluster, reader, scratch);
        let needed = self.heap.clusters_for(size);
        let problems = chain.problems(Some(needed), reader);
        (recorded(Layout::Runs(runs(&chain.extents))), problems)
    }
}

pub(super) fn bad_first_cluster(at: u64, cluster: u32) -> Problem {
    let expected = Expected::Rule(term!("fs.cluster-volume"));
    let kind = ProblemKind::Value { field: "DIR_FstClus", expected, found: u64::from(cluster) };
    Problem::damage(STRUCTURE, at, kind)
}
