//! From names and parents to paths.

mod directory_paths;
mod reader;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use byte_source::Problem;
use filesystem::{Link, LinkParent, RecordId, RecordRef};

use crate::name_groups::{Group, NameGroups};
use crate::readable_link::readable_link;
use crate::second_names::SecondNames;
use crate::unknown_children::UnknownChildren;
use directory_paths::FirstName;

pub use reader::{TreePlace, TreeReader};

/// The folder of what no directory leads to.
const ORPHANS: &str = "/$OrphanFiles";

/// The paths of a file system's records. Paths of directories are in memory; names lie in groups, and are read through a [`TreeReader`].
pub struct Tree {
    paths: Vec<String>,
    /// Ascending, and for each its index in `paths`, once it has one.
    directories: Vec<RecordId>,
    path_of: Vec<Option<usize>>,
    groups: NameGroups,
    root: RecordRef,
    orphans: usize,
    virtual_of: HashMap<&'static str, usize>,
    limited: u64,
    names_lost: u64,
    /// Groups with names that say nothing of a record that is there.
    stale_groups: Vec<u64>,
    /// Deleted names of unknown records that no record tells.
    unknown_children: UnknownChildren,
    second_names: Vec<Problem>,
}

/// The names and directories that the parts of a scan found, in any order.
pub(crate) struct TreeParts {
    pub(crate) groups: NameGroups,
    pub(crate) directories: Vec<RecordId>,
}

/// A name without a record: a deleted one whose record is in use for another file, or gone; or one in use whose record is not
/// there ([`Link::allocation`] says which). What it names is unknown.
#[derive(Clone, Debug)]
pub struct DeletedName {
    /// The name.
    pub link: Link,
    /// Where it hangs.
    pub directory: usize,
    /// True when its directory is gone.
    pub orphan: bool,
}

impl Tree {
    /// Builds the paths. The result depends on what was taken, not on the order.
    pub(crate) fn of(taken: TreeParts, root: RecordRef) -> Self {
        let TreeParts { groups, mut directories } = taken;
        directories.sort_unstable();
        directories.dedup();
        let mut tree = Self {
            paths: vec!["/".to_owned(), ORPHANS.to_owned()],
            path_of: vec![None; directories.len()],
            directories,
            groups,
            root,
            orphans: 1,
            virtual_of: HashMap::new(),
            limited: 0,
            names_lost: 0,
            stale_groups: Vec::new(),
            unknown_children: UnknownChildren::default(),
            second_names: Vec::new(),
        };
        tree.place_virtual();
        let names = tree.look_through_groups();
        tree.place_directories(&names);
        tree
    }

    /// The full readable path of every directory; 0 is the root, 1 the folder of orphans.
    #[must_use]
    pub fn paths(&self) -> &[String] {
        &self.paths
    }

    /// Directories whose path was longer than the limit and stand under `/$PathTooLong` instead.
    #[must_use]
    pub fn limited(&self) -> u64 {
        self.limited
    }

    /// Names that are not kept: neighbouring records have more than [`MOST_NAMES`](crate::MOST_NAMES) together.
    #[must_use]
    pub fn names_lost(&self) -> u64 {
        self.names_lost
    }

    /// Names of directories in use that have a name already, as damage; places are those of the names in the volume.
    #[must_use]
    pub fn second_names(&self) -> &[Problem] {
        &self.second_names
    }

    /// A reader of names.
    #[must_use]
    pub fn reader(&self) -> TreeReader<'_> {
        TreeReader::new(self)
    }

    /// Returns the names without a record, by the number of the record that they name.
    pub fn deleted_names(&self) -> impl Iterator<Item = DeletedName> {
        self.stale_groups.iter().flat_map(|number| {
            let stale = self.groups.read(*number).into_stale_links();
            let stale = stale.filter(|link| self.unknown_children.is_needed(link));
            stale.map(|link| {
                let placed = self.placed(&link);
                DeletedName { directory: placed.directory, orphan: placed.orphan, link }
            })
        })
    }

    fn is_root(&self, id: RecordId) -> bool {
        id.number == self.root.number
            && self.root.generation.is_none_or(|generation| generation == id.generation)
    }

    fn placed<'l>(&self, link: &'l Link) -> TreePlace<'l> {
        match self.parent(link.parent) {
            Some(directory) => TreePlace { directory, link: Some(link), orphan: false },
            None => TreePlace { directory: self.orphans, link: Some(link), orphan: true },
        }
    }

    fn parent(&self, parent: LinkParent) -> Option<usize> {
        match parent {
            LinkParent::Virtual(name) => self.virtual_of.get(name).copied(),
            LinkParent::Directory(directory) => {
                self.path_of.get(self.directory(directory)?).copied()?
            }
        }
    }

    /// The directory that a reference means, as an index: of its generation, or, where references carry none, the only one of that
    /// number.
    fn directory(&self, reference: RecordRef) -> Option<usize> {
        if let Some(generation) = reference.generation {
            return self
                .directories
                .binary_search(&RecordId { number: reference.number, generation })
                .ok();
        }
        let last =
            self.directories.partition_point(|id| id.number <= reference.number).checked_sub(1)?;
        self.directories.get(last).filter(|id| id.number == reference.number).map(|_| last)
    }

    fn place_virtual(&mut self) {
        let mut names = self.groups.virtual_folders().to_vec();
        names.sort_unstable();
        for name in names {
            self.virtual_of.insert(name, self.paths.len());
            self.paths.push(format!("/{name}"));
        }
    }

    /// Finds the first names of the directories whose records are in a group.
    fn first_names_of(
        &self,
        number: u64,
        group: &Group,
        names: &mut [FirstName],
        second: &mut SecondNames,
    ) {
        let range = NameGroups::records(number);
        let start = self.directories.partition_point(|id| id.number < *range.start());
        let here = self.directories.iter().skip(start).take_while(|id| range.contains(&id.number));
        for (id, name) in here.zip(names.iter_mut().skip(start)) {
            // Names in use come first.
            *name = group.names(*id, false).next().map(|link| (link.parent, readable_link(link)));
            second.look_at(group, *id, self.is_root(*id));
        }
    }

    /// One look at all names: the first one of every directory, in the order of the directories, and which groups hold stale names.
    fn look_through_groups(&mut self) -> Vec<FirstName> {
        let mut names: Vec<FirstName> = vec![None; self.directories.len()];
        let mut unknown = UnknownChildren::of(&self.groups.read(UnknownChildren::GROUP));
        let mut second = SecondNames::default();
        let numbers: Vec<u64> = self.groups.numbers().collect();
        for number in numbers {
            let group = self.groups.read(number);
            self.names_lost = self.names_lost.saturating_add(group.lost());
            unknown.remove_told_by(&group);
            if group.has_stale_links() {
                self.stale_groups.push(number);
            }
            self.first_names_of(number, &group, &mut names, &mut second);
        }
        self.unknown_children = unknown;
        self.second_names = second.into_problems();
        names
    }
}
