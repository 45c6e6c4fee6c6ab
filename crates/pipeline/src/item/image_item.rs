//! An image: from the container to the verdict.

use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use words::{Statement, Term, term};

use byte_source::Problem;
use case_model::{Algorithm, Digests, StopToken, UnreadableRange};
use case_store::{CaseFile, DirectoryId, FileSystemId, ImageId, RowsAbove};
use crossbeam_channel::{Receiver, unbounded};
use evidence::{EvidenceImage, OnMedium, OpenVolume, ReadableFileSystem, Spill};
use filesystem::FileSystem;
use hash_engine::Selection;
use hash_set::Library;
use rayon::ThreadPool;

use crate::item::gather::{FirstLook, Plans, gather};
use crate::item::image_rows::ImageRows;
use crate::item::part_rows::PartRows;
use crate::item::plan_digest::plan_of_image;
use crate::item::rows::problem_row;
use crate::resume::checkpoints::Checkpoints;
use crate::resume::interrupted_scan::InterruptedScan;
use crate::run::commit_order::CommitTurn;
use crate::sweep::{
    PlannedStreams, RestoredSweep, StopOnDrop, Sweep, SweepPlan, SweepResult, SweepVolume, WindowedMedium,
    WorkerTools, spawn_workers,
};
use crate::verdict::Verdict;
use crate::workers::isolation::guarded;
use crate::workers::parts::FinishedPart;
use crate::{Event, Observer, ScanConfig, ScanError, Stage};

/// Of the memory, the part for names, jobs and results: a quarter, as for decoded windows. The rest is for SQLite, rows on their way and the
/// workers.
const NAMES_SHARE: u64 = 4;

/// What a scan of an image needs.
pub(crate) struct ImageScan<'s> {
    pub(crate) pool: &'s ThreadPool,
    pub(crate) config: &'s ScanConfig,
    pub(crate) library: &'s Library,
    pub(crate) observer: &'s dyn Observer,
    pub(crate) stop: &'s StopToken,
    /// Where temporary files may lie.
    pub(crate) temporary: &'s Path,
    /// The lab's own folder: no evidence.
    pub(crate) own_lab: Option<&'s Path>,
}

/// What a scan of an image gave.
pub(crate) struct ScannedImage {
    pub(crate) verdict: Verdict,
    pub(crate) medium_complete: Option<bool>,
    pub(crate) digests: Digests,
    pub(crate) unreadable: Vec<UnreadableRange>,
    /// What the row numbers of its rows are above.
    pub(crate) above: RowsAbove,
    /// Worked on it, in nanoseconds.
    pub(crate) scan_ns: u64,
}

/// An earlier scan of the item was broken off.
pub(crate) enum BrokenOff<'k> {
    /// It goes on.
    GoesOn(&'k InterruptedScan),
    /// It was a scan of other evidence.
    Other(&'k InterruptedScan),
}

/// Waits for the item's turn (what is given is called now and then meanwhile) and gives the row of the item.
pub(crate) type Begin<'f, 't, 'c> =
    dyn Fn(Option<BrokenOff<'_>>, &dyn Fn()) -> Result<(CommitTurn<'t, 'c>, ImageId), ScanError> + 'f;

/// A file system that is being indexed.
pub(crate) struct IndexedFileSystem<'i> {
    pub(crate) row: FileSystemId,
    pub(crate) file_system: &'i dyn FileSystem,
    pub(crate) volume: &'i OpenVolume,
    pub(crate) gathered: FirstLook,
    pub(crate) directories: Vec<DirectoryId>,
}

impl<'i> IndexedFileSystem<'i> {
    /// Where its bytes are on the medium.
    pub(crate) fn on_medium(&self) -> OnMedium<'i> {
        OnMedium { extents: &self.volume.volume.extents }
    }
}

/// The parts of all record tables of an image: which of its file systems, which slots.
pub(crate) type Parts = Vec<(usize, Range<u64>)>;
/// What the workers made of parts.
pub(crate) type Made = Receiver<(usize, Result<FinishedPart, ScanError>)>;

