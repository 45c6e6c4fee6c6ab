//! How an owner of space is called in a message.

use std::collections::BTreeMap;
use words::{Statement, term};

use byte_source::Scratch;
use evidence::{Tree, TreeReader, push_readable_link};
use filesystem::{FileSystem, RecordId};

use super::owners::Owner;
use crate::workers::isolation::guarded;

/// Characters of a path in a message; the record's number tells which file is meant.
const MOST_PATH_CHARS: usize = 240;

/// Names of owners; each record is read once.
pub(super) struct OwnerNames<'n> {
    file_system: &'n dyn FileSystem,
    tree: &'n Tree,
    reader: TreeReader<'n>,
    scratch: Scratch,
    known: BTreeMap<RecordId, Statement>,
}

impl<'n> OwnerNames<'n> {
    pub(super) fn new(file_system: &'n dyn FileSystem, tree: &'n Tree) -> Self {
        Self {
            file_system,
            tree,
            reader: tree.reader(),
            scratch: Scratch::new(),
            known: BTreeMap::new(),
        }
    }

    /// Returns a name as in "/a/b.txt (record 12)".
    pub(super) fn name(&mut self, owner: &Owner) -> Statement {
        match owner {
            Owner::Content(id) => self.record(*id),
            Owner::Alternate(id) => term!("claim.alternate").with(self.record(*id)),
            Owner::Structure(id, what) => {
                term!("claim.of-record").with(*what).with(self.record(*id))
            }
            Owner::Volume(what) => term!("claim.of-file-system").with(*what),
        }
    }

    fn record(&mut self, id: RecordId) -> Statement {
        if let Some(known) = self.known.get(&id) {
            return known.clone();
        }
        let name = match self.path(id).map(|path| shortened(&path)).filter(|path| !path.is_empty())
        {
            Some(path) => term!("claim.record-named").with(path).with(id.number),
            None => term!("claim.record").with(id.number),
        };
        self.known.insert(id, name.clone());
        name
    }

    /// Returns the record's path; `None` for a record that cannot be read again.
    fn path(&mut self, id: RecordId) -> Option<String> {
        let Self { file_system, tree, reader, scratch, .. } = self;
        let record = guarded(|| file_system.record(id, scratch)).ok()?.ok()?;
        let (placed, _) = reader.places(&record);
        let mut path = tree.paths().get(placed.directory)?.clone();
        let Some(link) = placed.link else { return Some(path) };
        if !path.ends_with('/') {
            path.push('/');
        }
        push_readable_link(link, &mut path);
        Some(path)
    }
}

/// Returns the path, or its end where it is long.
fn shortened(path: &str) -> String {
    let all = path.chars().count();
    if all <= MOST_PATH_CHARS {
        return path.to_owned();
    }
    let end: String = path.chars().skip(all.saturating_sub(MOST_PATH_CHARS)).collect();
    format!("…{end}")
}
