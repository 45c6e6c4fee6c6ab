//! One stream's bytes, read back out of the evidence.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use byte_source::{Problem, Scratch};
use case_store::StoredEntry;
use evidence::{
    EvidenceError, EvidenceImage, FileSystemState, FolderItem, ImageAddress, Spill, guarded, open_address,
    open_host_file, walk_folder,
};
use filesystem::{FileSystem, OpenOptions, RecordId, Stream, pump, slack};
use thiserror::Error;

use crate::stream_copy::{CatReport, StreamCopy};

/// What of a stream is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CatPart {
    /// Its content.
    Content,
    /// The slack of its allocation units.
    Slack,
}

/// Why a stream cannot be read back.
#[derive(Debug, Error)]
pub enum CatError {
    /// The evidence cannot be opened.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// The place that the index names is not there any more.
    #[error("{0}: the evidence does not hold what the index says: {1} is not there; is it the same image?")]
    NotThere(PathBuf, String),
    /// It has no slack.
    #[error("no slack: {0}")]
    NoSlack(words::Term),
    /// The record cannot be read.
    #[error("{0}")]
    Problem(Problem),
    /// The output cannot be written.
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
}

/// Writes the bytes of an entry to `out`.
///
/// # Errors
/// Why it cannot be read back. The caller compares the digest.
pub fn cat(
    entry: &StoredEntry,
    part: CatPart,
    code_page: u16,
    out: &mut dyn Write,
) -> Result<CatReport, CatError> {
    let path = entry.image_path.as_path();
    let mut scratch = Scratch::new();
    match (entry.container == "folder", part) {
        (true, CatPart::Content) => return cat_folder(entry, path, &mut scratch, out),
        (true, CatPart::Slack) => {
            return Err(CatError::NoSlack(words::term!("scan.files-folder-seen-without-blocks")));
        }
        (false, _) => {}
    }
    let address = ImageAddress::of(path);
    let opened = guarded(|| open_address(&address, &OpenOptions { code_page }, &mut scratch))
        .map_err(CatError::Problem)??;
    cat_image(entry, part, &opened, &mut scratch, out)
}

/// Writes the bytes of an entry of an image.
fn cat_image(
    entry: &StoredEntry,
    part: CatPart,
    opened: &EvidenceImage,
    scratch: &mut Scratch,
    out: &mut dyn Write,
) -> Result<CatReport, CatError> {
    let path = entry.image_path.as_path();
    let file_system = find_file_system(opened, entry).ok_or_else(|| not_there(path, "its file system"))?;
    let id = RecordId { number: entry.number, generation: entry.generation };
    let record = file_system.record(id, scratch).map_err(CatError::Problem)?;
    let ordinal = usize::try_from(entry.stream).unwrap_or(usize::MAX);
    let stream = record.streams.get(ordinal).ok_or_else(|| not_there(path, "the stream"))?;
    match part {
        CatPart::Content => cat_stream(file_system, stream, out),
        CatPart::Slack => cat_stream(file_system, &slack(stream).map_err(CatError::NoSlack)?.stream, out),
    }
}

/// Writes the bytes of a stream to `out`, zeros in the place of what cannot be read.
///
/// # Errors
/// When the output cannot be written, or the reader fails.
pub fn cat_stream(
    file_system: &dyn FileSystem,
    stream: &Stream,
    out: &mut dyn Write,
) -> Result<CatReport, CatError> {
    let mut scratch = Scratch::new();
    let mut copy = StreamCopy::new(out);
    let volume = file_system.volume().as_ref();
    guarded(|| {
        let _ = pump(volume, stream, &mut scratch, &mut |piece| copy.take(piece));
    })
    .map_err(CatError::Problem)?;
    Ok(copy.finish()?)
}

fn cat_folder(
    entry: &StoredEntry,
    root: &Path,
    scratch: &mut Scratch,
    out: &mut dyn Write,
) -> Result<CatReport, CatError> {
    let item = item_of_folder(entry, root).ok_or_else(|| not_there(root, &entry.path))?;
    let file =
        open_host_file(&item.path).map_err(|error| EvidenceError::Io { path: item.path.clone(), error })?;
    let mut copy = StreamCopy::new(out);
    let _ = file.source.visit(0..file.source.len(), scratch, &mut |piece| copy.take(piece));
    Ok(copy.finish()?)
}

/// Finds an entry in its folder, as it is listed today.
fn item_of_folder(entry: &StoredEntry, root: &Path) -> Option<FolderItem> {
    let items = walk_folder(root, Arc::new(Spill::in_memory()));
    let is_it = |item: &FolderItem| {
        let readable = case_model::readable_name(&item.relative, case_model::NameEncoding::Bytes);
        format!("/{readable}") == entry.path
    };
    // The readable path may be that of several items when names are not valid; the ordinal in the sorted listing tells them apart.
    let at = usize::try_from(entry.number).unwrap_or(usize::MAX);
    items.items().nth(at).filter(is_it).or_else(|| items.items().find(is_it))
}

fn not_there(path: &Path, what: &str) -> CatError {
    CatError::NotThere(path.to_owned(), what.to_owned())
}

fn find_file_system<'o>(opened: &'o EvidenceImage, entry: &StoredEntry) -> Option<&'o dyn FileSystem> {
    let ordinal = usize::try_from(entry.volume_ordinal).ok()?;
    let volume = opened.volumes.iter().find(|volume| volume.ordinal == ordinal)?;
    volume.file_systems.iter().find_map(|file_system| match &file_system.state {
        FileSystemState::Open(open) if open.summary().kind.name() == entry.file_system => Some(open.as_ref()),
        _ => None,
    })
}
