//! Every word that a user types.

mod act;
mod case;
mod custody;
mod evidence;
mod examples;
mod extract;
mod filter;
mod formats;
mod hash_set;
mod key;

use std::path::PathBuf;

use case_model::Zone;
use casework::ChosenVolume;
use clap::{Args, CommandFactory, Parser, Subcommand};
use hash_engine::Selection;

pub(crate) use self::act::AddAct;
pub(crate) use self::case::*;
pub(crate) use self::custody::*;
pub(crate) use self::evidence::*;
pub(crate) use self::extract::Extract;
use self::extract::{EXTRACT_HELP, extract_long_help};
use self::filter::PATTERNS;
pub(crate) use self::filter::{
    FilterArguments, OrderArguments, Owner, ShapeArguments, SortWord, TimeArguments,
};
pub(crate) use self::formats::{ExportFormat, FindFormat, RowFormat};
pub(crate) use self::hash_set::{
    DiffSets, ExportSet, HashSet, HashSetImport, MapCodes, Match, RankFiles, RemoveSet, SetForm,
    ShowSet,
};
pub(crate) use self::key::*;

/// Takes seized storage media into evidence: reads every byte, hashes and indexes every file, matches hash sets, and keeps a chain of custody.
#[derive(Debug, Parser)]
#[command(
    name = "athar",
    version,
    after_help = "Exit codes: 0 complete, 1 failed, 2 wrong usage, 3 finished but incomplete (something could not be read or does not reconcile) or an answer about a case that is not complete, 130 stopped by Ctrl-C, 143 by SIGTERM (once more ends at once)."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// All commands and options, with an example for each command, as wide as `COLUMNS` says where that is set.
pub(crate) fn command() -> clap::Command {
    let command = examples::add(Arguments::command());
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    match columns.filter(|columns| *columns > 0) {
        Some(columns) => command.term_width(columns),
        None => command,
    }
}

/// The heading of options that every command takes.
const GLOBAL: &str = "Global options";

#[derive(Args, Debug)]
pub(crate) struct Global {
    /// The lab's folder; made on first use
    #[arg(long, global = true, help_heading = GLOBAL, env = "ATHAR_LAB", default_value = "athar-lab", value_name = "DIR")]
    pub(crate) lab: PathBuf,
    /// Worker threads [default: the machine's processors]
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Print nothing but what was asked for, and errors
    #[arg(long, short, global = true, help_heading = GLOBAL)]
    pub(crate) quiet: bool,
    /// Print JSON Lines
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub(crate) json: bool,
    /// Say more about how things are done
    #[arg(long, short, global = true, help_heading = GLOBAL)]
    pub(crate) verbose: bool,
    /// Who acts; without it the operating system's user is recorded as unauthenticated
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "NAME")]
    pub(crate) examiner: Option<String>,
    /// File with the passphrase of the key that signs (else ATHAR_PASSPHRASE, else the terminal is asked)
    #[arg(long, global = true, help_heading = GLOBAL, env = "ATHAR_PASSPHRASE_FILE", value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Print long tables straight to the terminal, not through the pager that PAGER names
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub(crate) no_pager: bool,
}

