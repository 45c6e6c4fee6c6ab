//! Conditions of questions and exports, and the form of their answers.

use case_model::{Disposition, HitDisposition};
use clap::{Args, ValueEnum};

/// How patterns are read; shown by `--help`.
pub(crate) const PATTERNS: &str = "\
Patterns of names and paths: * stands for any characters of one name, ? for one character, [a-c] and [!a-c] for one of a range or none of it, \
{jpg,png} for either, ** between slashes for any folders. Letters match in either case and however they are composed, on every file system: \
Unicode full case folding (strasse finds Straße) and canonical equivalence. \\* is the character itself.
--name matches the name of a file, of an alternate stream, or file:stream.
--path finds what lies at a path or below it. /Users begins at the root of a file system; Downloads, */Downloads/* and user1/Desktop match at any depth. \
A path may have its exhibit in front (disk.E01:/Users), as it is printed; marks of the text's direction and \\u{…} are understood. \
A name that is spelled exactly like the pattern matches, too.
A condition that is given several times wants one of its values; different conditions must all hold. What matches nothing in the case is said.";

/// Which streams are wanted.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Conditions")]
pub(crate) struct FilterArguments {
    /// Files of this MD5
    #[arg(long, value_name = "HEX", group = "digest")]
    pub(crate) md5: Option<String>,
    /// Files of this SHA-1
    #[arg(long, value_name = "HEX", group = "digest")]
    pub(crate) sha1: Option<String>,
    /// Files of this SHA-256
    #[arg(long, value_name = "HEX", group = "digest")]
    pub(crate) sha256: Option<String>,
    /// Files of this name, or with an alternate stream of it
    #[arg(long, value_name = "PATTERN", value_parser = crate::quantities::name_pattern)]
    pub(crate) name: Vec<String>,
    /// Not files of this name
    #[arg(long, value_name = "PATTERN", value_parser = crate::quantities::name_pattern)]
    pub(crate) not_name: Vec<String>,
    /// What lies at this path or below it
    #[arg(long, value_name = "PATTERN")]
    pub(crate) path: Vec<String>,
    /// Not what lies at this path or below it
    #[arg(long, value_name = "PATTERN")]
    pub(crate) not_path: Vec<String>,
    /// Only of this exhibit: its name (a pattern) or its path
    #[arg(long, visible_alias = "exhibit", value_name = "NAME|PATH")]
    pub(crate) image: Vec<String>,
    /// What hash sets list, gravest first
    #[arg(long)]
    pub(crate) hit: bool,
    /// What this hash set lists: its name (a pattern)
    #[arg(long, value_name = "NAME")]
    pub(crate) set: Vec<String>,
    /// Hits of this severity: alert, notable, needs-review, no-change, known
    #[arg(long, value_name = "WORD", value_parser = crate::quantities::severity)]
    pub(crate) severity: Vec<HitDisposition>,
    /// Larger than this (k, M, G, T: powers of 1024)
    #[arg(long, value_name = "SIZE", value_parser = crate::quantities::size)]
    pub(crate) larger_than: Option<u64>,
    /// Smaller than this
    #[arg(long, value_name = "SIZE", value_parser = crate::quantities::size)]
    pub(crate) smaller_than: Option<u64>,
    #[command(flatten)]
    pub(crate) times: TimeArguments,
    /// file, directory, link, …; a content type (image/jpeg) or a part of one (image, jpeg)
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) content_type: Vec<String>,
    /// Not of this type
    #[arg(long, value_name = "TYPE")]
    pub(crate) not_type: Vec<String>,
    /// Files of this numeric owner
    #[arg(long, visible_alias = "owner", value_name = "UID")]
    pub(crate) uid: Vec<u32>,
    /// Only deleted entries
    #[arg(long)]
    pub(crate) deleted: bool,
    /// Only entries that ended so: hashed, empty, partial, unreadable, encrypted, unsupported, skipped
    #[arg(long, value_name = "WORD", value_parser = crate::quantities::disposition)]
    pub(crate) disposition: Vec<Disposition>,
    /// Only contents that lie on more than one exhibit of the case, those of one content together
    #[arg(long)]
    pub(crate) duplicates: bool,
}

/// Bounds of times.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct TimeArguments {
    /// Modified at or after this time (a date, or a time with offset; a date begins at midnight UTC)
    #[arg(long, value_name = "TIME", value_parser = crate::quantities::time, allow_hyphen_values = true)]
    pub(crate) modified_after: Option<i64>,
    /// Modified before this time
    #[arg(long, value_name = "TIME", value_parser = crate::quantities::time, allow_hyphen_values = true)]
    pub(crate) modified_before: Option<i64>,
    /// Accessed at or after this time
    #[arg(long, value_name = "TIME", value_parser = crate::quantities::time, allow_hyphen_values = true)]
    pub(crate) accessed_after: Option<i64>,
    /// Accessed before this time
    #[arg(long, value_name = "TIME", value_parser = crate::quantities::time, allow_hyphen_values = true)]
    pub(crate) accessed_before: Option<i64>,
    /// Record changed at or after this time
    #[arg(long, value_name = "TIME", value_parser = crate::quantities::time, allow_hyphen_values = true)]
    pub(crate) changed_after: Option<i64>,
    /// Record changed before this time
    #[arg(long, value_name = "TIME", value_parser = crate::quantities::time, allow_hyphen_values = true)]
    pub(crate) changed_before: Option<i64>,
    /// Created at or after this time
    #[arg(long, value_name = "TIME", value_parser = crate::quantities::time, allow_hyphen_values = true)]
    pub(crate) created_after: Option<i64>,
    /// Created before this time
    #[arg(long, value_name = "TIME", value_parser = crate::quantities::time, allow_hyphen_values = true)]
    pub(crate) created_before: Option<i64>,
    /// Deleted at or after this time
    #[arg(long, value_name = "TIME", value_parser = crate::quantities::time, allow_hyphen_values = true)]
    pub(crate) deleted_after: Option<i64>,
    /// Deleted before this time
    #[arg(long, value_name = "TIME", value_parser = crate::quantities::time, allow_hyphen_values = true)]
    pub(crate) deleted_before: Option<i64>,
}

/// Order and number of rows.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct OrderArguments {
    /// Order of the rows: biggest and newest first, paths and names by their letters
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) sort: Option<SortWord>,
    /// The other way round: smallest, oldest first
    #[arg(long, requires = "sort")]
    pub(crate) reverse: bool,
    /// At most so many; how many there are is said, too
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
}

/// What rows are sorted by.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SortWord {
    Size,
    Modified,
    Accessed,
    Changed,
    Created,
    Deleted,
    Path,
    Name,
    Entry,
}

/// The form of rows.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ShapeArguments {
    /// Only these fields of JSON Lines and CSV, with commas between; `case` is one of them
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// One row for each hit of a file instead of a list of hits: hit_severity, hit_set, hit_version, hit_algorithm, hit_class, hit_label, hit_digest
    #[arg(long)]
    pub(crate) each_hit: bool,
    /// Begin CSV with a byte order mark: some spreadsheets read other letters than A to Z wrongly without it
    #[arg(long)]
    pub(crate) bom: bool,
}
