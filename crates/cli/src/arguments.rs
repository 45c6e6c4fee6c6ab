//! Every word that a user types.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Takes seized storage media into evidence: reads every byte, hashes and indexes every file, matches hash sets, and keeps a chain of custody.
#[derive(Debug, Parser)]
#[command(
    name = "athar",
    version,
    after_help = "Exit codes: 0 complete, 1 failed, 2 wrong usage, 3 finished but incomplete (something could not be read or does not reconcile)."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Args, Debug)]
pub(crate) struct Global {
    /// The lab's folder; made on first use
    #[arg(long, global = true, env = "ATHAR_LAB", default_value = "athar-lab", value_name = "DIR")]
    pub(crate) lab: PathBuf,
    /// Worker threads [default: the machine's processors]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Print nothing but what was asked for, and errors
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Print JSON Lines
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say more about how things are done
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
    /// Who acts; without it the operating system's user is recorded as unauthenticated
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) examiner: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Scan images and folders into a case
    Scan(Scan),
    /// Find files in a case
    Find(Find),
    /// List, show and compare cases
    #[command(subcommand)]
    Case(Case),
    /// Import and list hash sets
    #[command(subcommand)]
    HashSet(HashSet),
    /// Show and verify the custody ledger
    #[command(subcommand)]
    Custody(Custody),
    /// Write one file's bytes to standard output, read back out of the evidence, and check its digest
    Cat(Cat),
    /// Export a case's index
    Export(Export),
}

#[derive(Args, Debug)]
pub(crate) struct Scan {
    /// Images (raw, split raw, E01) and folders
    #[arg(required = true, value_name = "IMAGE|FOLDER")]
    pub(crate) items: Vec<PathBuf>,
    /// The case; made if new [default: a new one, named by date and first item]
    #[arg(long, value_name = "CASE")]
    pub(crate) case: Option<String>,
    /// A hash set to import first, or the name of one that is there (all sets of the lab are always looked up)
    #[arg(long, value_name = "FILE|NAME")]
    pub(crate) hash_set: Vec<String>,
    /// DOS code page of FAT short names
    #[arg(long, default_value_t = 437, value_name = "N")]
    pub(crate) code_page: u16,
}

#[derive(Args, Debug)]
pub(crate) struct Find {
    /// The case
    pub(crate) case: String,
    /// Files of this MD5
    #[arg(long, value_name = "HEX", group = "digest")]
    pub(crate) md5: Option<String>,
    /// Files of this SHA-1
    #[arg(long, value_name = "HEX", group = "digest")]
    pub(crate) sha1: Option<String>,
    /// Files of this SHA-256
    #[arg(long, value_name = "HEX", group = "digest")]
    pub(crate) sha256: Option<String>,
    /// Files of this name; * and ? stand for any characters, ASCII letters match in either case
    #[arg(long, value_name = "PATTERN")]
    pub(crate) name: Option<String>,
    /// What lies at or below this path
    #[arg(long, value_name = "PATH")]
    pub(crate) path: Option<String>,
    /// What hash sets list, gravest first
    #[arg(long)]
    pub(crate) hit: bool,
    /// Larger than this (k, M, G, T: powers of 1024)
    #[arg(long, value_name = "SIZE", value_parser = crate::quantities::size)]
    pub(crate) larger_than: Option<u64>,
    /// Smaller than this
    #[arg(long, value_name = "SIZE", value_parser = crate::quantities::size)]
    pub(crate) smaller_than: Option<u64>,
    /// Modified at or after this time (a date, or a time with offset; a date begins at midnight UTC)
    #[arg(long, value_name = "TIME", value_parser = crate::quantities::time, allow_hyphen_values = true)]
    pub(crate) modified_after: Option<i64>,
    /// Modified before this time
    #[arg(long, value_name = "TIME", value_parser = crate::quantities::time, allow_hyphen_values = true)]
    pub(crate) modified_before: Option<i64>,
    /// file, directory, link, …; a content type (image/jpeg) or a part of one (image, jpeg)
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) content_type: Option<String>,
    /// Only deleted entries
    #[arg(long)]
    pub(crate) deleted: bool,
    /// Only entries that ended so: hashed, empty, partial, unreadable, encrypted, unsupported, skipped
    #[arg(long, value_name = "WORD", value_parser = crate::quantities::disposition)]
    pub(crate) disposition: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Case {
    /// What is in the lab
    List,
    /// One case in numbers
    Show {
        /// The case
        case: String,
    },
    /// The canonical digest of the case's index: the same evidence, sets and configuration give the same digest
    Digest {
        /// The case
        case: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum HashSet {
    /// Import a set: CSV with a header, one digest a line, md5sum/sha256sum output
    Import(HashSetImport),
    /// List the lab's sets
    List,
}

#[derive(Args, Debug)]
pub(crate) struct HashSetImport {
    /// The file
    pub(crate) file: PathBuf,
    /// Name of the set [default: the file's name]
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Version of the set
    #[arg(long = "set-version", value_name = "VERSION")]
    pub(crate) set_version: Option<String>,
    /// Who publishes it
    #[arg(long)]
    pub(crate) publisher: Option<String>,
    /// What a match means
    #[arg(long, value_enum)]
    pub(crate) disposition: Option<Meaning>,
    /// The algorithm of digests that do not tell by themselves (64 digits may be SHA-256 or another)
    #[arg(long, value_name = "NAME", value_parser = crate::quantities::algorithm)]
    pub(crate) algorithm: Option<case_model::Algorithm>,
}

/// What a match means.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Meaning {
    /// Seen before, provenance known; not "good"
    Known,
    /// Listed without a judgement
    NoChange,
    /// A person must look
    NeedsReview,
    /// Of interest
    Notable,
    /// Grave
    Alert,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Custody {
    /// The ledger's entries
    Show {
        /// The case; without it the lab's own ledger
        case: Option<String>,
    },
    /// Check the chain from the first entry to the last; names the first bad entry
    Verify {
        /// The case; without it the lab's own ledger
        case: Option<String>,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Cat {
    /// The case
    pub(crate) case: String,
    /// The entry's number, as `athar find` shows it
    pub(crate) entry: i64,
}

#[derive(Args, Debug)]
pub(crate) struct Export {
    /// The case
    pub(crate) case: String,
    /// The form
    #[arg(long, value_enum)]
    pub(crate) format: ExportFormat,
}

/// The form of an export.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ExportFormat {
    /// JSON Lines: one object a stream
    Jsonl,
}
