//! The walk over the directories when a volume is opened: which there are, and which clusters are reached from them.

use std::ops::ControlFlow;

use byte_source::{Scratch, Structure};

use crate::Allocation;

use super::boot_sector::BootSector;
use super::deleted_files::DeletedFiles;
use super::directory_entry::{DirectoryEntry, SlotKind};
use super::{
    ClusterSet, Crossings, Directories, Directory, Entry, Format, Heap, Reached, Renamed,
    TableReader, visit_slots,
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
    pub(super) fn new(
        boot: &BootSector,
        heap: Heap,
        reader: TableReader<'t>,
        scratch: &mut Scratch,
    ) -> Self {
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
        walk.add_root(boot, scratch);
        walk
    }

    /// Adds the root directory: a chain on FAT32, else an area of its own.
    fn add_root(&mut self, boot: &BootSector, scratch: &mut Scratch) {
        let mut root = Directory {
            record: 0,
            allocation: Allocation::Allocated,
            first_cluster: boot.root_cluster,
            parent_cluster: 0,
            level: 0,
            extents: Vec::new(),
            end_at: None,
        };
        if boot.format == Format::Fat32 {
            self.reached.mark_chain(boot.root_cluster, &mut self.reader, scratch);
            self.add(root, scratch);
        } else {
            root.extents.push(boot.root_at..boot.root_at.saturating_add(boot.root_bytes));
            self.directories.push(root);
        }
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
        // What its entries name, as far as it is known without them.
        let below = Directory {
            record: 0,
            allocation: Allocation::Allocated,
            first_cluster: 0,
            parent_cluster: directory.first_cluster,
            level: directory.level.saturating_add(1),
            extents: Vec::new(),
            end_at: None,
        };
        let volume = self.reader.table().volume.clone();
        let _ = visit_slots(&*volume, &extents, scratch, &mut |slot, scratch| {
            // What cannot be read is reported by the scan.
            let Ok(slot) = slot else { return ControlFlow::Continue(()) };
            self.read_slot(number, &below, &slot, scratch)
        });
    }

    /// Takes a slot of directory `number`; what it names is like `below`.
    fn read_slot(
        &mut self,
        number: usize,
        below: &Directory,
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
        let entry = DirectoryEntry::read(slot).ok().filter(|entry| !entry.is_deleted());
        let Some(entry) = entry else { return ControlFlow::Continue(()) };
        if entry.is_label() && number == 0 && self.label.is_none() {
            self.label = Some(entry.name);
        }
        self.take_live(&entry, below, scratch);
        ControlFlow::Continue(())
    }

    /// Marks the clusters of an entry in use, and adds the directory that it names.
    fn take_live(&mut self, entry: &DirectoryEntry, below: &Directory, scratch: &mut Scratch) {
        let first_cluster = entry.first_cluster(self.format);
        if !self.reader.table().holds(first_cluster) {
            return;
        }
        let known = entry.is_directory() && self.directories.beginning_in(first_cluster).is_some();
        if !known {
            self.reached.mark_chain(first_cluster, &mut self.reader, scratch);
        }
        if entry.is_directory() && !known {
            self.add(Directory { record: entry.number(), first_cluster, ..below.clone() }, scratch);
        }
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
