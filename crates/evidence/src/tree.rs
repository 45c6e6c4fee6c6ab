//! From names and parents to paths.

use std::collections::{HashMap, HashSet};

use case_model::readable_name;
use filesystem::{Allocation, Found, Link, LinkParent, NameSpace, Record, RecordId, RecordKind, RecordRef};

/// Longest path that is kept in bytes. NTFS allows 32,767 characters; a chain of directories of hostile depth would otherwise need the
/// square of its depth.
const MAX_PATH_BYTES: usize = 32 << 10;
/// All paths of directories together, in bytes. Ten million files on a real disk have some hundred thousand directories of 100 bytes.
const MAX_TOTAL_PATH_BYTES: usize = 256 << 20;

/// The folder of what no directory leads to.
const ORPHANS: &str = "/$OrphanFiles";
/// The folder of directories whose path would be longer than [`MAX_PATH_BYTES`].
const TOO_DEEP: &str = "/$PathTooLong";

/// Collects links and directories from the parts of a scan. Parts may be taken by several builders and joined in any order.
#[derive(Default)]
pub struct TreeBuilder {
    links: Vec<Link>,
    directories: Vec<RecordId>,
    /// Every record, and whether it is in use.
    records: Vec<(RecordId, bool)>,
}

/// The paths of a file system's records.
pub struct Tree {
    paths: Vec<String>,
    /// Ascending, and for each its index in `paths`, once it has one.
    directories: Vec<RecordId>,
    path_of: Vec<Option<usize>>,
    /// By their record; the record's number of each, apart, so that a search touches little memory.
    links: Vec<Link>,
    numbers: Vec<u64>,
    root: RecordRef,
    orphans: usize,
    deleted_names: Vec<usize>,
    virtual_of: HashMap<&'static str, usize>,
    limited: u64,
}

/// Where a record hangs.
#[derive(Clone, Copy, Debug)]
pub struct Placed<'t> {
    /// Index of the directory in [`Tree::paths`].
    pub directory: usize,
    /// The name, `None` for the root and for records without a name.
    pub link: Option<&'t Link>,
    /// True when no directory leads to it.
    pub orphan: bool,
}

/// A deleted name whose record is in use for another file, or gone: what it named is unknown.
#[derive(Clone, Copy, Debug)]
pub struct DeletedName<'t> {
    /// The name.
    pub link: &'t Link,
    /// Where it hangs.
    pub directory: usize,
    /// True when its directory is gone.
    pub orphan: bool,
}

impl TreeBuilder {
    /// A builder that has taken nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what a scan found: links are kept, of records only what paths need.
    pub fn take_record(&mut self, record: &Record) {
        if record.kind == RecordKind::Directory {
            self.directories.push(record.id);
        }
        self.records.push((record.id, record.allocation == Allocation::Allocated));
    }

    /// Takes a name.
    pub fn take_link(&mut self, link: Link) {
        self.links.push(link);
    }

    /// Takes a link or a record; everything else is not for the tree.
    pub fn take(&mut self, found: Found) {
        match found {
            Found::Record(record) => self.take_record(&record),
            Found::Link(link) => self.take_link(*link),
            Found::Extension(_) | Found::Problem(_) => {}
        }
    }

    /// Joins what another builder took.
    pub fn join(&mut self, other: Self) {
        self.links.extend(other.links);
        self.directories.extend(other.directories);
        self.records.extend(other.records);
    }

    /// Builds the paths. The result depends on what was taken, not on the order.
    #[must_use]
    pub fn finish(mut self, root: RecordRef) -> Tree {
        self.links.sort_by(|a, b| link_order(a).cmp(&link_order(b)));
        self.directories.sort_unstable();
        self.directories.dedup();
        self.records.sort_unstable();
        let deleted_names = self.deleted_names();
        let mut tree = Tree {
            paths: vec!["/".to_owned(), ORPHANS.to_owned()],
            path_of: vec![None; self.directories.len()],
            directories: self.directories,
            numbers: self.links.iter().map(|link| link.child.number).collect(),
            links: self.links,
            root,
            orphans: 1,
            deleted_names,
            virtual_of: HashMap::new(),
            limited: 0,
        };
        tree.place_virtual();
        tree.place_directories();
        tree
    }

    /// Names that say nothing of a record that is there: deleted names of records in use, or of no record at all.
    fn deleted_names(&self) -> Vec<usize> {
        let mut stale = Vec::new();
        let mut rest = self.records.as_slice();
        for (at, link) in self.links.iter().enumerate() {
            // Both ascend by number.
            let before = rest.iter().take_while(|(id, _)| id.number < link.child.number).count();
            rest = rest.get(before..).unwrap_or_default();
            let there = rest.iter().take_while(|(id, _)| id.number == link.child.number);
            if is_stale(link, there) {
                stale.push(at);
            }
        }
        stale
    }
}

/// Does a name say nothing of the records of its number?
fn is_stale<'r>(link: &Link, records: impl Iterator<Item = &'r (RecordId, bool)>) -> bool {
    let (mut of_generation, mut in_use) = (false, false);
    for (id, allocated) in records {
        of_generation |= link.child.generation.is_none_or(|generation| generation == id.generation);
        in_use |= *allocated;
    }
    !of_generation || (link.allocation == Allocation::Deleted && in_use)
}

/// Names in the order of their record; of one record, those in use before deleted ones, long before short, then by place.
fn link_order(link: &Link) -> (u64, Allocation, NameSpace, LinkParent, u64, &[u8]) {
    (link.child.number, link.allocation, link.space, link.parent, link.at, &link.name)
}

/// The readable form of a link's name.
fn readable(link: &Link) -> String {
    link.readable.clone().unwrap_or_else(|| readable_name(&link.name, link.encoding))
}

impl Tree {
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

