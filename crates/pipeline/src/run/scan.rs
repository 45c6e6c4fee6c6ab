//! A run over several items of evidence into one case.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use case_model::{StopToken, path_text};
use case_store::{CaseFile, ImageId, RunId, RunState};
use custody::EntryBody;
use custody::content::{FailedItem, NamedAnalyser, NamedSet, ScanFinishContent, ScanStartContent};
use hash_set::Library;

use crate::resume::checkpoints::Mailbox;
use crate::resume::interrupted_scan::conditions;
use crate::run::batch::{Batch, ITEMS_AT_ONCE, look_before};
use crate::run::nested::{Rounds, ScanItem};
use crate::{EntryAuthor, Observer, ScanConfig, ScanError};

/// Names of one list that an entry of the ledger spells out; the rest is counted. Entries are limited to 63 KiB.
pub(crate) const MAX_LISTED: usize = 100;

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
    Scanned(ImageId, RunState),
    /// It is in the case already (this row): nothing was done.
    AlreadyThere(ImageId, PathBuf),
    /// It is a segment of an image given before: read with that one.
    Segment(PathBuf),
    /// It could not be taken in; nothing is recorded of it but the failure.
    Failed(PathBuf, String),
    /// An image in a file that is listed and not read inside: a limit, in words.
    LeftOut(PathBuf, String),
    /// An image in a file whose bytes are read elsewhere in the same exhibit: where, in words.
    Same(PathBuf, String),
}

/// Scans items into a case. The batch goes on when one item fails.
///
/// When `stop` is requested, every item on its way stores where it stands, and the same call goes on from there.
///
/// # Errors
/// [`ScanError::Stopped`] after a stop. When the case file cannot be written: nothing is recorded as done that was not.
pub fn scan(
    case: &mut CaseFile,
    items: &[PathBuf],
    library: &Library,
    config: &ScanConfig,
    scribe: &EntryAuthor,
    observer: &dyn Observer,
    stop: &StopToken,
) -> Result<ScanReport, ScanError> {
    let started = scribe.now();
    let configuration = config.to_json();
    let start = start_entry(scribe, items, library, config).case(case.id().as_str());
    let absolute: Vec<PathBuf> =
        items.iter().map(|item| std::path::absolute(item).unwrap_or_else(|_| item.clone())).collect();
    let run = case.transaction(|transaction| {
        let run = transaction.insert_run(started, &configuration)?;
        transaction.insert_run_items(run, &absolute)?;
        transaction.ledger().append(&start)?;
        Ok(run)
    })?;
    let runner = Runner {
        run,
        case_id: case.id().as_str().to_owned(),
        library,
        config,
        scribe,
        observer,
        stop,
        conditions: conditions(config, library, scribe),
        own_lab: own_lab(case.path()),
    };
    let asked: Vec<ScanItem> = items.iter().map(|item| ScanItem::of_host(item)).collect();
    let mut manifests = HashMap::new();
    let mut results = runner.run(case, &asked, &mut manifests)?;
    if config.nested {
        let inside = runner.run_nested(case, &results, &mut manifests)?;
        results.extend(inside);
    }
    case.build_indexes_unless_stopped(stop)?;
    let state = state_of(&results);
    let case_digest = case.digest_unless_stopped(&manifests, stop)?;
    let case_id = case.id().clone();
    case.transaction(|transaction| {
        transaction.finish_run(run, scribe.now(), state)?;
        let content = ScanFinishContent {
            image: done(&results),
            result: state.key(),
            manifest: case_digest,
            failed: failures(&results, &absolute),
            case_frame: Some(transaction.case_frame()?),
        };
        transaction.ledger().append(&scribe.entry_since(content, started).case(case_id.as_str()))
    })?;
    Ok(ScanReport { items: results, state, case_digest })
}

/// What all items of a run have in common.
struct Runner<'r> {
    run: RunId,
    case_id: String,
    library: &'r Library,
    config: &'r ScanConfig,
    scribe: &'r EntryAuthor,
    observer: &'r dyn Observer,
    stop: &'r StopToken,
    conditions: String,
    own_lab: Option<PathBuf>,
}

