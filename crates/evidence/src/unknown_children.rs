//! Deleted names that no longer say which record they named. Most of them are told by a record too: such a name is left behind
//! whenever an index node loses its last entry, also when the entry only moved to another node.

use std::collections::HashMap;

use filesystem::{Link, LinkParent, RecordRef};

use crate::name_groups::{Group, NameGroups};

/// The names of unknown records that no record tells, by directory, with the place of the first of each.
#[derive(Default)]
pub(crate) struct UnknownChildren {
    names: HashMap<LinkParent, HashMap<Vec<u8>, u64>>,
}

impl UnknownChildren {
    /// The group that holds such names.
    pub(crate) const GROUP: u64 = NameGroups::number_of(RecordRef::UNKNOWN_CHILD.number);

    /// Takes the names of unknown records from their group.
    pub(crate) fn of(group: &Group) -> Self {
        let mut names: HashMap<LinkParent, HashMap<Vec<u8>, u64>> = HashMap::new();
        for link in group.links().iter().filter(|link| is_unknown(link)) {
            let first =
                names.entry(link.parent).or_default().entry(link.name.clone()).or_insert(link.at);
            *first = link.at.min(*first);
        }
        Self { names }
    }

    /// Forgets the names that records of a group tell.
    pub(crate) fn remove_told_by(&mut self, group: &Group) {
        if self.names.is_empty() {
            return;
        }
        for link in group.links().iter().filter(|link| !is_unknown(link)) {
            if let Some(names) = self.names.get_mut(&link.parent) {
                names.remove(&link.name);
            }
        }
    }

    /// Must a stale name be listed? One of an unknown record only when it is the first of its kind and no record tells it.
    pub(crate) fn is_needed(&self, link: &Link) -> bool {
        let first = || self.names.get(&link.parent).and_then(|names| names.get(&link.name));
        !is_unknown(link) || first() == Some(&link.at)
    }
}

fn is_unknown(link: &Link) -> bool {
    link.child == RecordRef::UNKNOWN_CHILD
}
