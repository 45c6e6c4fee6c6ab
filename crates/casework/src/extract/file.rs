//! One file: read back out of the evidence, compared with the index while it is written, and named.

use std::io::{self, BufWriter, Read, Write};

use case_model::{Digests, Disposition, StopToken};
use case_store::{FoundRow, StoredEntry};
use hash_engine::{Selection, StreamHasher};
use look::{CatError, CatPart, CatReport, ContentReader};

use super::out_folder::OutFolder;
use super::safe_name::safe_name;
use crate::digest_comparison::{compared, digests_of_row};

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtractState {
    /// Written whole; its digests are those of the index.
    Whole,
    /// Written; the index has no digest of it to compare.
    NotCompared,
    /// Written with zeros in the place of what cannot be read.
    Partial,
    /// Written, and not what the index says: the evidence has changed.
    Different,
    /// The folder has it already, with the digests of the index.
    AlreadyThere,
    /// A further name of an entry that was written.
    FurtherName,
    /// Something else has its name in the folder, which stays as it is.
    NameTaken,
    /// It cannot be read back, or not in the clear.
    NotRead,
}

impl ExtractState {
    /// Returns the word in manifests.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::NotCompared => "not-compared",
            Self::Partial => "PARTIAL",
            Self::Different => "DIFFERENT",
            Self::AlreadyThere => "already-there",
            Self::FurtherName => "further-name",
            Self::NameTaken => "NAME-TAKEN",
            Self::NotRead => "NOT-READ",
        }
    }

    /// Returns true when the folder has the whole content as indexed.
    #[must_use]
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Whole | Self::NotCompared | Self::AlreadyThere | Self::FurtherName)
    }

    /// Returns what stands behind the name of a file that is not what the index says.
    const fn mark(self) -> &'static str {
        match self {
            Self::Partial => ".PARTIAL",
            Self::Different => ".DIFFERENT",
            _ => "",
        }
    }
}

/// An entry of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtractedFile {
    /// The name in the folder of the case; `None` when there is none.
    pub name: Option<String>,
    /// What became of it.
    pub state: ExtractState,
    /// Bytes that were written.
    pub bytes: u64,
    /// Of these, bytes that could not be read: zeros.
    pub unreadable_bytes: u64,
    /// The digests of what was written.
    pub digests: Digests,
    /// Where the evidence was read.
    pub read_from: Option<String>,
    /// Why it is not whole, or not there.
    pub why: Option<String>,
}

impl ExtractedFile {
    /// An entry of which nothing was written.
    pub(super) const fn without_content(state: ExtractState, why: String) -> Self {
        let digests = Digests { md5: None, sha1: None, sha256: None, blake3: None };
        Self {
            name: None,
            state,
            bytes: 0,
            unreadable_bytes: 0,
            digests,
            read_from: None,
            why: Some(why),
        }
    }
}

/// Returns whether the digests are those of the index; `None` when the index has none.
fn agree(row: &FoundRow, digests: &Digests) -> Option<bool> {
    let mut both = compared(digests_of_row(row), digests).peekable();
    both.peek().is_some().then(|| both.all(|each| each.is_same()))
}

/// Writes the file of an entry.
///
/// # Errors
/// What keeps the folder from being written: nothing is there under the file's name then.
pub(super) fn extract_file(
    folder: &OutFolder,
    row: &FoundRow,
    entry: &StoredEntry,
    reader: &mut ContentReader,
    stop: &StopToken,
) -> io::Result<ExtractedFile> {
    let name = safe_name(row.id, &row.path);
    if let Some(there) = already_there(folder, &name, row)? {
        return Ok(there);
    }
    let (temporary, file) = folder.create_temporary(&name)?;
    let mut out = StoppableFile { file: BufWriter::new(file), stop };
    let read = reader.read(entry, CatPart::Content, &mut out);
    drop(out);
    let report = match read {
        Ok(report) => report,
        Err(CatError::Output(error)) => {
            folder.remove(&temporary);
            return Err(error);
        }
        Err(error) => {
            folder.remove(&temporary);
            return Ok(ExtractedFile::without_content(ExtractState::NotRead, error.to_string()));
        }
    };
    let state = judge(row, &report);
    let named = format!("{name}{}", state.mark());
    let published = folder.publish(&temporary, &named);
    if published.is_err() {
        folder.remove(&temporary);
    }
    let is_taken = matches!(&published, Err(error) if error.kind() == io::ErrorKind::AlreadyExists);
    if !is_taken {
        published?;
    }
    let why = match state {
        _ if is_taken => Some(format!("{named} is there already and stays as it is")),
        ExtractState::Partial => Some("zeros are in the place of what cannot be read".to_owned()),
        ExtractState::Different => {
            Some("the evidence has changed since the scan: other digests than indexed".to_owned())
        }
        _ => None,
    };
    Ok(ExtractedFile {
        name: (!is_taken).then_some(named),
        state: if is_taken { ExtractState::NameTaken } else { state },
        bytes: report.bytes,
        unreadable_bytes: report.bad_bytes,
        digests: report.digests,
        read_from: Some(case_model::path_text(&entry.image_path)),
        why,
    })
}

fn judge(row: &FoundRow, report: &CatReport) -> ExtractState {
    let was_partial = row.disposition == Disposition::Partial;
    match agree(row, &report.digests) {
        Some(false) => ExtractState::Different,
        _ if report.bad_bytes > 0 || was_partial => ExtractState::Partial,
        Some(true) => ExtractState::Whole,
        // The empty content needs no digest.
        None if row.disposition == Disposition::Empty && report.bytes == 0 => ExtractState::Whole,
        None => ExtractState::NotCompared,
    }
}

/// Looks whether an earlier extraction wrote the file whole.
fn already_there(
    folder: &OutFolder,
    name: &str,
    row: &FoundRow,
) -> io::Result<Option<ExtractedFile>> {
    let taken =
        |why: String| Ok(Some(ExtractedFile::without_content(ExtractState::NameTaken, why)));
    let mut file = match folder.existing(name) {
        Ok(None) => return Ok(None),
        Ok(Some(file)) => file,
        Err(error) => return taken(format!("{name} is there already and cannot be read: {error}")),
    };
    let mut hasher = StreamHasher::new(Selection::ALL);
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0_u64;
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => {
                hasher.update(buffer.get(..count).unwrap_or_default());
                bytes = bytes.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
            }
        }
    }
    let digests = hasher.finish();
    let is_same =
        agree(row, &digests).unwrap_or(row.disposition == Disposition::Empty && bytes == 0);
    if bytes != row.size || !is_same {
        return taken(format!("{name} is there already with another content and stays as it is"));
    }
    Ok(Some(ExtractedFile {
        name: Some(name.to_owned()),
        state: ExtractState::AlreadyThere,
        bytes,
        unreadable_bytes: 0,
        digests,
        read_from: None,
        why: None,
    }))
}

/// A file that takes no more bytes after a stop was requested.
struct StoppableFile<'s> {
    file: BufWriter<std::fs::File>,
    stop: &'s StopToken,
}

impl Write for StoppableFile<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.stop.is_requested() {
            return Err(io::Error::other(Stopped));
        }
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A stop was requested.
#[derive(Debug, thiserror::Error)]
#[error("stopped")]
pub(super) struct Stopped;
