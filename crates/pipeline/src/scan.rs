//! A run over several items of evidence into one case.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use byte_source::{Scratch, Source};
use case_model::{Algorithm, to_hex};
use case_store::{CaseFile, ImageOutcome, ImageRow, RunState};
use custody::{Act, EntryBody, Json};
use evidence::{EvidenceError, EvidenceImage, look_inside, open_container};
use filesystem::OpenOptions;
use hash_set::Library;
use rayon::ThreadPool;

use crate::folder_item::folder_row;
use crate::image_item::{ImageScan, ImageScanned, image_row};
use crate::pool::start_pool;
use crate::sweep::WindowedMedium;
use crate::{Event, Observer, ScanConfig, ScanError, Scribe, Stage};

/// Names of one list that an entry of the ledger spells out; the rest is counted. Entries are limited to 63 KiB.
const MAX_LISTED: usize = 100;

/// The largest medium that is taken in, in bytes. A container of some kilobytes can claim eight exabytes of zeros, which would take years to
/// hash; disk arrays of today stay below this.
const MAX_MEDIUM_BYTES: u64 = 256 << 40;

/// What a run gave.
#[derive(Debug)]
pub struct ScanReport {
    /// Each item, in the order given.
    pub items: Vec<ItemResult>,
    /// The state of the whole.
    pub state: RunState,
    /// The canonical digest of the case's index afterwards.
    pub case_digest: [u8; 32],
}

/// What became of an item.
#[derive(Debug)]
pub enum ItemResult {
    /// Scanned: its row in the case, its state.
    Scanned(i64, RunState),
    /// It is in the case already (this row): nothing was done.
    AlreadyThere(i64, PathBuf),
    /// It is a segment of an image given before: read with that one.
    Segment(PathBuf),
    /// It could not be taken in; nothing is recorded of it but the failure.
    Failed(PathBuf, String),
}

/// Scans items into a case. The batch goes on when one item fails.
///
/// # Errors
/// When the case file cannot be written: nothing is recorded as done that was not.
pub fn scan(
    case: &mut CaseFile,
    items: &[PathBuf],
    library: &Library,
    config: &ScanConfig,
    scribe: &Scribe,
    observer: &dyn Observer,
) -> Result<ScanReport, ScanError> {
    let pool = start_pool(config.threads)?;
    let started = scribe.now();
    let configuration = config.to_json();
    let start = start_entry(scribe, items, library, &configuration).case(case.id().as_str());
    let run = case.transaction(|ledger, connection| {
        let run = CaseFile::insert_run(connection, started, &configuration)?;
        ledger.append(&start)?;
        Ok(run)
    })?;
    let mut batch = Batch {
        run,
        library,
        config,
        scribe,
        observer,
        pool: &pool,
        segments: HashSet::new(),
        manifests: HashMap::new(),
    };
    let mut results = Vec::new();
    for (at, item) in items.iter().enumerate() {
        observer.event(&Event::Item(at + 1, items.len(), item));
        results.push(batch.item(case, item)?);
    }
    case.build_indexes()?;
    let state = state_of(&results);
    let case_digest = case.digest_knowing(&batch.manifests)?;
    let case_id = case.id().clone();
    case.transaction(|ledger, connection| {
        CaseFile::finish_run(connection, run, scribe.now(), state)?;
        let entry = scribe
            .entry_since(Act::ScanFinish, started)
            .case(case_id.as_str())
            .field("image", done(&results))
            .field("result", state.key())
            .field("manifest", to_hex(&case_digest))
            .field("failed", failures(&results));
        ledger.append(&entry)
    })?;
    Ok(ScanReport { items: results, state, case_digest })
}

fn start_entry(scribe: &Scribe, items: &[PathBuf], library: &Library, configuration: &str) -> EntryBody {
    let sets: Vec<Json> = library
        .sets()
        .iter()
        .take(MAX_LISTED)
        .map(|set| {
            Json::from([
                ("name", Json::from(set.name.as_str())),
                ("version", Json::from(set.version.as_str())),
                ("digest", Json::from(to_hex(&set.digest))),
            ])
        })
        .collect();
    let paths: Vec<Json> =
        items.iter().take(MAX_LISTED).map(|item| Json::from(item.to_string_lossy().into_owned())).collect();
    scribe
        .entry(Act::ScanStart)
        .field("configuration", configuration)
        .field("items", count(items.len()))
        .field("image", Json::List(paths))
        .field("sets", count(library.sets().len()))
        .field("set_digests", Json::List(sets))
}

