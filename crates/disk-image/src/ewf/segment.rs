//! The segment files of an image: their names, their numbers, which are missing.

use std::sync::Arc;

use byte_source::{BadReason, Problem, ProblemKind, Scratch, Source};

use super::file_header;
use super::section::{self, Chain, ChainEnd};
use crate::{ImageError, Neighbours};

/// Segment files of an image: the field has 16 bits, the names end at `ZZZ` (14,971).
const MOST_SEGMENTS: u32 = 14_971;
const LETTERS: u32 = 26;
/// `E01` to `E99`.
const NUMBERED: u32 = 99;

/// A segment file.
pub(super) struct SegmentFile {
    /// File name, without folders.
    pub(super) name: String,
    /// Its number by its file header, from 1.
    pub(super) number: u16,
    /// Byte offset of its first byte in the image: segment files one after the other.
    pub(super) start: u64,
    /// Its bytes.
    pub(super) source: Arc<dyn Source>,
    /// Its sections.
    pub(super) chain: Chain,
    /// What is wrong with its chain of sections; positions count in this file.
    pub(super) problems: Vec<Problem>,
}

impl SegmentFile {
    fn read(name: &str, source: Arc<dyn Source>, start: u64, scratch: &mut Scratch) -> Result<Self, Problem> {
        let number = file_header::segment_number(&*source, start, scratch)?;
        let mut problems = Vec::new();
        let chain = section::walk(&*source, scratch, &mut problems);
        Ok(Self { name: name.to_owned(), number, start, source, chain, problems })
    }

    fn ends_image(&self) -> bool {
        self.chain.end == ChainEnd::Done
    }
}

/// Opens the segment files that belong to the one called `name`, in the order of their numbers. A number that is missing is a problem.
///
/// # Errors
/// [`ImageError`] when the file that was named is no segment file, is not the first while the first is there, or one cannot be opened.
pub(super) fn gather(
    name: &str,
    first: Arc<dyn Source>,
    neighbours: &dyn Neighbours,
    scratch: &mut Scratch,
    problems: &mut Vec<Problem>,
) -> Result<Vec<SegmentFile>, ImageError> {
    let named = SegmentFile::read(name, first, 0, scratch)?;
    if named.number != 1
        && let Some(before) = segment_name(name, 1)
        && before != name
        && open(&before, neighbours)?.is_some()
    {
        let kind =
            ProblemKind::Inconsistent("this is not the first segment file of the image; open the first one");
        return Err(Problem::damage("EWF file header", 0, kind).into());
    }
    let mut next = u32::from(named.number).saturating_add(1);
    let (mut start, mut done) = (named.source.len(), named.ends_image());
    // A file whose name is not that of its number: nobody knows how the others are called.
    done |= segment_name(name, named.number.into()).as_deref() != Some(name);
    let mut files = vec![named];
    while !done && next <= MOST_SEGMENTS {
        let Some(other) = segment_name(name, next) else { break };
        next = next.saturating_add(1);
        let Some(source) = open(&other, neighbours)? else { continue };
        match SegmentFile::read(&other, source, start, scratch) {
            Ok(file) => {
                done = file.ends_image();
                start = start.saturating_add(file.source.len());
                files.push(file);
            }
            Err(problem) => problems.push(problem),
        }
    }
    put_in_order(&mut files, problems);
    Ok(files)
}

fn open(name: &str, neighbours: &dyn Neighbours) -> Result<Option<Arc<dyn Source>>, ImageError> {
    neighbours.open(name).map_err(|error| ImageError::Io { name: name.to_owned(), error })
}

/// Sorts by segment number, drops what has the number of another, and says where numbers are missing.
fn put_in_order(files: &mut Vec<SegmentFile>, problems: &mut Vec<Problem>) {
    const NAME: &str = "EWF file header";
    if !files.is_sorted_by_key(|file| file.number) {
        let kind = ProblemKind::Inconsistent(
            "the segment files are named in another order than they are numbered; read in the order of their numbers",
        );
        problems.push(Problem::note(NAME, 0, kind));
        files.sort_by_key(|file| file.number);
    }
    let mut seen = None;
    files.retain(|file| {
        if seen == Some(file.number) {
            let kind =
                ProblemKind::Inconsistent("another segment file has the same number; this one is not read");
            problems.push(Problem::damage(NAME, file.start, kind));
            return false;
        }
        seen = Some(file.number);
        true
    });
    let mut start = 0_u64;
    for file in files.iter_mut() {
        file.start = start;
        start = start.saturating_add(file.source.len());
    }
    let mut expected = 1_u16;
    for file in files.iter() {
        for number in expected..file.number {
            let kind = ProblemKind::Unreadable(BadReason::MissingSegment { number: number.into() });
            problems.push(Problem::damage("EWF segment file", file.start, kind));
        }
        expected = file.number.saturating_add(1);
    }
}

/// The name of segment file `number` (from 1) of the image one of whose segment files is called `name`: `.E01` to `.E99`, then `.EAA` to
/// `.EZZ`, `.FAA` to `.ZZZ`; in the case of `name`. `None` when the name has no such ending.
fn segment_name(name: &str, number: u32) -> Option<String> {
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
    let ending = if number <= NUMBERED {
        format!("{base}{number:02}")
    } else {
        let index = number.checked_sub(NUMBERED.checked_add(1)?)?;
        let in_letter = index.checked_rem(LETTERS.checked_mul(LETTERS)?)?;
        let first = u32::from(base).checked_add(index.checked_div(LETTERS.checked_mul(LETTERS)?)?)?;
        let digit = |value: u32| char::from_u32(u32::from('A').saturating_add(value));
        let first = char::from_u32(first).filter(char::is_ascii_uppercase)?;
        [first, digit(in_letter.checked_div(LETTERS)?)?, digit(in_letter.checked_rem(LETTERS)?)?]
            .iter()
            .collect()
    };
    let ending = if letter.is_ascii_lowercase() { ending.to_ascii_lowercase() } else { ending };
    Some(format!("{stem}.{ending}"))
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
