//! What is wrong with a structure in the evidence: where, what was expected, what was found.

use std::fmt;

use words::{Statement, Term, term};

use crate::BadReason;

/// Something wrong with, or worth knowing about, a structure in the evidence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Problem {
    /// Does it cost evidence?
    pub severity: Severity,
    /// The structure by its specification's name.
    pub structure: &'static str,
    /// Byte offset of the structure in the source it was read from (a volume, or the medium, or the
    /// container file).
    pub at: u64,
    /// What is wrong.
    pub kind: ProblemKind,
}

/// What a problem costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing was lost; an examiner should know all the same.
    Note,
    /// Evidence could not be read, or was read by assumption: the scan ends *incomplete*.
    Damage,
}

/// What is wrong, by family.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// A stored checksum does not fit.
    Checksum {
        /// The field that holds it.
        field: &'static str,
        /// The value that is stored.
        stored: u64,
        /// The value that the bytes give.
        computed: u64,
    },
    /// Two structures contradict each other, or a structure contradicts itself; the term says how.
    Inconsistent(Term),
    /// A limit that keeps hostile evidence from using up the machine was reached.
    LimitReached {
        /// What is limited, with its unit.
        what: Term,
        /// The limit.
        limit: u64,
    },
    /// A format that is recognised and named, but not read by this version.
    NotRead(&'static str),
    /// A directory that has a name already is named again.
    SecondName {
        /// The number of its record.
        directory: u64,
        /// The further name, cut after 120 characters, and the number of the record of the
        /// directory that it is in.
        name: (String, u64),
        /// The name by which its files are listed, likewise; `None` for the root, which nothing
        /// names.
        first: Option<(String, u64)>,
    },
    /// Snapshots of the volume that are recognised and counted, but not read by this version.
    SnapshotsNotRead {
        /// Their format.
        format: &'static str,
        /// How many there are.
        count: u64,
    },
    /// A problem of one part of the structure, which has a name of its own (a logical volume in its
    /// group's metadata).
    Of {
        /// The name, cut after 120 characters.
        name: String,
        /// What is wrong with the part.
        kind: Box<ProblemKind>,
    },
    /// The structure is shorter than what it says it holds.
    OutOfBounds {
        /// Bytes needed, from its start.
        wanted_end: u64,
        /// Bytes there.
        available: u64,
    },
    /// A line of a text that cannot be understood: nothing of the text is guessed.
    Line {
        /// Number of the line, from 1.
        line: u64,
        /// What is there, cut after 120 characters.
        found: String,
        /// What the format allows there.
        expected: Term,
    },
    /// Bytes behind the end of a container, which are no part of the medium.
    Trailing {
        /// How many.
        bytes: u64,
        /// True when all of them are zero.
        zero: bool,
    },
    /// A part of a structure that its specification, or this program, does not know: it was not
    /// used.
    Unknown {
        /// What kind of part, as in "key".
        what: Term,
        /// Its name on disk, cut after 120 characters.
        name: String,
    },
    /// Recognised, but not read by this version.
    Unsupported {
        /// The feature.
        feature: Term,
        /// The value on disk that asks for it.
        value: u64,
    },
    /// The bytes of the structure could not be read.
    Unreadable(BadReason),
    /// A field holds a value that the specification does not allow.
    Value {
        /// The field by its specification's name.
        field: &'static str,
        /// What the specification allows.
        expected: Expected,
        /// What is there.
        found: u64,
    },
}

/// What a specification allows for a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Expected {
    /// One value.
    Exactly(u64),
    /// A range, both ends included.
    Within(u64, u64),
    /// A rule in words.
    Rule(Term),
}

/// Characters of a text of the evidence that a problem repeats.
const SHOWN_CHARACTERS: usize = 120;

impl ProblemKind {
    /// Returns the problem of line `line` (from 1), which says `found` where the format allows
    /// `expected`.
    #[must_use]
    pub fn line(line: u64, found: &str, expected: Term) -> Self {
        Self::Line { line, found: found.chars().take(SHOWN_CHARACTERS).collect(), expected }
    }

    /// Returns the problem as that of the part called `name`.
    #[must_use]
    pub fn of(self, name: &str) -> Self {
        Self::Of { name: name.chars().take(SHOWN_CHARACTERS).collect(), kind: Box::new(self) }
    }

    /// Returns the problem of a directory that has the name `first` (`None`: the root) and is named
    /// again. With each name comes the number of the record of the directory that it is in.
    #[must_use]
    pub fn second_name(directory: u64, name: (String, u64), first: Option<(String, u64)>) -> Self {
        let cut =
            |(name, parent): (String, u64)| (name.chars().take(SHOWN_CHARACTERS).collect(), parent);
        Self::SecondName { directory, name: cut(name), first: first.map(cut) }
    }

    /// Returns the problem of a part called `name` that nobody knows; `what` says what kind of part
    /// it is.
    #[must_use]
    pub fn unknown(what: Term, name: &str) -> Self {
        Self::Unknown { what, name: name.chars().take(SHOWN_CHARACTERS).collect() }
    }
}

