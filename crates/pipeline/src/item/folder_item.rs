//! A plain folder: every file below it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use words::{Statement, Term, term};

use analysis::StreamFacts;
use byte_source::{Scratch, read_available};
use case_model::{Digests, Disposition, path_text};
use case_store::{CaseFile, DirectoryId, ImageWriter};
use evidence::{FolderItem, FolderItemKind, FolderList, open_folder_file, walk_folder_unless_stopped};
use hash_engine::Lanes;

use crate::item::changed_evidence::change_of_item;
use crate::item::finding_rows::analysis_notes;
use crate::item::folder_progress::{FolderProgress, facts_of};
use crate::item::folder_rows::{
    FolderRows, PartsOfFolder, folder_row, item_row, write_directories, write_folder,
};
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
use crate::workers::watch::{self, Work};
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
        let progress =
            FolderProgress::new(&items, self.config, &spill, restored.unwrap_or_default(), self.stop);
        self.report_earlier_scan(&earlier);
        let case = turn.case();
        let row = self.record.begin_item(case, &earlier, (&folder_row(root), None))?;
        let resumed = earlier.resumed();
        let mut writer = match resumed {
            Some(earlier) => ImageWriter::resume(case, row, earlier.checkpoint.above)?,
            None => ImageWriter::new(case, row)?,
        };
        writer.analysers(self.config.analysers.identities())?;
        let verdict = Verdict::default();
        let mut folder = FolderRows { image: row, items: &items, progress: &progress, verdict };
        if let Err(error) = self.write_parts(case, &mut writer, &mut folder, resumed, &mut checkpoints) {
            writer.abandon();
            return Err(error);
        }
        self.report_spill(&spill);
        let contents = ItemContents {
            verdict: folder.verdict,
            medium_complete: None,
            digests: Digests::default(),
            unreadable: Vec::new(),
            above: writer.above(),
            scan_ns: checkpoints.elapsed_ns(),
            checkpoint_notes: self.checkpoint_notes(&earlier, &checkpoints, progress.not_restored()),
        };
        drop(writer);
        Ok(IndexedItem { turn, row, contents })
    }

    fn write_parts(
        &self,
        case: &CaseFile,
        writer: &mut ImageWriter<'_>,
        folder: &mut FolderRows<'_>,
        kept: Option<&InterruptedScan>,
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
        let progress = folder.progress;
        let written = in_order(
            self.pool,
            first.min(parts)..parts,
            &|part| self.work_items(part, items, progress, &directories),
            &mut PartsOfFolder { rows: folder, row, writer, checkpoints, written: first },
        )?;
        if written < parts && self.stop.is_requested() {
            folder.checkpoint(writer, checkpoints, written, true)?;
            return Err(ScanError::Stopped);
        }
        if written < parts {
            return Err(ScanError::EndedEarly { path: path_text(&checkpoints.path), written, parts });
        }
        // Its count is a part like the others: written once, and covered by the last checkpoint.
        if first <= parts {
            writer.tally(
                row,
                term!("scan.items-folder-lists"),
                items.len() as u64,
                folder.verdict.entries,
            )?;
        }
        folder.checkpoint(writer, checkpoints, parts + 1, true)
    }

    /// Reads the files of a part and makes its rows; `None` after a stop.
    fn work_items(
        &self,
        number: usize,
        items: &FolderList,
        progress: &FolderProgress,
        directories: &HashMap<Vec<u8>, DirectoryId>,
    ) -> Result<Option<FinishedPart>, ScanError> {
        let mut scratch = Scratch::new();
        let mut part = FinishedPart::default();
        let (first, items) = items.part(number);
        let mut known = progress.known(number).into_iter();
        let mut together = guarded(|| self.read_small(&items, &mut scratch)).unwrap_or_default().into_iter();
        for (at, item) in items.iter().enumerate() {
            let _at = watch::at(|| Work::File(item.path.clone()));
            let (known, small) = (known.next().flatten(), together.next().flatten());
            let read = || self.read_item((number, at), item, progress, &mut scratch);
            let Some(result) = known.or(small).or_else(read).filter(|_| !self.stop.is_requested()) else {
                return Ok(None);
            };
            self.observer.event(&Event::Advanced(item.size));
            let notes = analysis_notes(0, &result.findings).collect::<Vec<_>>();
            let mut row = item_row(first + at, item, directories, &self.config.analysers, result);
            // What cannot be looked at is unreadable already.
            if matches!(item.kind, FolderItemKind::File) && row.disposition != Disposition::Unreadable {
                row.problems.extend(change_of_item(item));
                row.problems.extend(progress.problem_of((number, at)));
            }
            row.problems.extend(notes.iter().map(|note| problem_row(note, Some(row.number), |at| at)));
            part.entries.push(row);
        }
        look_up(self.library, &mut part.entries)?;
        Ok(Some(part))
    }

    /// The small files among the items, hashed side by side in the lanes; `None` for what must be read alone.
    fn read_small(&self, items: &[FolderItem], scratch: &mut Scratch) -> Vec<Option<StreamResult>> {
        let small = |item: &&FolderItem| {
            let is_small = item.kind == FolderItemKind::File && (1..=SMALL_BYTES).contains(&item.size);
            is_small && !self.stop.is_requested()
        };
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
        let Reading { selection, analysers } = self.config.reading();
        let is_read = |(item, bytes): (&FolderItem, &Option<Vec<u8>>)| {
            bytes.as_ref().map(|_| facts_of(item, analysers))
        };
        let facts: Vec<StreamFacts> = items.iter().zip(&files).filter_map(is_read).collect();
        let mut lanes = Lanes::new(selection);
        let mut results = hash_collected(&collector, &facts, analysers, &mut lanes).into_iter();
        files.iter().map(|bytes| bytes.as_ref().and_then(|_| results.next())).collect()
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
            FolderItemKind::File => return progress.read(slot, item, self.config.reading(), scratch),
            FolderItemKind::Directory => skipped(term!("skip.directory")),
            FolderItemKind::OwnLab => skipped(term!("skip.own-lab")),
            FolderItemKind::Link(_) => skipped(term!("skip.link-of-folder")),
            FolderItemKind::Special(_) => skipped(term!("skip.special")),
            FolderItemKind::Unreadable(why) => {
                let why = Statement::decode(why).unwrap_or_else(|| term!("stream.detail").with(why.as_str()));
                StreamResult::without_content(Disposition::Unreadable, why)
            }
        })
    }
}
