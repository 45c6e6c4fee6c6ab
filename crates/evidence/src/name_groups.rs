//! Names by the numbers of their records: some thousand neighbouring records are a group, which is read as one.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use filesystem::{Allocation, Link, LinkParent, NameSpace, RecordId};
use serde::{Deserialize, Serialize};

use crate::packed_link::{append, pack_link, unpack_link};
use crate::{Pile, Spill};

/// Records of a group: 4,096.
const GROUP_BITS: u32 = 12;

/// Names that a group keeps. A group of a real file system has some thousand; hostile directories can call one record by a hundred million
/// names, which no one could list.
pub const MOST_NAMES: usize = 1 << 19;

/// The names and records of a file system, packed.
pub(crate) struct NameGroups {
    spill: Arc<Spill>,
    groups: BTreeMap<u64, Piles>,
    virtual_folders: Vec<&'static str>,
}

#[derive(Default)]
struct Piles {
    links: Pile,
    records: Pile,
}

#[derive(Deserialize, Serialize)]
struct PackedRecord {
    number: u64,
    generation: u64,
    in_use: bool,
}

/// A group in the order of [`link_order`].
#[derive(Default)]
pub(crate) struct Group {
    links: Vec<Link>,
    records: Vec<(RecordId, bool)>,
    lost: u64,
}

impl NameGroups {
    pub(crate) fn new(spill: Arc<Spill>) -> Self {
        Self { spill, groups: BTreeMap::new(), virtual_folders: Vec::new() }
    }

    /// The virtual folders that names hang in, each once.
    pub(crate) fn virtual_folders(&self) -> &[&'static str] {
        &self.virtual_folders
    }

    /// The group of a record.
    pub(crate) const fn number_of(record: u64) -> u64 {
        record >> GROUP_BITS
    }

    /// The records of a group.
    pub(crate) fn records(number: u64) -> RangeInclusive<u64> {
        let first = number << GROUP_BITS;
        first..=first | ((1 << GROUP_BITS) - 1)
    }

    /// The groups that hold anything, ascending.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u64> {
        self.groups.keys().copied()
    }

    /// Takes records; `true` for those in use.
    pub(crate) fn take_records(&mut self, records: &[(RecordId, bool)]) {
        let mut packed = Vec::new();
        // Neighbours come together.
        for records in records
            .chunk_by(|(a, _), (b, _)| Self::number_of(a.number) == Self::number_of(b.number))
        {
            for (id, in_use) in records {
                let record =
                    PackedRecord { number: id.number, generation: id.generation, in_use: *in_use };
                append(&record, &mut packed);
            }
            if let Some((id, _)) = records.first() {
                let group = self.groups.entry(Self::number_of(id.number)).or_default();
                group.records.append(&packed, &self.spill);
            }
            packed.clear();
        }
    }

    /// Takes names.
    pub(crate) fn take_links(&mut self, links: &[Link]) {
        let mut packed = Vec::new();
        let number = |link: &Link| Self::number_of(link.child.number);
        for links in links.chunk_by(|a, b| number(a) == number(b)) {
            links.iter().for_each(|link| pack_link(link, &mut self.virtual_folders, &mut packed));
            if let Some(link) = links.first() {
                let group = self.groups.entry(number(link)).or_default();
                group.links.append(&packed, &self.spill);
            }
            packed.clear();
        }
    }

    /// Reads a group.
    pub(crate) fn read(&self, number: u64) -> Group {
        let Some(piles) = self.groups.get(&number) else { return Group::default() };
        let mut group = Group::default();
        let bytes = piles.links.read(&self.spill);
        let mut rest = bytes.as_slice();
        while let Some((link, behind)) = unpack_link(rest, &self.virtual_folders) {
            group.links.push(link);
            rest = behind;
            // The same names stay, in whatever order they came.
            if group.links.len() >= 2 * MOST_NAMES {
                group.limit();
            }
        }
        group.limit();
        let bytes = piles.records.read(&self.spill);
        let mut rest = bytes.as_slice();
        while let Ok((record, behind)) = postcard::take_from_bytes::<PackedRecord>(rest) {
            let id = RecordId { number: record.number, generation: record.generation };
            group.records.push((id, record.in_use));
            rest = behind;
        }
        group.records.sort_unstable();
        group
    }
}

