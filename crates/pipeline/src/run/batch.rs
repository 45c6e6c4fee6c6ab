//! The items of a run: read side by side, written one after the other.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use byte_source::{Scratch, Source};
use case_model::{StopToken, path_text, to_hex};
use case_store::{CaseFile, ImageId, ImageRow, RunId};
use crossbeam_channel::{Sender, bounded};
use custody::content::{
    Claim, DecimalText, ItemDiscardedContent, ItemResumedContent, RegisterContent, StoredDigest,
};
use evidence::{
    EvidenceError, EvidenceImage, ImageAddress, Locator, OuterImage, look_inside, open_container,
};
use filesystem::OpenOptions;
use hash_set::Library;
use rayon::ThreadPool;

use crate::error::unless_stopped;
use crate::item::folder_rows::folder_row;
use crate::item::image_item::{BrokenOff, ImageScan};
use crate::item::image_rows::image_row;
use crate::item::item_end::End;
use crate::item::nested::{nested_of_folder, nested_of_image};
use crate::resume::checkpoints::{Checkpoints, Mailbox};
use crate::resume::interrupted_scan::InterruptedScan;
use crate::run::commit_order::{CommitOrder, CommitTurn};
use crate::run::deferred_events::DeferredEvents;
use crate::run::nested::{Inside, Outer, ScanItem};
use crate::run::scan::{MAX_LISTED, all_done, count};
use crate::sweep::WindowedMedium;
use crate::workers::pool::start_watched_pool;
use crate::workers::watch::Watch;
use crate::{EntryAuthor, Event, ItemResult, Observer, ScanConfig, ScanError, Stage};

/// Items that are read at the same time: while one waits for a digest that is serial, or has its index finished, another fills the lanes.
pub(crate) const ITEMS_AT_ONCE: usize = 2;

/// The largest medium that is taken in, in bytes. A container of some kilobytes can claim eight exabytes of zeros, which would take years to
/// hash; disk arrays of today stay below this.
const MAX_MEDIUM_BYTES: u64 = 256 << 40;

/// What the case has of items from earlier runs.
#[derive(Default)]
pub(crate) struct EarlierScans {
    /// The rows of items that were scanned to their end.
    scanned: HashMap<PathBuf, ImageId>,
    /// Scans that were broken off and can go on.
    kept: Mutex<HashMap<PathBuf, InterruptedScan>>,
}

/// Looks for what the case has of these items. Rows of items whose earlier scan was broken off and cannot go on are discarded, and the ledger
/// says so.
pub(crate) fn look_before(
    case: &mut CaseFile,
    items: &[ScanItem],
    conditions: &str,
    go_on: bool,
    scribe: &EntryAuthor,
) -> Result<EarlierScans, ScanError> {
    let mut before = EarlierScans::default();
    for path in items.iter().filter_map(|item| item.place().ok()) {
        let image = match case.image_at(&path)? {
            Some((row, state)) if state == "complete" || state == "incomplete" => {
                before.scanned.insert(path, row);
                continue;
            }
            other => other.map(|(row, _)| row),
        };
        let cause = match InterruptedScan::load(case, &path, conditions)? {
            Some(Ok(kept)) if go_on => {
                let covers = kept.checkpoint.image;
                before.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(path.clone(), kept);
                // Its turn had come, but its first rows were not safe: what it had hashed until then is kept.
                if let Some(row) = image.filter(|_| covers.is_none()) {
                    discard(case, Some(row), &path, BEFORE_CHECKPOINT, scribe)?;
                }
                continue;
            }
            Some(Ok(_)) => "it was to be scanned afresh",
            Some(Err(cause)) => cause,
            None if image.is_none() => continue,
            None => BEFORE_CHECKPOINT,
        };
        discard(case, image, &path, cause, scribe)?;
        case.transaction(|transaction| transaction.remove_scan_checkpoint(&path))?;
    }
    Ok(before)
}

