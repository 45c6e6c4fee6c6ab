//! A plain folder: every file below it.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use byte_source::{Scratch, read_available};
use case_model::{Digests, Disposition, NameEncoding, readable_name};
use case_store::{CaseFile, EntryRow, FileSystemRow, ImageRow, ImageWriter, VolumeRow};
use evidence::{FolderItem, FolderItemKind, FolderList, open_folder_file, walk_folder};
use hash_engine::Lanes;

use crate::changed_evidence::change_of_item;
use crate::checkpoints::{Checkpoints, Covers, saved_folder};
use crate::image_item::{BrokenOff, ImageScan, ImageScanned};
use crate::isolation::guarded;
use crate::kept_scan::KeptScan;
use crate::part_rows::look_up;
use crate::parts::{FinishedPart, in_order};
use crate::plan_digest::plan_of_folder;
use crate::stream::{StreamReader, StreamResult};
use crate::sweep::{Collector, hash_collected};
use crate::verdict::Verdict;
use crate::watch::{self, Work};
use crate::{Event, ScanError, Stage};

/// Files up to this many bytes are hashed side by side.
const SMALL_BYTES: u64 = 256 << 10;

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

/// Gives the row of a folder.
pub(crate) type BeginFolder<'f> = dyn Fn(&mut CaseFile, Option<BrokenOff<'_>>) -> Result<i64, ScanError> + 'f;

impl ImageScan<'_> {
    /// Indexes a folder; `begin` gives its row. A scan of it that was `kept` goes on.
    ///
    /// # Errors
    /// What the case file says; what was written since the last checkpoint is not there then.
    pub(crate) fn run_folder(
        &self,
        case: &mut CaseFile,
        root: &Path,
        kept: Option<KeptScan>,
        mut checkpoints: Checkpoints<'_>,
        begin: &BeginFolder<'_>,
    ) -> Result<(i64, ImageScanned), ScanError> {
        self.observer.event(&Event::Stage(Stage::Gather));
        let spill = self.spill(&mut checkpoints);
        let items = walk_folder(root, Arc::clone(&spill));
        checkpoints.plan = plan_of_folder(&items);
        let goes_on = kept.as_ref().filter(|kept| kept.fits(&checkpoints.plan));
        let end = kept.as_ref().map(if goes_on.is_some() { BrokenOff::GoesOn } else { BrokenOff::Other });
        self.tell_what_becomes_of(end.as_ref());
        let image = begin(case, end)?;
        let mut writer = match goes_on {
            Some(kept) => ImageWriter::go_on(case, image, kept.checkpoint.above)?,
            None => ImageWriter::new(case, image)?,
        };
        let mut folder = FolderRows { image, items: &items, verdict: Verdict::default() };
        match self.index_folder(case, &mut writer, &mut folder, goes_on, &mut checkpoints) {
            Ok(()) => {
                self.tell_where_names_were(&spill);
                let scanned = ImageScanned {
                    verdict: folder.verdict,
                    medium_complete: None,
                    digests: Digests::default(),
                    unreadable: Vec::new(),
                    above: writer.above(),
                    scan_ns: checkpoints.elapsed_ns(),
                };
                Ok((image, scanned))
            }
            Err(error) => {
                writer.abandon();
                Err(error)
            }
        }
    }

    fn index_folder(
        &self,
        case: &CaseFile,
        writer: &mut ImageWriter<'_>,
        folder: &mut FolderRows<'_>,
        kept: Option<&KeptScan>,
        checkpoints: &mut Checkpoints<'_>,
    ) -> Result<(), ScanError> {
        let items = folder.items;
        let (row, directories, first) = match kept {
            Some(kept) => {
                folder.verdict = kept.item.verdict;
                let (row, directories) = folder.written_before(case, kept)?;
                (row, directories, usize::try_from(kept.checkpoint.parts).unwrap_or(usize::MAX))
            }
            None => {
                let row = write_folder(writer, items.len())?;
                (row, write_directories(writer, row, items)?, 0)
            }
        };
        self.observer.event(&Event::Stage(Stage::Hash(items.bytes())));
        let parts = items.parts();
        folder.checkpoint(writer, checkpoints, first, true)?;
        in_order(
            self.pool,
            first.min(parts)..parts,
            &|part| {
                let (first, items) = items.part(part);
                self.work_items(first, &items, &directories)
            },
            || (),
            |part, finished| {
                for entry in &finished.entries {
                    folder.verdict.take_entry(entry);
                    writer.entry(row, entry)?;
                }
                folder.checkpoint(writer, checkpoints, part + 1, false)
            },
        )?;
        // Its count is a part like the others: written once, and covered by the last checkpoint.
        if first <= parts {
            writer.tally(row, "items that the folder lists", items.len() as u64, folder.verdict.entries)?;
        }
        folder.checkpoint(writer, checkpoints, parts + 1, true)
    }

    fn work_items(
        &self,
        first: usize,
        items: &[FolderItem],
        directories: &HashMap<Vec<u8>, i64>,
    ) -> Result<FinishedPart, ScanError> {
        let mut scratch = Scratch::new();
        let mut part = FinishedPart::default();
        let mut together = guarded(|| self.read_small(items, &mut scratch)).unwrap_or_default().into_iter();
        for (at, item) in items.iter().enumerate() {
            let _at = watch::at(|| Work::File(item.path.clone()));
            let result = together.next().flatten().unwrap_or_else(|| {
                guarded(|| self.read_item(item, &mut scratch))
                    .unwrap_or_else(|_| StreamResult::reader_failed())
            });
            self.observer.event(&Event::Advanced(item.size));
            let mut row = item_row(first + at, item, directories, result);
            // What cannot be looked at is unreadable already.
            if matches!(item.kind, FolderItemKind::File) && row.disposition != Disposition::Unreadable {
                row.problems.extend(change_of_item(item));
            }
            part.entries.push(row);
        }
        look_up(self.library, &mut part.entries)?;
        Ok(part)
    }

    /// The small files among the items, hashed side by side in the lanes; `None` for what must be read alone.
    fn read_small(&self, items: &[FolderItem], scratch: &mut Scratch) -> Vec<Option<StreamResult>> {
        let small =
            |item: &&FolderItem| item.kind == FolderItemKind::File && (1..=SMALL_BYTES).contains(&item.size);
        let read = |item: &FolderItem, scratch: &mut Scratch| {
            let _at = watch::at(|| Work::File(item.path.clone()));
            // The size that was listed decides, as for files that are read alone.
            let file = open_folder_file(&item.path).ok()?;
            let mut bytes = vec![0; usize::try_from(item.size).ok()?];
            let (_, fault) = read_available(file.as_ref(), 0, &mut bytes, scratch);
            fault.is_none().then_some(bytes)
        };
        let files: Vec<Option<Vec<u8>>> =
            items.iter().map(|item| Some(item).filter(small).and_then(|item| read(item, scratch))).collect();
        let mut collector = Collector::default();
        files.iter().flatten().for_each(|bytes| collector.add_inline(bytes, 0));
        let mut results = hash_collected(&collector, &mut Lanes::new(self.config.digests)).into_iter();
        files.iter().map(|bytes| bytes.as_ref().and_then(|_| results.next())).collect()
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
            FolderItemKind::File => match open_folder_file(&item.path) {
                Err(error) => {
                    StreamResult::without_content(Disposition::Unreadable, Some(&error.to_string()))
                }
                Ok(file) => {
                    let mut reader = StreamReader::new(self.config.digests);
                    // The size that was listed decides: a file that shrank since is partial, one that grew is read as far as listed.
                    let _ = file.visit(0..item.size, scratch, &mut |piece| {
                        reader.take(piece);
                        ControlFlow::Continue(())
                    });
                    reader.finish()
                }
            },
        }
    }
}

