//! What the caller says about a file to import.

use std::collections::BTreeMap;
use std::path::PathBuf;

use case_model::{Algorithm, HitDisposition, StopToken};

use super::{CareList, CategoryMapping, Format};
use crate::Beside;

/// Memory for sorting, in bytes.
const DEFAULT_MEMORY_BYTES: usize = 256 << 20;

/// What the caller says about a file to import. Empty texts and `None`: what the file says, else what the field says.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// The format; `None`: recognised from the content.
    pub format: Option<Format>,
    /// Name of the set; `None`: as the file says, else the file's name without its extension.
    pub name: Option<String>,
    /// Version of the set.
    pub version: String,
    /// Who published it.
    pub publisher: String,
    /// When it was published.
    pub released: String,
    /// Licence or terms of use.
    pub licence: String,
    /// How it may be passed on (a TLP label, say).
    pub handling: String,
    /// What the set says about a file where the entry does not say; `None`: notable, for NSRL known.
    pub disposition: Option<HitDisposition>,
    /// Algorithm of digests that the file does not name. Needed for 64 digits; others are known by their length.
    pub algorithm: Option<Algorithm>,
    /// A list without names of algorithms may hold digests of several lengths.
    pub mixed_algorithms: bool,
    /// The scheme that category codes of a table belong to; those of other formats name it themselves. When it is given, codes that
    /// [`ImportOptions::categories`] does not map need review.
    pub category_scheme: String,
    /// What category codes mean in this lab.
    pub categories: CategoryMapping,
    /// Products of known software that are notable all the same.
    pub care: CareList,
    /// Changes to be applied to the file before it is imported, in order: NSRL RDSv3 deltas.
    pub deltas: Vec<PathBuf>,
    /// The hash (SQLite's `dbhash`) that the publisher gives of the RDSv3 database, after its deltas: compared before it is imported.
    pub database_hash: Option<[u8; 20]>,
    /// What the columns of a table hold, by column name; columns that are not named here are recognised by their names.
    pub columns: BTreeMap<String, ColumnRole>,
    /// Nanoseconds since 1970-01-01 UTC.
    pub imported_at_ns: i64,
    /// Who imports it.
    pub imported_by: String,
    /// About how much memory sorting may use, in bytes.
    pub memory_bytes: usize,
    /// Starts a thread: a database is then hashed while its rows are read, and details are written beside the
    /// digests. `None`: one after the other, with the same result. This crate starts none itself.
    pub beside: Option<Beside>,
    /// Ends the import early; nothing is registered then.
    pub stop: StopToken,
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self {
            format: None,
            name: None,
            version: String::new(),
            publisher: String::new(),
            released: String::new(),
            licence: String::new(),
            handling: String::new(),
            disposition: None,
            algorithm: None,
            mixed_algorithms: false,
            category_scheme: String::new(),
            categories: CategoryMapping::default(),
            care: CareList::bundled(),
            deltas: Vec::new(),
            database_hash: None,
            columns: BTreeMap::new(),
            imported_at_ns: 0,
            imported_by: String::new(),
            memory_bytes: DEFAULT_MEMORY_BYTES,
            beside: None,
            stop: StopToken::new(),
        }
    }
}

/// What a column of a table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnRole {
    /// Digests of one algorithm.
    Digest(Algorithm),
    /// Digests whose algorithm is known by their length (64 digits: [`ImportOptions::algorithm`]).
    AnyDigest,
    /// File names.
    Name,
    /// Sizes in bytes.
    Size,
    /// Category codes.
    Category,
    /// Dispositions by their keys (`known`, `no-change`, `needs-review`, `notable`, `alert`).
    Disposition,
    /// What the publisher says in words.
    Comment,
    /// Anything else worth keeping: added to the comment with the column's name.
    Detail,
    /// Nothing of use here.
    Ignore,
}