const BEFORE_CHECKPOINT: &str = "it was broken off before its rows had a checkpoint";

/// An earlier scan of this item was broken off and cannot go on: its rows go, and the ledger says so.
fn discard(
    case: &mut CaseFile,
    image: Option<ImageId>,
    path: &Path,
    cause: &str,
    scribe: &EntryAuthor,
) -> Result<(), ScanError> {
    let content = ItemDiscardedContent {
        image: path_text(path),
        cause: format!("an earlier scan of this item was broken off; {cause}"),
        outcome: "what it had written was discarded; the item is scanned from its start",
    };
    let entry = scribe.entry(content).case(case.id().as_str());
    case.transaction(|transaction| {
        if let Some(row) = image {
            transaction.discard_image(row)?;
        }
        transaction.ledger().append(&entry)
    })?;
    Ok(())
}

/// Waits for the turn of an item; what is given is called now and then meanwhile.
type TakeTurn<'f, 't, 'c> = dyn Fn(&dyn Fn()) -> Result<CommitTurn<'t, 'c>, ScanError> + 'f;

/// One run while it goes through its items.
pub(crate) struct Batch<'b> {
    pub(crate) run: RunId,
    pub(crate) case_id: String,
    pub(crate) library: &'b Library,
    pub(crate) config: ScanConfig,
    pub(crate) scribe: &'b EntryAuthor,
    pub(crate) observer: &'b dyn Observer,
    pub(crate) stop: &'b StopToken,
    pub(crate) count: usize,
    pub(crate) before: EarlierScans,
    /// What the rows depend on beside the evidence.
    pub(crate) conditions: String,
    /// Where temporary files may lie.
    pub(crate) temporary: PathBuf,
    /// The lab's own folder: no evidence.
    pub(crate) own_lab: Option<PathBuf>,
    /// The image around the images that are read now.
    pub(crate) outer: Mutex<Option<(ImageAddress, Arc<OuterImage>)>>,
    /// Where items stand that wait for their turn.
    pub(crate) mailbox: Mailbox,
    /// Items of this run so far.
    pub(crate) begun: Mutex<HashSet<PathBuf>>,
    /// Files that are segments of images opened so far.
    pub(crate) segments: Mutex<HashSet<PathBuf>>,
    /// The manifest of each image that this run finished.
    pub(crate) manifests: Mutex<HashMap<ImageId, [u8; 32]>>,
}

