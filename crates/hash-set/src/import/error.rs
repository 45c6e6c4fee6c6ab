//! Why a file could not be imported. Nothing is registered then.

use std::io;
use std::path::{Path, PathBuf};

use case_model::Algorithm;
use thiserror::Error;
use words::{counted, noun};

use super::{Format, Position, Rejection};
use crate::HashSetError;
use crate::compiled::BuildError;

/// Why a file could not be imported.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The library itself.
    #[error(transparent)]
    Library(#[from] HashSetError),
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// No known format.
    #[error("{}: no known hash set format; it begins with {beginning:?}", path.display())]
    Unrecognised {
        /// The file.
        path: PathBuf,
        /// Its first characters.
        beginning: String,
    },
    /// An archive or compressed file.
    #[error("{}: a {kind} file; unpack it and import what is inside", path.display())]
    Packed {
        /// The file.
        path: PathBuf,
        /// Which kind.
        kind: &'static str,
    },
    /// A digest of 64 digits may be SHA-256, BLAKE3, SHA3-256, BLAKE2s or SM3, and nothing says which.
    #[error(
        "{position}: 64 digits may be SHA-256, BLAKE3 or others, and the file does not say; name the algorithm"
    )]
    AlgorithmNotSaid {
        /// The first such digest.
        position: Position,
    },
    /// A list of digests without names of algorithms holds several.
    #[error(
        "{position}: a digest of {} in a list of {expected} digests; allow mixed algorithms if that is meant",
        counted(*digits, "digit", "digits")
    )]
    MixedAlgorithms {
        /// The first digest of another length.
        position: Position,
        /// The algorithm of the list so far.
        expected: Algorithm,
        /// Digits of the other.
        digits: u64,
    },
    /// A line longer than any record: damaged, or not a text file.
    #[error("{position}: no end of line within {limit} bytes")]
    LineTooLong {
        /// Where the line begins.
        position: Position,
        /// The limit in bytes.
        limit: u64,
    },
    /// A quoted field does not end.
    #[error(
        "{position}: a quoted field that begins in this record does not end within {limit} bytes or before the end of the file"
    )]
    UnterminatedQuote {
        /// Where the record begins.
        position: Position,
        /// The limit in bytes.
        limit: u64,
    },
    /// No column of a table holds digests.
    #[error("no column holds digests; the columns are {columns:?}")]
    NoDigestColumn {
        /// The columns' names.
        columns: Vec<String>,
    },
    /// The column mapping names a column that is not there.
    #[error("the file has no column {name:?}; its columns are {columns:?}")]
    NoSuchColumn {
        /// The name.
        name: String,
        /// The columns' names.
        columns: Vec<String>,
    },
    /// Not a single usable record.
    #[error(
        "no usable digest: {} rejected{}, {empty_files} of the empty file",
        counted(*rejected, "record", "records"),
        first_of(first)
    )]
    NoEntries {
        /// How many were rejected.
        rejected: u64,
        /// How many were of the empty file.
        empty_files: u64,
        /// The first rejected one.
        first: Option<Box<Rejection>>,
    },
    /// The file changed while it was read.
    #[error("{}: the file had {before} {} when the import began and {after} when it ended", path.display(), noun(*before, "byte", "bytes"))]
    Changed {
        /// The file.
        path: PathBuf,
        /// Length in bytes at first.
        before: u64,
        /// Length in bytes at last.
        after: u64,
    },
    /// The file is shorter than it says it is: cut off.
    #[error("{}: cut off: {found} {}, by its header there should be {expected}", path.display(), noun(*found, "byte", "bytes"))]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Bytes by its header.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// The file is longer than it says it is.
    #[error("{}: {found} {}, by its header it ends at {expected}", path.display(), noun(*found, "byte", "bytes"))]
    TrailingBytes {
        /// The file.
        path: PathBuf,
        /// Bytes by its header.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// SQLite cannot read the file.
    #[error("{}: {source}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// Not JSON, cut off, or nested too deeply.
    #[error("{}: {source} (lines and columns count from 0)", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        source: Box<struson::reader::ReaderError>,
    },
    /// Changes lie beside a database that are not in it yet.
    #[error("{}: {} lies beside it, so the database was not closed properly: its last changes would be missing", path.display(), journal.display())]
    Journal {
        /// The database.
        path: PathBuf,
        /// The journal or write-ahead log.
        journal: PathBuf,
    },
    /// A database without a column that its format has.
    #[error("{}: table {table} has no column {column}", path.display())]
    NoColumn {
        /// The database.
        path: PathBuf,
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// A statement of a delta failed, or is not allowed.
    #[error(transparent)]
    Delta(#[from] Box<DeltaFault>),
    /// A delta ends inside a transaction.
    #[error("{}: ends inside a transaction: cut off", path.display())]
    DeltaUnfinished {
        /// The delta.
        path: PathBuf,
    },
    /// The database (after its deltas) is not what its publisher says.
    #[error(
        "the database with its deltas has the hash {found}, but {expected} was given: a delta is missing, out of order, or changed"
    )]
    DatabaseHash {
        /// As the publisher says.
        expected: String,
        /// Of the database.
        found: String,
    },
    /// Deltas belong to NSRL RDSv3 databases.
    #[error("deltas and database hashes belong to NSRL RDSv3 databases, this is {format}")]
    DeltasNotApplicable {
        /// The format of the file.
        format: Format,
    },
    /// More entries than a set can hold.
    #[error("{0}")]
    TooMany(String),
    /// A stop was requested.
    #[error("the import was stopped on request; nothing was imported")]
    Stopped,
    /// The temporary files cannot be written.
    #[error("cannot write the compiled set: {0}")]
    Write(#[source] io::Error),
    /// The details cannot be written.
    #[error("cannot write the details of the set: {0}")]
    Details(#[source] rusqlite::Error),
}

/// A statement of a delta that failed, or is not allowed.
#[derive(Debug, Error)]
#[error("{}: {position}: {source}, in {statement:?}", path.display())]
pub struct DeltaFault {
    /// The delta.
    pub path: PathBuf,
    /// Where the statement begins.
    pub position: Position,
    /// Its first characters.
    pub statement: String,
    /// What SQLite says; "not authorized" for what a delta must not do.
    pub source: rusqlite::Error,
}

impl ImportError {
    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Read { path, source }
    }
}

impl From<BuildError> for ImportError {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::Stopped => Self::Stopped,
            BuildError::Io(error) => Self::Write(error),
            BuildError::Sqlite(error) => Self::Details(error),
            BuildError::TooManyEntries | BuildError::TooManyEntriesOfADigest { .. } => {
                Self::TooMany(error.to_string())
            }
        }
    }
}

fn first_of(first: &Option<Box<Rejection>>) -> String {
    first.as_ref().map_or_else(String::new, |first| format!(" (the first: {first})"))
}