fn count(number: usize) -> Json {
    Json::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

/// What the run did in words: fields of an entry are never empty.
fn done(results: &[ItemResult]) -> String {
    let scanned = results.iter().filter(|result| matches!(result, ItemResult::Scanned(..))).count();
    format!("{scanned} of {} items scanned", results.len())
}

fn failures(results: &[ItemResult]) -> Json {
    let failed = results.iter().filter_map(|result| match result {
        ItemResult::Failed(path, error) => Some(Json::from([
            ("path", Json::from(path.to_string_lossy().into_owned())),
            ("error", Json::from(error.as_str())),
        ])),
        _ => None,
    });
    Json::List(failed.take(MAX_LISTED).collect())
}

fn state_of(results: &[ItemResult]) -> RunState {
    let failed = results.iter().filter(|result| matches!(result, ItemResult::Failed(..))).count();
    let incomplete =
        results.iter().any(|result| matches!(result, ItemResult::Scanned(_, RunState::Incomplete)));
    match failed {
        0 if !incomplete => RunState::Complete,
        all if all == results.len() => RunState::Failed,
        _ => RunState::Incomplete,
    }
}

/// One run while it goes through its items.
struct Batch<'b> {
    run: i64,
    library: &'b Library,
    config: &'b ScanConfig,
    scribe: &'b Scribe,
    observer: &'b dyn Observer,
    pool: &'b ThreadPool,
    segments: HashSet<PathBuf>,
    /// The manifest of each image that this run finished.
    manifests: HashMap<i64, [u8; 32]>,
}

impl Batch<'_> {
    fn item(&mut self, case: &mut CaseFile, item: &Path) -> Result<ItemResult, ScanError> {
        let path = match item.canonicalize() {
            Ok(path) => path,
            Err(error) => {
                return Ok(ItemResult::Failed(item.to_owned(), format!("{}: {error}", item.display())));
            }
        };
        if self.segments.contains(&path) {
            return Ok(ItemResult::Segment(path));
        }
        if let Some((row, state)) = case.image_at(&path.to_string_lossy())? {
            if state == "complete" || state == "incomplete" {
                return Ok(ItemResult::AlreadyThere(row, path));
            }
            self.discard(case, row, &path)?;
        }
        if path.is_dir() { self.folder(case, &path) } else { self.image(case, &path) }
    }

    /// An earlier scan of this item did not come to its end: its rows go, and the ledger says so.
    fn discard(&self, case: &mut CaseFile, row: i64, path: &Path) -> Result<(), ScanError> {
        let entry = self
            .scribe
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

    fn image(&mut self, case: &mut CaseFile, path: &Path) -> Result<ItemResult, ScanError> {
        let clock = Instant::now();
        self.observer.event(&Event::Stage(Stage::Open));
        let options = OpenOptions { code_page: self.config.code_page };
        let (opened, windows) = match crate::gather::guarded(|| open_windowed(path, &options)) {
            Ok(Ok(opened)) => opened,
            Ok(Err(error)) => return Ok(ItemResult::Failed(path.to_owned(), error.to_string())),
            Err(problem) => {
                return Ok(ItemResult::Failed(path.to_owned(), format!("{}: {problem}", path.display())));
            }
        };
        if opened.image.medium.len() > MAX_MEDIUM_BYTES {
            let claimed = opened.image.medium.len();
            let error = format!(
                "{}: the container claims a medium of {claimed} bytes, at most {MAX_MEDIUM_BYTES} are taken in",
                path.display()
            );
            return Ok(ItemResult::Failed(path.to_owned(), error));
        }
        if let Some(folder) = path.parent() {
            self.segments
                .extend(opened.image.segments.iter().skip(1).map(|segment| folder.join(&segment.name)));
        }
        let row = self.register(case, &image_row(path, &opened))?;
        let scanned = self.image_scan().run(case, row, &opened, windows.as_deref())?;
        self.finish(case, row, path, scanned, clock)
    }

    fn folder(&mut self, case: &mut CaseFile, path: &Path) -> Result<ItemResult, ScanError> {
        let clock = Instant::now();
        let row = self.register(case, &folder_row(path))?;
        let scanned = self.image_scan().run_folder(case, row, path)?;
        self.finish(case, row, path, scanned, clock)
    }

    fn image_scan(&self) -> ImageScan<'_> {
        ImageScan { pool: self.pool, config: self.config, library: self.library, observer: self.observer }
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
            .case(case.id().as_str())
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
        &mut self,
        case: &mut CaseFile,
        row: i64,
        path: &Path,
        scanned: ImageScanned,
        clock: Instant,
    ) -> Result<ItemResult, ScanError> {
        self.observer.event(&Event::Stage(Stage::Certify));
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
            .case(case.id().as_str())
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
        self.manifests.insert(row, manifest);
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
