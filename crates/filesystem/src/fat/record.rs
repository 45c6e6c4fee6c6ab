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
    pub(super) fn root_record(
        &self,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) -> Record {
        let first_cluster = self.boot.root_cluster;
        let mut record =
            record_of_entry(0, self.boot.root_at, RecordKind::Directory, Allocation::Allocated);
        if self.format() == Format::Fat32 {
            if self.table.holds(first_cluster) {
                record.at = self.heap.range(first_cluster).start;
                record.problems =
                    self.follow(first_cluster, reader, scratch).problems(None, reader);
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
        record.problems.extend(attributes_problem(entry));
        if kind == RecordKind::Directory {
            record.problems.extend(match allocation {
                Allocation::Allocated => self.directory_problems(entry, reader, scratch),
                Allocation::Deleted => self.deleted_directory_problems(entry).into_iter().collect(),
            });
        } else if kind == RecordKind::File
            || entry.size != 0
            || entry.first_cluster(self.format()) != 0
        {
            self.add_stream(&mut record, entry, reader, scratch);
        }
        record
    }

    /// Adds the content of a file, or of a label, which should have none.
    fn add_stream(
        &self,
        record: &mut Record,
        entry: &DirectoryEntry,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) {
        let (stream, problems) = match record.allocation {
            Allocation::Allocated => self.live_stream(entry, reader, scratch),
            Allocation::Deleted => self.recovered_stream(entry, reader, scratch),
        };
        record.streams.push(stream);
        record.problems.extend(problems);
        if record.kind == RecordKind::Reserved {
            let kind = ProblemKind::Inconsistent(term!("fat.volume-label-content"));
            record.problems.push(Problem::note(STRUCTURE, entry.at, kind));
        }
    }

    fn details(&self, entry: &DirectoryEntry) -> Vec<Detail> {
        let mut details = vec![Detail {
            name: "first_cluster".to_owned(),
            value: entry.first_cluster(self.format()).to_string(),
        }];
        if self.format() != Format::Fat32 && entry.cluster_high != 0 {
            details.push(Detail {
                name: "ea_handle".to_owned(),
                value: entry.cluster_high.to_string(),
            });
        }
        details
    }

    pub(super) fn follow(
        &self,
        first: u32,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) -> Chain {
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
        problems.extend(size_problem(entry));
        problems
    }

    /// Why the entries of a deleted directory are not listed, or not for certain.
    fn deleted_directory_problems(&self, entry: &DirectoryEntry) -> Option<Problem> {
        let first_cluster = entry.first_cluster(self.format());
        let note = |how| Some(Problem::note(STRUCTURE, entry.at, ProblemKind::Inconsistent(how)));
        match self.tree.directories.beginning_in(first_cluster) {
            Some(owner) if owner.record == entry.number() => None,
            Some(_) => note(term!("fs.first-cluster-another-directory-under")),
            None if self.free.contains(first_cluster) => {
                note(term!("fat.first-cluster-no-longer-holds"))
            }
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

/// The note of attributes that the specification does not allow.
fn attributes_problem(entry: &DirectoryEntry) -> Option<Problem> {
    let unknown = entry.attributes & !READ_ONLY_TO_ARCHIVE != 0;
    let wrong = unknown || (entry.is_directory() && entry.attributes & 8 != 0);
    let expected = Expected::Rule(term!("fat.bits-6-7-clear-not"));
    let kind = ProblemKind::Value { field: "DIR_Attr", expected, found: entry.attributes.into() };
    wrong.then(|| Problem::note(STRUCTURE, entry.at, kind))
}

/// The note of a directory with a size.
fn size_problem(entry: &DirectoryEntry) -> Option<Problem> {
    let field = "DIR_FileSize of a directory";
    let kind =
        ProblemKind::Value { field, expected: Expected::Exactly(0), found: entry.size.into() };
    (entry.size != 0).then(|| Problem::note(STRUCTURE, entry.at, kind))
}
