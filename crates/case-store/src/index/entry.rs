//! Rows of `entry` and `link`.

use std::borrow::Cow;
use std::path::PathBuf;

use words::{Statement, Term, term};

use crate::file::ids::{DirectoryId, EntryId, ImageId};
use case_model::{Digests, Disposition, NameEncoding, Times, UnreadableRange, readable_name};

/// The rule of a deleted name that no record stands behind: an entry of its own, which no further name of a record belongs to.
pub const DELETED_NAME_ALONE: Term = term!("name.deleted-alone");
/// The rule of a deleted name that no longer says which record it named.
pub const DELETED_NAME_UNKNOWN_RECORD: Term = term!("name.deleted-unknown-record");
/// The rule of a name in use that no record stands behind.
pub const NAME_IN_USE_ALONE: Term = term!("name.in-use-alone");

/// The same rules as the rows of a layout before 4 hold them.
const OLD_LONE_NAMES: [&str; 3] = [
    "deleted name alone: its record is gone or in use for another file",
    "deleted name alone: its index entry no longer says which record it named",
    "name in use alone: the record that it names is not there",
];

/// Returns all forms in which the index holds the rules of names alone, as a list of SQL texts.
pub(crate) fn lone_name_rules() -> String {
    let kinds = [DELETED_NAME_ALONE, DELETED_NAME_UNKNOWN_RECORD, NAME_IN_USE_ALONE];
    let kinds = kinds.map(|kind| Statement::from(kind).encode());
    let texts = kinds.iter().map(String::as_str).chain(OLD_LONE_NAMES);
    texts.map(|text| format!("'{text}'")).collect::<Vec<_>>().join(", ")
}

/// One stream, or one object without content, to be stored.
#[derive(Clone, Debug)]
pub struct EntryRow {
    /// Record number within its file system.
    pub number: u64,
    /// Generation of the record.
    pub generation: u64,
    /// Ordinal of the stream within its record, from 0.
    pub stream: u32,
    /// `data`, `alternate`, `stored`, `slack`, or `none` for an object without content.
    pub stream_kind: &'static str,
    /// Raw name of an alternate stream and how to read it.
    pub stream_name: (Vec<u8>, NameEncoding),
    /// Row of the directory that the first name hangs in.
    pub directory: DirectoryId,
    /// Raw name.
    pub name: Vec<u8>,
    /// How to read the raw name.
    pub encoding: NameEncoding,
    /// Readable name.
    pub readable: String,
    /// `file`, `directory`, `link`, …
    pub kind: &'static str,
    /// `allocated` or `deleted`.
    pub state: &'static str,
    /// No directory leads to it.
    pub orphan: bool,
    /// The file system's own structure?
    pub metadata: bool,
    /// Byte offset of the record on the medium.
    pub at: u64,
    /// Size in bytes.
    pub size: u64,
    /// Bytes from here on read as zeros.
    pub valid: u64,
    /// Times.
    pub times: Times,
    /// The times that the first name keeps (NTFS `$FILE_NAME`).
    pub name_times: Option<Times>,
    /// POSIX mode bits.
    pub mode: Option<u32>,
    /// Numeric owner: user, group.
    pub owner: Option<(u32, u32)>,
    /// Number of names.
    pub links: Option<u32>,
    /// Attribute word.
    pub attributes: u32,
    /// Link target: raw, readable.
    pub target: Option<(Vec<u8>, String)>,
    /// Further facts as a JSON object.
    pub details: Option<String>,
    /// The assumption by which the layout was reconstructed.
    pub confidence: Option<Statement>,
    /// Packed extents on the medium.
    pub extents: Option<Vec<u8>>,
    /// What became of it.
    pub disposition: Disposition,
    /// By which rule, or why.
    pub rule: Option<Statement>,
    /// MIME type recognised from the content.
    pub content_type: Option<Cow<'static, str>>,
    /// What analysers found besides the content type.
    pub findings: Vec<crate::FindingRow>,
    /// Digests.
    pub digests: Digests,
    /// Ranges that could not be read.
    pub unreadable: Vec<UnreadableRange>,
    /// What is wrong with the record (kept once, with the first stream).
    pub problems: Vec<super::problem::ProblemRow>,
    /// Hits of the stream.
    pub hits: Vec<case_model::Hit>,
}

