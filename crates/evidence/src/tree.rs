//! From names and parents to paths.

use std::collections::{HashMap, HashSet};

use byte_source::Problem;
use case_model::readable_name;
use filesystem::{Allocation, Link, LinkParent, Record, RecordId, RecordRef};

use crate::name_groups::{Group, NameGroups};
use crate::second_names::SecondNames;
use crate::tree_builder::TreeParts;
use crate::unknown_children::UnknownChildren;

/// Longest path that is kept in bytes. NTFS allows 32,767 characters; a chain of directories of hostile depth would otherwise need the
/// square of its depth.
const MAX_PATH_BYTES: usize = 32 << 10;
/// All paths of directories together, in bytes. Ten million files on a real disk have some hundred thousand directories of 100 bytes.
const MAX_TOTAL_PATH_BYTES: usize = 256 << 20;

/// The folder of what no directory leads to.
const ORPHANS: &str = "/$OrphanFiles";
/// The folder of directories whose path would be longer than [`MAX_PATH_BYTES`].
const TOO_DEEP: &str = "/$PathTooLong";

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

/// A name that no record stands behind: a deleted one whose record is in use for another file, or gone; or one in use whose record is not
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

/// The first name of a directory: what it hangs in, how it is called.
type FirstName = Option<(LinkParent, String)>;

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
        TreeReader { tree: self, group: None }
    }

    /// Returns the names that no record stands behind, by the number of the record that they name.
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
            LinkParent::Directory(directory) => self.path_of.get(self.directory(directory)?).copied()?,
        }
    }

    /// The directory that a reference means, as an index: of its generation, or, where references carry none, the only one of that
    /// number.
    fn directory(&self, reference: RecordRef) -> Option<usize> {
        if let Some(generation) = reference.generation {
            return self.directories.binary_search(&RecordId { number: reference.number, generation }).ok();
        }
        let last = self.directories.partition_point(|id| id.number <= reference.number).checked_sub(1)?;
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
            let range = NameGroups::records(number);
            let start = self.directories.partition_point(|id| id.number < *range.start());
            let here = self.directories.iter().skip(start).take_while(|id| range.contains(&id.number));
            for (id, name) in here.zip(names.iter_mut().skip(start)) {
                // Names in use come first.
                *name = group.names(*id, false).next().map(|link| (link.parent, readable(link)));
                second.look_at(&group, *id, self.is_root(*id));
            }
        }
        self.unknown_children = unknown;
        self.second_names = second.into_problems();
        names
    }

    /// Gives every directory its path: climbs to the first one that has a path, or to the end, then names the way down. No recursion;
    /// a cycle ends at the directory where the climb meets itself, which becomes an orphan.
    fn place_directories(&mut self, names: &[FirstName]) {
        let mut total_bytes = 0_usize;
        for start in 0..self.directories.len() {
            let mut way = Vec::new();
            let mut seen = HashSet::new();
            let mut at = start;
            let mut above = loop {
                let Some(id) = self.directories.get(at).copied() else { break self.orphans };
                if self.is_root(id) {
                    self.set_path(at, 0);
                    break 0;
                }
                if let Some(known) = self.path_of.get(at).copied().flatten() {
                    break known;
                }
                if !seen.insert(at) {
                    break self.orphans;
                }
                way.push(at);
                match self.first_parent(names.get(at).and_then(Option::as_ref)) {
                    Ok(parent) => at = parent,
                    Err(directory) => break directory,
                }
            };
            for directory in way.into_iter().rev() {
                if self.path_of.get(directory).copied().flatten().is_none() {
                    let name = names.get(directory).and_then(Option::as_ref).map(|(_, name)| name.as_str());
                    above = self.name_directory(directory, name, above, &mut total_bytes);
                }
            }
        }
    }

    fn set_path(&mut self, directory: usize, path: usize) {
        if let Some(slot) = self.path_of.get_mut(directory) {
            *slot = Some(path);
        }
    }

    /// The directory that holds the first name of a directory, or the place of one that has none.
    fn first_parent(&self, name: Option<&(LinkParent, String)>) -> Result<usize, usize> {
        match name.ok_or(self.orphans)?.0 {
            LinkParent::Virtual(name) => Err(self.virtual_of.get(name).copied().unwrap_or(self.orphans)),
            LinkParent::Directory(parent) => self.directory(parent).ok_or(self.orphans),
        }
    }

    fn name_directory(
        &mut self,
        directory: usize,
        name: Option<&str>,
        above: usize,
        total_bytes: &mut usize,
    ) -> usize {
        let Some(id) = self.directories.get(directory).copied() else { return above };
        let parent = self.paths.get(above).map_or("", |path| path.trim_end_matches('/'));
        let mut path = match name {
            Some(name) => format!("{parent}/{name}"),
            None => format!("{parent}/OrphanFile-{}", id.number),
        };
        if path.len() > MAX_PATH_BYTES || total_bytes.saturating_add(path.len()) > MAX_TOTAL_PATH_BYTES {
            self.limited += 1;
            path = format!("{TOO_DEEP}/{}", id.number);
        }
        *total_bytes += path.len();
        let index = self.paths.len();
        self.paths.push(path);
        self.set_path(directory, index);
        index
    }
}

