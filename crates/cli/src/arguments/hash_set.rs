//! Words of `athar hash-set` and `athar match`.

use std::path::PathBuf;

use case_model::{Algorithm, HitDisposition};
use clap::{Args, Subcommand, ValueEnum};
use hash_set::{ColumnRole, Format, RankingKey};

use crate::quantities::{algorithm, size};

#[derive(Debug, Subcommand)]
pub(crate) enum HashSet {
    /// Import a set; its format is recognised by content: CSV with a header, one digest a line, md5sum and sha256sum output, hashdeep, NSRL, …
    #[command(after_help = IMPORT_HELP)]
    Import(Box<HashSetImport>),
    /// List the lab's sets
    List,
    /// Show what is known about one set: provenance, meaning, counts, what was rejected
    Show(ShowSet),
    /// Read every file of every set again and compare it with what was compiled
    #[command(
        after_help = "Exit codes: 0 all sets are what was imported, 1 a set is damaged: import it again."
    )]
    Verify,
    /// Show what changed from one set (or version) to another
    Diff(DiffSets),
    /// Write a set for other programs
    Export(ExportSet),
    /// Ask a Bloom filter which files of a case it certainly does not list: those deserve the first look. No hits, nothing is recorded in the case
    #[command(after_help = RANK_HELP)]
    Rank(RankFiles),
    /// Remove a set; hits that cases have recorded stay
    Remove(RemoveSet),
    /// Show or edit what category codes mean in this lab, and make the list of products that are notable though known
    #[command(after_help = MAP_HELP)]
    Map(MapCodes),
}

const RANK_HELP: &str = "\
A filter (CIRCL hashlookup, DCSO) answers 'certainly not listed' or 'maybe listed', and 'maybe' is wrong as often as `athar hash-set show` says.
It says neither that a file is good nor that it is notable: it only puts what is certainly not listed first.";

const IMPORT_HELP: &str = "\
A set is registered whole or not at all. Lines that cannot be used are counted and the first are shown with their place; the set holds the rest.
Digests of 64 digits may be SHA-256, BLAKE3 or others: where the file does not say, --algorithm must.
Tables: what the columns hold is shown; where it is not plain, nothing is imported until --columns says it or --yes confirms it.
A match means what --disposition says, else what the format says: known for NSRL (known, not good), else notable. Category codes mean what
`athar hash-set map` says; a code that is not mapped needs review. Products on the lab's care list make NSRL's known notable.
NSRL deltas (--delta, in order) are applied to a scratch copy; --dbhash compares the result with the publisher's dbhashes.txt.";

const MAP_HELP: &str = "\
Category numbers are not portable: the same number means different things in different schemes. Nothing is mapped unless the lab says so, and
a code that is not mapped needs review. A scheme may end with *, the code '*' stands for all other codes of its scheme.
The mapping is used when a set is imported: sets that are there keep what was mapped then; import them again and run `athar match`.

  athar hash-set map                                         what is mapped, and which schemes the lab's sets use
  athar hash-set map --scheme 'http://…/2.0.xml/US/*' 1=alert 2=alert 5=no-change
  athar hash-set map --scheme lab --unset 5
  athar hash-set map --edit                                  makes categories.toml and care-list.toml in the lab's folder, to be edited";