/// A further name of a record, to be stored.
#[derive(Clone, Debug)]
pub struct LinkRow {
    /// Record number.
    pub number: u64,
    /// Generation, where the name carries one.
    pub generation: Option<u64>,
    /// Row of the directory.
    pub directory: DirectoryId,
    /// Raw name.
    pub name: Vec<u8>,
    /// How to read it.
    pub encoding: NameEncoding,
    /// Readable name.
    pub readable: String,
    /// `primary` or `short`.
    pub space: &'static str,
    /// `allocated` or `deleted`.
    pub state: &'static str,
    /// Byte offset of the name's entry on the medium.
    pub at: u64,
    /// The times that the name keeps.
    pub times: Times,
}

/// What is needed to read an entry's bytes again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// Row.
    pub id: EntryId,
    /// The image or folder.
    pub image: ImageId,
    /// Absolute path of the image or folder.
    pub image_path: PathBuf,
    /// Container of the image; `folder` for a plain folder.
    pub container: String,
    /// Medium digest.
    pub image_sha256: Option<Vec<u8>>,
    /// Ordinal of the volume in its division.
    pub volume_ordinal: u32,
    /// Kind of the file system.
    pub file_system: String,
    /// Record number.
    pub number: u64,
    /// Generation.
    pub generation: u64,
    /// Ordinal of the stream.
    pub stream: u32,
    /// Full readable path, with `:stream` for an alternate one.
    pub path: String,
    /// Raw bytes of directory path are not kept; in a plain folder the raw file name is.
    pub name_raw: Option<Vec<u8>>,
    /// Size in bytes.
    pub size: u64,
    /// What became of it.
    pub disposition: Disposition,
    /// `file`, `directory`, `link`, …
    pub kind: String,
    /// `data`, `alternate`, `stored`, `slack`, or `none` for an object without content.
    pub stream_kind: String,
    /// SHA-256 as indexed.
    pub sha256: Option<Vec<u8>>,
}

/// The raw name as it must be stored: nothing when the readable name gives the same bytes back.
pub(crate) fn raw_to_keep(raw: &[u8], encoding: NameEncoding, readable: &str) -> Option<Vec<u8>> {
    let same = match encoding {
        NameEncoding::Bytes => raw == readable.as_bytes(),
        NameEncoding::Utf16Le => {
            raw.iter().copied().eq(readable.encode_utf16().flat_map(u16::to_le_bytes))
        }
        NameEncoding::CodePage(_) => false,
    };
    (!same).then(|| raw.to_vec())
}

impl EntryRow {
    /// Returns the row of an object without content, of which nothing more is known: a row of any kind begins with it.
    #[must_use]
    pub fn without_content(
        kind: &'static str,
        state: &'static str,
        directory: DirectoryId,
    ) -> Self {
        Self {
            number: 0,
            generation: 0,
            stream: 0,
            stream_kind: "none",
            stream_name: (Vec::new(), NameEncoding::Bytes),
            directory,
            name: Vec::new(),
            encoding: NameEncoding::Bytes,
            readable: String::new(),
            kind,
            state,
            orphan: false,
            metadata: false,
            at: 0,
            size: 0,
            valid: 0,
            times: Times::default(),
            name_times: None,
            mode: None,
            owner: None,
            links: None,
            attributes: 0,
            target: None,
            details: None,
            confidence: None,
            extents: None,
            disposition: Disposition::Skipped,
            rule: None,
            content_type: None,
            findings: Vec::new(),
            digests: Digests::default(),
            unreadable: Vec::new(),
            problems: Vec::new(),
            hits: Vec::new(),
        }
    }

    /// Readable name of the stream.
    pub(crate) fn readable_stream_name(&self) -> String {
        readable_name(&self.stream_name.0, self.stream_name.1)
    }
}
