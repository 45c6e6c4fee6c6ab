//! The items of a run: read side by side, written one after the other.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use byte_source::{Scratch, Source};
use case_model::{Algorithm, to_hex};
use case_store::{CaseFile, ImageOutcome, ImageRow};
use crossbeam_channel::{Sender, bounded};
use custody::{Act, Json};
use evidence::{EvidenceError, EvidenceImage, look_inside, open_container};
use filesystem::OpenOptions;
use hash_set::Library;
use rayon::ThreadPool;

use crate::folder_item::folder_row;
use crate::image_item::{ImageScan, ImageScanned};
use crate::image_rows::image_row;
use crate::pool::start_pool;
use crate::scan::{MAX_LISTED, count};
use crate::sweep::WindowedMedium;
use crate::turn_observer::TurnObserver;
use crate::turns::{Turn, Turns};
use crate::{Event, ItemResult, Observer, ScanConfig, ScanError, Scribe, Stage};

/// Items that are read at the same time: while one waits for a digest that is serial, or has its index finished, another fills the lanes.
pub(crate) const ITEMS_AT_ONCE: usize = 2;

/// The largest medium that is taken in, in bytes. A container of some kilobytes can claim eight exabytes of zeros, which would take years to
/// hash; disk arrays of today stay below this.
const MAX_MEDIUM_BYTES: u64 = 256 << 40;

/// The rows of those items that were scanned to their end before the run. Rows of items whose earlier scan did not come to its end go, and the ledger says so.
pub(crate) fn scanned_before(
    case: &mut CaseFile,
    items: &[PathBuf],
    scribe: &Scribe,
) -> Result<HashMap<PathBuf, i64>, ScanError> {
    let mut scanned = HashMap::new();
    for path in items.iter().filter_map(|item| item.canonicalize().ok()) {
        match case.image_at(&path.to_string_lossy())? {
            Some((row, state)) if state == "complete" || state == "incomplete" => {
                scanned.insert(path, row);
            }
            Some((row, _)) => discard(case, row, &path, scribe)?,
            None => {}
        }
    }
    Ok(scanned)
}

/// An earlier scan of this item did not come to its end: its rows go, and the ledger says so.
fn discard(case: &mut CaseFile, row: i64, path: &Path, scribe: &Scribe) -> Result<(), ScanError> {
    let entry = scribe
        .entry(Act::ScanInterrupted)
        .case(case.id().as_str())
        .field("image", path.to_string_lossy().into_owned())
        .field(
            "cause",
            "an earlier scan of this item did not come to its end; its rows were discarded and it is scanned anew",
        );
    case.transaction(|ledger, connection| {
        CaseFile::discard_image(connection, row)?;
        ledger.append(&entry)
    })?;
    Ok(())
}

/// One run while it goes through its items.
pub(crate) struct Batch<'b> {
    pub(crate) run: i64,
    pub(crate) case_id: String,
    pub(crate) library: &'b Library,
    pub(crate) config: ScanConfig,
    pub(crate) scribe: &'b Scribe,
    pub(crate) observer: &'b dyn Observer,
    pub(crate) count: usize,
    /// The rows of items that were scanned to their end before.
    pub(crate) scanned_before: HashMap<PathBuf, i64>,
    /// Items of this run so far.
    pub(crate) begun: Mutex<HashSet<PathBuf>>,
    /// Files that are segments of images opened so far.
    pub(crate) segments: Mutex<HashSet<PathBuf>>,
    /// The manifest of each image that this run finished.
    pub(crate) manifests: Mutex<HashMap<i64, [u8; 32]>>,
}