impl Runner<'_> {
    /// Scans items; the manifest of each image that is finished goes into `manifests`.
    fn run(
        &self,
        case: &mut CaseFile,
        items: &[ScanItem],
        manifests: &mut HashMap<ImageId, [u8; 32]>,
    ) -> Result<Vec<ItemResult>, ScanError> {
        let before = look_before(case, items, &self.conditions, !self.config.afresh, self.scribe)?;
        let batch = Batch {
            run: self.run,
            case_id: self.case_id.clone(),
            library: self.library,
            config: self.config.clone().shared_by(items.len().min(ITEMS_AT_ONCE)),
            scribe: self.scribe,
            observer: self.observer,
            stop: self.stop,
            count: items.len(),
            before,
            conditions: self.conditions.clone(),
            // Beside the case: the folder for temporary files of the system may be memory.
            temporary: case.path().parent().unwrap_or(Path::new(".")).to_owned(),
            own_lab: self.own_lab.clone(),
            outer: Mutex::default(),
            mailbox: Mailbox::default(),
            begun: Mutex::default(),
            segments: Mutex::default(),
            manifests: Mutex::default(),
        };
        let results = match batch.run(case, items) {
            Err(ScanError::Stopped) => {
                // Items that waited for their turn: nobody has a turn any more, who would store it.
                case.transaction(|transaction| batch.mailbox.store(transaction))?;
                return Err(ScanError::Stopped);
            }
            other => other?,
        };
        manifests.extend(batch.manifests.into_inner().unwrap_or_else(PoisonError::into_inner));
        Ok(results)
    }

    /// Scans the images inside the items that `results` are of, and those inside them, until there are no more.
    fn run_nested(
        &self,
        case: &mut CaseFile,
        results: &[ItemResult],
        manifests: &mut HashMap<ImageId, [u8; 32]>,
    ) -> Result<Vec<ItemResult>, ScanError> {
        let mut rounds = Rounds::default();
        let mut all = Vec::new();
        let mut round = rounds.next(case, results)?;
        // An image at the greatest depth has none inside that can be read: the rounds end.
        while !round.items.is_empty() {
            let results = self.run(case, &round.items, manifests)?;
            rounds.keep(case, &results)?;
            all.append(&mut round.left_out);
            round = rounds.next(case, &results)?;
            all.extend(results);
        }
        all.append(&mut round.left_out);
        Ok(all)
    }
}

/// The folder of the lab that a case file lies in.
fn own_lab(case: &Path) -> Option<PathBuf> {
    let folder = case.parent()?.parent()?.canonicalize().ok()?;
    folder.join("lab.toml").is_file().then_some(folder)
}

/// Returns the results of a batch of `count` items.
///
/// # Errors
/// The first error of an item; a stop is told only when nothing else ended the batch.
pub(crate) fn all_done(
    results: Vec<Result<ItemResult, ScanError>>,
    count: usize,
) -> Result<Vec<ItemResult>, ScanError> {
    let (mut done, mut stopped) = (Vec::with_capacity(count), results.len() < count);
    for result in results {
        match result {
            Ok(result) => done.push(result),
            Err(ScanError::Stopped) => stopped = true,
            Err(error) => return Err(error),
        }
    }
    if stopped { Err(ScanError::Stopped) } else { Ok(done) }
}

fn start_entry(scribe: &EntryAuthor, items: &[PathBuf], library: &Library, config: &ScanConfig) -> EntryBody {
    let sets = library.sets().iter().take(MAX_LISTED).map(|set| NamedSet {
        name: set.name.clone(),
        version: set.version.clone(),
        digest: set.digest,
    });
    let analysers = config.analysers.identities();
    let analysers =
        analysers.map(|(name, version)| NamedAnalyser { name: name.to_owned(), version: version.to_owned() });
    let paths = items.iter().take(MAX_LISTED).map(|item| path_text(item));
    scribe.entry(ScanStartContent {
        configuration: config.to_json(),
        items: count(items.len()),
        image: paths.collect(),
        sets: count(library.sets().len()),
        set_digests: sets.collect(),
        analysers: analysers.collect(),
    })
}

pub(crate) fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// What the run did in words: fields of an entry are never empty.
fn done(results: &[ItemResult]) -> String {
    let scanned = results.iter().filter(|result| matches!(result, ItemResult::Scanned(..))).count();
    format!("{scanned} of {} scanned", words::counted(results.len(), "item", "items"))
}

/// Names each item that failed by the path under which the run keeps it: the case then knows what is still to be read.
fn failures(results: &[ItemResult], asked: &[PathBuf]) -> Vec<FailedItem> {
    // Images inside the items were not asked for by a path: theirs is the one that the case keeps.
    let asked = asked.iter().map(Some).chain(std::iter::repeat(None));
    let failed = results.iter().zip(asked).filter_map(|(result, asked)| match result {
        ItemResult::Failed(path, error) => {
            let path = path_text(asked.unwrap_or(path));
            Some(FailedItem { path, error: error.clone() })
        }
        _ => None,
    });
    failed.take(MAX_LISTED).collect()
}

fn state_of(results: &[ItemResult]) -> RunState {
    let failed = results.iter().filter(|result| matches!(result, ItemResult::Failed(..))).count();
    let incomplete = results.iter().any(|result| {
        matches!(result, ItemResult::Scanned(_, RunState::Incomplete) | ItemResult::LeftOut(..))
    });
    match failed {
        0 if !incomplete => RunState::Complete,
        all if all == results.len() => RunState::Failed,
        _ => RunState::Incomplete,
    }
}
