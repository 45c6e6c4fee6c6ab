//! Long names (FAT spec, "FAT Long Directory Entries"): up to 20 slots before the short entry, last part first.

use byte_source::{OutOfBounds, Problem, ProblemKind, Structure};
use words::term;

use super::directory_entry::DELETED;
use super::short_name;

/// `LDIR_Ord`: this is the last part, which comes first.
const LAST: u8 = 0x40;
const ORDINAL: u8 = 0x3f;
/// Parts of the longest name: 20 x 13 units hold 255.
const MOST_PARTS: usize = 20;
/// Byte offsets of the name's units in a slot.
const UNITS_AT: [usize; 13] = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30];

/// Puts the parts of long names together as a directory is read.
#[derive(Default)]
pub(super) struct LongNames {
    parts: Option<Parts>,
}

struct Parts {
    /// Byte offset in the volume of the first slot.
    at: u64,
    checksum: u8,
    deleted: bool,
    /// Ordinal that must come next; 0 when the name is complete. Meaningless when deleted: the ordinals are lost.
    next: u8,
    /// Thirteen units each, last part first.
    units: Vec<[u16; 13]>,
}

/// What stood before a short entry.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    /// The long name, UTF-16 little-endian, when it belongs to the short one.
    pub(super) name: Option<Vec<u8>>,
    /// A deleted entry's first byte, by the checksum of its long name.
    pub(super) first_byte: Option<u8>,
    /// A whole long name in use directly before the short one, but with the checksum of another.
    pub(super) doubtful: Option<Vec<u8>>,
    /// A long name that does not belong to the short one.
    pub(super) stray: Option<Vec<u8>>,
    /// What is wrong.
    pub(super) problem: Option<Problem>,
}

impl LongNames {
    /// Takes a long-name slot; what stood before and cannot be continued by it is a problem.
    pub(super) fn push(&mut self, slot: &Structure<'_>) -> Result<Option<Problem>, OutOfBounds> {
        let part = Part::parse(slot)?;
        if let Some(parts) = &mut self.parts
            && parts.are_continued_by(&part)
        {
            parts.units.push(part.units);
            parts.next = part.number.saturating_sub(1);
            return Ok(None);
        }
        let left = self.abandon();
        if part.deleted || (part.starts && (1..=20).contains(&part.number)) {
            self.parts = Some(Parts {
                at: slot.at(),
                checksum: part.checksum,
                deleted: part.deleted,
                next: part.number.saturating_sub(1),
                units: vec![part.units],
            });
            return Ok(left);
        }
        Ok(left.or_else(|| Some(orphan(slot.at()))))
    }

    /// Something other than a long name or a short entry came: what was collected belongs to nothing.
    pub(super) fn abandon(&mut self) -> Option<Problem> {
        // Parts of deleted names without their short entry are what reuse of slots leaves: nothing to report.
        self.parts.take().filter(|parts| !parts.deleted).map(|parts| orphan(parts.at))
    }

    /// The short entry `name` came; which long name belongs to it?
    pub(super) fn take(&mut self, name: [u8; 11]) -> Taken {
        let Some(parts) = self.parts.take() else { return Taken::default() };
        if name.first() == Some(&DELETED) {
            return parts.for_deleted(name);
        }
        if parts.deleted {
            return Taken::default();
        }
        let computed = short_name::checksum(name);
        if parts.next != 0 {
            let kind = ProblemKind::Inconsistent(term!("fat.parts-long-name-missing"));
            let problem = Some(Problem::note("long name", parts.at, kind));
            return Taken { stray: Some(parts.name()), problem, ..Taken::default() };
        }
        if parts.checksum == computed {
            return Taken { name: Some(parts.name()), ..Taken::default() };
        }
        let stored = u64::from(parts.checksum);
        let kind =
            ProblemKind::Checksum { field: "LDIR_Chksum", stored, computed: computed.into() };
        let problem = Some(Problem::note("long name", parts.at, kind));
        Taken { doubtful: Some(parts.name()), problem, ..Taken::default() }
    }
}

/// A slot of a long name.
struct Part {
    number: u8,
    checksum: u8,
    deleted: bool,
    /// It holds the end of a name, which comes first.
    starts: bool,
    units: [u16; 13],
}

impl Part {
    fn parse(slot: &Structure<'_>) -> Result<Self, OutOfBounds> {
        let ordinal = slot.u8(0)?;
        let checksum = slot.u8(13)?;
        let mut units = [0_u16; 13];
        for (unit, at) in units.iter_mut().zip(UNITS_AT) {
            *unit = slot.u16_le(at)?;
        }
        let deleted = ordinal == DELETED;
        let starts = if deleted { ends_name(&units) } else { ordinal & LAST != 0 };
        Ok(Self { number: ordinal & ORDINAL, checksum, deleted, starts, units })
    }
}

impl Parts {
    fn are_continued_by(&self, part: &Part) -> bool {
        !part.starts
            && self.deleted == part.deleted
            && self.checksum == part.checksum
            && (part.deleted || (self.next == part.number && part.number != 0))
            && self.units.len() < MOST_PARTS
    }

