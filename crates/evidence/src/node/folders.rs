//! The names beside files of evidence: where the other segments, extents and parents of a nested image are.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use byte_source::Scratch;
use filesystem::{Allocation, FileSystem, Found, Link, LinkParent, NameSpace, RecordId, RecordRef};

use crate::readable_link::readable_link;

/// Names that are kept of all folders together.
const MOST_NAMES: usize = 1_000_000;

/// A name in a folder, and what it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedRecord {
    pub(crate) name: String,
    pub(crate) allocation: Allocation,
    pub(crate) record: RecordRef,
}

/// The folders that hold some files, with all their names. Found by reading the record table twice or three times: only the folders that
/// are asked for are kept.
#[derive(Debug, Default)]
pub struct Folders {
    /// The names of each file, and the folder of each name.
    names: HashMap<u64, Vec<(LinkParent, NamedRecord)>>,
    folders: BTreeMap<LinkParent, Vec<NamedRecord>>,
    /// The generation of each record that the names lead to, where the names do not say it: the one in use, if any is.
    generations: HashMap<u64, (bool, u64)>,
    limited: bool,
}

impl Folders {
    /// The folders of these files. A reader that fails gives none of its names.
    #[must_use]
    pub fn of(file_system: &dyn FileSystem, files: &[RecordId], scratch: &mut Scratch) -> Self {
        let mut folders = Self::default();
        let wanted: BTreeSet<u64> = files.iter().map(|file| file.number).collect();
        each_link(file_system, scratch, &mut |link| {
            if wanted.contains(&link.child.number) && link.space == NameSpace::Primary {
                let names = folders.names.entry(link.child.number).or_default();
                names.push((link.parent, named(link)));
                folders.folders.entry(link.parent).or_default();
            }
        });
        folders.read_names(file_system, scratch);
        folders.read_generations(file_system, scratch);
        folders
    }

    fn read_names(&mut self, file_system: &dyn FileSystem, scratch: &mut Scratch) {
        let mut kept = 0_usize;
        let Self { folders, limited, .. } = self;
        each_link(file_system, scratch, &mut |link| {
            if link.space != NameSpace::Primary {
                return;
            }
            let Some(folder) = folders.get_mut(&link.parent) else { return };
            if kept >= MOST_NAMES {
                *limited = true;
                return;
            }
            kept = kept.saturating_add(1);
            folder.push(named(link));
        });
        for names in folders.values_mut() {
            names.sort_by(|a, b| (&a.name, a.allocation).cmp(&(&b.name, b.allocation)));
        }
    }

    /// Names of ext and FAT say the number of a record alone.
    fn read_generations(&mut self, file_system: &dyn FileSystem, scratch: &mut Scratch) {
        let unknown: BTreeSet<u64> = self
            .folders
            .values()
            .flatten()
            .filter(|named| named.record.generation.is_none())
            .map(|named| named.record.number)
            .collect();
        if unknown.is_empty() {
            return;
        }
        let generations = &mut self.generations;
        each(file_system, scratch, &mut |found| {
            if let Found::Record(record) = found
                && unknown.contains(&record.id.number)
            {
                let found = (record.allocation == Allocation::Allocated, record.id.generation);
                let kept = generations.entry(record.id.number).or_insert(found);
                *kept = (*kept).max(found);
            }
        });
    }

    /// The name of a file: one in use before a deleted one, the first by its bytes among equals.
    #[must_use]
    pub fn name_of(&self, file: RecordId) -> Option<&str> {
        self.named_as(file).map(|(_, named)| named.name.as_str())
    }

    fn named_as(&self, file: RecordId) -> Option<&(LinkParent, NamedRecord)> {
        let names = self.names.get(&file.number)?;
        let of_file = |(_, named): &&(LinkParent, NamedRecord)| {
            named.record.generation.is_none_or(|generation| generation == file.generation)
        };
        names
            .iter()
            .filter(of_file)
            .min_by_key(|(parent, named)| (named.allocation, &named.name, *parent))
    }

    /// The names in the folder of a file: those in use, and deleted ones that no name in use replaces.
    pub(crate) fn beside(&self, file: RecordId) -> Vec<(&str, RecordId)> {
        let Some((parent, _)) = self.named_as(file) else { return Vec::new() };
        let names = self.folders.get(parent).map_or(&[][..], Vec::as_slice);
        let mut beside: Vec<(&str, RecordId)> = Vec::new();
        for named in names {
            let Some(record) = self.record_of(named.record) else { continue };
            // Sorted: of equal names the one in use comes first.
            if beside.last().is_none_or(|(name, _)| *name != named.name) {
                beside.push((&named.name, record));
            }
        }
        beside
    }

    fn record_of(&self, named: RecordRef) -> Option<RecordId> {
        let generation =
            named.generation.or_else(|| Some(self.generations.get(&named.number)?.1))?;
        (named != RecordRef::UNKNOWN_CHILD).then_some(RecordId { number: named.number, generation })
    }

    /// True when the folders hold more names than are kept.
    #[must_use]
    pub const fn is_limited(&self) -> bool {
        self.limited
    }
}

fn named(link: &Link) -> NamedRecord {
    let name = readable_link(link);
    NamedRecord { name, allocation: link.allocation, record: link.child }
}

fn each_link(file_system: &dyn FileSystem, scratch: &mut Scratch, take: &mut dyn FnMut(&Link)) {
    each(file_system, scratch, &mut |found| {
        if let Found::Link(link) = found {
            take(&link);
        }
    });
}

fn each(file_system: &dyn FileSystem, scratch: &mut Scratch, take: &mut dyn FnMut(Found)) {
    let slots = file_system.record_space().slots;
    file_system.scan(0..slots, scratch, take);
}
