//! The walk over the directories when a volume is opened.

use std::sync::Arc;

use byte_source::{Scratch, Source};

use crate::Allocation;
use crate::fat::{
    ClusterSet, Crossings, DeletedFiles, Directories, Directory, Entry, FreeRuns, Heap, Reached,
    Renamed, TableReader,
};

use super::file_set::{Allocated, FileSet};
use super::primary;
use super::up_case_table::UpCaseTable;
use super::visit::{Placed, Seen, visit_directory};

/// Bytes of a directory at most (spec 7.4: 256 MiB); the clusters of a deleted one are assumed up
/// to there.
pub(super) const MOST_BYTES: u64 = 256 << 20;

/// Clusters of a deleted file's chain that are followed at most.
pub(super) const MOST_STALE_CLUSTERS: u64 = 1 << 16;
/// Clusters of all such chains together: some seconds' worth. With more, none is followed.
pub(super) const MOST_STALE_STEPS: u64 = 1 << 26;

/// What the walk found.
pub(super) struct Tree {
    pub(super) directories: Directories,
    /// Clusters of everything that entries in use lead to.
    pub(super) reached: ClusterSet,
    pub(super) crossings: Crossings,
    pub(super) deleted_files: DeletedFiles,
    pub(super) renamed: Renamed,
    /// Clusters that following the chains of all deleted files would take.
    pub(super) stale_steps: u64,
    /// The same of those whose clusters are still marked in use.
    pub(super) unowned_steps: u64,
}

/// The walk under way.
pub(super) struct Walk<'t> {
    pub(super) volume: Arc<dyn Source>,
    pub(super) heap: Heap,
    pub(super) free: &'t FreeRuns,
    up_case: &'t UpCaseTable,
    pub(super) reader: TableReader<'t>,
    pub(super) directories: Directories,
    pub(super) reached: Reached,
    deleted_files: DeletedFiles,
    renamed: Renamed,
    stale_steps: u64,
    unowned_steps: u64,
}

/// The root directory of a volume.
pub(super) fn root_directory(
    cluster: u32,
    heap: Heap,
    reader: &mut TableReader<'_>,
    scratch: &mut Scratch,
) -> Directory {
    let mut directories = Directories::new(reader.table().limit);
    let mut root = directory(0, Allocation::Allocated, cluster, 0, 0);
    take_chain(&mut root, heap, &mut directories, reader, scratch);
    root
}

fn directory(
    record: u64,
    allocation: Allocation,
    first_cluster: u32,
    parent_cluster: u32,
    level: u32,
) -> Directory {
    Directory {
        record,
        allocation,
        first_cluster,
        parent_cluster,
        level,
        extents: Vec::new(),
        end_at: None,
    }
}

/// Takes the clusters of a chain for a directory, up to the first that another one has.
fn take_chain(
    directory: &mut Directory,
    heap: Heap,
    directories: &mut Directories,
    reader: &mut TableReader<'_>,
    scratch: &mut Scratch,
) {
    let mut cluster = directory.first_cluster;
    while reader.table().holds(cluster) && directories.walk(cluster) {
        directory.push(heap.range(cluster));
        match reader.entry(cluster, scratch) {
            Ok(Entry::Next(next)) => cluster = next,
            _ => break,
        }
    }
}

impl<'t> Walk<'t> {
    pub(super) fn new(
        heap: Heap,
        free: &'t FreeRuns,
        up_case: &'t UpCaseTable,
        reader: TableReader<'t>,
    ) -> Self {
        let limit = reader.table().limit;
        Self {
            volume: Arc::clone(&reader.table().volume),
            heap,
            free,
            up_case,
            reader,
            directories: Directories::new(limit),
            reached: Reached::new(limit),
            deleted_files: DeletedFiles::default(),
            renamed: Renamed::default(),
            stale_steps: 0,
            unowned_steps: 0,
        }
    }

    /// Walks the directories in use from the root on, then those that were deleted.
    pub(super) fn walk(mut self, root_cluster: u32, scratch: &mut Scratch) -> Tree {
        let mut root = directory(0, Allocation::Allocated, root_cluster, 0, 0);
        self.reached.mark_chain(root_cluster, &mut self.reader, scratch);
        take_chain(&mut root, self.heap, &mut self.directories, &mut self.reader, scratch);
        self.directories.push(root);
        self.read_all(Allocation::Allocated, scratch);
        self.read_all(Allocation::Deleted, scratch);
        self.find_renamed(scratch);
        self.directories.finish();
        self.deleted_files.sort();
        let (reached, crossings) = self.reached.finish();
        let Self { directories, deleted_files, renamed, stale_steps, unowned_steps, .. } = self;
        Tree { directories, reached, crossings, deleted_files, renamed, stale_steps, unowned_steps }
    }

    /// Reads all directories for sets of that allocation; those that they bring are read too.
    fn read_all(&mut self, allocation: Allocation, scratch: &mut Scratch) {
        let mut next = 0;
        while next < self.directories.len() {
            self.read_directory(next, allocation, scratch);
            next = next.saturating_add(1);
        }
    }

    /// Looks for the files in use that begin where deleted ones began.
    fn find_renamed(&mut self, scratch: &mut Scratch) {
        if self.renamed.is_empty() {
            return;
        }
        let Self { directories, renamed, up_case, volume, .. } = self;
        for directory in directories.live() {
            visit_directory(&**volume, directory, up_case, scratch, &mut |seen, _| {
                let Seen::Set(placed) = seen else { return };
                let in_use =
                    placed.allocation == Allocation::Allocated && !placed.set.is_directory();
                if let Some(space) = placed.set.stream.filter(|_| in_use) {
                    renamed.answer(space.first_cluster, space.length, space.no_fat_chain);
                }
            });
        }
    }