    /// Where a record hangs, by its first name.
    #[must_use]
    pub fn place(&self, record: &Record) -> Placed<'_> {
        self.place_id(record.id, record.allocation == Allocation::Allocated)
    }

    /// All names of a record but the first one, with the directories they hang in.
    pub fn further_names(&self, record: &Record) -> impl Iterator<Item = Placed<'_>> {
        let allocated = record.allocation == Allocation::Allocated;
        self.names(record.id, allocated).skip(1).map(|link| self.placed(link))
    }

    /// As [`Self::place`] and [`Self::further_names`] in one search: where the record hangs, and its further names.
    pub fn places(&self, record: &Record) -> (Placed<'_>, impl Iterator<Item = Placed<'_>>) {
        let mut names = self.names(record.id, record.allocation == Allocation::Allocated);
        let first = match names.next() {
            _ if self.is_root(record.id) => Placed { directory: 0, link: None, orphan: false },
            Some(link) => self.placed(link),
            None => Placed { directory: self.orphans, link: None, orphan: true },
        };
        (first, names.map(|link| self.placed(link)))
    }

    /// All names of a record, of its generation: in use or deleted, long or short.
    pub fn all_names(&self, record: &Record) -> impl Iterator<Item = Placed<'_>> {
        self.names(record.id, false).map(|link| self.placed(link))
    }

    /// Deleted names whose record is in use for another file, or gone.
    pub fn deleted_names(&self) -> impl Iterator<Item = DeletedName<'_>> {
        self.deleted_names.iter().filter_map(|at| {
            let link = self.links.get(*at)?;
            let placed = self.placed(link);
            Some(DeletedName { link, directory: placed.directory, orphan: placed.orphan })
        })
    }

    fn place_id(&self, id: RecordId, allocated: bool) -> Placed<'_> {
        if self.is_root(id) {
            return Placed { directory: 0, link: None, orphan: false };
        }
        match self.names(id, allocated).next() {
            Some(link) => self.placed(link),
            None => Placed { directory: self.orphans, link: None, orphan: true },
        }
    }

    fn is_root(&self, id: RecordId) -> bool {
        id.number == self.root.number
            && self.root.generation.is_none_or(|generation| generation == id.generation)
    }

    /// The names that stand for a record: of its generation; for a record in use, names in use only.
    fn names(&self, id: RecordId, allocated: bool) -> impl Iterator<Item = &Link> {
        let from = self.numbers.partition_point(|number| *number < id.number);
        self.links
            .get(from..)
            .unwrap_or_default()
            .iter()
            .take_while(move |link| link.child.number == id.number)
            .filter(move |link| {
                let same = link.child.generation.is_none_or(|generation| generation == id.generation);
                same && (!allocated || link.allocation == Allocation::Allocated)
            })
    }

    fn placed<'t>(&'t self, link: &'t Link) -> Placed<'t> {
        match self.parent(link.parent) {
            Some(directory) => Placed { directory, link: Some(link), orphan: false },
            None => Placed { directory: self.orphans, link: Some(link), orphan: true },
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
        let mut names: Vec<&'static str> = self
            .links
            .iter()
            .filter_map(|link| match link.parent {
                LinkParent::Virtual(name) => Some(name),
                LinkParent::Directory(_) => None,
            })
            .collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            self.virtual_of.insert(name, self.paths.len());
            self.paths.push(format!("/{name}"));
        }
    }

    /// Gives every directory its path: climbs to the first one that has a path, or to the end, then names the way down. No recursion;
    /// a cycle ends at the directory where the climb meets itself, which becomes an orphan.
    fn place_directories(&mut self) {
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
                match self.first_parent(id) {
                    Ok(parent) => at = parent,
                    Err(directory) => break directory,
                }
            };
            for directory in way.into_iter().rev() {
                if self.path_of.get(directory).copied().flatten().is_none() {
                    above = self.name_directory(directory, above, &mut total_bytes);
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
    fn first_parent(&self, id: RecordId) -> Result<usize, usize> {
        let allocated = self.first_name_in_use(id);
        let Some(link) = self.names(id, allocated).next() else { return Err(self.orphans) };
        match link.parent {
            LinkParent::Virtual(name) => Err(self.virtual_of.get(name).copied().unwrap_or(self.orphans)),
            LinkParent::Directory(parent) => self.directory(parent).ok_or(self.orphans),
        }
    }

    fn first_name_in_use(&self, id: RecordId) -> bool {
        self.names(id, true).next().is_some()
    }

    fn name_directory(&mut self, directory: usize, above: usize, total_bytes: &mut usize) -> usize {
        let Some(id) = self.directories.get(directory).copied() else { return above };
        let allocated = self.first_name_in_use(id);
        let name = match self.names(id, allocated).next() {
            Some(link) => readable(link),
            None => format!("OrphanFile-{}", id.number),
        };
        let parent = self.paths.get(above).map_or("", |path| path.trim_end_matches('/'));
        let mut path = format!("{parent}/{name}");
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

#[cfg(test)]
mod tests {
    use case_model::NameEncoding;

    use super::*;

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
        let mut builder = TreeBuilder::new();
        for number in directories {
            builder.directories.push(id(*number));
            builder.records.push((id(*number), true));
        }
        for (number, allocation) in files {
            builder.records.push((id(*number), *allocation == Allocation::Allocated));
        }
        links.into_iter().for_each(|link| builder.take_link(link));
        builder.finish(RecordRef { number: 2, generation: Some(1) })
    }

    fn path(tree: &Tree, number: u64, allocated: bool) -> String {
        let placed = tree.place_id(id(number), allocated);
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
        let stale: Vec<_> = tree.deleted_names().map(|name| readable(name.link)).collect();
        assert_eq!(stale, ["former name"]);
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
