//! A plain folder: every file below it.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;

use byte_source::Scratch;
use case_model::{Digests, Disposition, NameEncoding, readable_name};
use case_store::{CaseFile, EntryRow, FileSystemRow, ImageRow, ImageWriter, VolumeRow};
use evidence::{FolderItem, FolderItemKind, open_host_file, walk_folder};

use crate::image_item::{ImageScan, ImageScanned};
use crate::part_rows::look_up;
use crate::parts::{FinishedPart, in_order};
use crate::stream::{StreamReader, StreamResult};
use crate::verdict::Verdict;
use crate::{Event, ScanError, Stage};

/// Files that one part holds.
const FILES_PER_PART: usize = 64;

/// The row of a folder.
pub(crate) fn folder_row(path: &Path) -> ImageRow {
    ImageRow {
        name: path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_else(|| "/".to_owned()),
        path: path.to_string_lossy().into_owned(),
        container: "folder",
        reason: "a folder of this machine".to_owned(),
        bytes: None,
        sector_bytes: None,
        segments: Vec::new(),
        claims: Vec::new(),
        stored_digests: Vec::new(),
    }
}

impl ImageScan<'_> {
    /// Indexes a folder that was registered as row `image`.
    ///
    /// # Errors
    /// What the case file says; the rows of the last batch are not there then.
    pub(crate) fn run_folder(
        &self,
        case: &CaseFile,
        image: i64,
        root: &Path,
    ) -> Result<ImageScanned, ScanError> {
        let mut writer = ImageWriter::new(case, image)?;
        let mut verdict = Verdict::default();
        match self.index_folder(&mut writer, root, &mut verdict) {
            Ok(()) => {
                let above = writer.finish()?;
                Ok(ImageScanned {
                    verdict,
                    medium_complete: None,
                    digests: Digests::default(),
                    unreadable: Vec::new(),
                    above,
                })
            }
            Err(error) => {
                writer.abandon();
                Err(error)
            }
        }
    }

    fn index_folder(
        &self,
        writer: &mut ImageWriter<'_>,
        root: &Path,
        verdict: &mut Verdict,
    ) -> Result<(), ScanError> {
        self.observer.event(&Event::Stage(Stage::Gather));
        let items = walk_folder(root);
        let row = write_folder(writer, items.len())?;
        let directories = write_directories(writer, row, &items)?;
        let work = items.iter().fold(0_u64, |sum, item| sum.saturating_add(item.size));
        self.observer.event(&Event::Stage(Stage::Hash(work)));
        let parts: Vec<(usize, &[FolderItem])> = items
            .chunks(FILES_PER_PART)
            .enumerate()
            .map(|(part, items)| (part * FILES_PER_PART, items))
            .collect();
        let mut accounted = 0;
        in_order(
            self.pool,
            parts.len(),
            &|part| match parts.get(part) {
                Some((first, items)) => self.work_items(*first, items, &directories),
                None => Ok(FinishedPart::default()),
            },
            || (),
            |_, finished| {
                for entry in &finished.entries {
                    accounted += 1;
                    verdict.take_entry(entry);
                    writer.entry(row, entry)?;
                }
                Ok(())
            },
        )?;
        Ok(writer.tally(row, "items that the folder lists", items.len() as u64, accounted)?)
    }

    fn work_items(
        &self,
        first: usize,
        items: &[FolderItem],
        directories: &HashMap<Vec<u8>, i64>,
    ) -> Result<FinishedPart, ScanError> {
        let mut scratch = Scratch::new();
        let mut part = FinishedPart::default();
        for (at, item) in items.iter().enumerate() {
            let result = self.read_item(item, &mut scratch);
            self.observer.event(&Event::Advanced(item.size));
            part.entries.push(item_row(first + at, item, directories, result));
        }
        look_up(self.library, &mut part.entries)?;
        Ok(part)
    }

    fn read_item(&self, item: &FolderItem, scratch: &mut Scratch) -> StreamResult {
        let skipped = |rule| StreamResult::without_content(Disposition::Skipped, Some(rule));
        match &item.kind {
            FolderItemKind::Directory => skipped("directory: its content is names"),
            FolderItemKind::Link(_) => skipped("symbolic link: not followed, its target is in the index"),
            FolderItemKind::Special(_) => skipped("special file: no content"),
            FolderItemKind::Unreadable(why) => {
                StreamResult::without_content(Disposition::Unreadable, Some(why))
            }
            FolderItemKind::File => match open_host_file(&item.path) {
                Err(error) => {
                    StreamResult::without_content(Disposition::Unreadable, Some(&error.to_string()))
                }
                Ok(file) => {
                    let mut reader = StreamReader::new(self.config.digests);
                    // The size that was listed decides: a file that shrank since is partial, one that grew is read as far as listed.
                    let _ = file.source.visit(0..item.size, scratch, &mut |piece| {
                        reader.take(piece);
                        ControlFlow::Continue(())
                    });
                    reader.finish()
                }
            },
        }
    }
}

fn write_folder(writer: &mut ImageWriter<'_>, items: usize) -> Result<i64, ScanError> {
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
            blocks: items as u64,
        },
    )?)
}

/// The raw path of the folder that holds an item, and the item's raw name.
fn split(relative: &[u8]) -> (&[u8], &[u8]) {
    match relative.iter().rposition(|byte| *byte == b'/') {
        Some(at) => (&relative[..at], &relative[at + 1..]),
        None => (b"", relative),
    }
}

fn write_directories(
    writer: &mut ImageWriter<'_>,
    row: i64,
    items: &[FolderItem],
) -> Result<HashMap<Vec<u8>, i64>, ScanError> {
    let mut directories = HashMap::from([(Vec::new(), writer.directory(row, "/")?)]);
    for item in items {
        let (above, _) = split(&item.relative);
        if !directories.contains_key(above) {
            let path = format!("/{}", readable_name(above, NameEncoding::Bytes));
            directories.insert(above.to_vec(), writer.directory(row, &path)?);
        }
    }
    Ok(directories)
}

fn item_row(
    ordinal: usize,
    item: &FolderItem,
    directories: &HashMap<Vec<u8>, i64>,
    result: StreamResult,
) -> EntryRow {
    let (above, name) = split(&item.relative);
    let (kind, target) = match &item.kind {
        FolderItemKind::File => ("file", None),
        FolderItemKind::Directory => ("directory", None),
        FolderItemKind::Link(raw) => ("link", Some((raw.clone(), readable_name(raw, NameEncoding::Bytes)))),
        FolderItemKind::Special(kind) => (*kind, None),
        FolderItemKind::Unreadable(_) => ("unknown", None),
    };
    EntryRow {
        number: ordinal as u64,
        generation: 0,
        stream: 0,
        stream_kind: if kind == "file" { "data" } else { "none" },
        stream_name: (Vec::new(), NameEncoding::Bytes),
        directory: directories.get(above).copied().unwrap_or(0),
        name: name.to_vec(),
        encoding: NameEncoding::Bytes,
        readable: readable_name(name, NameEncoding::Bytes),
        kind,
        state: "allocated",
        orphan: false,
        metadata: false,
        at: 0,
        size: item.size,
        valid: item.size,
        times: item.times,
        name_times: None,
        mode: Some(item.mode),
        owner: Some(item.owner),
        links: Some(item.links),
        attributes: 0,
        target,
        details: None,
        confidence: None,
        extents: None,
        disposition: result.disposition,
        rule: result.rule,
        content_type: result.content_type,
        digests: result.digests,
        unreadable: result.unreadable,
        problems: Vec::new(),
        hits: Vec::new(),
    }
}
