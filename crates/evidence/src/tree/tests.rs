//! Paths from names, directly.

use std::sync::Arc;

use case_model::NameEncoding;
use filesystem::{Allocation, Link, LinkParent, NameSpace, RecordId, RecordRef};

use super::Tree;
use super::directory_paths::MAX_TOTAL_PATH_BYTES;
use crate::readable_link::readable_link;
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
    format!(
        "{} {}",
        tree.paths[placed.directory],
        placed.link.map(readable_link).unwrap_or_default()
    )
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
    assert!(
        tree.paths().iter().any(|path| path.starts_with("/$OrphanFiles/")),
        "{:?}",
        tree.paths()
    );
    let stale: Vec<_> = tree.deleted_names().map(|name| readable_link(&name.link)).collect();
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
        .map(|name| format!("{} {}", tree.paths()[name.directory], readable_link(&name.link)))
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
