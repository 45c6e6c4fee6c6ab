//! What a folder holds, packed: a folder of millions of files is listed before it is read.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Arc;

use case_model::{encode_times, unpack_times};
use serde::{Deserialize, Serialize};

use crate::folder_item::{FolderItem, FolderItemKind, SPECIAL_KINDS};
use crate::packed_link::append;
use crate::{Pile, Spill};

/// Items of a part.
const PART_ITEMS: usize = 64;

/// The items of a folder, in order, in parts.
pub struct FolderList {
    root: PathBuf,
    spill: Arc<Spill>,
    parts: Vec<Pile>,
    count: usize,
    bytes: u64,
}

#[derive(Deserialize, Serialize)]
struct PackedItem {
    relative: Vec<u8>,
    kind: PackedKind,
    size: u64,
    times: Option<Vec<u8>>,
    mode: u32,
    owner: (u32, u32),
    links: u32,
}

#[derive(Deserialize, Serialize)]
enum PackedKind {
    File,
    Directory,
    Link(Vec<u8>),
    Special(usize),
    Unreadable(String),
    OwnLab,
}

impl FolderList {
    pub(crate) fn new(root: PathBuf, spill: Arc<Spill>) -> Self {
        Self { root, spill, parts: Vec::new(), count: 0, bytes: 0 }
    }

    pub(crate) fn push(&mut self, item: FolderItem) {
        let mut packed = Vec::new();
        self.bytes = self.bytes.saturating_add(item.size);
        append(&pack(item), &mut packed);
        if self.count.is_multiple_of(PART_ITEMS) {
            self.parts.push(Pile::default());
        }
        self.count = self.count.saturating_add(1);
        if let Some(part) = self.parts.last_mut() {
            part.append(&packed, &self.spill);
        }
    }

    /// Items in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// True when there is nothing; a folder that can be looked at is an item itself.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Bytes of all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Parts of the list.
    #[must_use]
    pub fn parts(&self) -> usize {
        self.parts.len()
    }

    /// Items of a part.
    #[must_use]
    pub fn items_of(&self, part: usize) -> usize {
        self.count.saturating_sub(part.saturating_mul(PART_ITEMS)).min(PART_ITEMS)
    }

    /// The items of a part, and the number of the first of them.
    #[must_use]
    pub fn part(&self, number: usize) -> (usize, Vec<FolderItem>) {
        let mut items = Vec::new();
        let bytes = self.parts.get(number).map(|pile| pile.read(&self.spill)).unwrap_or_default();
        let mut rest = bytes.as_slice();
        while let Ok((packed, behind)) = postcard::take_from_bytes::<PackedItem>(rest) {
            items.push(self.unpack(packed));
            rest = behind;
        }
        (number.saturating_mul(PART_ITEMS), items)
    }

    /// The item of this number, from 0.
    #[must_use]
    pub fn item(&self, number: usize) -> Option<FolderItem> {
        let (first, items) = self.part(number.checked_div(PART_ITEMS)?);
        items.into_iter().nth(number.checked_sub(first)?)
    }

    /// All items, in order.
    pub fn items(&self) -> impl Iterator<Item = FolderItem> {
        (0..self.parts()).flat_map(|part| self.part(part).1)
    }

    fn unpack(&self, packed: PackedItem) -> FolderItem {
        let PackedItem { relative, kind, size, times, mode, owner, links } = packed;
        FolderItem {
            path: if relative.is_empty() {
                self.root.clone()
            } else {
                self.root.join(OsStr::from_bytes(&relative))
            },
            relative,
            kind: match kind {
                PackedKind::File => FolderItemKind::File,
                PackedKind::Directory => FolderItemKind::Directory,
                PackedKind::Link(target) => FolderItemKind::Link(target),
                PackedKind::Special(kind) => {
                    FolderItemKind::Special(SPECIAL_KINDS.get(kind).copied().unwrap_or("special"))
                }
                PackedKind::Unreadable(why) => FolderItemKind::Unreadable(why),
                PackedKind::OwnLab => FolderItemKind::OwnLab,
            },
            size,
            times: times.map(|times| unpack_times(&times)).unwrap_or_default(),
            mode,
            owner,
            links,
        }
    }
}

fn pack(item: FolderItem) -> PackedItem {
    PackedItem {
        relative: item.relative,
        kind: match item.kind {
            FolderItemKind::File => PackedKind::File,
            FolderItemKind::Directory => PackedKind::Directory,
            FolderItemKind::Link(target) => PackedKind::Link(target),
            FolderItemKind::Special(kind) => {
                let known = SPECIAL_KINDS.iter().position(|known| *known == kind);
                PackedKind::Special(known.unwrap_or(usize::MAX))
            }
            FolderItemKind::Unreadable(why) => PackedKind::Unreadable(why),
            FolderItemKind::OwnLab => PackedKind::OwnLab,
        },
        size: item.size,
        times: encode_times(&item.times),
        mode: item.mode,
        owner: item.owner,
        links: item.links,
    }
}

#[cfg(test)]
mod tests {
    use case_model::{Times, Timestamp};

    use super::*;

    #[test]
    fn items_come_back_wherever_they_lie() {
        let folder = tempfile::tempdir().unwrap();
        let kinds = [
            FolderItemKind::File,
            FolderItemKind::Directory,
            FolderItemKind::Link(vec![b'a', 0xff]),
            FolderItemKind::Special("fifo"),
            FolderItemKind::Unreadable("permission denied".to_owned()),
            FolderItemKind::OwnLab,
        ];
        let item = |number: usize| FolderItem {
            path: folder.path().join(format!("d/{number}")),
            relative: format!("d/{number}").into_bytes(),
            kind: kinds[number % kinds.len()].clone(),
            size: number as u64,
            times: Times { modified: Some(Timestamp::host(number as i64 - 7)), ..Times::default() },
            mode: 0o644,
            owner: (1, 2),
            links: 3,
        };
        for spill in [Spill::in_memory(), Spill::new(folder.path().to_owned(), 0)] {
            let mut list = FolderList::new(folder.path().to_owned(), Arc::new(spill));
            (0..500).map(item).for_each(|item| list.push(item));
            assert_eq!((list.len(), list.parts(), list.bytes()), (500, 8, 500 * 499 / 2));
            assert!(list.items().eq((0..500).map(item)));
            assert_eq!(list.part(2).0, 128);
            assert_eq!(list.part(2).1[3], item(131));
        }
    }
}
