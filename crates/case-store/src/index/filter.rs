//! What a question asks for.

use case_model::{Disposition, HitDisposition, SharedZone};

use crate::file::ids::{EntryId, ImageId};

/// What to look for. All conditions that are set must hold; of a list, one value is enough.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// A digest: column (`md5`, `sha1`, `sha256`, `blake3`) and bytes.
    pub digest: Option<(&'static str, Vec<u8>)>,
    /// Patterns of names (crate `name-pattern`). Any name of the record counts, and the names of its alternate streams.
    pub names: Vec<String>,
    /// Patterns of names that are not wanted.
    pub not_names: Vec<String>,
    /// Paths, at or below which things lie.
    pub paths: Vec<PathFilter>,
    /// Paths whose content is not wanted.
    pub not_paths: Vec<PathFilter>,
    /// `file`, `directory`, `link`, …; MIME types; the first or second part of one.
    pub types: Vec<String>,
    /// Types that are not wanted.
    pub not_types: Vec<String>,
    /// Only what hash sets list; the gravest first.
    pub hit: bool,
    /// Only what these sets list: names as written, in any letter case.
    pub sets: Vec<String>,
    /// Only hits of these severities.
    pub severities: Vec<HitDisposition>,
    /// Larger than so many bytes.
    pub larger_than: Option<u64>,
    /// Smaller than so many bytes.
    pub smaller_than: Option<u64>,
    /// Bounds of times.
    pub times: Vec<TimeBound>,
    /// Numeric owners, of file systems that have such. The number of an NTFS security descriptor is none.
    pub uids: Vec<u32>,
    /// Owners by SID (NTFS), as Windows writes it. One of these and of `uids` is enough.
    pub sids: Vec<String>,
    /// Only what is deleted (or orphaned).
    pub deleted: bool,
    /// Only these dispositions.
    pub dispositions: Vec<Disposition>,
    /// Only content that lies on more than one image.
    pub duplicates: bool,
    /// One entry.
    pub id: Option<EntryId>,
    /// Only these images: their rows.
    pub images: Option<Vec<ImageId>>,
    /// The zones of local times, by image: bounds and order of times go by the UTC that they give.
    pub zones: Vec<(ImageId, SharedZone)>,
    /// The order of the rows.
    pub sort: Option<Sort>,
    /// At most so many rows.
    pub limit: Option<u64>,
}

/// A path that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathFilter {
    /// The pattern (crate `name-pattern`), without the name of an image.
    pub pattern: String,
    /// Only on these images: their rows.
    pub images: Option<Vec<ImageId>>,
}

/// A bound of a time. An entry without the time is outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeBound {
    /// Which time.
    pub field: TimeField,
    /// Where the bound is.
    pub edge: TimeEdge,
    /// Nanoseconds since 1970 UTC. Local times are compared by the zone of their image; those of an unknown zone as if they were UTC.
    /// Of a repeated or skipped local time, one of its readings is enough.
    pub ns: i64,
}

/// One of the times of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimeField {
    /// Content modified.
    Modified,
    /// Accessed.
    Accessed,
    /// Record changed.
    Changed,
    /// Created.
    Created,
    /// Deleted.
    Deleted,
}

impl TimeField {
    /// All times.
    pub const ALL: [Self; 5] =
        [Self::Modified, Self::Accessed, Self::Changed, Self::Created, Self::Deleted];

    /// Returns the word in options, exports and columns.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Modified => "modified",
            Self::Accessed => "accessed",
            Self::Changed => "changed",
            Self::Created => "created",
            Self::Deleted => "deleted",
        }
    }
}

/// The edge of a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeEdge {
    /// At or after the instant.
    From,
    /// Before the instant.
    Before,
}

/// The order of rows. Rows that are equal in it come in the order of the index; rows without the value last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub key: SortKey,
    /// The other way round.
    pub reversed: bool,
}

/// What rows are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// Biggest first.
    Size,
    /// Newest first.
    Time(TimeField),
    /// By path: directory, then name, in the order of code points.
    Path,
    /// By name.
    Name,
    /// In the order of the index.
    Entry,
}
