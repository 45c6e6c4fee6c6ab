//! An image: from the container to the verdict.

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use case_model::{Algorithm, Digests};
use case_store::{ImageWriter, RowsAbove};
use crossbeam_channel::{Receiver, unbounded};
use evidence::{EvidenceImage, OnMedium, OpenVolume, ReadableFileSystem};
use filesystem::FileSystem;
use hash_engine::Selection;
use hash_set::Library;
use rayon::ThreadPool;

use crate::gather::{Gathered, gather};
use crate::image_rows::{write_found, write_parts};
use crate::part_rows::PartRows;
use crate::parts::FinishedPart;
use crate::sweep::{
    StopOnDrop, Sweep, SweepPlan, SweepResult, SweepVolume, WindowedMedium, WorkerTools, spawn_workers,
};
use crate::turns::Turn;
use crate::verdict::Verdict;
use crate::{Event, Observer, ScanConfig, ScanError, Stage};

/// What a scan of an image needs.
pub(crate) struct ImageScan<'s> {
    pub(crate) pool: &'s ThreadPool,
    pub(crate) config: &'s ScanConfig,
    pub(crate) library: &'s Library,
    pub(crate) observer: &'s dyn Observer,
}

/// What a scan of an image gave.
pub(crate) struct ImageScanned {
    pub(crate) verdict: Verdict,
    pub(crate) medium_complete: Option<bool>,
    pub(crate) digests: Digests,
    pub(crate) unreadable: Vec<(u64, u64, String)>,
    /// What the row numbers of its rows are above.
    pub(crate) above: RowsAbove,
}

/// A file system that is being indexed.
pub(crate) struct Indexed<'i> {
    pub(crate) row: i64,
    pub(crate) file_system: &'i dyn FileSystem,
    pub(crate) volume: &'i OpenVolume,
    pub(crate) gathered: Gathered,
    pub(crate) directories: Vec<i64>,
}

impl<'i> Indexed<'i> {
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
    /// Reads an image and, when its turn has come (`take_turn` registers it and gives its row), writes its index.
    ///
    /// # Errors
    /// What the case file says; the rows of the last batch are not there then.
    pub(crate) fn run<'t, 'c>(
        &self,
        opened: &EvidenceImage,
        windows: Option<&WindowedMedium>,
        take_turn: &dyn Fn() -> Result<(Turn<'t, 'c>, i64), ScanError>,
    ) -> Result<(Turn<'t, 'c>, i64, ImageScanned), ScanError> {
        self.observer.event(&Event::Reading(&how_it_is_read(opened, self.pool.current_num_threads())));
        self.observer.event(&Event::Stage(Stage::Gather));
        let mut gathered = self.gather(opened);
        let (parts, plan) = self.plan(opened, &mut gathered);
        let work = gathered
            .iter()
            .map(|item| item.1.stream_bytes)
            .fold(opened.image.medium.len(), u64::saturating_add);
        self.observer.event(&Event::Stage(Stage::Hash(work)));
        let unreported = AtomicU64::new(0);
        let advanced = |bytes: u64| self.advance(&unreported, bytes);
        let sweep = Sweep::new(opened.image.medium.as_ref(), windows, &opened.files, plan, &advanced);
        let maker = PartRows { config: self.config, library: self.library, advanced: &advanced };
        let indexed: OnceLock<Vec<Indexed<'_>>> = OnceLock::new();
        let rows = |part: usize, results, tools: &mut WorkerTools| {
            let place = parts.get(part).and_then(|(item, range)| Some((indexed.get()?.get(*item)?, range)));
            match place {
                Some((item, range)) => maker.of_part(item, range.clone(), results, tools),
                None => Ok(FinishedPart::default()),
            }
        };
        let (done, made) = unbounded();
        let (turn, row, verdict, above) = self.pool.in_place_scope(|scope| {
            let _stop = StopOnDrop(&sweep);
            spawn_workers(scope, self.pool.current_num_threads(), &sweep, &rows, done);
            let (mut turn, row) = take_turn()?;
            let mut writer = ImageWriter::new(turn.case(), row)?;
            let mut verdict = Verdict::default();
            let written = write_found(&mut writer, opened, gathered, &mut verdict).and_then(|found| {
                let found = indexed.get_or_init(|| found);
                sweep.open_rows();
                write_parts(&mut writer, &sweep, made, found, &parts, &mut verdict)
            });
            match written {
                Ok(()) => {
                    let above = writer.finish()?;
                    Ok((turn, row, verdict, above))
                }
                Err(error) => {
                    writer.abandon();
                    Err(error)
                }
            }
        })?;
        let medium = sweep.finish();
        self.tell_what_was_read_again(&medium, windows.is_some());
        Ok((turn, row, judge(opened, medium, verdict, above)))
    }

    /// The first look at every file system, in the order of the volumes.
    fn gather<'i>(&self, opened: &'i EvidenceImage) -> Vec<(ReadableFileSystem<'i>, Gathered)> {
        opened
            .readable()
            .map(|readable| {
                let medium = readable.on_medium();
                let limit = self.config.max_hole_bytes;
                (readable, self.pool.install(|| gather(readable.file_system, &medium, limit)))
            })
            .collect()
    }

    fn plan<'i>(
        &self,
        opened: &EvidenceImage,
        gathered: &mut [(ReadableFileSystem<'i>, Gathered)],
    ) -> (Parts, SweepPlan<'i>) {
        let mut parts = Vec::new();
        let mut drafts = Vec::new();
        for (number, (_, gathered)) in gathered.iter_mut().enumerate() {
            parts.extend(gathered.parts.iter().map(|part| (number, part.clone())));
            drafts.extend(std::mem::take(&mut gathered.drafts).into_iter().map(|drafts| (number, drafts)));
        }
        let volumes = gathered.iter().map(|(readable, _)| SweepVolume {
            source: readable.file_system.volume().as_ref(),
            medium: readable.on_medium(),
        });
        let plan = SweepPlan {
            volumes: volumes.collect(),
            drafts,
            medium_digests: medium_selection(opened),
            stream_digests: self.config.digests,
            memory_bytes: self.config.memory_bytes,
        };
        (parts, plan)
    }

    fn tell_what_was_read_again(&self, medium: &SweepResult, coded: bool) {
        if medium.read_again > 0 {
            let how = if coded { "decoded again" } else { "perhaps read again from the device" };
            let bytes = medium.read_again;
            let text = format!("the pass, but {bytes} bytes of fragments that lay far apart were {how}");
            self.observer.event(&Event::Reading(&text));
        }
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

/// How the evidence is read, and why.
fn how_it_is_read(opened: &EvidenceImage, workers: usize) -> String {
    let pass = match opened.image.medium.grain() {
        0 | 1 => "one pass from the first byte to the last, streams right behind it on the pages that it brought into memory".to_owned(),
        grain => format!("one pass; units of {grain} bytes are decoded once by {workers} workers, into windows that all digests share"),
    };
    format!("{}; {pass}", opened.reading)
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
) -> ImageScanned {
    verdict.unreadable_bytes =
        medium.unreadable.iter().fold(0, |sum, (_, length, _)| sum.saturating_add(*length));
    verdict.wrong_digests = opened
        .image
        .stored_digests
        .iter()
        .filter(|stored| medium.digests.get(stored.algorithm).is_some_and(|digest| digest != stored.digest))
        .count() as u64;
    ImageScanned {
        verdict,
        medium_complete: Some(medium.unreadable.is_empty()),
        digests: medium.digests,
        unreadable: medium.unreadable,
        above,
    }
}
