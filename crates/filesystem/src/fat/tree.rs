//! The walk over the directories when a volume is opened: which there are, and which clusters are reached from them.

use std::ops::ControlFlow;

use byte_source::{Scratch, Structure};

use crate::Allocation;

use super::boot_sector::BootSector;
use super::deleted_files::DeletedFiles;
use super::directory_entry::{DirectoryEntry, SlotKind};
use super::{
    ClusterSet, Crossings, Directories, Directory, Entry, Format, Heap, Reached, Renamed, TableReader,
    visit_slots,
};

/// What the walk found.
pub(super) struct Tree {
    pub(super) directories: Directories,
    /// Clusters of everything that entries in use lead to.
    pub(super) reached: ClusterSet,
    pub(super) crossings: Crossings,
    pub(super) deleted_files: DeletedFiles,
    pub(super) renamed: Renamed,
    /// Clusters that following the chains of deleted files would take that are still marked in use.
    pub(super) unowned_steps: u64,
    /// Name of the label entry in the root directory.
    pub(super) label: Option<[u8; 11]>,
}

/// The walk under way.
pub(super) struct Walk<'t> {
    pub(super) heap: Heap,
    pub(super) format: Format,
    pub(super) root_cluster: u32,
    pub(super) reader: TableReader<'t>,
    pub(super) directories: Directories,
    pub(super) deleted_files: DeletedFiles,
    pub(super) renamed: Renamed,
    pub(super) reached: Reached,
    pub(super) unowned_steps: u64,
    label: Option<[u8; 11]>,
}

impl<'t> Walk<'t> {
    /// Begins with the root directory.
    pub(super) fn new(boot: &BootSector, heap: Heap, reader: TableReader<'t>, scratch: &mut Scratch) -> Self {
        let limit = reader.table().limit;
        let mut walk = Self {
            heap,
            format: boot.format,
            root_cluster: boot.root_cluster,
            reader,
            directories: Directories::new(limit),
            deleted_files: DeletedFiles::default(),
            renamed: Renamed::default(),
            reached: Reached::new(limit),
            unowned_steps: 0,
            label: None,
        };
        let root = Directory {
            record: 0,
            allocation: Allocation::Allocated,
            first_cluster: boot.root_cluster,
            parent_cluster: 0,
            level: 0,
            extents: Vec::new(),
            end_at: None,
        };
        if boot.format == Format::Fat32 {
            walk.reached.mark_chain(boot.root_cluster, &mut walk.reader, scratch);
            walk.add(root, scratch);
        } else {
            let end = boot.root_at.saturating_add(boot.root_bytes);
            walk.directories
                .push(Directory { extents: std::iter::once(boot.root_at..end).collect(), ..root });
        }
        walk
    }

    /// Walks all directories in use.
    pub(super) fn live(mut self, scratch: &mut Scratch) -> Self {
        let mut next = 0;
        while next < self.directories.len() {
            self.read_directory(next, scratch);
            next = next.saturating_add(1);
        }
        self
    }

    /// Ends the walk.
    pub(super) fn finish(mut self) -> Tree {
        self.directories.finish();
        self.deleted_files.sort();
        let (reached, crossings) = self.reached.finish();
        let Self { directories, deleted_files, renamed, unowned_steps, label, .. } = self;
        Tree { directories, reached, crossings, deleted_files, renamed, unowned_steps, label }
    }

    fn read_directory(&mut self, number: usize, scratch: &mut Scratch) {
        let Some(directory) = self.directories.get(number) else { return };
        let extents = directory.extents.clone();
        let (parent_cluster, level) = (directory.first_cluster, directory.level.saturating_add(1));
        let volume = self.reader.table().volume.clone();
        let _ = visit_slots(&*volume, &extents, scratch, &mut |slot, scratch| {
            // What cannot be read is reported by the scan.
            let Ok(slot) = slot else { return ControlFlow::Continue(()) };
            self.read_slot(number, parent_cluster, level, &slot, scratch)
        });
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
            Ok(SlotKind::EndOfDirectory) => {
                if let Some(directory) = self.directories.get_mut(number) {
                    directory.end_at = Some(slot.at());
                }
                return ControlFlow::Break(());
            }
            Ok(SlotKind::Short) => {}
            _ => return ControlFlow::Continue(()),
        }
        let Ok(entry) = DirectoryEntry::read(slot) else { return ControlFlow::Continue(()) };
        if entry.is_deleted() {
            return ControlFlow::Continue(());
        }
        if entry.is_label() && number == 0 && self.label.is_none() {
            self.label = Some(entry.name);
        }
        let first_cluster = entry.first_cluster(self.format);
        if !self.reader.table().holds(first_cluster) {
            return ControlFlow::Continue(());
        }
        let known = entry.is_directory() && self.directories.beginning_in(first_cluster).is_some();
        if !known {
            self.reached.mark_chain(first_cluster, &mut self.reader, scratch);
        }
        if entry.is_directory() && !known {
            let allocation = Allocation::Allocated;
            let record = entry.number();
            let (extents, end_at) = (Vec::new(), None);
            let found =
                Directory { record, allocation, first_cluster, parent_cluster, level, extents, end_at };
            self.add(found, scratch);
        }
        ControlFlow::Continue(())
    }

    /// Adds a directory with the clusters of its chain, up to the first that another directory has.
    fn add(&mut self, mut directory: Directory, scratch: &mut Scratch) {
        if !self.directories.has_room_for(&directory) {
            return;
        }
        let mut cluster = directory.first_cluster;
        while self.reader.table().holds(cluster) && self.directories.walk(cluster) {
            directory.push(self.heap.range(cluster));
            match self.reader.entry(cluster, scratch) {
                Ok(Entry::Next(next)) => cluster = next,
                _ => break,
            }
        }
        self.directories.push(directory);
    }
}
