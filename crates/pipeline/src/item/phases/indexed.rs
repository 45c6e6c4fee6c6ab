//! An item whose rows are all in the case.

use case_model::{Digests, UnreadableRange};
use case_store::{ImageId, RowsAbove};
use crossbeam_channel::unbounded;
use evidence::{EvidenceImage, ReadableFileSystem};
use words::Statement;

use crate::item::first_look::FirstLook;
use crate::item::image_rows::{FinishedParts, ImageRows, WrittenRows};
use crate::item::part_rows::PartRows;
use crate::item::phases::opened::OpenedImage;
use crate::item::phases::planned::PlannedImage;
use crate::item::phases::registered::{RegisteredImage, WaitingImage};
use crate::item::progress::Progress;
use crate::item::row_maker::RowMaker;
use crate::resume::checkpoints::Checkpoints;
use crate::resume::earlier_scan::EarlierScan;
use crate::sweep::{StopOnDrop, Sweep, SweepResult, WorkerTools, spawn_workers};
use crate::turn::commit_order::CommitTurn;
use crate::turn::item_turn::ItemTurn;
use crate::verdict::Verdict;
use crate::{Event, ScanError, Stage};

/// An item with all rows, and without a verdict. It has its turn until it is certified.
pub(crate) struct IndexedItem<'t, 'c> {
    pub(crate) turn: CommitTurn<'t, 'c>,
    pub(crate) row: ImageId,
    pub(crate) contents: ItemContents,
}

/// What the scan of an item gave.
pub(crate) struct ItemContents {
    pub(crate) verdict: Verdict,
    /// `None` for a folder.
    pub(crate) medium_complete: Option<bool>,
    pub(crate) digests: Digests,
    /// Unreadable ranges of the medium: first byte, length, why.
    pub(crate) unreadable: Vec<UnreadableRange>,
    /// Row ids that existed before this item: its own rows have larger ids.
    pub(crate) above: RowsAbove,
    /// Time of work on it, in nanoseconds.
    pub(crate) scan_ns: u64,
    /// What checkpoints did without. It depends on the run, so the index does not hold it.
    pub(crate) checkpoint_notes: Vec<Statement>,
}

impl ItemContents {
    /// Returns what the scan of a folder gave: it has no medium.
    pub(crate) fn of_folder(
        verdict: Verdict,
        above: RowsAbove,
        scan_ns: u64,
        checkpoint_notes: Vec<Statement>,
    ) -> Self {
        Self {
            verdict,
            medium_complete: None,
            digests: Digests::default(),
            unreadable: Vec::new(),
            above,
            scan_ns,
            checkpoint_notes,
        }
    }
}

impl PlannedImage<'_> {
    /// Sweeps the medium and, when the item's turn has come, registers the image and writes its index.
    ///
    /// # Errors
    /// What the case file says; what was written since the last checkpoint is not there then.
    pub(crate) fn sweep<'t, 'c>(
        self,
        turn: &ItemTurn<'t, 'c>,
    ) -> Result<IndexedItem<'t, 'c>, ScanError> {
        let Self { opened, spill, mut file_systems, parts, plan, resumes } = self;
        let OpenedImage { scan, image, row, parent, windows, earlier, mut checkpoints, .. } =
            opened;
        let earlier = EarlierScan::of(earlier.as_ref(), resumes);
        scan.report_earlier_scan(&earlier);
        scan.observer.event(&Event::Stage(Stage::Hash(work_bytes(image, &file_systems))));
        let progress = Progress::new(scan.observer);
        let advanced = |bytes: u64| progress.advance(bytes);
        let mut sweep =
            Sweep::new(image.image.medium.as_ref(), windows, &image.files, plan, &advanced);
        sweep.stop_on(scan.stop);
        if let Some((_, first_look)) = file_systems.first_mut() {
            first_look.problems.extend(sweep.left_out().problems());
        }
        let part_rows =
            PartRows { config: scan.config, library: scan.library, advanced: &advanced };
        let maker = RowMaker::new(part_rows, &parts);
        let waiting =
            WaitingImage { scan, image, row: (row, parent), earlier: &earlier, file_systems };
        let Some((turn, row, written)) = waiting.index(turn, &sweep, &maker, &mut checkpoints)?
        else {
            // Stopped while it waited. The workers have ended: all that they did is in it.
            checkpoints.without_rows_now(&sweep);
            return Err(ScanError::Stopped);
        };
        let medium = sweep.finish();
        scan.report_sweep(&medium, windows.is_some());
        scan.report_spill(&spill);
        let notes = scan.checkpoint_notes(&earlier, &checkpoints, medium.not_restored);
        let contents = judge(image, medium, written, (checkpoints.elapsed_ns(), notes));
        Ok(IndexedItem { turn, row, contents })
    }
}

