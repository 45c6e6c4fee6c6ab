//! Entry sets and primary entries as records.

use byte_source::{Problem, ProblemKind, Scratch};
use case_model::to_hex;
use words::term;

use crate::fat::{TableReader, data_stream, record_of_entry};
use crate::{Allocation, Confidence, Detail, Record, RecordKind, Stream, StreamKind};

use super::file_set::{Allocated, FileSet};
use super::primary;
use super::volume::ExFatVolume;

impl ExFatVolume {
    /// The root directory has no entry; it is record 0.
    pub(super) fn root_record(
        &self,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) -> Record {
        let first_cluster = self.boot.root_cluster;
        let at = self.heap.range(first_cluster).start;
        let mut record = record_of_entry(0, at, RecordKind::Directory, Allocation::Allocated);
        let space = Allocated { first_cluster, length: 1, valid_length: 1, no_fat_chain: false };
        let (_, problems) = self.live_layout(&space, at, reader, scratch);
        // The root has no size to compare its chain with.
        record.problems = problems.into_iter().filter(|problem| !is_of_length(problem)).collect();
        record
    }

    /// The record of a file or directory.
    pub(super) fn set_record(
        &self,
        set: &FileSet,
        allocation: Allocation,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) -> Record {
        let kind = match set.attributes {
            Some(_) if set.is_directory() => RecordKind::Directory,
            Some(_) => RecordKind::File,
            None => RecordKind::Unknown,
        };
        let mut record = record_of_entry(set.number(), set.at, kind, allocation);
        record.times = set.times;
        record.attributes = u32::from(set.attributes.unwrap_or(0));
        record.details.extend(set.details.iter().cloned());
        record.problems.extend(set.problems.iter().cloned());
        if let Some(space) = &set.stream {
            let mut add = |name: &str, value: String| {
                record.details.push(Detail { name: name.to_owned(), value });
            };
            add("first_cluster", space.first_cluster.to_string());
            add("no_fat_chain", space.no_fat_chain.to_string());
            self.add_content(&mut record, set, space, reader, scratch);
        }
        self.add_vendor_streams(&mut record, set, reader, scratch);
        record
    }

    /// Adds the space that vendors' entries allocate.
    fn add_vendor_streams(
        &self,
        record: &mut Record,
        set: &FileSet,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) {
        for (vendor, space) in &set.vendor {
            let (stream, problems) = self.stream(space, set.at, record.allocation, reader, scratch);
            let name = format!("vendor allocation {vendor}");
            let name = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
            record.streams.push(Stream { kind: StreamKind::Alternate, name, ..stream });
            record.problems.extend(problems);
        }
    }

    /// Adds the content of a file, or what is wrong with the space of a directory.
    fn add_content(
        &self,
        record: &mut Record,
        set: &FileSet,
        space: &Allocated,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) {
        let allocation = record.allocation;
        if record.kind != RecordKind::Directory {
            let (stream, problems) = self.stream(space, set.at, allocation, reader, scratch);
            record.streams.push(stream);
            record.problems.extend(problems);
            return;
        }
        // The chain of another directory has the other one's problems: a million entries may all
        // lead to one.
        if allocation == Allocation::Allocated && self.is_own_or_unlisted(set, space) {
            let (_, problems) = self.stream(space, set.at, allocation, reader, scratch);
            record.problems.extend(problems);
        }
        record.problems.extend(self.directory_problem(set, space, allocation));
    }

    /// The record of a primary entry in use other than a file's: one of the volume's own
    /// structures.
    pub(super) fn primary_record(
        &self,
        at: u64,
        bytes: &[u8; 32],
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) -> Record {
        let space = primary::space(bytes);
        let kind = if space.is_some() { RecordKind::File } else { RecordKind::Reserved };
        let mut record = record_of_entry(at >> 5, at, kind, Allocation::Allocated);
        record.metadata = true;
        record.details.push(Detail { name: "entry".to_owned(), value: to_hex(bytes) });
        if let Some(space) = space {
            let (stream, problems) =
                self.stream(&space, at, Allocation::Allocated, reader, scratch);
            record.streams.push(stream);
            record.problems = problems;
        }
        record
    }

    /// The content that an entry at byte `at` allocates.
    fn stream(
        &self,
        space: &Allocated,
        at: u64,
        allocation: Allocation,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) -> (Stream, Vec<Problem>) {
        let (layout, confidence, problems) = match allocation {
            Allocation::Allocated => {
                let (layout, problems) = self.live_layout(space, at, reader, scratch);
                (layout, Confidence::Recorded, problems)
            }
            Allocation::Deleted => self.deleted_layout(space, at, reader, scratch),
        };
        let valid = space.valid_length.min(space.length);
        (Stream { valid, ..data_stream(space.length, layout, confidence) }, problems)
    }

    /// Is a cluster free, or marked in use without an entry in use that leads to it?
    fn is_available(&self, cluster: u32) -> bool {
        self.free.contains(cluster) || self.lost.unowned.contains(cluster)
    }

    /// False when the entries of a directory are listed under another entry.
    fn is_own_or_unlisted(&self, set: &FileSet, space: &Allocated) -> bool {
        let owner = self.tree.directories.beginning_in(space.first_cluster);
        owner.is_none_or(|owner| owner.record == set.number())
    }

    /// Why the entries of a directory are not listed under it, or not for certain.
    fn directory_problem(
        &self,
        set: &FileSet,
        space: &Allocated,
        allocation: Allocation,
    ) -> Option<Problem> {
        const STRUCTURE: &str = "exFAT directory entry set";
        let owner = self.tree.directories.beginning_in(space.first_cluster);
        let how = match (owner, allocation) {
            (Some(owner), _) if owner.record == set.number() => return None,
            (Some(_), _) => {
                term!("fs.first-cluster-another-directory-under")
            }
            (None, Allocation::Allocated) => return None,
            (None, Allocation::Deleted) if self.is_available(space.first_cluster) => {
                term!("exfat.first-cluster-no-longer-holds")
            }
            (None, Allocation::Deleted) => term!("fs.first-cluster-use-again-none"),
        };
        let problem = Problem::damage(STRUCTURE, set.at, ProblemKind::Inconsistent(how));
        Some(if allocation == Allocation::Allocated { problem } else { problem.as_note() })
    }
}

/// True for the problem of a chain with more or fewer clusters than are needed.
fn is_of_length(problem: &Problem) -> bool {
    let ProblemKind::Value { field, .. } = problem.kind else { return false };
    field == "clusters in the chain"
}
