//! Rows of images, volumes and file systems, to be stored.

use std::path::PathBuf;

use case_model::{Digests, UnreadableRange};

use super::run::RunState;
use crate::index::problem::ProblemRow;

/// An image (or folder) that is being registered.
#[derive(Clone, Debug)]
pub struct ImageRow {
    /// File name.
    pub name: String,
    /// Absolute path.
    pub path: PathBuf,
    /// `raw`, `ewf`, …, `folder`.
    pub container: &'static str,
    /// By what the container was recognised.
    pub reason: String,
    /// Size of the medium in bytes; `None` for a folder.
    pub bytes: Option<u64>,
    /// Bytes of a sector.
    pub sector_bytes: Option<u32>,
    /// Files of the image: name, bytes.
    pub segments: Vec<(String, u64)>,
    /// What the container claims: field, value.
    pub claims: Vec<(String, String)>,
    /// Digests the container stores: algorithm key, digest, place.
    pub stored_digests: Vec<(&'static str, Vec<u8>, &'static str)>,
}

/// How the scan of an image ended.
#[derive(Clone, Debug)]
pub struct ImageOutcome {
    /// State.
    pub state: RunState,
    /// Was every byte of the medium read? `None` for a folder.
    pub medium_complete: Option<bool>,
    /// Digests of the medium.
    pub digests: Digests,
    /// Ranges of the medium that could not be read.
    pub unreadable: Vec<UnreadableRange>,
    /// Duration in nanoseconds.
    pub scan_ns: u64,
    /// Why it failed.
    pub error: Option<String>,
    /// What was found out at the end of the scan.
    pub problems: Vec<ProblemRow>,
}

/// Whose a stream is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of `entry`, described in the schema")]
pub struct NamedStream {
    pub path: String,
    pub file_system: String,
    pub number: u64,
    pub generation: u64,
}

/// A part of the medium.
#[derive(Clone, Debug)]
pub struct VolumeRow {
    /// Ordinal in the division, from 0.
    pub ordinal: u32,
    /// Scheme.
    pub scheme: &'static str,
    /// Number in its table.
    pub number: u32,
    /// `volume`, `unpartitioned`, `table`.
    pub role: &'static str,
    /// First byte on the medium.
    pub start: u64,
    /// Length in bytes.
    pub length: u64,
    /// Extents as JSON, when there are several.
    pub extents: Option<String>,
    /// Type as the table says.
    pub type_code: String,
    /// Name as the table says.
    pub name: String,
    /// Encryption that was recognised.
    pub encryption: Option<&'static str>,
}

/// A file system on a volume.
#[derive(Clone, Debug)]
pub struct FileSystemRow {
    /// Kind.
    pub kind: &'static str,
    /// By what it was recognised.
    pub reason: String,
    /// `read`, `unsupported`, `failed`.
    pub state: &'static str,
    /// Label.
    pub label: String,
    /// Serial number or UUID.
    pub serial: String,
    /// Allocation unit in bytes.
    pub block_bytes: u32,
    /// Allocation units.
    pub blocks: u64,
}