    fn read_directory(&mut self, number: usize, allocation: Allocation, scratch: &mut Scratch) {
        let Some(found) = self.directories.get(number) else { return };
        let parent = found.clone();
        let mut end_at = None;
        let volume = Arc::clone(&self.volume);
        let up_case = self.up_case;
        visit_directory(&*volume, &parent, up_case, scratch, &mut |seen, scratch| match seen {
            Seen::Set(placed) if placed.allocation == allocation => {
                self.take(&placed, &parent, scratch)
            }
            Seen::Primary(_, bytes) if allocation == Allocation::Allocated => {
                if let Some(space) = primary::space(&bytes) {
                    self.mark(&space, scratch);
                }
            }
            Seen::End(at) => end_at = end_at.or(Some(at)),
            _ => {}
        });
        if let Some(directory) = self.directories.get_mut(number) {
            directory.end_at = end_at;
        }
    }

    fn take(&mut self, placed: &Placed, parent: &Directory, scratch: &mut Scratch) {
        let set = &placed.set;
        if placed.allocation == Allocation::Allocated {
            let spaces = set.stream.iter().chain(set.vendor.iter().map(|(_, space)| space));
            let known = set.is_directory() && self.is_known(set);
            spaces.filter(|_| !known).for_each(|space| self.mark(space, scratch));
        } else if let Some(stream) = set.stream.filter(|_| !set.is_directory()) {
            self.note_deleted_file(&stream);
        }
        if set.is_directory() {
            self.add(placed, parent, scratch);
        }
    }

    /// Notes where a deleted file begins.
    fn note_deleted_file(&mut self, stream: &Allocated) {
        if self.reached.contains(stream.first_cluster) {
            return self.renamed.ask(stream.first_cluster);
        }
        let clusters = self.heap.clusters_for(stream.length);
        self.deleted_files.push(stream.first_cluster, clusters);
        self.count_steps(stream, clusters);
    }

    /// Counts what following the chain of a deleted file would cost.
    fn count_steps(&mut self, stream: &Allocated, clusters: u64) {
        if stream.no_fat_chain {
            return;
        }
        if self.free.contains(stream.first_cluster) {
            let steps = clusters.min(MOST_STALE_CLUSTERS);
            self.stale_steps = self.stale_steps.saturating_add(steps);
        } else {
            let steps = clusters.min(u64::from(self.reader.table().limit));
            self.unowned_steps = self.unowned_steps.saturating_add(steps);
        }
    }

    fn is_known(&self, set: &FileSet) -> bool {
        set.stream.is_some_and(|space| self.directories.beginning_in(space.first_cluster).is_some())
    }

    fn mark(&mut self, space: &Allocated, scratch: &mut Scratch) {
        if !self.reader.table().holds(space.first_cluster) {
            return;
        }
        if space.no_fat_chain {
            self.reached.mark_run(space.first_cluster, self.heap.clusters_for(space.length));
        } else {
            self.reached.mark_chain(space.first_cluster, &mut self.reader, scratch);
        }
    }

    fn add(&mut self, placed: &Placed, parent: &Directory, scratch: &mut Scratch) {
        let Some(space) = placed.set.stream else { return };
        let first = space.first_cluster;
        let number = placed.set.number();
        let level = parent.level.saturating_add(1);
        let mut added = directory(number, placed.allocation, first, parent.first_cluster, level);
        if !self.reader.table().holds(first)
            || self.is_known(&placed.set)
            || !self.directories.has_room_for(&added)
            || !added.is_live() && !self.still_holds_directory(first, scratch)
        {
            return;
        }
        self.take_clusters(&mut added, &space, scratch);
        self.directories.push(added);
    }

    /// Takes the clusters of a directory, by the run or by the chain that it has.
    fn take_clusters(&mut self, added: &mut Directory, space: &Allocated, scratch: &mut Scratch) {
        let first = space.first_cluster;
        let is_deleted = !added.is_live();
        let is_freed = is_deleted && self.free.contains(first);
        let has_chain =
            matches!(self.reader.entry(first, scratch), Ok(Entry::Next(_) | Entry::End));
        if is_freed || space.no_fat_chain || (is_deleted && !has_chain) {
            self.take_run(added, space, scratch);
        } else if is_deleted {
            self.take_unowned_chain(added, scratch);
        } else {
            take_chain(added, self.heap, &mut self.directories, &mut self.reader, scratch);
        }
    }

    /// Takes the clusters that follow each other; of a deleted directory only as far as no entry in
    /// use leads to them.
    fn take_run(&mut self, directory: &mut Directory, space: &Allocated, scratch: &mut Scratch) {
        let count = self.heap.clusters_for(space.length.min(MOST_BYTES)).max(1);
        let end = u64::from(space.first_cluster).saturating_add(count);
        let end = u32::try_from(end).unwrap_or(u32::MAX).min(self.reader.table().limit);
        for cluster in space.first_cluster..end {
            let usable = directory.is_live() || self.is_available(cluster, scratch);
            if !usable || !self.directories.walk(cluster) {
                break;
            }
            directory.push(self.heap.range(cluster));
        }
    }
}