impl ImageScan<'_> {
    /// Reads an image and, when its turn has come (`begin` gives its row), writes its index. A scan of it that was `kept` goes on.
    ///
    /// # Errors
    /// What the case file says; what was written since the last checkpoint is not there then.
    pub(crate) fn run<'t, 'c>(
        &self,
        path: &Path,
        opened: &EvidenceImage,
        windows: Option<&WindowedMedium>,
        mut kept: Option<InterruptedScan>,
        mut checkpoints: Checkpoints<'_>,
        begin: &Begin<'_, 't, 'c>,
    ) -> Result<(CommitTurn<'t, 'c>, ImageId, ScannedImage), ScanError> {
        self.observer.event(&Event::Reading(&how_it_is_read(opened, self.pool.current_num_threads())));
        self.observer.event(&Event::Stage(Stage::Gather));
        let spill = self.spill(&mut checkpoints);
        let streams = PlannedStreams::new(opened.image.medium.len(), Arc::clone(&spill));
        let mut gathered = self.gather(opened, &streams)?;
        checkpoints.plan = plan_of_image(path, opened, &gathered);
        let (parts, mut plan) = self.plan(opened, &gathered, streams);
        let goes_on = go_on_with(kept.as_mut(), &mut plan, &mut checkpoints);
        let end = || kept.as_ref().map(if goes_on { BrokenOff::GoesOn } else { BrokenOff::Other });
        self.tell_what_becomes_of(end().as_ref());
        self.observer.event(&Event::Stage(Stage::Hash(work_bytes(opened, &gathered))));
        let unreported = AtomicU64::new(0);
        let advanced = |bytes: u64| self.advance(&unreported, bytes);
        let mut sweep = Sweep::new(opened.image.medium.as_ref(), windows, &opened.files, plan, &advanced);
        sweep.stop_on(self.stop);
        if let Some((_, gathered)) = gathered.first_mut() {
            gathered.problems.extend(sweep.left_out().problems());
        }
        let maker = PartRows { config: self.config, library: self.library, advanced: &advanced };
        let indexed: OnceLock<Vec<IndexedFileSystem<'_>>> = OnceLock::new();
        let rows = |part: usize, results, tools: &mut WorkerTools| {
            let place = parts.get(part).and_then(|(item, range)| Some((indexed.get()?.get(*item)?, range)));
            let Some((item, range)) = place else { return Ok(FinishedPart::default()) };
            guarded(|| maker.of_part(item, range.clone(), results, tools))
                .unwrap_or_else(|problem| Ok(rows_not_made(item, &problem)))
        };
        let (done, made) = unbounded();
        let written = self.pool.in_place_scope(|scope| {
            let _stop = StopOnDrop(&sweep);
            spawn_workers(scope, self.pool.current_num_threads(), &sweep, &rows, done);
            let (mut turn, row) = match begin(end(), &|| checkpoints.without_rows(&sweep)) {
                Err(ScanError::Stopped) => return Ok(None),
                other => other?,
            };
            let write = |case: &CaseFile| {
                let kept = kept.as_ref().filter(|kept| goes_on && kept.checkpoint.image.is_some());
                let mut writer = ImageRows::begin(case, row, kept, &self.config.analysers)?;
                let found = match kept {
                    Some(kept) => writer.found_before(case, kept, opened, gathered),
                    None => writer.write_found(opened, gathered),
                };
                let written = found.and_then(|found| {
                    let found = indexed.get_or_init(|| found);
                    sweep.open_rows();
                    writer.write_parts(&sweep, made, found, &parts, &mut checkpoints)
                });
                writer.end(written)
            };
            let (verdict, above) = write(turn.case())?;
            Ok::<_, ScanError>(Some((turn, row, verdict, above)))
        })?;
        let Some((turn, row, verdict, above)) = written else {
            // Stopped while it waited. The workers have ended: all that they did is in it.
            checkpoints.without_rows_now(&sweep);
            return Err(ScanError::Stopped);
        };
        let medium = sweep.finish();
        self.tell_what_was_read_again(&medium, windows.is_some());
        self.tell_where_names_were(&spill);
        Ok((turn, row, judge(opened, medium, verdict, above, checkpoints.elapsed_ns())))
    }

    /// What becomes of an earlier scan of the item.
    pub(crate) fn tell_what_becomes_of(&self, end: Option<&BrokenOff<'_>>) {
        let what = match end {
            None => return,
            Some(BrokenOff::GoesOn(kept)) => {
                term!("event.goes-on").with(kept.item.sweep.describe()).with(kept.checkpoint.parts)
            }
            Some(BrokenOff::Other(_)) => term!("event.other-evidence").into(),
        };
        self.observer.event(&Event::BrokenOff(&what));
    }

    /// The first look at every file system, in the order of the volumes; the streams that are to be read go into `streams`.
    ///
    /// # Errors
    /// [`ScanError::Stopped`] after a stop.
    fn gather<'i>(
        &self,
        opened: &'i EvidenceImage,
        streams: &PlannedStreams,
    ) -> Result<Vec<(ReadableFileSystem<'i>, FirstLook)>, ScanError> {
        let medium = opened.image.medium.as_ref();
        let lent = (medium.grain() <= 1).then_some(medium);
        let mut parts_before = 0;
        let first_look = |(volume, readable): (usize, ReadableFileSystem<'i>)| {
            let plans = Plans {
                streams,
                volume,
                parts_before,
                lent,
                selection: self.config.digests,
                analysers: &self.config.analysers,
                stop: self.stop,
            };
            let look = || gather(readable.file_system, &readable.on_medium(), &plans);
            let gathered = self.pool.install(look)?;
            parts_before += gathered.parts.len();
            Ok((readable, gathered))
        };
        opened.readable().enumerate().map(first_look).collect()
    }

    fn plan<'i>(
        &'i self,
        opened: &EvidenceImage,
        gathered: &[(ReadableFileSystem<'i>, FirstLook)],
        streams: PlannedStreams,
    ) -> (Parts, SweepPlan<'i>) {
        let parts = gathered.iter().enumerate().flat_map(|(number, (_, gathered))| {
            gathered.parts.iter().map(move |part| (number, part.clone()))
        });
        let volumes = gathered.iter().map(|(readable, _)| SweepVolume {
            source: readable.file_system.volume().as_ref(),
            medium: readable.on_medium(),
        });
        let plan = SweepPlan {
            volumes: volumes.collect(),
            streams,
            medium_digests: medium_selection(opened),
            stream_digests: self.config.digests,
            analysers: &self.config.analysers,
            most_unstored_bytes: self.config.max_unstored_bytes,
            memory_bytes: self.config.memory_bytes,
            restored: RestoredSweep::default(),
        };
        (parts.collect(), plan)
    }

    /// Memory for names, jobs and results; nothing is committed after it failed.
    pub(crate) fn spill(&self, checkpoints: &mut Checkpoints<'_>) -> Arc<Spill> {
        let most_bytes = self.config.memory_bytes / NAMES_SHARE;
        let spill = Arc::new(Spill::new(self.temporary.to_owned(), most_bytes));
        checkpoints.spill = Some(Arc::clone(&spill));
        spill
    }

    pub(crate) fn tell_where_names_were(&self, spill: &Spill) {
        if let Some(why) = spill.over_limit() {
            self.observer.event(&Event::Memory(&term!("memory.over-limit").with(why), true));
        }
        let bytes = spill.spilled_bytes();
        if bytes > 0 {
            let what = term!("memory.spilled").with(bytes).with(self.temporary.as_os_str());
            self.observer.event(&Event::Memory(&what, false));
        }
    }

    fn tell_what_was_read_again(&self, medium: &SweepResult, coded: bool) {
        let tell = |how: Term, value: u64| {
            if value > 0 {
                self.observer.event(&Event::Reading(&how.with(value)));
            }
        };
        tell(term!("reading.given-up"), medium.given_up);
        tell(term!("reading.let-go"), medium.times_let_go);
        let again = if coded { term!("reading.decoded-again") } else { term!("reading.read-again") };
        tell(again, medium.read_again);
    }

    /// Tells progress in steps of some megabytes: workers call this for every piece.
    fn advance(&self, unreported: &AtomicU64, bytes: u64) {
        const STEP_BYTES: u64 = 4 << 20;
        let sum = unreported.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if sum >= STEP_BYTES {
            self.observer.event(&Event::Advanced(unreported.swap(0, Ordering::Relaxed)));
        }
    }
}

