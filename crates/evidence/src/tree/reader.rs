//! Reads where a record hangs.

use filesystem::{Allocation, Link, Record, RecordId};

use super::Tree;
use crate::name_groups::{Group, NameGroups};

/// Reads the names of records. Records are best asked for in the order of their numbers.
pub struct TreeReader<'t> {
    tree: &'t Tree,
    group: Option<(u64, Group)>,
}

/// Where a record hangs.
#[derive(Clone, Copy, Debug)]
pub struct TreePlace<'t> {
    /// Index of the directory in [`Tree::paths`].
    pub directory: usize,
    /// The name, `None` for the root and for records without a name.
    pub link: Option<&'t Link>,
    /// True when no directory leads to it.
    pub orphan: bool,
}

impl<'t> TreeReader<'t> {
    pub(super) fn new(tree: &'t Tree) -> Self {
        Self { tree, group: None }
    }

    /// Where a record hangs, by its first name, and its further names.
    pub fn places(
        &mut self,
        record: &Record,
    ) -> (TreePlace<'_>, impl Iterator<Item = TreePlace<'_>>) {
        self.places_of(record.id, record.allocation == Allocation::Allocated)
    }

    pub(super) fn places_of(
        &mut self,
        id: RecordId,
        allocated: bool,
    ) -> (TreePlace<'_>, impl Iterator<Item = TreePlace<'_>>) {
        let tree = self.tree;
        let mut names = self.group(id.number).names(id, allocated);
        let first = match names.next() {
            _ if tree.is_root(id) => TreePlace { directory: 0, link: None, orphan: false },
            Some(link) => tree.placed(link),
            None => TreePlace { directory: tree.orphans, link: None, orphan: true },
        };
        (first, names.map(|link| tree.placed(link)))
    }

    /// All names of a record, of its generation: in use or deleted, long or short.
    pub fn all_names(&mut self, record: &Record) -> impl Iterator<Item = TreePlace<'_>> {
        let tree = self.tree;
        self.group(record.id.number).names(record.id, false).map(|link| tree.placed(link))
    }

    fn group(&mut self, number: u64) -> &Group {
        let wanted = NameGroups::number_of(number);
        let tree = self.tree;
        if self.group.as_ref().is_some_and(|(known, _)| *known != wanted) {
            self.group = None;
        }
        &self.group.get_or_insert_with(|| (wanted, tree.groups.read(wanted))).1
    }
}