impl Batch<'_> {
    /// Reads items side by side, writes them in order.
    pub(crate) fn run(&self, case: &mut CaseFile, items: &[PathBuf]) -> Result<Vec<ItemResult>, ScanError> {
        let turns = Turns::new(case);
        let (begun, may_begin) = bounded::<()>(ITEMS_AT_ONCE);
        std::thread::scope(|scope| {
            let mut working = Vec::with_capacity(items.len());
            for (at, item) in items.iter().enumerate() {
                // OK to ignore: the receiver is here as long as the sender is.
                let _ = begun.send(());
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
            working.into_iter().map(|item| item.join().unwrap_or(Err(ScanError::GivenUp))).collect()
        })
    }

    fn item(
        &self,
        turns: &Turns<'_>,
        at: usize,
        item: &Path,
        opened: Sender<()>,
    ) -> Result<ItemResult, ScanError> {
        let observer = TurnObserver::new(self.observer);
        let turn = || {
            let turn = turns.wait(at).ok_or(ScanError::GivenUp)?;
            observer.begin(&Event::Item(at + 1, self.count, item));
            Ok(turn)
        };
        let over = |result| turn().map(|_| result);
        let path = match item.canonicalize() {
            Ok(path) => path,
            Err(error) => {
                return over(ItemResult::Failed(item.to_owned(), format!("{}: {error}", item.display())));
            }
        };
        if self.segments.lock().unwrap_or_else(PoisonError::into_inner).contains(&path) {
            return over(ItemResult::Segment(path));
        }
        if let Some(row) = self.scanned_before.get(&path) {
            return over(ItemResult::AlreadyThere(*row, path));
        }
        if !self.begun.lock().unwrap_or_else(PoisonError::into_inner).insert(path.clone()) {
            let row = turn()?.case().image_at(&path.to_string_lossy())?.map_or(0, |(row, _)| row);
            return Ok(ItemResult::AlreadyThere(row, path));
        }
        if path.is_dir() {
            drop(opened);
            return self.folder(&path, &observer, &turn);
        }
        self.image(&path, opened, &observer, &turn)
    }

    fn image<'t, 'c>(
        &self,
        path: &Path,
        is_open: Sender<()>,
        observer: &TurnObserver<'_>,
        turn: &dyn Fn() -> Result<Turn<'t, 'c>, ScanError>,
    ) -> Result<ItemResult, ScanError> {
        let clock = Instant::now();
        observer.event(&Event::Stage(Stage::Open));
        let options = OpenOptions { code_page: self.config.code_page };
        let failed = |error: String| turn().map(|_| ItemResult::Failed(path.to_owned(), error));
        let (opened, windows) = match crate::gather::guarded(|| open_windowed(path, &options)) {
            Ok(Ok(opened)) => opened,
            Ok(Err(error)) => return failed(error.to_string()),
            Err(problem) => return failed(format!("{}: {problem}", path.display())),
        };
        let claimed = opened.image.medium.len();
        if claimed > MAX_MEDIUM_BYTES {
            return failed(format!(
                "{}: the container claims a medium of {claimed} bytes, at most {MAX_MEDIUM_BYTES} are taken in",
                path.display()
            ));
        }
        if let Some(folder) = path.parent() {
            let further = opened.image.segments.iter().skip(1).map(|segment| folder.join(&segment.name));
            self.segments.lock().unwrap_or_else(PoisonError::into_inner).extend(further);
        }
        drop(is_open);
        let pool = start_pool(self.config.threads)?;
        let take_turn = || {
            let mut turn = turn()?;
            let row = self.register(turn.case(), &image_row(path, &opened))?;
            Ok((turn, row))
        };
        let scan = self.image_scan(&pool, observer);
        let (mut turn, row, scanned) = scan.run(&opened, windows.as_deref(), &take_turn)?;
        self.finish(turn.case(), row, path, scanned, observer, clock)
    }

    fn folder<'t, 'c>(
        &self,
        path: &Path,
        observer: &TurnObserver<'_>,
        turn: &dyn Fn() -> Result<Turn<'t, 'c>, ScanError>,
    ) -> Result<ItemResult, ScanError> {
        let mut turn = turn()?;
        let clock = Instant::now();
        let pool = start_pool(self.config.threads)?;
        let row = self.register(turn.case(), &folder_row(path))?;
        let scanned = self.image_scan(&pool, observer).run_folder(turn.case(), row, path)?;
        self.finish(turn.case(), row, path, scanned, observer, clock)
    }

    fn image_scan<'s>(&'s self, pool: &'s ThreadPool, observer: &'s dyn Observer) -> ImageScan<'s> {
        ImageScan { pool, config: &self.config, library: self.library, observer }
    }

    fn register(&self, case: &mut CaseFile, image: &ImageRow) -> Result<i64, ScanError> {
        let claims = image.claims.iter().take(MAX_LISTED).map(|(field, value)| {
            Json::from([("field", Json::from(field.as_str())), ("value", Json::from(shortened(value)))])
        });
        let stored = image.stored_digests.iter().map(|(algorithm, digest, place)| {
            Json::from([
                ("algorithm", Json::from(*algorithm)),
                ("digest", Json::from(to_hex(digest))),
                ("place", Json::from(*place)),
            ])
        });
        let entry = self
            .scribe
            .entry(Act::Register)
            .case(self.case_id.as_str())
            .field("exhibit", image.name.as_str())
            .field("image", image.path.as_str())
            .field("format", image.container)
            .field("recognised_by", image.reason.as_str())
            .field("size_bytes", image.bytes.map_or("not a medium".to_owned(), |bytes| bytes.to_string()))
            .field("segments", count(image.segments.len()))
            .field("claimed_by_container", Json::List(claims.collect()))
            .field("stored_digests", Json::List(stored.collect()));
        let run = self.run;
        Ok(case.transaction(|ledger, connection| {
            let row = CaseFile::insert_image(connection, run, image)?;
            ledger.append(&entry)?;
            Ok(row)
        })?)
    }

    /// The verdict, the medium's digests and the manifest root commit together with their ledger entry: the item is done, or it is not.
    fn finish(
        &self,
        case: &mut CaseFile,
        row: i64,
        path: &Path,
        scanned: ImageScanned,
        observer: &dyn Observer,
        clock: Instant,
    ) -> Result<ItemResult, ScanError> {
        observer.event(&Event::Stage(Stage::Certify));
        let state = scanned.verdict.state();
        let outcome = ImageOutcome {
            state,
            medium_complete: scanned.medium_complete,
            digests: scanned.digests,
            unreadable: scanned.unreadable,
            scan_ns: u64::try_from(clock.elapsed().as_nanos()).unwrap_or(u64::MAX),
            error: None,
        };
        let verdict = scanned.verdict;
        let mut entry = self
            .scribe
            .entry(Act::Index)
            .case(self.case_id.as_str())
            .field("exhibit", path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned())
            .field("image", path.to_string_lossy().into_owned())
            .field("result", state.key())
            .field("files", verdict.entries.to_string())
            .field("lost_streams", verdict.lost_streams.to_string())
            .field("damages", verdict.damages.to_string())
            .field("unreconciled_counts", verdict.unreconciled.to_string())
            .field("unreadable_bytes", verdict.unreadable_bytes.to_string())
            .field("wrong_stored_digests", verdict.wrong_digests.to_string());
        for algorithm in Algorithm::ALL {
            if let Some(digest) = outcome.digests.get(algorithm) {
                entry = entry.field(format!("medium_{}", algorithm.key()), to_hex(digest));
            }
        }
        let manifest = case.transaction(|ledger, connection| {
            CaseFile::finish_image(connection, row, &outcome)?;
            let manifest = case_store::image_digest(connection, row, scanned.above)?;
            ledger.append(&entry.field("manifest", to_hex(&manifest)))?;
            Ok(manifest)
        })?;
        self.manifests.lock().unwrap_or_else(PoisonError::into_inner).insert(row, manifest);
        Ok(ItemResult::Scanned(row, state))
    }
}

/// Opens an image; what must be decoded of its medium is decoded once, for all who read it.
fn open_windowed(
    path: &Path,
    options: &OpenOptions,
) -> Result<(EvidenceImage, Option<Arc<WindowedMedium>>), EvidenceError> {
    let mut scratch = Scratch::new();
    let mut container = open_container(path, &mut scratch)?;
    let coded = container.image.medium.grain() > 1;
    let windows = coded.then(|| Arc::new(WindowedMedium::new(Arc::clone(&container.image.medium))));
    if let Some(windows) = &windows {
        container.image.medium = Arc::clone(windows) as Arc<dyn Source>;
    }
    Ok((look_inside(container, options, &mut scratch), windows))
}

/// Texts that a container claims may have any length; an entry spells out the start.
fn shortened(text: &str) -> String {
    text.chars().take(200).collect()
}
