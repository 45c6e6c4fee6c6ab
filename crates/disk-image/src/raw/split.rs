//! The series of files of a split raw image: `.001 .002 …`, `.000 .001 …`, `.aa .ab …`, `xaa xab …`.

use byte_source::{BadReason, Problem, ProblemKind};
use words::term;

use crate::ImageError;
use crate::beside::{Beside, Found};
use crate::problems::{inconsistent, limit_reached};

/// Files of a series: more than any tool writes (three letters give 17,576), and each is one open file.
const MOST_FILES: u32 = 20_000;
/// How many names behind a gap are tried before the series counts as ended.
const GAP_NAMES: u32 = 32;
/// Letters of the alphabet.
const LETTERS: u32 = 26;

/// How the files of a series are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Series {
    stem: String,
    counting: Counting,
    first: u32,
}

/// What the ending counts with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counting {
    Digits { width: usize },
    Letters { width: u32 },
}

/// The files that follow the first one.
#[derive(Default)]
pub(super) struct Gathered {
    /// Their names and bytes, in order.
    pub(super) files: Vec<Found>,
    /// A gap in the numbering, a file before the first.
    pub(super) problems: Vec<Problem>,
}

/// The lengths add up to more than 2^64 bytes.
pub(super) fn too_long() -> Problem {
    limit_reached("split raw image", 0, term!("raw.bytes"), u64::MAX)
}

impl Series {
    /// The series that `name` belongs to by its ending: `.` and two to five digits, `.` and two or three letters `a`, or `xaa`, `xaaa`, in
    /// any case: the other files are found whatever theirs is.
    pub(super) fn of(name: &str) -> Option<Self> {
        if ["xaa", "xaaa"].iter().any(|first| name.eq_ignore_ascii_case(first)) {
            return Self::of_letters(name.get(..1)?, name.get(1..)?);
        }
        let (stem, ending) = name.rsplit_once('.')?;
        let stem = format!("{stem}.");
        if (2..=5).contains(&ending.len()) && ending.bytes().all(|byte| byte.is_ascii_digit()) {
            let counting = Counting::Digits { width: ending.len() };
            return Some(Self { stem, counting, first: ending.parse().ok()? });
        }
        Self::of_letters(&stem, ending)
    }

    fn of_letters(stem: &str, ending: &str) -> Option<Self> {
        let width = match ending.to_ascii_lowercase().as_str() {
            "aa" => 2,
            "aaa" => 3,
            _ => return None,
        };
        Some(Self { stem: stem.to_owned(), counting: Counting::Letters { width }, first: 0 })
    }

    /// Name of file `number`; `None` when it has no name of this width.
    fn name(&self, number: u32) -> Option<String> {
        let stem = &self.stem;
        match self.counting {
            Counting::Digits { width } => Some(format!("{stem}{number:0width$}")),
            Counting::Letters { width } if number >= LETTERS.checked_pow(width)? => None,
            Counting::Letters { width } => Some(format!("{stem}{}", letters(number, width))),
        }
    }

    /// Name of file `number` where the ending grew, as `split` does: behind `yz` comes `zaaa`, behind `zyzz` `zzaaaa`.
    fn grown_name(&self, number: u32) -> Option<String> {
        let Counting::Letters { mut width } = self.counting else { return None };
        let mut prefix = String::new();
        let mut number = number;
        loop {
            let room =
                LETTERS.checked_pow(width.checked_sub(1)?)?.checked_mul(LETTERS.checked_sub(1)?)?;
            if number < room {
                return Some(format!("{}{prefix}{}", self.stem, letters(number, width)));
            }
            number = number.checked_sub(room)?;
            prefix.push('z');
            width = width.checked_add(1)?;
        }
    }

    /// Opens the files that follow the first, until one is missing.
    ///
    /// # Errors
    /// [`ImageError::Io`] when one is there but cannot be opened.
    pub(super) fn gather(&self, beside: &Beside<'_>) -> Result<Gathered, ImageError> {
        let mut gathered = Gathered::default();
        if self.first > 1 || (self.first == 1 && self.open(0, beside)?.is_some()) {
            self.say_when_not_first(beside, &mut gathered)?;
            if self.first > 1 {
                return Ok(gathered);
            }
        }
        for number in self.first.saturating_add(1)..MOST_FILES {
            match self.open(number, beside)? {
                Some(file) => gathered.files.push(file),
                None => {
                    gathered.problems.extend(self.gap_at(number, beside)?);
                    return Ok(gathered);
                }
            }
        }
        let kind = ProblemKind::LimitReached {
            what: term!("raw.files-split-image"),
            limit: MOST_FILES.into(),
        };
        gathered.problems.push(Problem::damage("split raw image", 0, kind));
        Ok(gathered)
    }

    fn say_when_not_first(
        &self,
        beside: &Beside<'_>,
        gathered: &mut Gathered,
    ) -> Result<(), ImageError> {
        if self.open(self.first.saturating_sub(1), beside)?.is_some() {
            gathered.problems.push(inconsistent(
                "split raw image",
                0,
                term!("raw.file-before-series-name-beside"),
            ));
        }
        Ok(())
    }

    fn open(&self, number: u32, beside: &Beside<'_>) -> Result<Option<Found>, ImageError> {
        for name in [self.name(number), self.grown_name(number)].into_iter().flatten() {
            if let Some(found) = beside.open(&name)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The problem of file `number` missing while a later one is there.
    fn gap_at(&self, number: u32, beside: &Beside<'_>) -> Result<Option<Problem>, ImageError> {
        for later in number.saturating_add(1)..number.saturating_add(GAP_NAMES) {
            if self.open(later, beside)?.is_some() {
                let missing = number.saturating_sub(self.first).saturating_add(1);
                return Ok(Some(Problem::damage(
                    "split raw image",
                    0,
                    ProblemKind::Unreadable(BadReason::MissingSegment { number: missing }),
                )));
            }
        }
        Ok(None)
    }
}

/// `number` in `width` letters, `a` for 0.
fn letters(number: u32, width: u32) -> String {
    let mut rest = number;
    let mut out = Vec::new();
    for _ in 0..width {
        let digit = u8::try_from(rest.checked_rem(LETTERS).unwrap_or(0)).unwrap_or(0);
        out.push(char::from(b'a'.saturating_add(digit)));
        rest = rest.checked_div(LETTERS).unwrap_or(0);
    }
    out.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_endings_of_a_series_count() {
        for name in ["image", "image.dd", "image.1", "image.ab", "xab", "image.12a", "kaa"] {
            assert_eq!(Series::of(name), None, "{name}");
        }
        assert_eq!(Series::of("a.dd.000").unwrap().name(12).unwrap(), "a.dd.012");
        assert_eq!(Series::of("a.001").unwrap().name(1000).unwrap(), "a.1000");
        assert_eq!(Series::of("xaa").unwrap().name(27).unwrap(), "xbb");
    }

    #[test]
    fn a_grown_ending_is_what_split_writes() {
        let series = Series::of("d.aa").unwrap();
        assert_eq!(series.name(649).unwrap(), "d.yz");
        assert_eq!(series.grown_name(649).unwrap(), "d.yz");
        assert_eq!(series.name(676), None);
        assert_eq!(series.grown_name(650).unwrap(), "d.zaaa");
        assert_eq!(series.grown_name(650 + 16_900).unwrap(), "d.zzaaaa");
    }
}
