//! A plain folder: every file below it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use words::{Statement, Term, term};

use analysis::StreamFacts;
use byte_source::{Scratch, read_available};
use case_model::{Disposition, path_text};
use case_store::{CaseFile, DirectoryId, EntryRow, ImageWriter, ProblemRow, RowsAbove};
use evidence::{
    FolderItem, FolderItemKind, FolderList, open_folder_file, walk_folder_unless_stopped,
};
use hash_engine::Lanes;

use crate::item::changed_evidence::change_of_item;
use crate::item::finding_rows::analysis_notes;
use crate::item::folder_progress::{FolderProgress, facts_of};
use crate::item::folder_rows::{FolderRows, PartsOfFolder, StartedFolder, folder_row, item_row};
use crate::item::item_scan::ItemScan;
use crate::item::part_rows::look_up;
use crate::item::phases::indexed::{IndexedItem, ItemContents};
use crate::item::plan_digest::plan_of_folder;
use crate::item::rows::problem_row;
use crate::resume::checkpoints::Checkpoints;
use crate::resume::earlier_scan::EarlierScan;
use crate::resume::interrupted_scan::InterruptedScan;
use crate::stream::reader::{Reading, StreamResult};
use crate::sweep::{Collector, Slot, hash_collected};
use crate::turn::commit_order::CommitTurn;
use crate::verdict::Verdict;
use crate::workers::isolation::guarded;
use crate::workers::parts::{FinishedPart, in_order};
use crate::workers::watch;
use crate::workers::work::Work;
use crate::{Event, ScanError, Stage};

/// Files up to this many bytes are hashed side by side.
const SMALL_BYTES: u64 = 256 << 10;

