//! `$OBJECT_ID`: the GUIDs by which the link tracking of Windows knows a file.

use super::attribute::{Attribute, type_code};
use crate::Detail;

/// The GUIDs of `$OBJECT_ID`.
const FIELDS: [(&str, usize); 4] =
    [("object_id", 0), ("birth_volume_id", 16), ("birth_object_id", 32), ("domain_id", 48)];

/// The GUIDs of `$OBJECT_ID` attributes. Only the first of each is always there.
pub(super) fn details(attributes: &[Attribute<'_>]) -> Vec<Detail> {
    let is_object_id = |attribute: &&Attribute<'_>| attribute.type_code == type_code::OBJECT_ID;
    let values = attributes.iter().filter(is_object_id).filter_map(Attribute::value);
    let ids = values.flat_map(|value| {
        FIELDS.into_iter().filter_map(move |(name, offset)| {
            let id = value.array::<16>(offset).ok()?;
            Some(Detail { name: name.to_owned(), value: guid(id) })
        })
    });
    ids.collect()
}

/// A GUID as its tools print it: the first three fields are little-endian.
fn guid(bytes: [u8; 16]) -> String {
    let value = u128::from_be_bytes(bytes);
    let [a, b, c, d, e, f, g, h, ..] = bytes;
    let first = u32::from_le_bytes([a, b, c, d]);
    let second = u16::from_le_bytes([e, f]);
    let third = u16::from_le_bytes([g, h]);
    let fourth = value >> 48 & 0xffff;
    let last = value & 0xffff_ffff_ffff;
    format!("{first:08x}-{second:04x}-{third:04x}-{fourth:04x}-{last:012x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_is_printed_as_windows_prints_it() {
        let bytes = [
            0x33, 0x22, 0x11, 0, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee,
            0xff,
        ];
        assert_eq!(guid(bytes), "00112233-4455-6677-8899-aabbccddeeff");
    }
}