impl Global {
    /// `--threads`, or as many as the machine has processors.
    pub(crate) fn worker_threads(&self) -> usize {
        self.threads.map(usize::from).unwrap_or_else(|| {
            std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
        })
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Scan images and folders into a case
    Scan(Scan),
    /// Find files in a case
    Find(Find),
    /// List, show, name, close and remove cases; copy them, check them, bring them back from a copy
    #[command(subcommand)]
    Case(Case),
    /// Import, list, compare, export and remove hash sets
    #[command(subcommand)]
    HashSet(HashSet),
    /// Match hash sets against cases from their index, without the images
    #[command(
        after_help = "Hits are recorded with set, version, algorithm and digest, together with an entry of the case's ledger. What is recorded already is not added again.\nExit codes: 0 every case was matched, 3 some cases could not be or are not complete, 1 none could."
    )]
    Match(Match),
    /// Write, show, verify, prove and export the chain of custody
    #[command(subcommand)]
    Custody(Custody),
    /// Make, list, revoke and export signing keys
    #[command(subcommand)]
    Key(Key),
    /// Read evidence again and compare it with what was recorded
    #[command(subcommand)]
    Evidence(Evidence),
    /// Look at an image itself: its container, its digests, one file of it (no case needed)
    #[command(subcommand)]
    Image(Image),
    /// Show how an image is divided: partitions, gaps, encryption, file systems (no case needed)
    Volumes(Volumes),
    /// List the files of an image, deleted ones too (no case needed)
    Ls(Ls),
    /// Show everything known of one file of an image (no case needed)
    Stat(Stat),
    /// Write one file's bytes to standard output, read back out of the evidence, and check its digest
    Cat(Cat),
    /// Export a case's index
    Export(Export),
    /// Write the files that match into a folder, with a manifest of their digests
    #[command(after_help = EXTRACT_HELP, after_long_help = extract_long_help())]
    Extract(Extract),
    /// Print a script that completes commands and options in a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write manual pages, one a command
    Man {
        /// The folder
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Scan {
    /// Images (raw, split raw, E01) and folders
    #[arg(required_unless_present = "resume", value_name = "IMAGE|FOLDER")]
    pub(crate) items: Vec<PathBuf>,
    /// Finish the scan of the case that was broken off, with its items and its settings (an item that is named again goes on by itself, too)
    #[arg(long, conflicts_with_all = ["items", "digests", "code_page", "afresh", "nested"])]
    pub(crate) resume: bool,
    /// Begin again with items whose scan was broken off, instead of going on
    #[arg(long)]
    pub(crate) afresh: bool,
    /// Read the images in files of the items, too: disks of virtual machines, copies of disks, images in a folder. Each becomes an image of
    /// the case of its own. Also for items that were scanned before
    #[arg(long)]
    pub(crate) nested: bool,
    /// Seconds of work that may have to be done again when the scan is broken off
    #[arg(long, default_value_t = 10, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(..=86_400))]
    pub(crate) checkpoint_every: u64,
    /// The case; made if new [default: a new one, named by date and first item]
    #[arg(long, value_name = "CASE")]
    pub(crate) case: Option<String>,
    /// A hash set to import first, or the name of one that is there (all sets of the lab are always looked up)
    #[arg(long, value_name = "FILE|NAME")]
    pub(crate) hash_set: Vec<String>,
    /// The time zone of the items' clocks, by its IANA name (Asia/Baghdad): converts the local times that FAT and some exFAT volumes keep
    /// without a zone. The index keeps them as they are; `athar case zone` records another one later
    #[arg(long, value_name = "ZONE", requires = "zone_source")]
    pub(crate) zone: Option<String>,
    /// How the zone is known, as in "registry of the exhibit, SYSTEM hive"; goes into the ledger
    #[arg(long, value_name = "TEXT", requires = "zone")]
    pub(crate) zone_source: Option<String>,
    /// DOS code page of FAT short names
    #[arg(long, default_value_t = 437, value_name = "N")]
    pub(crate) code_page: u16,
    /// Digests of every file: any of md5, sha1, sha256, blake3, with commas between (all of md5, sha1 and sha256 cost hardly more than one)
    #[arg(long, default_value = "md5,sha1,sha256", value_name = "LIST", value_parser = crate::quantities::digests)]
    pub(crate) digests: Selection,
    /// Memory to use, about (k, M, G, T: powers of 1024); the index does not depend on it [default: 1G, or what a limit leaves]
    #[arg(long, value_name = "SIZE", value_parser = crate::quantities::memory)]
    pub(crate) memory: Option<u64>,
}

#[derive(Args, Debug)]
#[command(after_long_help = PATTERNS)]
pub(crate) struct Find {
    /// The case
    #[arg(required_unless_present = "all_cases", conflicts_with = "all_cases")]
    pub(crate) case: Option<String>,
    /// Ask all cases of the lab
    #[arg(long)]
    pub(crate) all_cases: bool,
    #[command(flatten)]
    pub(crate) filter: FilterArguments,
    #[command(flatten)]
    pub(crate) order: OrderArguments,
    /// The form of the answer [default: table, with --json: jsonl]
    #[arg(long, value_enum)]
    pub(crate) format: Option<FindFormat>,
    #[command(flatten)]
    pub(crate) shape: ShapeArguments,
}

#[derive(Args, Debug)]
pub(crate) struct Cat {
    /// The case
    pub(crate) case: String,
    /// The entry's number, as `athar find` shows it
    pub(crate) entry: i64,
    /// Write the slack of its allocation units instead: what lies behind its end (and, in space that was never written, before it)
    #[arg(long)]
    pub(crate) slack: bool,
    /// Where the evidence is now, if it was moved: a file, or a folder that holds it. What has another name is found by size and digest
    #[arg(long, value_name = "PATH")]
    pub(crate) at: Option<PathBuf>,
    /// Write to a terminal what is not plain text, too
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Args, Debug)]
#[command(after_long_help = PATTERNS)]
pub(crate) struct Export {
    /// The case
    pub(crate) case: String,
    /// The form
    #[arg(long, value_enum)]
    pub(crate) format: ExportFormat,
    #[command(flatten)]
    pub(crate) filter: FilterArguments,
    #[command(flatten)]
    pub(crate) order: OrderArguments,
    #[command(flatten)]
    pub(crate) shape: ShapeArguments,
}

