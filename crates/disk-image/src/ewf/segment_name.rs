//! How the segment files of version 1 are called.

/// Segment files of an image: the field has 16 bits, the names end at `ZZZ` (14,971).
pub(super) const MOST_SEGMENTS: u32 = 14_971;
const LETTERS: u32 = 26;
/// `E01` to `E99`.
const NUMBERED: u32 = 99;

/// The name of segment file `number` (from 1) of the image one of whose segment files is called `name`: `.E01` to `.E99`, then `.EAA` to
/// `.EZZ`, `.FAA` to `.ZZZ`; in the case of `name`. `None` when the name has no such ending.
pub(super) fn segment_name(name: &str, number: u32) -> Option<String> {
    let (stem, ending) = name.rsplit_once('.')?;
    let letter = ending.chars().next().filter(char::is_ascii_alphabetic)?;
    if ending.len() != 3 || !('E'..='Z').contains(&letter.to_ascii_uppercase()) {
        return None;
    }
    // A later segment file may have been named: `.FAA` belongs to `.E01`. Of SMART only `.s01` to `.zzz` are known.
    let base = match letter.to_ascii_uppercase() {
        'S'..='Z' => 'S',
        'L'..='R' => 'L',
        _ => 'E',
    };
    let ending =
        if number <= NUMBERED { format!("{base}{number:02}") } else { letters(base, number)? };
    let ending = if letter.is_ascii_lowercase() { ending.to_ascii_lowercase() } else { ending };
    Some(format!("{stem}.{ending}"))
}

/// Returns the ending of a segment file behind the last one with a number: `EAA` to `ZZZ`.
fn letters(base: char, number: u32) -> Option<String> {
    let index = number.checked_sub(NUMBERED.checked_add(1)?)?;
    let in_letter = index.checked_rem(LETTERS.checked_mul(LETTERS)?)?;
    let first = u32::from(base).checked_add(index.checked_div(LETTERS.checked_mul(LETTERS)?)?)?;
    let digit = |value: u32| char::from_u32(u32::from('A').saturating_add(value));
    let first = char::from_u32(first).filter(char::is_ascii_uppercase)?;
    let second = digit(in_letter.checked_div(LETTERS)?)?;
    let third = digit(in_letter.checked_rem(LETTERS)?)?;
    Some([first, second, third].iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_count_as_encase_counts() {
        let name = |number| segment_name("disk.x.E01", number);
        assert_eq!(name(2).unwrap(), "disk.x.E02");
        assert_eq!(name(99).unwrap(), "disk.x.E99");
        assert_eq!(name(100).unwrap(), "disk.x.EAA");
        assert_eq!(name(126).unwrap(), "disk.x.EBA");
        assert_eq!(name(775).unwrap(), "disk.x.EZZ");
        assert_eq!(name(776).unwrap(), "disk.x.FAA");
        assert_eq!(name(14_971).unwrap(), "disk.x.ZZZ");
        assert_eq!(name(14_972), None);
        assert_eq!(segment_name("a.e01", 100).unwrap(), "a.eaa");
        assert_eq!(segment_name("a.s01", 2).unwrap(), "a.s02");
        assert_eq!(segment_name("a.dd1", 2), None);
        assert_eq!(segment_name("a.image", 2), None);
    }
}