    /// The long name of a deleted entry: its checksum gives the first byte that the short name must have had, and that byte must
    /// fit the long name.
    fn for_deleted(self, name: [u8; 11]) -> Taken {
        let first = short_name::first_byte_by_checksum(name, self.checksum);
        let complete = self.deleted || self.next == 0;
        if complete && may_begin_alias(first, self.first_unit()) {
            // Without ordinals nobody can tell whether parts are missing; only the last one holds the end of the name.
            let ended = !self.deleted || self.units.first().is_some_and(|units| units.contains(&0));
            let kind = ProblemKind::Inconsistent(term!("fat.end-deleted-name-may-missing"));
            let problem = (!ended).then(|| Problem::note("long name", self.at, kind));
            return Taken {
                name: Some(self.name()),
                first_byte: Some(first),
                problem,
                ..Taken::default()
            };
        }
        Taken { stray: Some(self.name()), ..Taken::default() }
    }

    /// First unit of the name that an alias keeps: leading dots and spaces are left out.
    fn first_unit(&self) -> u16 {
        let units = self.units.iter().rev().flatten().copied();
        let mut rest =
            units.skip_while(|unit| *unit == u16::from(b'.') || *unit == u16::from(b' '));
        rest.next().unwrap_or(0)
    }

    fn name(&self) -> Vec<u8> {
        let units = self.units.iter().rev().flatten().copied();
        units.take_while(|unit| *unit != 0).flat_map(u16::to_le_bytes).collect()
    }
}

/// Can a short name made for a long name that begins with `unit` begin with `byte`?
fn may_begin_alias(byte: u8, unit: u16) -> bool {
    match u8::try_from(unit) {
        Ok(letter) if letter.is_ascii_alphanumeric() => byte == letter.to_ascii_uppercase(),
        Ok(letter) if letter.is_ascii() => byte == letter || byte == b'_',
        _ => byte == b'_' || byte == 0x05 || !byte.is_ascii() || byte.is_ascii_uppercase(),
    }
}

/// Only the last part of a name holds its end (a zero unit, then 0xFFFF), unless it fills its part to the last unit.
fn ends_name(units: &[u16; 13]) -> bool {
    units.contains(&0) || units.last() == Some(&0xffff)
}

fn orphan(at: u64) -> Problem {
    Problem::note("long name", at, ProblemKind::Inconsistent(term!("fat.no-short-entry-follows")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The slots of a long name as on disk.
    fn slots(name: &str, checksum: u8, deleted: bool) -> Vec<[u8; 32]> {
        let mut units: Vec<u16> = name.encode_utf16().collect();
        if !units.len().is_multiple_of(13) {
            units.push(0);
        }
        let parts = units.len().div_ceil(13);
        units.resize(parts * 13, 0xffff);
        (1..=parts)
            .rev()
            .map(|part| {
                let mut slot = [0; 32];
                let last = if part == parts { LAST } else { 0 };
                slot[0] = if deleted { DELETED } else { u8::try_from(part).unwrap() | last };
                (slot[11], slot[13]) = (0x0f, checksum);
                for (unit, at) in units[(part - 1) * 13..].iter().zip(UNITS_AT) {
                    slot[at..at + 2].copy_from_slice(&unit.to_le_bytes());
                }
                slot
            })
            .collect()
    }

    fn push_all(names: &mut LongNames, slots: &[[u8; 32]]) -> Vec<Problem> {
        let push = |slot: &[u8; 32]| names.push(&Structure::new("slot", 64, slot)).unwrap();
        slots.iter().filter_map(push).collect()
    }

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn a_long_name_goes_with_the_short_one_that_its_checksum_fits_and_no_other() {
        let sum = short_name::checksum(*b"ATWENT~1TXT");
        let slots = slots("a twenty-six letter name.x", sum, false);
        assert_eq!(slots.len(), 2);
        let mut names = LongNames::default();
        assert!(push_all(&mut names, &slots).is_empty());
        assert_eq!(names.take(*b"ATWENT~1TXT").name, Some(utf16("a twenty-six letter name.x")));

        push_all(&mut names, &slots);
        let taken = names.take(*b"OTHER   TXT");
        assert_eq!((taken.name, taken.doubtful), (None, Some(utf16("a twenty-six letter name.x"))));
        assert!(matches!(taken.problem.unwrap().kind, ProblemKind::Checksum { .. }));

        push_all(&mut names, &slots[..1]);
        assert_eq!(names.take(*b"ATWENT~1TXT").name, None);
        assert_eq!(push_all(&mut names, &slots[1..]).len(), 1);
    }

    #[test]
    fn a_deleted_long_name_comes_back_with_the_first_letter_of_its_short_name() {
        let sum = short_name::checksum(*b"REPORT~1DOC");
        let mut names = LongNames::default();
        // A deleted name whose short entry was overwritten stands directly before.
        push_all(&mut names, &slots("something else entirely", sum, true));
        push_all(&mut names, &slots("report of the year.docx", sum, true));
        let taken = names.take(*b"\xe5EPORT~1DOC");
        assert_eq!(
            (taken.name, taken.first_byte),
            (Some(utf16("report of the year.docx")), Some(b'R'))
        );

        // Slots of the end were used again.
        push_all(&mut names, &slots("report of the year.docx", sum, true)[1..]);
        let taken = names.take(*b"\xe5EPORT~1DOC");
        assert_eq!((taken.name, taken.problem.is_some()), (Some(utf16("report of the")), true));

        push_all(&mut names, &slots("Xeport of the year.docx", sum, true));
        let taken = names.take(*b"\xe5EPORT~1DOC");
        assert_eq!((taken.name, taken.first_byte), (None, None));
        assert!(taken.stray.is_some());
    }
}
