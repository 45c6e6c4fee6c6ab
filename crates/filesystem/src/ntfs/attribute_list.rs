//! `$ATTRIBUTE_LIST`: which record holds which attribute of a file whose attributes do not fit into one record.

use byte_source::{Expected, Problem, ProblemKind, Structure, length};

use super::attribute::Attribute;
use super::file_reference::FileReference;

/// NTFS itself keeps attribute lists below 256 KiB.
pub(super) const LIST_BYTES_MAX: u64 = 256 << 10;

/// One attribute, or one part of an attribute whose mapping pairs are spread over several records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) type_code: u32,
    pub(super) lowest_vcn: u64,
    pub(super) record: FileReference,
    instance: u16,
}

/// What tells the attributes of a file from each other: record, instance, type, first VCN.
pub(super) type Key = (u64, u16, u32, u64);

impl Entry {
    pub(super) fn key(&self) -> Key {
        (self.record.number, self.instance, self.type_code, self.lowest_vcn)
    }
}

/// The key by which an attribute list names `attribute`.
pub(super) fn key_of(attribute: &Attribute<'_>) -> Key {
    (attribute.record, attribute.instance, attribute.type_code, attribute.lowest_vcn())
}

/// The entries of a list; what ends it early is reported.
pub(super) fn entries(list: &Structure<'_>, problems: &mut Vec<Problem>) -> Vec<Entry> {
    const SHORTEST: usize = 26;
    let mut entries = Vec::new();
    let mut offset = 0_usize;
    // Every entry is 26 bytes long or longer: the list's length bounds the loop.
    while list.len().saturating_sub(offset) >= SHORTEST {
        match entry(list, offset) {
            Ok((entry, bytes)) if bytes >= SHORTEST => {
                entries.push(entry);
                offset = offset.saturating_add(bytes);
            }
            Ok((_, bytes)) => {
                problems.push(list.damage(ProblemKind::Value {
                    field: "record length of an entry",
                    expected: Expected::Within(length(SHORTEST), length(list.len())),
                    found: length(bytes),
                }));
                break;
            }
            Err(bounds) => {
                problems.push(bounds.into());
                break;
            }
        }
    }
    entries
}

fn entry(list: &Structure<'_>, offset: usize) -> Result<(Entry, usize), byte_source::OutOfBounds> {
    let entry = list.part("attribute list entry", offset, 26)?;
    let parsed = Entry {
        type_code: entry.u32_le(0)?,
        lowest_vcn: entry.u64_le(8)?,
        record: FileReference::new(entry.u64_le(0x10)?),
        instance: entry.u16_le(0x18)?,
    };
    Ok((parsed, usize::from(entry.u16_le(4)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(bytes: u16, record: u64) -> Vec<u8> {
        let mut entry = vec![0; usize::from(bytes.max(26))];
        entry[0] = 0x80;
        entry[4..6].copy_from_slice(&bytes.to_le_bytes());
        entry[8] = 3;
        entry[0x10..0x18].copy_from_slice(&record.to_le_bytes());
        entry[0x18] = 9;
        entry
    }

    #[test]
    fn entries_of_any_length_are_read_and_a_length_of_zero_ends_the_list() {
        let mut problems = Vec::new();
        let list = [raw(32, 0x0002_0000_0000_0044), raw(40, 5), raw(0, 6), raw(32, 7)].concat();
        let found = entries(&Structure::new("$ATTRIBUTE_LIST", 0, &list), &mut problems);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].record, FileReference { number: 0x44, sequence: 2 });
        assert_eq!(found[0].key(), (0x44, 9, 0x80, 3));
        assert_eq!(problems.len(), 1);
    }
}
