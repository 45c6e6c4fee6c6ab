//! Directories that were deleted: found through the entries that named them, as long as their
//! clusters still look like them.

use std::ops::ControlFlow;

use byte_source::{Scratch, Structure, index, read_exact};

use crate::Allocation;

use super::Entry;
use super::directory_entry::{DirectoryEntry, SlotKind};
use super::slot_use::SlotUse;
use super::tree::{Tree, Walk};
use super::{Directory, visit_slots};

/// Bytes of a directory at most (FAT spec: 65,536 entries); the clusters of a deleted one are
/// assumed up to there.
const MOST_BYTES: u64 = 65_536 * 32;

/// A deleted entry that says it named a directory.
struct Claim {
    directory: Directory,
    /// Its ".." names the directory in which the entry stands.
    fits_parent: bool,
}

/// The directory in which deleted entries stand.
struct Parent {
    /// Its first cluster.
    cluster: u32,
    /// The level of what its entries name.
    level: u32,
}

impl Walk<'_> {
    /// Reads all directories for deleted entries, and the directories that those name, until there
    /// are no more. Where several entries name one cluster, the one goes first to whose directory
    /// ".." leads back.
    pub(super) fn deleted(mut self, scratch: &mut Scratch) -> Tree {
        let mut doubtful = std::collections::VecDeque::new();
        let mut next = 0;
        loop {
            while next < self.directories.len() {
                for claim in self.claims(next, scratch) {
                    if claim.fits_parent {
                        self.add_deleted(claim.directory, scratch);
                    } else {
                        doubtful.push_back(claim.directory);
                    }
                }
                next = next.saturating_add(1);
            }
            match doubtful.pop_front() {
                Some(directory) => self.add_deleted(directory, scratch),
                None => break,
            }
        }
        self.find_renamed(scratch);
        self.finish()
    }

    /// Looks for the files in use that begin where deleted ones began.
    fn find_renamed(&mut self, scratch: &mut Scratch) {
        if self.renamed.is_empty() {
            return;
        }
        let volume = self.reader.table().volume.clone();
        let Self { directories, renamed, format, .. } = self;
        for directory in directories.live() {
            let _ = visit_slots(&*volume, &directory.extents, scratch, &mut |slot, _| {
                let Ok(slot) = slot else { return ControlFlow::Continue(()) };
                if SlotKind::of(&slot) == Ok(SlotKind::EndOfDirectory) {
                    return ControlFlow::Break(());
                }
                if let Some(entry) = live_file(&slot) {
                    renamed.answer(entry.first_cluster(*format), u64::from(entry.size), false);
                }
                ControlFlow::Continue(())
            });
        }
    }

    fn claims(&mut self, number: usize, scratch: &mut Scratch) -> Vec<Claim> {
        let Some(directory) = self.directories.get(number) else { return Vec::new() };
        let extents = directory.extents.clone();
        let parent =
            Parent { cluster: directory.first_cluster, level: directory.level.saturating_add(1) };
        let mut slot_use = SlotUse::new(directory.allocation);
        let mut claims = Vec::new();
        let volume = self.reader.table().volume.clone();
        let _ = visit_slots(&*volume, &extents, scratch, &mut |slot, scratch| {
            let placed = slot.ok().and_then(|slot| {
                let kind = SlotKind::of(&slot).ok()?;
                slot_use.place(kind, &slot, &self.reader).ok()?
            });
            let deleted = placed.filter(|placed| placed.allocation == Allocation::Deleted);
            claims.extend(deleted.and_then(|deleted| self.claim(&deleted.entry, &parent, scratch)));
            ControlFlow::Continue(())
        });
        claims
    }

    /// Notes where a deleted file begins; for a directory, looks whether it is still there.
    fn claim(
        &mut self,
        entry: &DirectoryEntry,
        parent: &Parent,
        scratch: &mut Scratch,
    ) -> Option<Claim> {
        let first_cluster = entry.first_cluster(self.format);
        if !self.reader.table().holds(first_cluster) {
            return None;
        }
        if !entry.is_directory() {
            self.note_file(first_cluster, entry.size, scratch);
            return None;
        }
        let (dot, dot_dot) = self.dots(first_cluster, scratch)?;
        let is_root =
            parent.cluster == self.root_cluster && (dot_dot == 0 || dot_dot == parent.cluster);
        let directory = Directory {
            record: entry.number(),
            allocation: Allocation::Deleted,
            first_cluster,
            parent_cluster: parent.cluster,
            level: parent.level,
            extents: Vec::new(),
            end_at: None,
        };
        let fits_parent = dot_dot == parent.cluster || is_root;
        (dot == first_cluster).then_some(Claim { directory, fits_parent })
    }

    /// Notes where a deleted file of `size` bytes begins.
    fn note_file(&mut self, first_cluster: u32, size: u32, scratch: &mut Scratch) {
        if self.reached.contains(first_cluster) {
            return self.renamed.ask(first_cluster);
        }
        let clusters = self.heap.clusters_for(u64::from(size));
        self.deleted_files.push(first_cluster, clusters);
        if self.is_unowned(first_cluster, scratch) {
            let steps = clusters.min(u64::from(self.reader.table().limit));
            self.unowned_steps = self.unowned_steps.saturating_add(steps);
        }
    }

    /// Is a cluster marked as in use, without an entry in use that leads to it?
    fn is_unowned(&mut self, cluster: u32, scratch: &mut Scratch) -> bool {
        !self.reached.contains(cluster)
            && matches!(self.reader.entry(cluster, scratch), Ok(Entry::Next(_) | Entry::End))
    }

    /// Is a cluster free, or of no entry in use?
    fn is_available(&mut self, cluster: u32, scratch: &mut Scratch) -> bool {
        self.reader.entry(cluster, scratch) == Ok(Entry::Free) || self.is_unowned(cluster, scratch)
    }

    /// The clusters that "." and ".." at the start of a cluster name that no entry in use leads to.
    fn dots(&mut self, cluster: u32, scratch: &mut Scratch) -> Option<(u32, u32)> {
        if !self.is_available(cluster, scratch) {
            return None;
        }
        let mut bytes = [0; 64];
        let at = self.heap.range(cluster).start;
        read_exact(&*self.reader.table().volume, at, &mut bytes, scratch).ok()?;
        let slots = Structure::new("dot entries", at, &bytes);
        let named = |offset, wanted| {
            let slot = slots.part("dot entry", offset, 32).ok()?;
            let is_wanted = SlotKind::of(&slot).ok()? == wanted;
            let entry = DirectoryEntry::read(&slot).ok().filter(|_| is_wanted)?;
            Some(entry.first_cluster(self.format))
        };
        Some((named(0, SlotKind::Dot)?, named(32, SlotKind::DotDot)?))
    }

    fn add_deleted(&mut self, mut directory: Directory, scratch: &mut Scratch) {
        if self.directories.beginning_in(directory.first_cluster).is_some()
            || !self.directories.has_room_for(&directory)
        {
            return;
        }
        let mut cluster = directory.first_cluster;
        let mut bytes = 0_u64;
        while bytes < MOST_BYTES
            && self.may_continue(&directory, cluster, scratch)
            && self.directories.walk(cluster)
        {
            directory.push(self.heap.range(cluster));
            bytes = bytes.saturating_add(u64::from(self.heap.cluster_bytes));
            cluster = match self.reader.entry(cluster, scratch) {
                // Its clusters were not freed: the table still has the chain.
                Ok(Entry::Next(next)) => next,
                Ok(Entry::End) => break,
                _ => cluster.saturating_add(1),
            };
        }
        self.directories.push(directory);
    }

    /// The next cluster is taken for the directory's if it is free, the directory did not end
    /// before, and it begins like one goes on.
    fn may_continue(&mut self, directory: &Directory, cluster: u32, scratch: &mut Scratch) -> bool {
        if cluster == directory.first_cluster {
            return true;
        }
        if !self.reader.table().holds(cluster) {
            return false;
        }
        if self.is_unowned(directory.first_cluster, scratch) {
            return self.is_unowned(cluster, scratch);
        }
        self.reader.entry(cluster, scratch) == Ok(Entry::Free)
            && !self.may_end_in(cluster.saturating_sub(1), scratch)
            && self.begins_like_more(cluster, scratch)
    }

    /// Does a directory end in this cluster, or can that not be read?
    fn may_end_in(&self, cluster: u32, scratch: &mut Scratch) -> bool {
        let mut bytes = vec![0; index(u64::from(self.heap.cluster_bytes))];
        let at = self.heap.range(cluster).start;
        let read = read_exact(&*self.reader.table().volume, at, &mut bytes, scratch);
        read.is_err() || bytes.chunks_exact(32).any(|slot| slot.first() == Some(&0))
    }

    /// Does the cluster begin with a slot as it stands in the middle of a deleted directory?
    fn begins_like_more(&self, cluster: u32, scratch: &mut Scratch) -> bool {
        let mut bytes = [0; 32];
        let at = self.heap.range(cluster).start;
        if read_exact(&*self.reader.table().volume, at, &mut bytes, scratch).is_err() {
            return false;
        }
        let slot = Structure::new("directory entry", at, &bytes);
        match SlotKind::of(&slot) {
            Ok(SlotKind::LongName) => slot.u8(12) == Ok(0) && slot.u16_le(26) == Ok(0),
            Ok(kind @ SlotKind::Short) => {
                let placed = SlotUse::new(Allocation::Deleted).place(kind, &slot, &self.reader);
                matches!(placed, Ok(Some(_)))
            }
            _ => false,
        }
    }
}

/// The entry of a file in use, if the slot is one.
fn live_file(slot: &Structure<'_>) -> Option<DirectoryEntry> {
    let is_short = SlotKind::of(slot) == Ok(SlotKind::Short);
    let entry = DirectoryEntry::read(slot).ok().filter(|_| is_short);
    entry.filter(|entry| !entry.is_deleted() && !entry.is_directory())
}