/// The rows of a folder on their way into the case.
struct FolderRows<'f> {
    image: i64,
    items: &'f FolderList,
    verdict: Verdict,
}

impl FolderRows<'_> {
    /// The file system and the directories that were written before the scan was broken off.
    fn written_before(
        &self,
        case: &CaseFile,
        kept: &KeptScan,
    ) -> Result<(i64, HashMap<Vec<u8>, i64>), ScanError> {
        let unfit = || ScanError::Checkpoint { path: kept.checkpoint.path.clone() };
        let &[row] = case.file_systems_read(self.image)?.as_slice() else { return Err(unfit()) };
        let paths = directories_of(self.items);
        let stored = case.directories(row)?;
        let same = stored.len() == paths.len()
            && stored.iter().zip(&paths).all(|((_, stored), (_, path))| stored == path);
        let rows = stored.into_iter().zip(paths).map(|((row, _), (raw, _))| (raw, row));
        if same { Ok((row, rows.collect())) } else { Err(unfit()) }
    }

    fn checkpoint(
        &self,
        writer: &mut ImageWriter<'_>,
        checkpoints: &mut Checkpoints<'_>,
        parts: usize,
        now: bool,
    ) -> Result<(), ScanError> {
        let covers = Covers { image: Some(self.image), parts: parts as u64, above: writer.above() };
        checkpoints.with_rows(writer, covers, now, || saved_folder(self.verdict))
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

/// The directories that items hang in, each once, in the order of the items: raw path below the folder, readable path.
fn directories_of(items: &FolderList) -> Vec<(Vec<u8>, String)> {
    let mut seen = HashSet::from([Vec::new()]);
    let mut directories = vec![(Vec::new(), "/".to_owned())];
    for item in items.items() {
        let (above, _) = split(&item.relative);
        if !seen.contains(above) {
            seen.insert(above.to_vec());
            directories.push((above.to_vec(), format!("/{}", readable_name(above, NameEncoding::Bytes))));
        }
    }
    directories
}

fn write_directories(
    writer: &mut ImageWriter<'_>,
    row: i64,
    items: &FolderList,
) -> Result<HashMap<Vec<u8>, i64>, ScanError> {
    directories_of(items).into_iter().map(|(raw, path)| Ok((raw, writer.directory(row, &path)?))).collect()
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