#[derive(Args, Debug, Default)]
pub(crate) struct HashSetImport {
    /// The file
    pub(crate) file: PathBuf,
    /// Name of the set [default: as the file says, else the file's name]
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Version of the set
    #[arg(long = "set-version", value_name = "VERSION")]
    pub(crate) set_version: Option<String>,
    /// Who publishes it
    #[arg(long)]
    pub(crate) publisher: Option<String>,
    /// When it was published
    #[arg(long, value_name = "DATE")]
    pub(crate) released: Option<String>,
    /// Licence or terms of use
    #[arg(long, value_name = "TEXT")]
    pub(crate) licence: Option<String>,
    /// How it may be passed on, as TLP:RED
    #[arg(long, value_name = "LABEL")]
    pub(crate) handling: Option<String>,
    /// What a match means
    #[arg(long, value_enum)]
    pub(crate) disposition: Option<Meaning>,
    /// The format, where it is not recognised or another is meant
    #[arg(long, value_name = "NAME", value_parser = format)]
    pub(crate) format: Option<Format>,
    /// The algorithm of digests that do not tell by themselves (64 digits may be SHA-256 or another)
    #[arg(long, value_name = "NAME", value_parser = algorithm)]
    pub(crate) algorithm: Option<Algorithm>,
    /// A plain list may hold digests of several lengths
    #[arg(long)]
    pub(crate) mixed_algorithms: bool,
    /// What columns of a table hold: NAME=md5|sha1|sha256|blake3|digest|name|size|category|disposition|comment|detail|ignore
    #[arg(long, value_name = "NAME=WHAT,…", value_delimiter = ',', value_parser = column)]
    pub(crate) columns: Vec<(String, ColumnRole)>,
    /// The scheme that the category codes of a table belong to
    #[arg(long, value_name = "URI")]
    pub(crate) category_scheme: Option<String>,
    /// Take the columns of a table as they were shown
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Show how a table would be read, and import nothing
    #[arg(long)]
    pub(crate) preview: bool,
    /// An NSRL RDSv3 delta to apply first, to a scratch copy; in order
    #[arg(long, value_name = "FILE")]
    pub(crate) delta: Vec<PathBuf>,
    /// The database's hash after its deltas, as the publisher's dbhashes.txt gives it
    #[arg(long, value_name = "HEX", value_parser = database_hash)]
    pub(crate) dbhash: Option<[u8; 20]>,
    /// Take the file as a Bloom filter (CIRCL, DCSO) of such keys, for `athar hash-set rank` only: sha1-upper (as CIRCL publishes; taken when a
    /// filter is recognised), sha1, sha256, md5-upper, …
    #[arg(long, value_name = "KEY", value_parser = ranking_key)]
    pub(crate) ranking: Option<RankingKey>,
    /// A digest that the filter is known to list: refuse it when it does not
    #[arg(long, value_name = "HEX", value_parser = hexadecimal)]
    pub(crate) member: Option<Hexadecimal>,
    /// About how much memory sorting may use
    #[arg(long, value_name = "SIZE", default_value = "256M", value_parser = size)]
    pub(crate) memory: u64,
}

/// Bytes, written as hexadecimal digits.
#[derive(Clone, Debug)]
pub(crate) struct Hexadecimal(pub(crate) Vec<u8>);

fn hexadecimal(text: &str) -> Result<Hexadecimal, String> {
    case_model::from_hex(text).map(Hexadecimal).map_err(|error| error.to_string())
}

fn ranking_key(text: &str) -> Result<RankingKey, String> {
    RankingKey::from_key(text)
        .ok_or_else(|| "not one of md5, sha1, sha256, blake3, or with -upper behind".to_owned())
}

/// Words of `athar hash-set rank`.
#[derive(Debug, Args)]
pub(crate) struct RankFiles {
    /// The filter: name, or first digits of its digest
    pub(crate) filter: String,
    /// A case to ask about; may be repeated
    #[arg(long, value_name = "CASE", required_unless_present = "all_cases")]
    pub(crate) case: Vec<String>,
    /// All cases of the lab
    #[arg(long, conflicts_with = "case")]
    pub(crate) all_cases: bool,
    /// List the files that are certainly not listed, with their paths
    #[arg(long)]
    pub(crate) list: bool,
}

impl HashSetImport {
    /// The file, and nothing said about it.
    pub(crate) fn of(file: PathBuf) -> Self {
        Self { file, memory: DEFAULT_MEMORY_BYTES, ..Self::default() }
    }
}

/// As the default of `--memory`.
const DEFAULT_MEMORY_BYTES: u64 = 256 << 20;

#[derive(Args, Debug)]
pub(crate) struct ShowSet {
    /// Its name, or the first digits of its content digest
    #[arg(value_name = "SET")]
    pub(crate) set: String,
    /// And its entries, at most so many
    #[arg(long, value_name = "N")]
    pub(crate) entries: Option<u64>,
}

#[derive(Args, Debug)]
pub(crate) struct DiffSets {
    /// The older set: name, or first digits of the content digest
    pub(crate) old: String,
    /// The newer one
    pub(crate) new: String,
    /// Only count
    #[arg(long)]
    pub(crate) summary: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ExportSet {
    /// The set: name, or first digits of the content digest
    pub(crate) set: String,
    /// The form
    #[arg(long, value_enum)]
    pub(crate) format: SetForm,
    /// The file to write; it must not exist
    #[arg(long, value_name = "FILE")]
    pub(crate) to: PathBuf,
    /// Which digests, for sums [default: the strongest that the set has]
    #[arg(long, value_name = "NAME", value_parser = algorithm)]
    pub(crate) algorithm: Option<Algorithm>,
}

/// The form of an exported set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SetForm {
    /// As md5sum, sha1sum, sha256sum and b3sum write
    Sums,
    /// A table of everything; importing it gives the same set
    Csv,
    /// Autopsy and The Sleuth Kit: entries with MD5
    Kdb,
}

