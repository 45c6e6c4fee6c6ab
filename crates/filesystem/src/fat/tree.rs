//! The walk over the directories when a volume is opened: which there are, and which clusters are reached from them.

use std::collections::{HashMap, HashSet};
use std::ops::{ControlFlow, Range};

use byte_source::{Problem, ProblemKind, Scratch, Structure, length};

use crate::Allocation;

use super::boot_sector::BootSector;
use super::deleted_files::DeletedFiles;
use super::directory_entry::{DirectoryEntry, SlotKind};
use super::{ClusterSet, Crossings, Entry, Format, Heap, TableReader, visit_slots};

/// Directories of one volume, some 100 bytes of memory each. Each needs a cluster of its own, so real volumes stay far below.
const MOST_DIRECTORIES: u64 = 1 << 22;
/// Levels of directories: twice what a path of 4096 bytes can name.
const MOST_LEVELS: u32 = 4096;

/// A directory.
#[derive(Debug)]
pub(super) struct Directory {
    /// Number of its record; 0 for the root.
    pub(super) record: u64,
    pub(super) allocation: Allocation,
    /// 0 for the fixed root of FAT12 and FAT16.
    pub(super) first_cluster: u32,
    /// First cluster of the directory that it is listed in.
    pub(super) parent_cluster: u32,
    pub(super) level: u32,
    /// Its bytes in the volume, in order.
    pub(super) extents: Vec<Range<u64>>,
}

impl Directory {
    pub(super) fn push(&mut self, range: Range<u64>) {
        match self.extents.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => self.extents.push(range),
        }
    }
}

/// What the walk found.
pub(super) struct Tree {
    /// Root first, parents before children.
    pub(super) directories: Vec<Directory>,
    /// Directory by first cluster.
    pub(super) by_cluster: HashMap<u32, usize>,
    /// Clusters of everything that live entries lead to.
    pub(super) reached: ClusterSet,
    pub(super) crossings: Crossings,
    pub(super) deleted_files: DeletedFiles,
    /// Name of the label entry in the root directory.
    pub(super) label: Option<[u8; 11]>,
    pub(super) problems: Vec<Problem>,
}

/// The walk under way.
pub(super) struct Walk<'t> {
    pub(super) tree: Tree,
    pub(super) heap: Heap,
    pub(super) format: Format,
    pub(super) root_cluster: u32,
    pub(super) reader: TableReader<'t>,
    /// Clusters that directories were read from: none is read twice.
    pub(super) walked: ClusterSet,
    crossed: HashSet<u32>,
    crossing_chains: u64,
}

impl<'t> Walk<'t> {
    /// Begins with the root directory.
    pub(super) fn new(boot: &BootSector, heap: Heap, reader: TableReader<'t>, scratch: &mut Scratch) -> Self {
        let limit = reader.table().limit;
        let tree = Tree {
            directories: Vec::new(),
            by_cluster: HashMap::new(),
            reached: ClusterSet::new(limit),
            crossings: Crossings::default(),
            deleted_files: DeletedFiles::default(),
            label: None,
            problems: Vec::new(),
        };
        let mut walk = Self {
            tree,
            heap,
            format: boot.format,
            root_cluster: boot.root_cluster,
            reader,
            crossed: HashSet::new(),
            crossing_chains: 0,
            walked: ClusterSet::new(limit),
        };
        let root = Directory {
            record: 0,
            allocation: Allocation::Allocated,
            first_cluster: boot.root_cluster,
            parent_cluster: 0,
            level: 0,
            extents: Vec::new(),
        };
        if boot.format == Format::Fat32 {
            walk.mark_chain(boot.root_cluster, scratch);
            walk.add(root, scratch);
        } else {
            let end = boot.root_at.saturating_add(boot.root_bytes);
            walk.tree
                .directories
                .push(Directory { extents: std::iter::once(boot.root_at..end).collect(), ..root });
        }
        walk
    }

    /// Walks all directories in use.
    pub(super) fn live(mut self, scratch: &mut Scratch) -> Self {
        let mut next = 0;
        while next < self.tree.directories.len() {
            self.read_directory(next, scratch);
            next = next.saturating_add(1);
        }
        self
    }

    /// Ends the walk.
    pub(super) fn finish(mut self) -> Tree {
        let limit = self.reader.table().limit;
        self.tree.crossings = Crossings::new(self.crossed, self.crossing_chains, limit);
        self.tree.deleted_files.sort();
        self.tree
    }

