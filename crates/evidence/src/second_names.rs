//! Directories in use that more than one name in use leads to. A directory has one name: its files are listed under the first one,
//! and every further one is damage that says so.

use byte_source::{Problem, ProblemKind, length};
use filesystem::{Link, LinkParent, NameSpace, RecordId};
use words::term;

use crate::name_groups::Group;
use crate::readable_link::readable_link;

/// Further names of directories that are reported one by one; the total follows.
const MOST_TOLD: usize = 1000;

/// The further names of the directories of a file system.
#[derive(Default)]
pub(crate) struct SecondNames {
    told: Vec<Problem>,
    /// Where the first name is that was not reported.
    untold: Option<u64>,
}

impl SecondNames {
    /// Looks at the names of a directory, which are in `group`.
    pub(crate) fn look_at(&mut self, group: &Group, directory: RecordId, is_root: bool) {
        if !group.is_in_use(directory) {
            return;
        }
        let names = group.names(directory, true).filter(|link| link.space == NameSpace::Primary);
        // The root names itself on NTFS.
        let mut names = names.filter_map(|link| match link.parent {
            LinkParent::Directory(parent) if is_root && parent.number == directory.number => None,
            LinkParent::Directory(parent) => Some((link, parent.number)),
            LinkParent::Virtual(_) => None,
        });
        let first = if is_root { None } else { names.next() };
        if first.is_none() && !is_root {
            return;
        }
        for (link, parent) in names {
            // One entry can give two readings of its name.
            if first.is_some_and(|(first, _)| first.at == link.at) {
                continue;
            }
            self.tell(directory, (link, parent), first);
        }
    }

    fn tell(&mut self, directory: RecordId, name: (&Link, u64), first: Option<(&Link, u64)>) {
        if self.told.len() >= MOST_TOLD {
            self.untold = self.untold.or(Some(name.0.at));
            return;
        }
        let first = first.map(|(link, parent)| (readable_link(link), parent));
        let kind =
            ProblemKind::second_name(directory.number, (readable_link(name.0), name.1), first);
        self.told.push(Problem::damage("directory entry", name.0.at, kind));
    }

    /// Returns what is to be reported.
    pub(crate) fn into_problems(self) -> Vec<Problem> {
        let what = term!("evidence.further-names-of-directories");
        let kind = ProblemKind::LimitReached { what, limit: length(MOST_TOLD) };
        let limit = self.untold.map(|at| Problem::damage("directory entry", at, kind));
        self.told.into_iter().chain(limit).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use case_model::NameEncoding;
    use filesystem::{Allocation, RecordRef};

    use super::*;
    use crate::{Spill, TreeBuilder};

    const ROOT: u64 = 2;

    /// A name of record `child` in the directory of record `parent`, at byte `at`.
    fn link(parent: u64, child: u64, name: &str, at: u64) -> Link {
        Link {
            parent: LinkParent::Directory(RecordRef { number: parent, generation: Some(0) }),
            child: RecordRef { number: child, generation: None },
            name: name.as_bytes().to_vec(),
            encoding: NameEncoding::Bytes,
            readable: None,
            space: NameSpace::Primary,
            allocation: Allocation::Allocated,
            at,
            times: None,
        }
    }

    /// What is said of directories 2 (the root), 10, 11 and 12 (not in use), and of the file 20.
    fn said(links: Vec<Link>) -> Vec<String> {
        let builder = TreeBuilder::new(Arc::new(Spill::in_memory()));
        let mut part = builder.part();
        for (number, in_use, is_directory) in [
            (ROOT, true, true),
            (10, true, true),
            (11, true, true),
            (12, false, true),
            (20, true, false),
        ] {
            part.take_id(RecordId { number, generation: 0 }, in_use, is_directory);
        }
        links.into_iter().for_each(|link| part.take_link(link));
        part.join();
        let tree = builder.finish(RecordRef { number: ROOT, generation: Some(0) });
        tree.second_names().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_second_name_of_a_directory_is_damage_that_says_both() {
        let links =
            vec![link(ROOT, 10, "a", 100), link(ROOT, 11, "b", 116), link(10, 11, "b too", 4096)];
        assert_eq!(
            said(links),
            [
                "directory entry at byte 4096 (0x1000): the directory of record 11 is named again, \"b too\" in directory record 10; its files are listed under \"b\" in directory record 2"
            ]
        );
    }

    #[test]
    fn a_name_of_the_root_is_damage_unless_it_is_its_own() {
        assert_eq!(said(vec![link(ROOT, ROOT, ".", 100)]), [""; 0]);
        assert_eq!(
            said(vec![link(ROOT, 10, "a", 100), link(10, ROOT, "up", 4096)]),
            [
                "directory entry at byte 4096 (0x1000): the root directory of record 2 is named again, \"up\" in directory record 10; its files are listed under the root"
            ]
        );
    }

    #[test]
    fn hard_links_short_names_deleted_names_and_deleted_directories_are_no_second_names() {
        let deleted = |link: Link| Link { allocation: Allocation::Deleted, ..link };
        let links = vec![
            link(ROOT, 10, "long name", 100),
            Link { space: NameSpace::Short, ..link(ROOT, 10, "LONGNA~1", 100) },
            link(ROOT, 10, "another reading of the entry", 100),
            deleted(link(ROOT, 10, "former", 200)),
            link(ROOT, 20, "file", 300),
            link(10, 20, "hard link", 4096),
            link(ROOT, 12, "x", 400),
            link(10, 12, "y", 4112),
        ];
        assert_eq!(said(links), [""; 0]);
    }

    #[test]
    fn of_a_million_names_the_first_are_told_one_by_one_and_the_limit_is_said() {
        let links = (0..5000).map(|at| link(ROOT, 10, &format!("name {at}"), at)).collect();
        let said = said(links);
        assert_eq!(said.len(), MOST_TOLD + 1);
        assert!(said.last().is_some_and(|last| last.contains("limit reached")), "{said:?}");
    }
}