impl Problem {
    /// A problem that costs evidence.
    #[must_use]
    pub fn damage(structure: &'static str, at: u64, kind: ProblemKind) -> Self {
        Self { severity: Severity::Damage, structure, at, kind }
    }

    /// A problem that costs nothing but should be known.
    #[must_use]
    pub fn note(structure: &'static str, at: u64, kind: ProblemKind) -> Self {
        Self { severity: Severity::Note, structure, at, kind }
    }

    /// The same problem as a note: the evidence was read another way.
    #[must_use]
    pub fn as_note(mut self) -> Self {
        self.severity = Severity::Note;
        self
    }
}

impl ProblemKind {
    /// Returns the kind with its values, as the index stores it.
    #[must_use]
    pub fn statement(&self) -> Statement {
        match self {
            Self::Checksum { field, stored, computed } => {
                term!("problem.checksum").with(*field).with(*stored).with(*computed)
            }
            Self::Inconsistent(how) => (*how).into(),
            Self::LimitReached { what, limit } => term!("problem.limit").with(*what).with(*limit),
            Self::NotRead(format) => term!("problem.not-read").with(*format),
            Self::SecondName { directory, name, first } => {
                second_name(*directory, name, first.as_ref())
            }
            Self::SnapshotsNotRead { format, count } => {
                term!("problem.snapshots-not-read").with(*count).with(*format)
            }
            Self::Of { name, kind } => {
                term!("problem.of-part").with(name.as_str()).with(kind.statement())
            }
            Self::OutOfBounds { wanted_end, available } => {
                term!("problem.out-of-bounds").with(*wanted_end).with(*available)
            }
            Self::Line { line, found, expected } => {
                term!("problem.line").with(*line).with(found.as_str()).with(*expected)
            }
            Self::Trailing { bytes, zero: true } => term!("problem.trailing-zeros").with(*bytes),
            Self::Trailing { bytes, zero: false } => term!("problem.trailing").with(*bytes),
            Self::Unknown { what, name } => {
                term!("problem.unknown").with(*what).with(name.as_str())
            }
            Self::Unsupported { feature, value } => {
                term!("problem.unsupported").with(*feature).with(*value)
            }
            Self::Unreadable(reason) => term!("problem.unreadable").with(reason.statement()),
            Self::Value { field, expected, found } => {
                term!("problem.value").with(*field).with(*found).with(expected.statement())
            }
        }
    }
}

/// The statement of a directory that is named again.
fn second_name(
    directory: u64,
    (name, parent): &(String, u64),
    first: Option<&(String, u64)>,
) -> Statement {
    let Some((first, of)) = first else {
        return term!("problem.root-named").with(directory).with(name.as_str()).with(*parent);
    };
    let again = term!("problem.second-name").with(directory).with(name.as_str()).with(*parent);
    again.with(first.as_str()).with(*of)
}

impl Expected {
    fn statement(self) -> Statement {
        match self {
            Self::Exactly(value) => term!("expected.exactly").with(value),
            Self::Within(least, most) => term!("expected.within").with(least).with(most),
            Self::Rule(rule) => rule.into(),
        }
    }
}

impl fmt::Display for Problem {
    /// Writes the structure, its place and what is wrong with it, in English.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.kind.statement();
        write!(f, "{}", term!("problem.place").with(self.structure).with(self.at).with(what))
    }
}

impl fmt::Display for ProblemKind {
    /// Writes the English sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.statement())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_says_where_to_put_the_hex_editor() {
        let problem = Problem::damage(
            "NTFS boot sector",
            512,
            ProblemKind::Value {
                field: "bytes per sector",
                expected: Expected::Rule(term!("common.power-two-256-4096")),
                found: 513,
            },
        );
        assert_eq!(
            problem.to_string(),
            "NTFS boot sector at byte 512 (0x200): bytes per sector is 513 (0x201), expected a power of two from 256 to 4096"
        );
    }

    #[test]
    fn a_text_of_the_evidence_is_repeated_harmlessly_and_cut() {
        let text = format!("a\u{1b}[31m\n{}", "x".repeat(500));
        let message = ProblemKind::line(3, &text, term!("byte-source.extent")).to_string();
        assert!(message.starts_with("line 3 is not understood: \"a\\u{1b}[31m\\nxx"), "{message}");
        assert!(message.ends_with("\"; expected an extent") && message.len() < 200, "{message}");
        let unknown = ProblemKind::unknown(term!("common.key"), &text).to_string();
        assert!(
            unknown.ends_with("\" is not known: it was not used") && unknown.len() < 200,
            "{unknown}"
        );
        let part = ProblemKind::NotRead("LVM2 thin pool").of(&text).to_string();
        let end = "\": LVM2 thin pool is recognised but not read by this version";
        assert!(
            part.starts_with("\"a\\u{1b}[31m") && part.ends_with(end) && part.len() < 250,
            "{part}"
        );
    }
}
