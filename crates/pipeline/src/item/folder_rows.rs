//! The rows of a folder.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use analysis::Analysers;
use case_model::{NameEncoding, path_text, readable_name};
use case_store::{
    CaseFile, DirectoryId, EntryRow, FileSystemId, FileSystemRow, ImageId, ImageRow, ImageWriter,
    PartResults, VolumeRow,
};
use evidence::{FolderItem, FolderItemKind, FolderList, readable_folder_path};

use crate::ScanError;
use crate::item::folder_progress::{FILE_OF_FOLDER, FolderProgress};
use crate::item::rows::with_result;
use crate::resume::checkpoints::Checkpoints;
use crate::resume::interrupted_scan::InterruptedScan;
use crate::resume::saved_item::{Covers, SavedItem};
use crate::stream::reader::StreamResult;
use crate::verdict::Verdict;
use crate::workers::parts::{FinishedPart, PartWriter};

/// The row of a folder.
pub(crate) fn folder_row(path: &Path) -> ImageRow {
    ImageRow {
        name: path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_else(|| "/".to_owned()),
        path: path.to_owned(),
        container: "folder",
        reason: "a folder of this machine".to_owned(),
        bytes: None,
        sector_bytes: None,
        segments: Vec::new(),
        claims: Vec::new(),
        stored_digests: Vec::new(),
    }
}

/// The rows of a folder on their way into the case.
pub(crate) struct FolderRows<'f> {
    pub(crate) image: ImageId,
    pub(crate) items: &'f FolderList,
    pub(crate) progress: &'f FolderProgress,
    pub(crate) verdict: Verdict,
}

/// The parts of a folder on their way into the case.
pub(crate) struct PartsOfFolder<'p, 'f, 'w, 'c> {
    pub(crate) rows: &'p mut FolderRows<'f>,
    /// The folder's row among the file systems.
    pub(crate) row: FileSystemId,
    pub(crate) writer: &'p mut ImageWriter<'w>,
    pub(crate) checkpoints: &'p mut Checkpoints<'c>,
    /// Parts whose rows are written.
    pub(crate) written: usize,
}

impl PartWriter<FinishedPart, ScanError> for PartsOfFolder<'_, '_, '_, '_> {
    fn write(&mut self, part: usize, made: FinishedPart) -> Result<(), ScanError> {
        for entry in &made.entries {
            self.rows.verdict.take_entry(entry);
            self.writer.entry(self.row, entry)?;
        }
        self.written = part.saturating_add(1);
        self.rows.progress.written(part);
        Ok(())
    }

    fn between_parts(&mut self) -> Result<(), ScanError> {
        self.rows.checkpoint(self.writer, self.checkpoints, self.written, false)
    }
}

/// A folder that has its row.
pub(crate) struct StartedFolder {
    /// The folder's row among the file systems.
    pub(crate) row: FileSystemId,
    /// The rows of its directories, by their raw paths.
    pub(crate) directories: HashMap<Vec<u8>, DirectoryId>,
    /// The first part whose rows are not written.
    pub(crate) first: usize,
}

impl FolderRows<'_> {
    /// Writes the folder and its directories, or finds what the scan that resumes wrote.
    ///
    /// # Errors
    /// What the case file says.
    pub(crate) fn start(
        &mut self,
        case: &CaseFile,
        writer: &mut ImageWriter<'_>,
        resumed: Option<&InterruptedScan>,
    ) -> Result<StartedFolder, ScanError> {
        let Some(earlier) = resumed else {
            let row = write_folder(writer, self.items.len())?;
            let directories = write_directories(writer, row, self.items)?;
            return Ok(StartedFolder { row, directories, first: 0 });
        };
        self.verdict = earlier.item.verdict;
        let (row, directories) = self.written_before(case, earlier)?;
        let first = usize::try_from(earlier.checkpoint.parts).unwrap_or(usize::MAX);
        Ok(StartedFolder { row, directories, first })
    }

    /// The file system and the directories that were written before the scan was broken off.
    fn written_before(
        &self,
        case: &CaseFile,
        kept: &InterruptedScan,
    ) -> Result<(FileSystemId, HashMap<Vec<u8>, DirectoryId>), ScanError> {
        let unfit = || ScanError::Checkpoint { path: path_text(&kept.checkpoint.path) };
        let &[row] = case.file_systems_read(self.image)?.as_slice() else { return Err(unfit()) };
        let paths = directories_of(self.items);
        let stored = case.directories(row)?;
        let same = stored.len() == paths.len()
            && stored.iter().zip(&paths).all(|((_, stored), (_, path))| stored == path);
        let rows = stored.into_iter().zip(paths).map(|((row, _), (raw, _))| (raw, row));
        if same { Ok((row, rows.collect())) } else { Err(unfit()) }
    }

    pub(crate) fn checkpoint(
        &self,
        writer: &mut ImageWriter<'_>,
        checkpoints: &mut Checkpoints<'_>,
        parts: usize,
        now: bool,
    ) -> Result<(), ScanError> {
        let covers = Covers {
            image: Some(self.image),
            parts: u64::try_from(parts).unwrap_or(u64::MAX),
            above: writer.above(),
        };
        checkpoints
            .with_rows(writer, covers, now, || saved_folder(self.progress, parts, self.verdict))
    }
}