impl<'o> WaitingImage<'_, 'o> {
    /// Lets workers sweep, and writes the index on this thread when the item's turn has come. `None`: stopped before that.
    fn index<'t, 'c>(
        self,
        turn: &ItemTurn<'t, 'c>,
        sweep: &Sweep<'_>,
        maker: &RowMaker<'_, 'o>,
        checkpoints: &mut Checkpoints<'_>,
    ) -> Result<Option<(CommitTurn<'t, 'c>, ImageId, WrittenRows)>, ScanError> {
        let pool = self.scan.pool;
        let rows =
            |part: usize, results, tools: &mut WorkerTools| maker.rows_of(part, results, tools);
        let (done, made) = unbounded();
        pool.in_place_scope(|scope| {
            let _stop = StopOnDrop(sweep);
            spawn_workers(scope, pool.current_num_threads(), sweep, &rows, done);
            match self.register(turn, sweep, maker, checkpoints) {
                Err(ScanError::Stopped) => Ok(None),
                Err(error) => Err(error),
                Ok(registered) => registered.index(made, checkpoints).map(Some),
            }
        })
    }
}

impl<'t, 'c> RegisteredImage<'_, '_, 't, 'c> {
    /// Writes what the first looks found, opens the rows to the workers, and writes what they make.
    ///
    /// # Errors
    /// What the case file says; rows since the last checkpoint are given up then.
    pub(crate) fn index(
        mut self,
        made: FinishedParts,
        checkpoints: &mut Checkpoints<'_>,
    ) -> Result<(CommitTurn<'t, 'c>, ImageId, WrittenRows), ScanError> {
        let case = &*self.turn.case();
        let mut writer = ImageRows::begin(case, self.row, self.earlier, self.analysers)?;
        let found = match self.earlier {
            Some(earlier) => writer.found_before(case, earlier, self.image, self.file_systems),
            None => writer.write_found(self.image, self.file_systems),
        };
        let written = found.and_then(|found| {
            let found = self.maker.start(found);
            self.sweep.open_rows();
            writer.write_parts(self.sweep, made, found, self.maker.parts(), checkpoints)
        });
        let written = writer.end(written)?;
        Ok((self.turn, self.row, written))
    }
}

/// Returns the bytes of the medium and of all streams.
fn work_bytes(opened: &EvidenceImage, file_systems: &[(ReadableFileSystem<'_>, FirstLook)]) -> u64 {
    let streams = file_systems.iter().map(|(_, first_look)| first_look.stream_bytes);
    streams.fold(opened.image.medium.len(), u64::saturating_add)
}

/// Compares the digests that the container stores, and counts the bytes that could not be read.
fn judge(
    opened: &EvidenceImage,
    medium: SweepResult,
    written: WrittenRows,
    (scan_ns, checkpoint_notes): (u64, Vec<Statement>),
) -> ItemContents {
    let mut verdict = written.verdict;
    verdict.unreadable_bytes =
        medium.unreadable.iter().fold(0_u64, |sum, range| sum.saturating_add(range.length));
    let wrong = opened.image.stored_digests.iter().filter(|stored| {
        medium.digests.get(stored.algorithm).is_some_and(|digest| digest != stored.digest)
    });
    verdict.wrong_digests = byte_source::length(wrong.count());
    ItemContents {
        verdict,
        medium_complete: Some(medium.unreadable.is_empty()),
        digests: medium.digests,
        unreadable: medium.unreadable,
        above: written.above,
        scan_ns,
        checkpoint_notes,
    }
}
