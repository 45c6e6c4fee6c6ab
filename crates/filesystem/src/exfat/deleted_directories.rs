//! Directories that were deleted: their clusters are free, or still marked in use without an entry in use that leads to them.

use byte_source::Scratch;

use crate::fat::{Directory, Entry};

use super::entry_set::FILE;
use super::tree::{MOST_BYTES, Walk};

impl Walk<'_> {
    /// Can a cluster be a deleted entry's: is it free, or marked in use without an entry in use that leads to it?
    pub(super) fn is_available(&mut self, cluster: u32, scratch: &mut Scratch) -> bool {
        self.free.contains(cluster)
            || (!self.reached.contains(cluster)
                && self.reader.entry(cluster, scratch) != Ok(Entry::Bad))
    }

    /// Takes the chain of a deleted directory whose clusters are still marked in use, as far as no entry in use leads to them.
    pub(super) fn take_unowned_chain(&mut self, directory: &mut Directory, scratch: &mut Scratch) {
        let mut cluster = directory.first_cluster;
        let most = self.heap.clusters_for(MOST_BYTES);
        for _ in 0..most {
            let is_unowned = self.reader.table().holds(cluster) && !self.reached.contains(cluster);
            if !is_unowned || !self.directories.walk(cluster) {
                break;
            }
            directory.push(self.heap.range(cluster));
            match self.reader.entry(cluster, scratch) {
                Ok(Entry::Next(next)) => cluster = next,
                _ => break,
            }
        }
    }

    /// Can the first cluster of a deleted directory be its own, and does it begin with a file's set, in use or deleted?
    pub(super) fn still_holds_directory(&mut self, cluster: u32, scratch: &mut Scratch) -> bool {
        let mut slot = [0; 32];
        let at = self.heap.range(cluster).start;
        self.is_available(cluster, scratch)
            && byte_source::read_exact(&*self.volume, at, &mut slot, scratch).is_ok()
            && slot.first().is_some_and(|kind| kind & 0x7f == FILE)
    }
}
