//! The directories of a volume, as the walk finds them.

use std::collections::HashMap;
use std::ops::Range;

use byte_source::{Problem, ProblemKind, length};
use words::term;

use crate::{Allocation, RecordId, Space};

use super::{ClusterSet, push_extent};

/// Directories of one volume, some 100 bytes of memory each. Each needs a cluster of its own, so real volumes stay far below.
const MOST_DIRECTORIES: u64 = 1 << 22;
/// Levels of directories: twice what a path of 4096 bytes can name.
const MOST_LEVELS: u32 = 4096;

/// A directory.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    /// Number of its record; 0 for the root.
    pub(crate) record: u64,
    pub(crate) allocation: Allocation,
    /// 0 for the fixed root of FAT12 and FAT16.
    pub(crate) first_cluster: u32,
    /// First cluster of the directory that it is listed in.
    pub(crate) parent_cluster: u32,
    pub(crate) level: u32,
    /// Its bytes in the volume, in order.
    pub(crate) extents: Vec<Range<u64>>,
    /// Byte offset in the volume of the slot that ends it; what stands behind it is not in use.
    pub(crate) end_at: Option<u64>,
}

impl Directory {
    pub(crate) fn push(&mut self, range: Range<u64>) {
        push_extent(&mut self.extents, range);
    }

    /// Does byte `at` of the volume, which is one of its own, stand behind its end?
    pub(crate) fn ends_before(&self, at: u64) -> bool {
        let place = |at: u64| {
            self.extents.iter().position(|extent| extent.contains(&at)).map(|extent| (extent, at))
        };
        self.end_at.and_then(place).zip(place(at)).is_some_and(|(end, place)| end < place)
    }

    /// Can what stands at byte `at` be in use?
    pub(crate) fn allocation_at(&self, at: u64) -> Allocation {
        if self.is_live() && !self.ends_before(at) {
            Allocation::Allocated
        } else {
            Allocation::Deleted
        }
    }

    /// Its bytes from `at` on, at most `count` of them.
    pub(crate) fn tail(&self, at: u64, count: u64) -> Vec<Range<u64>> {
        let behind = self.extents.iter().skip_while(|extent| !extent.contains(&at));
        let mut left = count;
        let cut = behind.map(|extent| {
            let start = if extent.contains(&at) { at } else { extent.start };
            let end = extent.end.min(start.saturating_add(left));
            left = left.saturating_sub(end.saturating_sub(start));
            start..end
        });
        cut.take_while(|extent| !extent.is_empty()).collect()
    }

    /// Returns the space that the directory takes, when it is in use.
    pub(crate) fn space(&self) -> Option<Space> {
        let owner = Some(RecordId { number: self.record, generation: 0 });
        let space = || Space { what: "directory", owner, extents: self.extents.clone() };
        self.is_live().then(space)
    }

    pub(crate) fn is_live(&self) -> bool {
        self.allocation == Allocation::Allocated
    }
}

/// All of them: the root first, parents before children.
pub(crate) struct Directories {
    list: Vec<Directory>,
    by_cluster: HashMap<u32, usize>,
    /// Clusters that directories were read from: none is read twice.
    walked: ClusterSet,
    /// Their bytes in the volume, ascending, with the directory they belong to.
    index: Vec<(Range<u64>, usize)>,
    /// Limits that were reached, each once.
    problems: Vec<Problem>,
}

impl Directories {
    /// None yet, on a volume whose clusters are below `limit`.
    pub(crate) fn new(limit: u32) -> Self {
        let (list, by_cluster, index, problems) = Default::default();
        Self { list, by_cluster, walked: ClusterSet::new(limit), index, problems }
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn get(&self, number: usize) -> Option<&Directory> {
        self.list.get(number)
    }

    pub(crate) fn get_mut(&mut self, number: usize) -> Option<&mut Directory> {
        self.list.get_mut(number)
    }

    /// The directories in use.
    pub(crate) fn live(&self) -> impl Iterator<Item = &Directory> {
        self.list.iter().filter(|directory| directory.is_live())
    }

    /// The directory that begins in `cluster`.
    pub(crate) fn beginning_in(&self, cluster: u32) -> Option<&Directory> {
        self.by_cluster.get(&cluster).and_then(|number| self.list.get(*number))
    }

    /// The directory in which byte `at` of the volume lies.
    pub(crate) fn holding(&self, at: u64) -> Option<&Directory> {
        let after = self.index.partition_point(|(extent, _)| extent.start <= at);
        let (extent, number) = self.index.get(after.checked_sub(1)?)?;
        self.list.get(*number).filter(|_| extent.contains(&at))
    }

    pub(crate) fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Takes a cluster for a directory; false when one has it already.
    pub(crate) fn walk(&mut self, cluster: u32) -> bool {
        self.walked.insert(cluster)
    }

    /// Is there room for this one? A limit that is reached is kept as a problem.
    pub(crate) fn has_room_for(&mut self, directory: &Directory) -> bool {
        let (what, limit) = if length(self.list.len()) >= MOST_DIRECTORIES {
            (term!("fat.directories"), MOST_DIRECTORIES)
        } else if directory.level > MOST_LEVELS {
            (term!("fat.levels-directories"), u64::from(MOST_LEVELS))
        } else {
            return true;
        };
        let kind = ProblemKind::LimitReached { what, limit };
        if !self.problems.iter().any(|problem| problem.kind == kind) {
            let at = directory.record.saturating_mul(32);
            self.problems.push(Problem::damage("directory", at, kind));
        }
        false
    }

    pub(crate) fn push(&mut self, directory: Directory) {
        self.by_cluster.insert(directory.first_cluster, self.list.len());
        self.list.push(directory);
    }

    /// To be called when all are there, before [`Self::holding`].
    pub(crate) fn finish(&mut self) {
        self.walked = ClusterSet::new(0);
        let numbered = self.list.iter().enumerate();
        self.index = numbered
            .flat_map(|(number, found)| {
                found.extents.iter().map(move |extent| (extent.clone(), number))
            })
            .collect();
        self.index.sort_unstable_by_key(|(extent, _)| extent.start);
    }
}