impl Batch<'_> {
    /// Reads items side by side, writes them in order.
    pub(crate) fn run(&self, case: &mut CaseFile, items: &[ScanItem]) -> Result<Vec<ItemResult>, ScanError> {
        let turns = CommitOrder::new(case, self.stop);
        let (begun, may_begin) = bounded::<()>(ITEMS_AT_ONCE);
        std::thread::scope(|scope| {
            let mut working = Vec::with_capacity(items.len());
            for (at, item) in items.iter().enumerate() {
                // OK to ignore: the receiver is here as long as the sender is.
                let _ = begun.send(());
                if self.stop.is_requested() {
                    break;
                }
                let (opened, is_open) = bounded::<()>(1);
                let (turns, may_begin) = (&turns, may_begin.clone());
                working.push(scope.spawn(move || {
                    let work = AssertUnwindSafe(|| self.item(turns, at, item, opened));
                    let result = catch_unwind(work).unwrap_or(Err(ScanError::GivenUp));
                    if result.is_err() {
                        turns.fail();
                    }
                    let _ = may_begin.recv();
                    result
                }));
                // Whether the next item is a segment of this one is known when this one is open (or over: the sender is gone then).
                let _ = is_open.recv();
            }
            let results = working.into_iter().map(|item| item.join().unwrap_or(Err(ScanError::GivenUp)));
            all_done(results.collect(), items.len())
        })
    }

    fn item(
        &self,
        turns: &CommitOrder<'_>,
        at: usize,
        item: &ScanItem,
        opened: Sender<()>,
    ) -> Result<ItemResult, ScanError> {
        let watch = Watch::new(self.config.slow_after);
        watch.enter();
        let observer = DeferredEvents::new(self.observer, Arc::clone(&watch));
        watch.over(&observer, || self.watched_item(turns, at, item, opened, (&watch, &observer)))
    }

    fn watched_item(
        &self,
        turns: &CommitOrder<'_>,
        at: usize,
        item: &ScanItem,
        opened: Sender<()>,
        (watch, observer): (&Arc<Watch>, &DeferredEvents<'_>),
    ) -> Result<ItemResult, ScanError> {
        let turn = |meanwhile: &dyn Fn()| {
            let turn = turns.wait(at, meanwhile)?;
            observer.begin(&Event::Item(at + 1, self.count, &item.path));
            Ok(turn)
        };
        let over = |result| turn(&|| ()).map(|_| result);
        let path = match item.place() {
            Ok(path) => path,
            Err(error) => {
                let text = format!("{}: {error}", item.path.display());
                return over(ItemResult::Failed(item.path.clone(), text));
            }
        };
        // Images inside others are listed without their segments.
        if item.inside.is_none()
            && self.segments.lock().unwrap_or_else(PoisonError::into_inner).contains(&path)
        {
            return over(ItemResult::Segment(path));
        }
        if let Some(row) = self.before.scanned.get(&path) {
            return over(ItemResult::AlreadyThere(*row, path));
        }
        if !self.begun.lock().unwrap_or_else(PoisonError::into_inner).insert(path.clone()) {
            let row = turn(&|| ())?.case().image_at(&path)?.map_or(ImageId::NONE, |(row, _)| row);
            return Ok(ItemResult::AlreadyThere(row, path));
        }
        if path.is_dir() {
            drop(opened);
            return self.folder(&path, watch, observer, &turn);
        }
        self.image((&path, item), opened, (watch, observer), &turn)
    }

    fn image<'t, 'c>(
        &self,
        (path, item): (&Path, &ScanItem),
        is_open: Sender<()>,
        (watch, observer): (&Arc<Watch>, &DeferredEvents<'_>),
        turn: &TakeTurn<'_, 't, 'c>,
    ) -> Result<ItemResult, ScanError> {
        let clock = Instant::now();
        unless_stopped(self.stop)?;
        observer.event(&Event::Stage(Stage::Open));
        let options = OpenOptions { code_page: self.config.code_page };
        let failed = |error: String| turn(&|| ()).map(|_| ItemResult::Failed(path.to_owned(), error));
        let (opened, windows) = match crate::workers::isolation::guarded(|| self.open(path, item, &options)) {
            Ok(Ok(opened)) => opened,
            Ok(Err(error)) => return failed(error.to_string()),
            Err(problem) => return failed(format!("{}: {problem}", path.display())),
        };
        // A medium that its files cannot bear is cut when it is opened: what was claimed decides.
        let image = &opened.image;
        let claimed = image.stated_bytes.unwrap_or(0).max(image.medium.len());
        if claimed > MAX_MEDIUM_BYTES {
            return failed(format!(
                "{}: the container claims a medium of {claimed} bytes, at most {MAX_MEDIUM_BYTES} are taken in",
                path.display()
            ));
        }
        if let Some(folder) = path.parent().filter(|_| item.inside.is_none()) {
            let further = opened.image.segments.iter().skip(1).map(|segment| folder.join(&segment.name));
            self.segments.lock().unwrap_or_else(PoisonError::into_inner).extend(further);
        }
        drop(is_open);
        let pool = start_watched_pool(self.config.threads, watch)?;
        let kept = self.kept(path);
        let before_ns = kept.as_ref().map_or(0, |kept| kept.checkpoint.elapsed_ns);
        let mut image = image_row(path, &opened);
        if let Some(inside) = &item.inside {
            image.name.clone_from(&inside.name);
        }
        let inside = item.inside.as_ref();
        let begin = |end: Option<BrokenOff<'_>>, meanwhile: &dyn Fn()| {
            let mut turn = turn(meanwhile)?;
            let row = self.begin(turn.case(), path, end, (&image, inside))?;
            Ok((turn, row))
        };
        let scan = self.image_scan(&pool, observer);
        let checkpoints = self.checkpoints(path, before_ns, clock);
        let (mut turn, row, scanned) =
            scan.run(path, &opened, windows.as_deref(), kept, checkpoints, &begin)?;
        let nested = nested_of_image(turn.case(), row, scanned.above, &opened, &options, self.stop)?;
        let end = End { name: &image.name, nested, watched: &opened.watched, watch, observer };
        self.finish(turn.case(), row, path, scanned, end)
    }

    fn folder<'t, 'c>(
        &self,
        path: &Path,
        watch: &Arc<Watch>,
        observer: &DeferredEvents<'_>,
        turn: &TakeTurn<'_, 't, 'c>,
    ) -> Result<ItemResult, ScanError> {
        let mut turn = turn(&|| ())?;
        let clock = Instant::now();
        let pool = start_watched_pool(self.config.threads, watch)?;
        let kept = self.kept(path);
        let before_ns = kept.as_ref().map_or(0, |kept| kept.checkpoint.elapsed_ns);
        let checkpoints = self.checkpoints(path, before_ns, clock);
        let folder = folder_row(path);
        let begin =
            |case: &mut CaseFile, end: Option<BrokenOff<'_>>| self.begin(case, path, end, (&folder, None));
        let scan = self.image_scan(&pool, observer);
        let (row, scanned) = scan.run_folder(turn.case(), path, kept, checkpoints, &begin)?;
        let options = OpenOptions { code_page: self.config.code_page };
        let place = (path, self.own_lab.as_deref());
        let nested = nested_of_folder(turn.case(), row, scanned.above, place, &options, self.stop)?;
        let end = End { name: &folder.name, nested, watched: &[], watch, observer };
        self.finish(turn.case(), row, path, scanned, end)
    }

    fn kept(&self, path: &Path) -> Option<InterruptedScan> {
        self.before.kept.lock().unwrap_or_else(PoisonError::into_inner).remove(path)
    }

    fn checkpoints(&self, path: &Path, before_ns: u64, began: Instant) -> Checkpoints<'_> {
        Checkpoints {
            mailbox: &self.mailbox,
            path: path.to_owned(),
            conditions: self.conditions.clone(),
            plan: [0; 32],
            spill: None,
            every: self.config.checkpoint_every,
            before_ns,
            began,
            last: Cell::new(began),
            written: Default::default(),
        }
    }

    /// Gives the row of an item: that of a scan which goes on, or a new one.
    fn begin(
        &self,
        case: &mut CaseFile,
        path: &Path,
        end: Option<BrokenOff<'_>>,
        image: (&ImageRow, Option<&Inside>),
    ) -> Result<ImageId, ScanError> {
        match end {
            None => self.register(case, image),
            Some(BrokenOff::Other(kept)) => {
                discard(
                    case,
                    kept.checkpoint.image,
                    path,
                    "the evidence is not the same as then",
                    self.scribe,
                )?;
                case.transaction(|transaction| transaction.remove_scan_checkpoint(path))?;
                self.register(case, image)
            }
            Some(BrokenOff::GoesOn(kept)) => {
                let content = ItemResumedContent {
                    image: path_text(path),
                    cause: "an earlier scan of this item was broken off",
                    outcome: "it goes on from its last checkpoint",
                    medium_bytes_done: DecimalText(kept.item.sweep.position()),
                    stream_bytes_done: DecimalText(kept.item.sweep.stream_bytes()),
                    parts_done: DecimalText(kept.checkpoint.parts),
                };
                let entry = self.scribe.entry(content).case(self.case_id.as_str());
                case.append(&entry)?;
                kept.checkpoint.image.map_or_else(|| self.register(case, image), Ok)
            }
        }
    }

    fn image_scan<'s>(&'s self, pool: &'s ThreadPool, observer: &'s dyn Observer) -> ImageScan<'s> {
        ImageScan {
            pool,
            config: &self.config,
            library: self.library,
            observer,
            stop: self.stop,
            temporary: &self.temporary,
            own_lab: self.own_lab.as_deref(),
        }
    }

    fn register(
        &self,
        case: &mut CaseFile,
        (image, inside): (&ImageRow, Option<&Inside>),
    ) -> Result<ImageId, ScanError> {
        let claims = image.claims.iter().take(MAX_LISTED);
        let claims = claims.map(|(field, value)| Claim { field: field.clone(), value: shortened(value) });
        let stored = image.stored_digests.iter().map(|(algorithm, digest, place)| StoredDigest {
            algorithm,
            digest: to_hex(digest),
            place,
        });
        let content = RegisterContent {
            exhibit: image.name.clone(),
            image: path_text(&image.path),
            format: image.container,
            recognised_by: image.reason.clone(),
            size_bytes: image.bytes.map_or("not a medium".to_owned(), |bytes| bytes.to_string()),
            segments: count(image.segments.len()),
            claimed_by_container: claims.collect(),
            stored_digests: stored.collect(),
        };
        let entry = self.scribe.entry(content).case(self.case_id.as_str());
        let run = self.run;
        Ok(case.transaction(|transaction| {
            let row = transaction.insert_image(run, image)?;
            if let Some(inside) = inside {
                transaction.set_image_parent(row, &inside.parent)?;
            }
            transaction.ledger().append(&entry)?;
            Ok(row)
        })?)
    }
}

