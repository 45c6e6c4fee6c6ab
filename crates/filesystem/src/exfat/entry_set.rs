//! Directory entry sets: a primary entry and its secondary ones (spec 6).

use byte_source::{Problem, Structure};

/// Bit of the entry type: in use.
const IN_USE: u8 = 0x80;
/// Bit of the entry type: secondary.
const SECONDARY: u8 = 0x40;
/// Types without the bit for use.
pub(super) const FILE: u8 = 0x05;
pub(super) const STREAM_EXTENSION: u8 = 0x40;
pub(super) const FILE_NAME: u8 = 0x41;
/// Secondary entries that a remain of a set without its file entry may have: a stream extension and
/// 17 names (255 units).
const REMAIN_SECONDARIES: u8 = 18;

/// The slots of a file's set, as they are on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EntrySet {
    /// Byte offset of the first slot in the volume.
    pub(super) at: u64,
    pub(super) in_use: bool,
    /// The first slot is a file entry; if not, this is what is left of a deleted set from its
    /// stream extension on.
    pub(super) has_file_entry: bool,
    pub(super) slots: Vec<[u8; 32]>,
    /// Secondary entries that are not there.
    pub(super) missing: u8,
}

/// What the slots of a directory make up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// The end of the directory (spec 6.2.1.1) is at this byte of the volume; sets may follow that
    /// were in use once.
    End(u64),
    Set(EntrySet),
    /// A primary entry in use other than a file's.
    Primary(u64, [u8; 32]),
    /// A secondary entry in use that belongs to no set.
    Stray(u64),
    /// A range that could not be read.
    Unreadable(Problem),
}

/// Puts sets together as a directory is read.
#[derive(Default)]
pub(super) struct SetReader {
    pending: Option<EntrySet>,
}

impl EntrySet {
    /// The checksum of the set (spec 6.3.3), computed as if all entries were in use: deletion
    /// clears that bit alone.
    pub(super) fn checksum(&self) -> u16 {
        let bytes = self.slots.iter().flat_map(|slot| {
            let (first, rest) = slot.split_first().unwrap_or((&0, &[]));
            std::iter::once(first | IN_USE).chain(rest.iter().copied())
        });
        let counted = bytes.enumerate().filter(|(place, _)| !matches!(place, 2 | 3));
        counted.fold(0_u16, |sum, (_, byte)| sum.rotate_right(1).wrapping_add(u16::from(byte)))
    }

    /// The checksum as stored; `None` without a file entry.
    pub(super) fn stored_checksum(&self) -> Option<u16> {
        let [_, _, low, high, ..] = self.slots.first()?;
        self.has_file_entry.then(|| u16::from_le_bytes([*low, *high]))
    }

    /// Are all entries there, and does the checksum fit?
    pub(super) fn is_sound(&self) -> bool {
        self.missing == 0 && self.stored_checksum() == Some(self.checksum())
    }
}

impl SetReader {
    /// Takes a slot; what it completes or shows comes back in order.
    pub(super) fn push(&mut self, slot: &Structure<'_>) -> Vec<Item> {
        let Ok(bytes) = slot.array::<32>(0) else { return Vec::new() };
        if self.continues(bytes) {
            let complete = self.pending.as_ref().is_some_and(|set| set.missing == 0);
            return if complete { self.flush() } else { Vec::new() };
        }
        let mut items = self.flush();
        items.extend(self.begin(slot.at(), bytes));
        items
    }

    /// Begins a set with a slot, or returns what the slot is by itself.
    fn begin(&mut self, at: u64, bytes: [u8; 32]) -> Option<Item> {
        let [kind, secondaries, ..] = bytes;
        let in_use = kind & IN_USE != 0;
        let set = |has_file_entry, missing| EntrySet {
            at,
            in_use,
            has_file_entry,
            slots: vec![bytes],
            missing,
        };
        match (in_use, kind & !IN_USE) {
            (false, 0) => return Some(Item::End(at)),
            (_, FILE) if secondaries == 0 => return Some(Item::Set(set(true, 0))),
            (_, FILE) => self.pending = Some(set(true, secondaries)),
            (false, STREAM_EXTENSION) => self.pending = Some(set(false, REMAIN_SECONDARIES)),
            (true, code) if code & SECONDARY != 0 => return Some(Item::Stray(at)),
            (true, _) => return Some(Item::Primary(at, bytes)),
            _ => {}
        }
        None
    }

    /// Adds a slot to the set under way, if it is one of its secondary entries.
    fn continues(&mut self, bytes: [u8; 32]) -> bool {
        let [kind, ..] = bytes;
        let code = kind & !IN_USE;
        let Some(set) = &mut self.pending else { return false };
        let fits = code & SECONDARY != 0
            && set.in_use == (kind & IN_USE != 0)
            && (set.has_file_entry || code == FILE_NAME);
        if fits {
            set.slots.push(bytes);
            set.missing = set.missing.saturating_sub(1);
        }
        fits
    }

    /// The directory ended, or cannot be read on.
    pub(super) fn flush(&mut self) -> Vec<Item> {
        self.pending.take().map(Item::Set).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(kind: u8, second: u8) -> [u8; 32] {
        let mut slot = [7; 32];
        (slot[0], slot[1]) = (kind, second);
        slot
    }

    fn read(slots: &[[u8; 32]]) -> Vec<Item> {
        let mut reader = SetReader::default();
        let mut items = Vec::new();
        for (slot, at) in slots.iter().zip((0..).step_by(32)) {
            items.extend(reader.push(&Structure::new("slot", at, slot)));
        }
        items.extend(reader.flush());
        items
    }

    #[test]
    fn sets_in_use_deleted_cut_and_beheaded_are_told_apart() {
        let items = read(&[
            slot(0x85, 2),
            slot(0xc0, 0),
            slot(0xc1, 0),
            slot(0x05, 2),
            slot(0x40, 0),
            slot(0x85, 1),
            slot(0xc0, 0),
            slot(0x40, 0),
            slot(0x41, 0),
            slot(0xc1, 0),
            slot(0x81, 0),
            slot(0x00, 0),
        ]);
        let sets: Vec<_> = items
            .iter()
            .filter_map(|item| match item {
                Item::Set(set) => Some((
                    set.at / 32,
                    set.in_use,
                    set.has_file_entry,
                    set.slots.len(),
                    set.missing,
                )),
                _ => None,
            })
            .collect();
        let beheaded = (7, false, false, 2, REMAIN_SECONDARIES - 1);
        assert_eq!(
            sets,
            [(0, true, true, 3, 0), (3, false, true, 2, 1), (5, true, true, 2, 0), beheaded]
        );
        let others: Vec<_> = items.iter().filter(|item| !matches!(item, Item::Set(_))).collect();
        assert_eq!(
            others,
            [&Item::Stray(9 * 32), &Item::Primary(10 * 32, slot(0x81, 0)), &Item::End(11 * 32)]
        );
    }

    #[test]
    fn the_checksum_of_a_deleted_set_is_that_of_the_set_in_use() {
        let live = read(&[slot(0x85, 1), slot(0xc0, 0)]);
        let deleted = read(&[slot(0x05, 1), slot(0x40, 0)]);
        let (Item::Set(live), Item::Set(deleted)) = (&live[0], &deleted[0]) else { panic!("sets") };
        assert_eq!(live.checksum(), deleted.checksum());
        assert!(!live.is_sound());
    }
}
