//! `$EA`: extended attributes (`FILE_FULL_EA_INFORMATION`, [MS-FSCC] section 2.4.15), as OS/2
//! programs and WSL keep them.

use byte_source::{OutOfBounds, Problem, Structure, index};
use case_model::{NameEncoding, readable_name};

use crate::Detail;

/// The attributes as details: names as they are, values as hexadecimal digits. What ends the list
/// early is reported.
pub(super) fn details(list: &Structure<'_>, problems: &mut Vec<Problem>) -> Vec<Detail> {
    let mut details = Vec::new();
    let mut offset = 0_usize;
    // Every entry is 8 bytes long or longer: the list's length bounds the loop.
    while offset < list.len() {
        match entry(list, offset) {
            Ok((detail, next)) => {
                details.push(detail);
                if next < 8 {
                    break;
                }
                offset = offset.saturating_add(next);
            }
            Err(bounds) => {
                problems.push(bounds.into());
                break;
            }
        }
    }
    details
}

/// The attribute at `offset`, and how far the next one is; 0 for none.
fn entry(list: &Structure<'_>, offset: usize) -> Result<(Detail, usize), OutOfBounds> {
    let head = list.part("$EA entry", offset, 8)?;
    let name_bytes = usize::from(head.u8(5)?);
    let value_bytes = usize::from(head.u16_le(6)?);
    let name_offset = offset.saturating_add(8);
    let name = readable_name(list.bytes(name_offset, name_bytes)?, NameEncoding::Bytes);
    // A zero stands between name and value.
    let value =
        list.bytes(name_offset.saturating_add(name_bytes).saturating_add(1), value_bytes)?;
    let value = value.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((Detail { name: format!("ea {name}"), value }, index(u64::from(head.u32_le(0)?))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_read_and_a_broken_list_is_told() {
        let mut list = b"\x14\0\0\0\0\x06\x04\0$LXMOD\0\xed\x81\0\0\0".to_vec();
        list.extend(b"\0\0\0\0\0\x01\x01\0x\0\xff");
        let mut problems = Vec::new();
        let found = details(&Structure::new("$EA", 0, &list), &mut problems);
        let pairs: Vec<_> =
            found.iter().map(|detail| (detail.name.as_str(), detail.value.as_str())).collect();
        assert_eq!((pairs, problems.len()), (vec![("ea $LXMOD", "ed810000"), ("ea x", "ff")], 0));
        details(&Structure::new("$EA", 0, &list[..25]), &mut problems);
        assert_eq!(problems.len(), 1);
    }
}