impl Batch<'_> {
    /// Opens an image; what must be decoded of its medium is decoded once, for all who read it.
    fn open(
        &self,
        path: &Path,
        item: &ScanItem,
        options: &OpenOptions,
    ) -> Result<(EvidenceImage, Option<Arc<WindowedMedium>>), EvidenceError> {
        let mut scratch = Scratch::new();
        let outer = item.inside.as_ref().and_then(|inside| inside.outer.as_ref());
        let Some(Outer { address, places, step }) = outer else {
            let mut container = open_container(path, &mut scratch)?;
            let windows = windowed(&mut container.image.medium);
            return Ok((look_inside(container, options, &mut scratch), windows));
        };
        let outer = self.outer(address, places, options, &mut scratch)?;
        let at = |error| EvidenceError::Nested { path: path.to_owned(), error: Box::new(error) };
        let mut nested = outer.open_inside(step, &mut scratch).map_err(at)?;
        let windows = windowed(&mut nested.container.image.medium);
        Ok((nested.look_inside(&outer.image, step, options, &mut scratch), windows))
    }

    /// The image around those that are read: opened once for all that follow one another.
    fn outer(
        &self,
        address: &ImageAddress,
        places: &[Locator],
        options: &OpenOptions,
        scratch: &mut Scratch,
    ) -> Result<Arc<OuterImage>, EvidenceError> {
        let mut outer = self.outer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, image)) = outer.as_ref()
            && of == address
        {
            return Ok(Arc::clone(image));
        }
        let image = Arc::new(OuterImage::open(address, places, options, scratch)?);
        *outer = Some((address.clone(), Arc::clone(&image)));
        Ok(image)
    }
}

/// Lets a medium that must be decoded be decoded once for all.
fn windowed(medium: &mut Arc<dyn Source>) -> Option<Arc<WindowedMedium>> {
    let windows = (medium.grain() > 1).then(|| Arc::new(WindowedMedium::new(Arc::clone(medium))))?;
    *medium = Arc::clone(&windows) as Arc<dyn Source>;
    Some(windows)
}

/// Texts that a container claims may have any length; an entry spells out the start.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(200).collect()
}
