//! GPT partition entries (UEFI specification 2.10, table 5.6).

use byte_source::{Expected, OutOfBounds, Problem, Structure, index};
use words::{Term, term};

use super::header::Header;
use crate::parts::{self, Parts};
use crate::{Extent, Role, Scheme, Volume};

/// What an entry is called in problems.
const NAME: &str = "GPT partition entry";

/// Adds the partitions that `entries` name; an entry whose type is zero is not in use.
pub(super) fn read_all(header: &Header, entries: &[u8], parts: &mut Parts) {
    let mut at = header.entries_at();
    for (number, bytes) in (1..).zip(entries.chunks_exact(index(header.entry_bytes.into()).max(1)))
    {
        if let Err(bounds) = read(header, &Structure::new(NAME, at, bytes), number, parts) {
            parts.problems.push(bounds.into());
        }
        at = at.saturating_add(header.entry_bytes.into());
    }
}

fn read(
    header: &Header,
    entry: &Structure<'_>,
    number: u32,
    parts: &mut Parts,
) -> Result<(), OutOfBounds> {
    let partition_type: [u8; 16] = entry.array(0)?;
    if partition_type == [0; 16] {
        return Ok(());
    }
    let Some(extent) = extent(header, entry, &mut parts.problems)? else { return Ok(()) };
    let (name, fault) = name(entry.bytes(56, 72)?);
    parts.problems.extend(fault.map(|how| entry.inconsistent(how).as_note()));
    let part = parts::volume(Scheme::Gpt, number, Role::Volume, extent);
    parts.partition(Volume { type_code: guid(&partition_type), name, ..part }, NAME, entry.at());
    Ok(())
}

/// The bytes that an entry names; `None` and a problem for an end before the start.
fn extent(
    header: &Header,
    entry: &Structure<'_>,
    problems: &mut Vec<Problem>,
) -> Result<Option<Extent>, OutOfBounds> {
    let first = entry.u64_le(32)?;
    let last = entry.u64_le(40)?;
    if last < first || last == u64::MAX {
        let expected = Expected::Within(first, header.last_usable_lba);
        problems.push(entry.wrong_value("EndingLBA", expected, last));
        return Ok(None);
    }
    if first < header.first_usable_lba || last > header.last_usable_lba {
        let how = term!("gpt.partition-leaves-usable-sectors-header");
        problems.push(entry.inconsistent(how).as_note());
    }
    let start = header.byte_of(first);
    let end = header.byte_of(last.saturating_add(1));
    Ok(Some(Extent { start, length: end.saturating_sub(start) }))
}

/// A GUID as text: the first three fields are little-endian on disk.
fn guid(bytes: &[u8; 16]) -> String {
    const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let mut text = String::new();
    for (place, from) in ORDER.into_iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{:02X}", bytes.get(from).copied().unwrap_or_default()));
    }
    text
}

/// A name of UTF-16 units, little-endian, up to the first zero, and what of it is not shown as it
/// is.
fn name(bytes: &[u8]) -> (String, Option<Term>) {
    let units: Vec<u16> =
        bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    let end = units.iter().position(|unit| *unit == 0).unwrap_or(units.len());
    let (text, behind) = units.split_at_checked(end).unwrap_or((&units, &[]));
    let fault = match String::from_utf16(text) {
        Err(_) => Some(term!("gpt.name-not-utf-16-whole")),
        Ok(_) if behind.iter().any(|unit| *unit != 0) => {
            Some(term!("gpt.name-units-not-zero-behind"))
        }
        Ok(_) => None,
    };
    (String::from_utf16_lossy(text), fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_shown_of_a_name_is_said() {
        let of = |units: &[u16]| {
            name(&units.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<_>>())
        };
        assert_eq!(of(&[0x62, 0x6f, 0, 0]), ("bo".to_owned(), None));
        assert!(of(&[0x62, 0, 0x6f]).1.unwrap().to_string().contains("behind its end"));
        assert_eq!(of(&[0xd800, 0x62]).0, "\u{fffd}b");
        assert!(of(&[0xd800, 0x62]).1.unwrap().to_string().contains("not UTF-16"));
    }

    #[test]
    fn a_guid_is_written_as_tools_write_it() {
        let efi = [
            0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e,
            0xc9, 0x3b,
        ];
        assert_eq!(guid(&efi), "C12A7328-F81F-11D2-BA4B-00A0C93EC93B");
    }
}
