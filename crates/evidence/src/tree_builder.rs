//! Takes the names of a file system while its records are scanned.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use filesystem::{Allocation, Found, Link, Record, RecordId, RecordKind, RecordRef};

use crate::name_groups::NameGroups;
use crate::tree::TreeParts;
use crate::{Spill, Tree};

/// Names that a part keeps before it hands them over: one directory can hold millions.
const MOST_WAITING: usize = 16 << 10;

/// What one part of a scan found: names, and of records only what paths need.
pub struct TreePart<'b> {
    builder: &'b TreeBuilder,
    links: Vec<Link>,
    directories: Vec<RecordId>,
    /// Every record, and whether it is in use.
    records: Vec<(RecordId, bool)>,
}

impl TreePart<'_> {
    /// Takes of a record what paths need.
    pub fn take_record(&mut self, record: &Record) {
        let is_directory = record.kind == RecordKind::Directory;
        self.take_id(record.id, record.allocation == Allocation::Allocated, is_directory);
    }

    /// Takes a name.
    pub fn take_link(&mut self, link: Link) {
        self.links.push(link);
        if self.links.len() >= MOST_WAITING {
            self.builder.take_links(&std::mem::take(&mut self.links));
        }
    }

    /// Takes a link or a record; everything else is not for the tree.
    pub fn take(&mut self, found: Found) {
        match found {
            Found::Record(record) => self.take_record(&record),
            Found::Link(link) => self.take_link(*link),
            Found::Extension(_) | Found::Space(_) | Found::Problem(_) => {}
        }
    }

    /// Hands everything over. A part that is dropped before has handed some of its names over already; that they come again, when the part
    /// is scanned again, does no harm.
    pub fn join(self) {
        self.builder.take_links(&self.links);
        let mut taken = self.builder.lock();
        taken.directories.extend(self.directories);
        taken.groups.take_records(&self.records);
    }

    pub(crate) fn take_id(&mut self, id: RecordId, in_use: bool, is_directory: bool) {
        if is_directory {
            self.directories.push(id);
        }
        self.records.push((id, in_use));
    }
}

/// Collects what the parts of a scan found, in any order.
pub struct TreeBuilder {
    taken: Mutex<TreeParts>,
}

impl TreeBuilder {
    /// A builder that has taken nothing; names go where `spill` has room for them.
    #[must_use]
    pub fn new(spill: Arc<Spill>) -> Self {
        let groups = NameGroups::new(spill);
        let taken = TreeParts { groups, directories: Vec::new() };
        Self { taken: Mutex::new(taken) }
    }

    /// A part that has found nothing.
    pub fn part(&self) -> TreePart<'_> {
        TreePart { builder: self, links: Vec::new(), directories: Vec::new(), records: Vec::new() }
    }

    fn take_links(&self, links: &[Link]) {
        self.lock().groups.take_links(links);
    }

    fn lock(&self) -> MutexGuard<'_, TreeParts> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Builds the paths. The result depends on what was taken, not on the order.
    #[must_use]
    pub fn finish(self, root: RecordRef) -> Tree {
        Tree::of(self.taken.into_inner().unwrap_or_else(PoisonError::into_inner), root)
    }
}