impl ItemScan<'_> {
    /// Indexes a folder, whose turn has come. An earlier scan of it resumes when its plan was the same.
    ///
    /// # Errors
    /// What the case file says; what was written since the last checkpoint is not there then.
    pub(crate) fn index_folder<'t, 'c>(
        &self,
        mut turn: CommitTurn<'t, 'c>,
        root: &Path,
        mut earlier: Option<InterruptedScan>,
        mut checkpoints: Checkpoints<'_>,
    ) -> Result<IndexedItem<'t, 'c>, ScanError> {
        self.observer.event(&Event::Stage(Stage::Gather));
        let spill = self.spill(&mut checkpoints);
        let items = walk_folder_unless_stopped(root, Arc::clone(&spill), self.own_lab, self.stop);
        let items = items.ok_or(ScanError::Stopped)?;
        checkpoints.plan = plan_of_folder(&items);
        let fitting = earlier.as_mut().filter(|earlier| earlier.fits(&checkpoints.plan));
        let restored = fitting.map(InterruptedScan::restored);
        let earlier = EarlierScan::of(earlier.as_ref(), restored.is_some());
        let progress = FolderProgress::new(
            &items,
            self.config,
            &spill,
            restored.unwrap_or_default(),
            self.stop,
        );
        self.report_earlier_scan(&earlier);
        let row = self.record.begin_item(turn.case(), &earlier, (&folder_row(root), None))?;
        let mut folder = FolderRows {
            image: row,
            items: &items,
            progress: &progress,
            verdict: Verdict::default(),
        };
        let above =
            self.write_rows(turn.case(), &mut folder, earlier.resumed(), &mut checkpoints)?;
        self.report_spill(&spill);
        let notes = self.checkpoint_notes(&earlier, &checkpoints, progress.not_restored());
        let contents =
            ItemContents::of_folder(folder.verdict, above, checkpoints.elapsed_ns(), notes);
        Ok(IndexedItem { turn, row, contents })
    }

    /// Writes all rows of a folder; after an error those since the last checkpoint are given up. Returns the row ids before it.
    fn write_rows(
        &self,
        case: &CaseFile,
        folder: &mut FolderRows<'_>,
        resumed: Option<&InterruptedScan>,
        checkpoints: &mut Checkpoints<'_>,
    ) -> Result<RowsAbove, ScanError> {
        let mut writer = match resumed {
            Some(earlier) => ImageWriter::resume(case, folder.image, earlier.checkpoint.above)?,
            None => ImageWriter::new(case, folder.image)?,
        };
        writer.analysers(self.config.analysers.identities())?;
        let written = folder
            .start(case, &mut writer, resumed)
            .and_then(|started| self.write_parts(&mut writer, folder, &started, checkpoints));
        match written {
            Ok(()) => Ok(writer.above()),
            Err(error) => {
                writer.abandon();
                Err(error)
            }
        }
    }

    /// Writes the parts of a folder that has its row, and at the end its count.
    fn write_parts(
        &self,
        writer: &mut ImageWriter<'_>,
        folder: &mut FolderRows<'_>,
        started: &StartedFolder,
        checkpoints: &mut Checkpoints<'_>,
    ) -> Result<(), ScanError> {
        let items = folder.items;
        let progress = folder.progress;
        let StartedFolder { row, directories, first } = started;
        let row = *row;
        let first = *first;
        self.observer.event(&Event::Stage(Stage::Hash(items.bytes())));
        let parts = items.parts();
        folder.checkpoint(writer, checkpoints, first, true)?;
        let written = in_order(
            self.pool,
            first.min(parts)..parts,
            &|part| self.work_items(part, items, progress, directories),
            &mut PartsOfFolder { rows: folder, row, writer, checkpoints, written: first },
        )?;
        if written < parts && self.stop.is_requested() {
            folder.checkpoint(writer, checkpoints, written, true)?;
            return Err(ScanError::Stopped);
        }
        if written < parts {
            return Err(ScanError::EndedEarly {
                path: path_text(&checkpoints.path),
                written,
                parts,
            });
        }
        // Its count is a part like the others: written once, and covered by the last checkpoint.
        if first <= parts {
            let listed = byte_source::length(items.len());
            writer.tally(row, term!("scan.items-folder-lists"), listed, folder.verdict.entries)?;
        }
        folder.checkpoint(writer, checkpoints, parts.saturating_add(1), true)
    }

    /// Reads the files of a part and makes its rows; `None` after a stop.
    fn work_items(
        &self,
        part_number: usize,
        items: &FolderList,
        progress: &FolderProgress,
        directories: &HashMap<Vec<u8>, DirectoryId>,
    ) -> Result<Option<FinishedPart>, ScanError> {
        let mut scratch = Scratch::new();
        let mut part = FinishedPart::default();
        let (first, items) = items.part(part_number);
        let mut known = progress.known(part_number).into_iter();
        let mut together =
            guarded(|| self.read_small(&items, &mut scratch)).unwrap_or_default().into_iter();
        for (at, item) in items.iter().enumerate() {
            let _at = watch::at(|| Work::File(item.path.clone()));
            let known = known.next().flatten();
            let small = together.next().flatten();
            let read = || self.read_item((part_number, at), item, progress, &mut scratch);
            let Some(result) = known.or(small).or_else(read).filter(|_| !self.stop.is_requested())
            else {
                return Ok(None);
            };
            self.observer.event(&Event::Advanced(item.size));
            let mut row = self.row_of_item(first.saturating_add(at), item, directories, result);
            row.problems
                .splice(0..0, file_problems(item, progress, (part_number, at), row.disposition));
            part.entries.push(row);
        }
        look_up(self.library, &mut part.entries)?;
        Ok(Some(part))
    }

    /// Returns the row of an item, with what its analysers failed at.
    fn row_of_item(
        &self,
        number: usize,
        item: &FolderItem,
        directories: &HashMap<Vec<u8>, DirectoryId>,
        result: StreamResult,
    ) -> EntryRow {
        let notes: Vec<_> = analysis_notes(0, &result.findings).collect();
        let mut row = item_row(number, item, directories, &self.config.analysers, result);
        row.problems.extend(notes.iter().map(|note| problem_row(note, Some(row.number), |at| at)));
        row
    }

    /// The small files among the items, hashed side by side in the lanes; `None` for what must be read alone.
    fn read_small(&self, items: &[FolderItem], scratch: &mut Scratch) -> Vec<Option<StreamResult>> {
        let files: Vec<Option<Vec<u8>>> =
            items.iter().map(|item| self.small_file(item, scratch)).collect();
        let Reading { selection, analysers } = self.config.reading();
        let mut collector = Collector::default();
        let mut facts: Vec<StreamFacts> = Vec::new();
        for (item, bytes) in items.iter().zip(&files) {
            if let Some(bytes) = bytes {
                collector.add_inline(bytes, 0);
                facts.push(facts_of(item, analysers));
            }
        }
        let mut lanes = Lanes::new(selection);
        let mut results = hash_collected(&collector, &facts, analysers, &mut lanes).into_iter();
        files.iter().map(|bytes| bytes.as_ref().and_then(|_| results.next())).collect()
    }

    /// Returns the bytes of a small file; `None` for what must be read alone, and after a stop.
    fn small_file(&self, item: &FolderItem, scratch: &mut Scratch) -> Option<Vec<u8>> {
        let is_small = item.kind == FolderItemKind::File && (1..=SMALL_BYTES).contains(&item.size);
        if !is_small || self.stop.is_requested() {
            return None;
        }
        let _at = watch::at(|| Work::File(item.path.clone()));
        // The size that was listed decides, as for files that are read alone.
        let file = open_folder_file(&item.path).ok()?;
        let mut bytes = vec![0; usize::try_from(item.size).ok()?];
        let (_, fault) = read_available(file.as_ref(), 0, &mut bytes, scratch);
        fault.is_none().then_some(bytes)
    }

    fn read_item(
        &self,
        slot: Slot,
        item: &FolderItem,
        progress: &FolderProgress,
        scratch: &mut Scratch,
    ) -> Option<StreamResult> {
        let skipped = |rule: Term| StreamResult::without_content(Disposition::Skipped, rule);
        Some(match &item.kind {
            FolderItemKind::File => {
                return progress.read(slot, item, self.config.reading(), scratch);
            }
            FolderItemKind::Directory => skipped(term!("skip.directory")),
            FolderItemKind::OwnLab => skipped(term!("skip.own-lab")),
            FolderItemKind::Link(_) => skipped(term!("skip.link-of-folder")),
            FolderItemKind::Special(_) => skipped(term!("skip.special")),
            FolderItemKind::Unreadable(why) => {
                let why = Statement::decode(why)
                    .unwrap_or_else(|| term!("stream.detail").with(why.as_str()));
                StreamResult::without_content(Disposition::Unreadable, why)
            }
        })
    }
}

/// Returns what is wrong with a file besides its content: it changed since it was listed, or it is left out.
fn file_problems(
    item: &FolderItem,
    progress: &FolderProgress,
    slot: Slot,
    disposition: Disposition,
) -> Vec<ProblemRow> {
    // What cannot be looked at is unreadable already.
    if item.kind != FolderItemKind::File || disposition == Disposition::Unreadable {
        return Vec::new();
    }
    change_of_item(item).into_iter().chain(progress.problem_of(slot)).collect()
}