impl Group {
    /// Names that were not kept.
    pub(crate) fn lost(&self) -> u64 {
        self.lost
    }

    /// All names.
    pub(crate) fn links(&self) -> &[Link] {
        &self.links
    }

    /// Is there such a record, in use?
    pub(crate) fn is_in_use(&self, id: RecordId) -> bool {
        self.records.binary_search(&(id, true)).is_ok()
    }

    /// The names that stand for a record: of its generation; for a record in use, names in use only.
    pub(crate) fn names(&self, id: RecordId, allocated: bool) -> impl Iterator<Item = &Link> {
        let from = self.links.partition_point(|link| link.child.number < id.number);
        self.links
            .get(from..)
            .unwrap_or_default()
            .iter()
            .take_while(move |link| link.child.number == id.number)
            .filter(move |link| {
                let same =
                    link.child.generation.is_none_or(|generation| generation == id.generation);
                same && (!allocated || link.allocation == Allocation::Allocated)
            })
    }

    /// True when some names say nothing of a record that is there.
    pub(crate) fn has_stale_links(&self) -> bool {
        let mut stale = false;
        self.visit_stale(&mut |_| stale = true);
        stale
    }

    /// Names that say nothing of a record that is there: deleted names of records in use, or of no record at all.
    pub(crate) fn into_stale_links(self) -> impl Iterator<Item = Link> {
        let mut stale = vec![false; self.links.len()];
        self.visit_stale(&mut |at| {
            if let Some(mark) = stale.get_mut(at) {
                *mark = true;
            }
        });
        self.links.into_iter().zip(stale).filter_map(|(link, stale)| stale.then_some(link))
    }

    fn visit_stale(&self, each: &mut dyn FnMut(usize)) {
        let mut rest = self.records.as_slice();
        for (at, link) in self.links.iter().enumerate() {
            // Both ascend by number.
            let before = rest.iter().take_while(|(id, _)| id.number < link.child.number).count();
            rest = rest.get(before..).unwrap_or_default();
            let there = rest.iter().take_while(|(id, _)| id.number == link.child.number);
            if is_stale(link, there) {
                each(at);
            }
        }
    }

    /// Sorts, and keeps the first names only when there are too many. A name that came twice is one.
    fn limit(&mut self) {
        self.links.sort_by(|a, b| link_order(a).cmp(&link_order(b)));
        self.links.dedup();
        self.lost = self
            .lost
            .saturating_add(byte_source::length(self.links.len().saturating_sub(MOST_NAMES)));
        self.links.truncate(MOST_NAMES);
    }
}

/// Does a name say nothing of the records of its number?
fn is_stale<'r>(link: &Link, records: impl Iterator<Item = &'r (RecordId, bool)>) -> bool {
    let mut of_generation = false;
    let mut in_use = false;
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

#[cfg(test)]
mod tests {
    use case_model::NameEncoding;
    use filesystem::RecordRef;

    use super::*;

    #[test]
    fn a_record_of_too_many_names_keeps_the_same_ones_in_whatever_order_they_came() {
        let link = |at: u64| Link {
            parent: LinkParent::Directory(RecordRef { number: 2, generation: None }),
            child: RecordRef { number: 7, generation: None },
            name: at.to_le_bytes().to_vec(),
            encoding: NameEncoding::Bytes,
            readable: None,
            space: NameSpace::Primary,
            allocation: Allocation::Allocated,
            at,
            times: None,
        };
        let count = 2 * MOST_NAMES as u64 + 1000;
        let mut forwards = NameGroups::new(Arc::new(Spill::in_memory()));
        forwards.take_links(&(0..count).map(link).collect::<Vec<_>>());
        forwards.take_links(&[link(5)]);
        let mut backwards = NameGroups::new(Arc::new(Spill::in_memory()));
        backwards.take_links(&(0..count).rev().map(link).collect::<Vec<_>>());
        for groups in [&forwards, &backwards] {
            let group = groups.read(0);
            assert_eq!(group.lost(), count - MOST_NAMES as u64);
            assert_eq!(group.links.len(), MOST_NAMES);
            assert!(group.links.iter().zip(0..).all(|(link, at)| link.at == at));
        }
    }
}
