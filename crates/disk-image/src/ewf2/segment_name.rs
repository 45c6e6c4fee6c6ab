//! How the segment files of version 2 are called.

/// Segment files of an image: the names end at `EzZZ`.
pub(super) const MOST_SEGMENTS: u32 = 2127;
const LETTERS: u32 = 26;
/// `Ex01` to `Ex99`.
const NUMBERED: u32 = 99;

/// The name of segment file `number` (from 1) of the image one of whose segment files is called `name`: `.Ex01` to `.Ex99`, then `.ExAA` to
/// `.ExZZ`, `.EyAA` to `.EzZZ`; `L` for `E` in logical evidence files; in the case of `name`. `None` when the name has no such ending.
pub(super) fn segment_name(name: &str, number: u32) -> Option<String> {
    let (stem, ending) = name.rsplit_once('.')?;
    let mut letters = ending.chars();
    let first = letters.next()?;
    let second = letters.next()?;
    let known =
        matches!(first, 'E' | 'L' | 'e' | 'l') && matches!(second.to_ascii_lowercase(), 'x'..='z');
    if ending.len() != 4 || !known {
        return None;
    }
    let (letter, rest) =
        if number <= NUMBERED { ('x', format!("{number:02}")) } else { lettered(number)? };
    let letter = if second.is_ascii_uppercase() { letter.to_ascii_uppercase() } else { letter };
    let rest = if first.is_ascii_lowercase() { rest.to_ascii_lowercase() } else { rest };
    Some(format!("{stem}.{first}{letter}{rest}"))
}

/// Returns the letters of a segment file behind the last one with a number: `xAA` to `zZZ`.
fn lettered(number: u32) -> Option<(char, String)> {
    let index = number.checked_sub(NUMBERED.checked_add(1)?)?;
    let digit = |value: u32| char::from_u32(u32::from('A').saturating_add(value));
    let high = index.checked_div(LETTERS)?;
    let letter = u32::from('x').checked_add(high.checked_div(LETTERS)?)?;
    let letter = char::from_u32(letter).filter(|letter| *letter <= 'z')?;
    let rest = [digit(high.checked_rem(LETTERS)?)?, digit(index.checked_rem(LETTERS)?)?];
    Some((letter, rest.iter().collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_count_as_encase_counts() {
        let name = |number| segment_name("disk.x.Ex01", number);
        assert_eq!(name(2).unwrap(), "disk.x.Ex02");
        assert_eq!(name(99).unwrap(), "disk.x.Ex99");
        assert_eq!(name(100).unwrap(), "disk.x.ExAA");
        assert_eq!(name(126).unwrap(), "disk.x.ExBA");
        assert_eq!(name(775).unwrap(), "disk.x.ExZZ");
        assert_eq!(name(776).unwrap(), "disk.x.EyAA");
        assert_eq!(name(MOST_SEGMENTS).unwrap(), "disk.x.EzZZ");
        assert_eq!(name(MOST_SEGMENTS + 1), None);
        assert_eq!(segment_name("a.EyAA", 1).unwrap(), "a.Ex01");
        assert_eq!(segment_name("a.ex01", 100).unwrap(), "a.exaa");
        assert_eq!(segment_name("a.Lx01", 2).unwrap(), "a.Lx02");
        assert_eq!(segment_name("a.E01", 2), None);
    }
}