#[derive(Args, Debug)]
pub(crate) struct RemoveSet {
    /// The set: name, or first digits of the content digest
    pub(crate) set: String,
    /// Why; goes into the lab's ledger
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Even when cases have hits of it (the hits stay), or a case cannot be asked
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Args, Debug)]
pub(crate) struct MapCodes {
    /// The scheme whose codes are mapped
    #[arg(long, value_name = "URI")]
    pub(crate) scheme: Option<String>,
    /// What a code means: alert, notable, needs-review, no-change, known
    #[arg(value_name = "CODE=WORD", requires = "scheme", value_parser = code)]
    pub(crate) codes: Vec<(String, HitDisposition)>,
    /// Forget what a code means
    #[arg(long, value_name = "CODE", requires = "scheme")]
    pub(crate) unset: Vec<String>,
    /// Make the files of the mapping and of the care list, to be edited
    #[arg(long, conflicts_with_all = ["scheme", "codes", "unset"])]
    pub(crate) edit: bool,
}

/// `athar match`.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("cases").required(true))]
pub(crate) struct Match {
    /// The set: a file to import first, or the name (or first digits of the content digest) of one that is there
    #[arg(long, value_name = "FILE|NAME", required = true)]
    pub(crate) hash_set: Vec<String>,
    /// A case to match; may be repeated
    #[arg(long, value_name = "CASE", group = "cases")]
    pub(crate) case: Vec<String>,
    /// Every case of the lab
    #[arg(long, group = "cases")]
    pub(crate) all_cases: bool,
    /// The set takes the place of this one: what it no longer lists is shown as withdrawn. Sets of the same name that were imported before
    /// are always taken so
    #[arg(long, value_name = "NAME")]
    pub(crate) supersedes: Vec<String>,
    /// Read the content of every hit again from the evidence: SHA-1 collision attacks, one byte repeated, digests
    #[arg(long)]
    pub(crate) check_collisions: bool,
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

impl From<Meaning> for HitDisposition {
    fn from(meaning: Meaning) -> Self {
        match meaning {
            Meaning::Known => Self::Known,
            Meaning::NoChange => Self::NoChange,
            Meaning::NeedsReview => Self::NeedsReview,
            Meaning::Notable => Self::Notable,
            Meaning::Alert => Self::Alert,
        }
    }
}

fn format(text: &str) -> Result<Format, String> {
    Format::from_key(text).ok_or_else(|| {
        let words: Vec<_> = Format::ALL.iter().map(|format| format.key()).collect();
        format!("{text:?} is none of: {}", words.join(", "))
    })
}

fn column(text: &str) -> Result<(String, ColumnRole), String> {
    let (name, what) = text
        .rsplit_once('=')
        .ok_or_else(|| format!("{text:?} is not NAME=WHAT, as in Hash=md5"))?;
    let role = ColumnRole::from_key(what).ok_or_else(|| {
        format!(
            "{what:?} is none of: md5, sha1, sha256, blake3, digest, name, size, category, disposition, comment, detail, ignore"
        )
    })?;
    Ok((name.trim().to_owned(), role))
}

fn code(text: &str) -> Result<(String, HitDisposition), String> {
    let (code, word) =
        text.rsplit_once('=').ok_or_else(|| format!("{text:?} is not CODE=WORD, as in 1=alert"))?;
    let meaning = HitDisposition::from_key(word).ok_or_else(|| {
        format!("{word:?} is none of: alert, notable, needs-review, no-change, known")
    })?;
    if code.trim().is_empty() {
        return Err(format!("{text:?} names no code"));
    }
    Ok((code.to_owned(), meaning))
}

fn database_hash(text: &str) -> Result<[u8; 20], String> {
    let bytes = case_model::from_hex(text.trim()).map_err(|error| error.to_string())?;
    bytes.try_into().map_err(|_| format!("{text:?} does not have the 40 digits of a dbhash"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_columns_are_told_from_what_is_none() {
        assert_eq!(code("a=b=alert"), Ok(("a=b".to_owned(), HitDisposition::Alert)));
        assert!(code("=alert").is_err() && code("1=bad").is_err() && code("1").is_err());
        assert_eq!(
            column("My Hash=SHA-256"),
            Ok(("My Hash".to_owned(), ColumnRole::Digest(Algorithm::Sha256)))
        );
        assert!(column("x=colour").is_err() && column("x").is_err());
        assert!(format("nsrl-rdsv3").is_ok() && format("excel").is_err());
        assert!(database_hash(&"0f".repeat(20)).is_ok() && database_hash("0f").is_err());
        assert_eq!(size("256M"), Ok(DEFAULT_MEMORY_BYTES));
    }
}