/// Lets the plan go on after an earlier scan, when that was one of the same plan. Returns whether it does.
fn go_on_with(
    kept: Option<&mut InterruptedScan>,
    plan: &mut SweepPlan<'_>,
    checkpoints: &mut Checkpoints<'_>,
) -> bool {
    let Some(kept) = kept.filter(|kept| kept.fits(&checkpoints.plan)) else { return false };
    plan.restored = kept.restored();
    checkpoints.written = kept.written();
    true
}

/// Returns the bytes of the medium and of all streams.
fn work_bytes(opened: &EvidenceImage, gathered: &[(ReadableFileSystem<'_>, FirstLook)]) -> u64 {
    let streams = gathered.iter().map(|(_, gathered)| gathered.stream_bytes);
    streams.fold(opened.image.medium.len(), u64::saturating_add)
}

/// How the evidence is read, and why.
fn how_it_is_read(opened: &EvidenceImage, workers: usize) -> Statement {
    let pass = match opened.image.medium.grain() {
        0 | 1 => term!("reading.pass-plain").into(),
        grain => term!("reading.pass-coded").with(u64::from(grain)).with(workers as u64),
    };
    term!("reading.pass").with(opened.reading).with(pass)
}

/// The rows of a part could not be made: what the panic was says so, and the item is not complete.
fn rows_not_made(item: &IndexedFileSystem<'_>, problem: &Problem) -> FinishedPart {
    let medium = item.on_medium();
    let problems = vec![problem_row(problem, None, |at| medium.at(at))];
    FinishedPart { problems, ..FinishedPart::default() }
}

/// SHA-256 and BLAKE3, and what the container stores.
fn medium_selection(opened: &EvidenceImage) -> Selection {
    let stores = |algorithm| opened.image.stored_digests.iter().any(|stored| stored.algorithm == algorithm);
    Selection { md5: stores(Algorithm::Md5), sha1: stores(Algorithm::Sha1), ..Selection::MEDIUM }
}

fn judge(
    opened: &EvidenceImage,
    medium: SweepResult,
    mut verdict: Verdict,
    above: RowsAbove,
    scan_ns: u64,
) -> ScannedImage {
    verdict.unreadable_bytes =
        medium.unreadable.iter().fold(0_u64, |sum, range| sum.saturating_add(range.length));
    verdict.wrong_digests = opened
        .image
        .stored_digests
        .iter()
        .filter(|stored| medium.digests.get(stored.algorithm).is_some_and(|digest| digest != stored.digest))
        .count() as u64;
    ScannedImage {
        verdict,
        medium_complete: Some(medium.unreadable.is_empty()),
        digests: medium.digests,
        unreadable: medium.unreadable,
        above,
        scan_ns,
    }
}