    fn read_directory(&mut self, number: usize, scratch: &mut Scratch) {
        let Some(directory) = self.tree.directories.get_mut(number) else { return };
        let extents = std::mem::take(&mut directory.extents);
        let (parent_cluster, level) = (directory.first_cluster, directory.level.saturating_add(1));
        let volume = self.reader.table().volume.clone();
        let _ = visit_slots(&*volume, &extents, scratch, &mut |slot, scratch| {
            // What cannot be read is reported by the scan.
            let Ok(slot) = slot else { return ControlFlow::Continue(()) };
            self.read_slot(number, parent_cluster, level, &slot, scratch)
        });
        if let Some(directory) = self.tree.directories.get_mut(number) {
            directory.extents = extents;
        }
    }

    fn read_slot(
        &mut self,
        number: usize,
        parent_cluster: u32,
        level: u32,
        slot: &Structure<'_>,
        scratch: &mut Scratch,
    ) -> ControlFlow<()> {
        match SlotKind::of(slot) {
            Ok(SlotKind::EndOfDirectory) => return ControlFlow::Break(()),
            Ok(SlotKind::Short) => {}
            _ => return ControlFlow::Continue(()),
        }
        let Ok(entry) = DirectoryEntry::read(slot) else { return ControlFlow::Continue(()) };
        if entry.is_deleted() {
            return ControlFlow::Continue(());
        }
        if entry.is_label() && number == 0 && self.tree.label.is_none() {
            self.tree.label = Some(entry.name);
        }
        let first_cluster = entry.first_cluster(self.format);
        if !self.reader.table().holds(first_cluster) {
            return ControlFlow::Continue(());
        }
        if !entry.is_directory() {
            self.mark_chain(first_cluster, scratch);
        } else if !self.tree.by_cluster.contains_key(&first_cluster) {
            self.mark_chain(first_cluster, scratch);
            let allocation = Allocation::Allocated;
            let record = entry.number();
            let extents = Vec::new();
            self.add(
                Directory { record, allocation, first_cluster, parent_cluster, level, extents },
                scratch,
            );
        }
        ControlFlow::Continue(())
    }

    /// Adds a directory with the clusters of its chain, up to the first that another directory has.
    fn add(&mut self, mut directory: Directory, scratch: &mut Scratch) {
        if !self.has_room(&directory) {
            return;
        }
        let mut cluster = directory.first_cluster;
        while self.walked.insert(cluster) {
            directory.push(self.heap.range(cluster));
            match self.reader.entry(cluster, scratch) {
                Ok(Entry::Next(next)) => cluster = next,
                _ => break,
            }
        }
        self.register(directory);
    }

    pub(super) fn register(&mut self, directory: Directory) {
        self.tree.by_cluster.insert(directory.first_cluster, self.tree.directories.len());
        self.tree.directories.push(directory);
    }

    /// False, and reported, when there are too many directories or levels of them.
    pub(super) fn has_room(&mut self, directory: &Directory) -> bool {
        if length(self.tree.directories.len()) >= MOST_DIRECTORIES {
            self.limit(directory, "directories", MOST_DIRECTORIES);
            return false;
        }
        if directory.level > MOST_LEVELS {
            self.limit(directory, "levels of directories", u64::from(MOST_LEVELS));
            return false;
        }
        true
    }

    /// Each limit is reported once.
    fn limit(&mut self, directory: &Directory, what: &'static str, limit: u64) {
        let kind = ProblemKind::LimitReached { what, limit };
        if !self.tree.problems.iter().any(|problem| problem.kind == kind) {
            let at = directory.record.saturating_mul(32);
            self.tree.problems.push(Problem::damage("directory", at, kind));
        }
    }

    /// Marks the clusters of a chain as reached; one that was reached before is a crossing (or the chain's own loop).
    fn mark_chain(&mut self, first: u32, scratch: &mut Scratch) {
        let mut cluster = first;
        if !self.reader.table().holds(first) {
            return;
        }
        loop {
            if !self.tree.reached.insert(cluster) {
                self.crossed.insert(cluster);
                self.crossing_chains = self.crossing_chains.saturating_add(1);
                return;
            }
            match self.reader.entry(cluster, scratch) {
                Ok(Entry::Next(next)) => cluster = next,
                _ => return,
            }
        }
    }
}
