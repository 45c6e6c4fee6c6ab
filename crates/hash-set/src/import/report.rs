//! What an import did: outcome, rejected records, notes, progress.

use std::fmt;

use case_model::Algorithm;
use serde::{Deserialize, Serialize};
use words::{counted, noun};

use crate::{SetInfo, Tally};

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportReport {
    /// The set, as it now stands in the library.
    pub set: SetInfo,
    /// Was it added?
    pub outcome: Outcome,
    /// What became of the records of this file.
    pub tally: Tally,
    /// The first 100 rejected records.
    pub rejections: Vec<Rejection>,
    /// What else is worth knowing.
    pub notes: Vec<ImportNote>,
}

/// Was a set added?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Yes.
    Added,
    /// No: a set with the same content and meaning was there.
    AlreadyThere,
}

/// A record that could not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// Where.
    pub position: Position,
    /// Why.
    pub reason: RejectReason,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.position, self.reason)
    }
}

/// A place in an imported file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    /// In a text. Bytes are counted in its UTF-8 form (without a byte order mark).
    Line {
        /// Number of the line, from 1.
        line: u64,
        /// Bytes before it.
        byte: u64,
    },
    /// In a binary file.
    Byte {
        /// Bytes before it.
        byte: u64,
    },
    /// In a table of a database.
    Row {
        /// Name of the table.
        table: String,
        /// Number of the row in the order in which it is read, from 1.
        row: u64,
    },
    /// In a list of a JSON document.
    Item {
        /// Path to the item.
        path: String,
        /// Line, from 1.
        line: u64,
    },
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { line, byte } => write!(f, "line {line} (byte {byte})"),
            Self::Byte { byte } => write!(f, "byte {byte} ({byte:#x})"),
            Self::Row { table, row } => write!(f, "table {table}, row {row}"),
            Self::Item { path, line } => write!(f, "{path} (line {line})"),
        }
    }
}

/// Why a record could not be used. Texts are cut after 80 characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectReason {
    /// Not a digest.
    NotHexadecimal {
        /// What is there.
        found: String,
    },
    /// A digest of another length than its algorithm has.
    WrongLength {
        /// Key of the algorithm.
        algorithm: String,
        /// Digits that are there.
        digits: u64,
    },
    /// Digits, but of no algorithm with that many.
    UnknownLength {
        /// Digits that are there.
        digits: u64,
    },
    /// Only digests of algorithms that are never computed of evidence.
    UnsupportedAlgorithm {
        /// The algorithm as the file says.
        name: String,
    },
    /// No digest at all.
    NoDigest,
    /// One digest is that of the empty file, another is not.
    EmptyAndNotEmpty,
    /// The line does not have the form of the format.
    Malformed {
        /// What is there.
        found: String,
    },
    /// A STIX pattern that is not a choice of file hashes.
    PatternNotUnderstood {
        /// Id of the indicator.
        id: String,
        /// The pattern.
        pattern: String,
    },
    /// A record without a digest and with fewer fields than the header has columns, or with a digest behind the last column.
    Fields {
        /// Columns of the header.
        expected: u64,
        /// Fields of the record.
        found: u64,
    },
}

impl RejectReason {
    pub(crate) fn wrong_length(algorithm: Algorithm, digits: u64) -> Self {
        Self::WrongLength { algorithm: algorithm.key().to_owned(), digits }
    }
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotHexadecimal { found } => write!(f, "not a hexadecimal digest: {found:?}"),
            Self::WrongLength { algorithm, digits } => {
                write!(f, "{} no {algorithm} digest", counted(*digits, "digit is", "digits are"))
            }
            Self::UnknownLength { digits } => {
                let digits = counted(*digits, "digit is", "digits are");
                write!(f, "{digits} no digest of an algorithm that is looked up")
            }
            Self::UnsupportedAlgorithm { name } => {
                write!(f, "{name} is not an algorithm that is looked up")
            }
            Self::NoDigest => write!(f, "no digest"),
            Self::EmptyAndNotEmpty => {
                write!(f, "one digest is that of the empty file, another is not")
            }
            Self::Malformed { found } => write!(f, "not a record of this format: {found:?}"),
            Self::PatternNotUnderstood { id, pattern } => {
                write!(f, "indicator {id}: pattern not understood: {pattern:?}")
            }
            Self::Fields { expected, found } => {
                let fields = counted(*found, "field", "fields");
                write!(f, "{fields}, the header has {}", counted(*expected, "column", "columns"))
            }
        }
    }
}

/// Something worth knowing about an import that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportNote {
    /// A column was not used.
    ColumnNotUsed {
        /// Its name.
        name: String,
    },
    /// Sizes that are no number, or zero though the digest is not that of the empty file: the entries are kept without size.
    SizesNotUsed {
        /// How many.
        count: u64,
    },
    /// Dispositions or category codes that no mapping knows: the entries need review.
    UnknownCodes {
        /// The first of them.
        first: String,
        /// How many entries.
        count: u64,
    },
    /// Parts of the file that do not belong into a set.
    LeftOut {
        /// What they are.
        what: &'static str,
        /// How many.
        count: u64,
    },
    /// The database is what its publisher says it should be (after its deltas).
    DatabaseHashAgrees {
        /// The hash.
        hash: String,
    },
    /// Deltas were applied, and nobody said what should have come out.
    DeltasNotCompared,
    /// Files of imports that were killed: taken away before this one began.
    LeftoversRemoved {
        /// How many imports.
        count: u64,
    },
    /// Names beyond the most that are kept of one entry.
    NamesLeftOut {
        /// How many.
        count: u64,
    },
}

impl fmt::Display for ImportNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ColumnNotUsed { name } => write!(f, "column {name:?} is not used"),
            Self::SizesNotUsed { count } => {
                let sizes = counted(*count, "size is", "sizes are");
                write!(f, "{sizes} no number or zero: kept without size")
            }
            Self::UnknownCodes { first, count } => {
                write!(
                    f,
                    "{} that no mapping knows (the first: {first:?}): {} review",
                    counted(*count, "entry has a code", "entries have codes"),
                    noun(*count, "it needs", "they need")
                )
            }
            Self::LeftOut { what, count } => write!(f, "{what} left out: {count}"),
            Self::DatabaseHashAgrees { hash } => {
                write!(f, "the database has the hash that was given: {hash}")
            }
            Self::DeltasNotCompared => {
                write!(
                    f,
                    "deltas were applied, but the result was not compared: no database hash was given"
                )
            }
            Self::LeftoversRemoved { count } => {
                let imports = counted(*count, "unfinished import", "unfinished imports");
                write!(f, "{imports} of earlier runs {} taken away", noun(*count, "was", "were"))
            }
            Self::NamesLeftOut { count } => {
                write!(
                    f,
                    "{} of entries left out",
                    counted(*count, "further name", "further names")
                )
            }
        }
    }
}

/// How far an import or a verification is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Done, in the unit of the stage.
    pub done: u64,
    /// To do; 0 when not known.
    pub total: u64,
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The file is being read; bytes.
    Reading,
    /// A database is being copied, for deltas to change the copy; bytes.
    Copying,
    /// A database is being read; rows, their number is not known before.
    ReadingRows,
    /// All has been read, but the file's own SHA-256 is not done yet: a database is hashed apart from its rows; bytes.
    Hashing,
    /// Its records are being sorted and compiled; records.
    Compiling,
    /// Sets are being verified; sets.
    Verifying,
}