fn write_folder(writer: &mut ImageWriter<'_>, items: usize) -> Result<FileSystemId, ScanError> {
    let volume = writer.volume(&VolumeRow {
        ordinal: 0,
        scheme: "none",
        number: 0,
        role: "volume",
        start: 0,
        length: 0,
        extents: None,
        type_code: String::new(),
        name: String::new(),
        encryption: None,
    })?;
    Ok(writer.file_system(
        volume,
        &FileSystemRow {
            kind: "folder",
            reason: "read through this machine's operating system".to_owned(),
            state: "read",
            label: String::new(),
            serial: String::new(),
            block_bytes: 0,
            blocks: u64::try_from(items).unwrap_or(u64::MAX),
        },
    )?)
}

/// The raw path of the folder that holds an item, and the item's raw name.
fn split(relative: &[u8]) -> (&[u8], &[u8]) {
    match relative.iter().rposition(|byte| *byte == b'/') {
        Some(at) => {
            let (above, name) = relative.split_at(at);
            (above, name.get(1..).unwrap_or_default())
        }
        None => (b"", relative),
    }
}

/// The directories that items hang in, each once, in the order of the items: raw path below the folder, readable path.
fn directories_of(items: &FolderList) -> Vec<(Vec<u8>, String)> {
    let mut seen = HashSet::from([Vec::new()]);
    let mut directories = vec![(Vec::new(), "/".to_owned())];
    for item in items.items() {
        let (above, _) = split(&item.relative);
        if !seen.contains(above) {
            seen.insert(above.to_vec());
            directories.push((above.to_vec(), readable_folder_path(above)));
        }
    }
    directories
}

fn write_directories(
    writer: &mut ImageWriter<'_>,
    row: FileSystemId,
    items: &FolderList,
) -> Result<HashMap<Vec<u8>, DirectoryId>, ScanError> {
    directories_of(items)
        .into_iter()
        .map(|(raw, path)| Ok((raw, writer.directory(row, &path)?)))
        .collect()
}

pub(crate) fn item_row(
    ordinal: usize,
    item: &FolderItem,
    directories: &HashMap<Vec<u8>, DirectoryId>,
    analysers: &Analysers,
    result: StreamResult,
) -> EntryRow {
    let (above, name) = split(&item.relative);
    let kind = kind_key(&item.kind);
    let directory = directories.get(above).copied().unwrap_or(DirectoryId::NONE);
    let row = EntryRow {
        number: u64::try_from(ordinal).unwrap_or(u64::MAX),
        stream_kind: if kind == "file" { "data" } else { "none" },
        name: name.to_vec(),
        readable: readable_name(name, NameEncoding::Bytes),
        size: item.size,
        valid: item.size,
        times: item.times,
        mode: Some(item.mode),
        owner: Some(item.owner),
        links: Some(item.links),
        target: link_target(&item.kind),
        ..EntryRow::without_content(kind, "allocated", directory)
    };
    with_result(row, (kind == "file").then_some(FILE_OF_FOLDER), analysers, result)
}

/// Returns the word for what an item is.
fn kind_key(kind: &FolderItemKind) -> &'static str {
    match kind {
        FolderItemKind::File => "file",
        FolderItemKind::Directory | FolderItemKind::OwnLab => "directory",
        FolderItemKind::Link(_) => "link",
        FolderItemKind::Special(kind) => kind,
        FolderItemKind::Unreadable(_) => "unknown",
    }
}

/// Returns the target of a link, raw and readable.
fn link_target(kind: &FolderItemKind) -> Option<(Vec<u8>, String)> {
    match kind {
        FolderItemKind::Link(raw) => Some((raw.clone(), readable_name(raw, NameEncoding::Bytes))),
        _ => None,
    }
}

/// Returns what a checkpoint of a folder keeps.
fn saved_folder(
    progress: &FolderProgress,
    written: usize,
    verdict: Verdict,
) -> (SavedItem, Vec<PartResults>) {
    let (sweep, results) = progress.save(written);
    (SavedItem { verdict, sweep }, results)
}