/// An image alone.
#[derive(Args, Debug)]
pub(crate) struct OneImage {
    /// The image; of a split one the first segment. An image inside it: FILE!/path/of/the/image
    #[arg(value_name = "FILE")]
    pub(crate) image: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct Volumes {
    #[command(flatten)]
    pub(crate) image: OneImage,
    /// DOS code page of FAT volume labels
    #[arg(long, default_value_t = 437, value_name = "N")]
    pub(crate) code_page: u16,
}

/// One of the file systems of an image.
#[derive(Args, Debug)]
pub(crate) struct Chosen {
    /// Only the volume of this number, as the first column of `athar volumes` shows it
    #[arg(long, value_name = "N", conflicts_with = "offset")]
    pub(crate) volume: Option<usize>,
    /// Only the volume that begins at this byte of the medium
    #[arg(long, value_name = "BYTES")]
    pub(crate) offset: Option<u64>,
    /// DOS code page of FAT short names
    #[arg(long, default_value_t = 437, value_name = "N")]
    pub(crate) code_page: u16,
}

impl Chosen {
    pub(crate) fn volume(&self) -> ChosenVolume {
        ChosenVolume { number: self.volume, offset: self.offset }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Image {
    /// What the container is and what it says of itself
    Info(OneImage),
    /// Read the whole medium, check every unit and every stored digest, and print its SHA-256
    #[command(
        after_help = "Exit codes: 0 everything was read and every stored digest agrees, 3 something is damaged, unreadable or does not agree, 1 the image cannot be opened."
    )]
    Verify(OneImage),
    /// Write one file's bytes to standard output
    Cat(ImageCat),
    /// List the images that lie in files of the image: disks of virtual machines, copies of disks
    #[command(
        after_help = "What is listed is found by content. To look inside: athar ls FILE '/path/of/the/image!/', or athar scan FILE --nested."
    )]
    List(ImageList),
}

#[derive(Args, Debug)]
pub(crate) struct ImageList {
    #[command(flatten)]
    pub(crate) image: OneImage,
    /// DOS code page of FAT short names
    #[arg(long, default_value_t = 437, value_name = "N")]
    pub(crate) code_page: u16,
}

#[derive(Args, Debug)]
pub(crate) struct ImageCat {
    #[command(flatten)]
    pub(crate) image: OneImage,
    /// The file: a locator as `athar ls` shows it (@1048576:ntfs:35-2), or its path; an alternate stream as path:stream
    #[arg(value_name = "LOCATOR|PATH")]
    pub(crate) file: String,
    /// Print where the bytes lie on the medium instead: offset, length and sector of each extent. Resident content of NTFS lies
    /// inside an MFT record, where the last two bytes of each 512 are the record's fix-up values, not the file's
    #[arg(long)]
    pub(crate) extents: bool,
    /// The slack of its allocation units instead of its content: what lies behind its end up to the end of the last cluster or
    /// block, and before that what lies in space that was allocated and never written. Resident and compressed content has none
    #[arg(long)]
    pub(crate) slack: bool,
    /// Write to a terminal what is not plain text, too
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) chosen: Chosen,
}

#[derive(Args, Debug)]
pub(crate) struct Ls {
    #[command(flatten)]
    pub(crate) image: OneImage,
    /// The directory, or one file [default: the root]
    pub(crate) path: Option<String>,
    /// And everything below
    #[arg(long, short)]
    pub(crate) recursive: bool,
    /// Only deleted entries
    #[arg(long)]
    pub(crate) deleted: bool,
    /// All four times, mode, owner and link target
    #[arg(long, short)]
    pub(crate) long: bool,
    #[command(flatten)]
    pub(crate) chosen: Chosen,
}

#[derive(Args, Debug)]
pub(crate) struct Stat {
    #[command(flatten)]
    pub(crate) image: OneImage,
    /// The file: a locator as `athar ls` shows it (@1048576:ntfs:35-2), or its path
    #[arg(value_name = "LOCATOR|PATH")]
    pub(crate) file: String,
    /// Read local times that the medium keeps without a zone by this IANA time zone, like Asia/Baghdad
    #[arg(long, value_name = "ZONE", value_parser = crate::quantities::zone)]
    pub(crate) zone: Option<Zone>,
    #[command(flatten)]
    pub(crate) chosen: Chosen,
}