impl<'t> TreeReader<'t> {
    /// Where a record hangs, by its first name, and its further names.
    pub fn places(&mut self, record: &Record) -> (TreePlace<'_>, impl Iterator<Item = TreePlace<'_>>) {
        self.places_of(record.id, record.allocation == Allocation::Allocated)
    }

    fn places_of(
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

/// The readable form of a link's name.
fn readable(link: &Link) -> String {
    link.readable.clone().unwrap_or_else(|| readable_name(&link.name, link.encoding))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use case_model::NameEncoding;
    use filesystem::NameSpace;

    use super::*;
    use crate::{Spill, TreeBuilder};

    fn id(number: u64) -> RecordId {
        RecordId { number, generation: 1 }
    }

    fn link(parent: u64, child: u64, name: &str, allocation: Allocation) -> Link {
        Link {
            parent: LinkParent::Directory(RecordRef { number: parent, generation: Some(1) }),
            child: RecordRef { number: child, generation: None },
            name: name.as_bytes().to_vec(),
            encoding: NameEncoding::Bytes,
            readable: None,
            space: NameSpace::Primary,
            allocation,
            at: child,
            times: None,
        }
    }

    fn tree(directories: &[u64], files: &[(u64, Allocation)], links: Vec<Link>) -> Tree {
        let builder = TreeBuilder::new(Arc::new(Spill::in_memory()));
        let mut part = builder.part();
        directories.iter().for_each(|number| part.take_id(id(*number), true, true));
        for (number, allocation) in files {
            part.take_id(id(*number), *allocation == Allocation::Allocated, false);
        }
        links.into_iter().for_each(|link| part.take_link(link));
        part.join();
        builder.finish(RecordRef { number: 2, generation: Some(1) })
    }

    fn path(tree: &Tree, number: u64, allocated: bool) -> String {
        let mut reader = tree.reader();
        let (placed, _) = reader.places_of(id(number), allocated);
        format!("{} {}", tree.paths[placed.directory], placed.link.map(readable).unwrap_or_default())
    }

    #[test]
    fn names_become_paths_and_a_cycle_becomes_orphans() {
        use Allocation::{Allocated, Deleted};
        let links = vec![
            link(2, 10, "Users", Allocated),
            link(10, 11, "صور", Allocated),
            link(11, 20, "a.jpg", Allocated),
            link(2, 20, "hard.jpg", Allocated),
            link(31, 30, "loop", Allocated),
            link(30, 31, "back", Allocated),
            link(99, 21, "lost", Allocated),
            link(10, 20, "former name", Deleted),
        ];
        let tree = tree(&[2, 10, 11, 30, 31], &[(20, Allocated), (21, Allocated)], links);
        assert_eq!(path(&tree, 20, true), "/ hard.jpg");
        assert_eq!(path(&tree, 11, true), "/Users صور");
        assert_eq!(path(&tree, 2, true), "/ ");
        assert_eq!(path(&tree, 21, true), "/$OrphanFiles lost");
        assert!(tree.paths().iter().any(|path| path.starts_with("/$OrphanFiles/")), "{:?}", tree.paths());
        let stale: Vec<_> = tree.deleted_names().map(|name| readable(&name.link)).collect();
        assert_eq!(stale, ["former name"]);
    }

    #[test]
    fn a_deleted_name_of_an_unknown_record_is_listed_only_where_no_record_tells_it() {
        use Allocation::{Allocated, Deleted};
        let unknown = |parent: u64, name: &str, at: u64| Link {
            child: RecordRef::UNKNOWN_CHILD,
            at,
            ..link(parent, 0, name, Deleted)
        };
        let links = vec![
            link(2, 10, "folder", Allocated),
            link(10, 20, "in use", Allocated),
            link(10, 5000, "deleted", Deleted),
            unknown(10, "in use", 1),
            unknown(10, "deleted", 2),
            unknown(10, "gone", 4),
            unknown(10, "gone", 3),
            unknown(2, "in use", 5),
        ];
        let files = [(0, Allocated), (20, Allocated), (5000, Deleted)];
        let tree = tree(&[2, 10], &files, links);
        let found: Vec<_> = tree
            .deleted_names()
            .map(|name| format!("{} {}", tree.paths()[name.directory], readable(&name.link)))
            .collect();
        assert_eq!(found, ["/ in use", "/folder gone"]);
    }

    #[test]
    fn a_deep_chain_neither_recurses_nor_needs_the_square_of_its_depth() {
        let depth = 60_000;
        let name = "d".repeat(200);
        let links = (3..depth).map(|n| link(n - 1, n, &name, Allocation::Allocated)).collect();
        let directories: Vec<u64> = (2..depth).collect();
        let tree = tree(&directories, &[], links);
        assert!(tree.limited() > 0);
        let total: usize = tree.paths().iter().map(String::len).sum();
        assert!(total <= MAX_TOTAL_PATH_BYTES + 60_000 * 64, "{total}");
    }
}
