//! A run over several items of evidence into one case.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use case_model::{StopToken, path_text};
use case_store::{CaseFile, ImageId, RunId, RunState};
use custody::EntryBody;
use custody::content::{FailedItem, NamedAnalyser, NamedSet, ScanFinishContent, ScanStartContent};
use hash_set::Library;

use crate::item::case_record::{CaseRecord, MAX_LISTED, count};
use crate::resume::checkpoints::Mailbox;
use crate::resume::interrupted_scan::conditions;
use crate::run::batch::{Batch, ITEMS_AT_ONCE};
use crate::run::earlier_scans::EarlierScans;
use crate::run::item_result::ItemResult;
use crate::run::nested::{Rounds, ScanItem};
use crate::{EntryAuthor, Observer, ScanConfig, ScanError};

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
    author: &EntryAuthor,
    observer: &dyn Observer,
    stop: &StopToken,
) -> Result<ScanReport, ScanError> {
    let started = author.now();
    let absolute: Vec<PathBuf> = items
        .iter()
        .map(|item| std::path::absolute(item).unwrap_or_else(|_| item.clone()))
        .collect();
    let run = start_run(case, (items, &absolute), library, config, author, started)?;
    let runner = Runner {
        run,
        case_id: case.id().as_str().to_owned(),
        library,
        config,
        author,
        observer,
        stop,
        conditions: conditions(config, library, author),
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
    let case_digest = case.digest_unless_stopped(&manifests, stop)?;
    runner.finish(case, results, &absolute, case_digest, started)
}

/// Records the start of a run, with its items.
fn start_run(
    case: &mut CaseFile,
    (items, absolute): (&[PathBuf], &[PathBuf]),
    library: &Library,
    config: &ScanConfig,
    author: &EntryAuthor,
    started: i64,
) -> Result<RunId, ScanError> {
    let start = start_entry(author, items, library, config).case(case.id().as_str());
    Ok(case.transaction(|transaction| {
        let run = transaction.insert_run(started, &config.to_json())?;
        transaction.insert_run_items(run, absolute)?;
        transaction.ledger().append(&start)?;
        Ok(run)
    })?)
}

/// What all items of a run have in common.
struct Runner<'r> {
    run: RunId,
    case_id: String,
    library: &'r Library,
    config: &'r ScanConfig,
    author: &'r EntryAuthor,
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
        let earlier =
            EarlierScans::find(case, items, &self.conditions, !self.config.afresh, self.author)?;
        let batch = self.batch(case.path(), items.len(), earlier);
        let results = match batch.run(case, items) {
            Err(ScanError::Stopped) => {
                // Items that waited for their turn: nobody has a turn any more, who would store it.
                case.transaction(|transaction| batch.mailbox.store(transaction))?;
                return Err(ScanError::Stopped);
            }
            other => other?,
        };
        manifests.extend(batch.record.into_manifests());
        Ok(results)
    }

    /// Returns the means of a batch of `count` items into the case file at `case`.
    fn batch(&self, case: &Path, count: usize, earlier: EarlierScans) -> Batch<'_> {
        Batch {
            record: CaseRecord::new(self.run, self.case_id.clone(), self.author),
            library: self.library,
            config: self.config.clone().shared_by(count.min(ITEMS_AT_ONCE)),
            observer: self.observer,
            stop: self.stop,
            count,
            earlier,
            conditions: self.conditions.clone(),
            // Beside the case: the folder for temporary files of the system may be memory.
            temporary: case.parent().unwrap_or(Path::new(".")).to_owned(),
            own_lab: self.own_lab.clone(),
            outer: Mutex::default(),
            mailbox: Mailbox::default(),
            begun: Mutex::default(),
            segments: Mutex::default(),
        }
    }

    /// Records the end of the run.
    fn finish(
        &self,
        case: &mut CaseFile,
        results: Vec<ItemResult>,
        absolute: &[PathBuf],
        case_digest: [u8; 32],
        started: i64,
    ) -> Result<ScanReport, ScanError> {
        let state = state_of(&results);
        case.transaction(|transaction| {
            transaction.finish_run(self.run, self.author.now(), state)?;
            let content = ScanFinishContent {
                image: done(&results),
                result: state.key(),
                manifest: case_digest,
                failed: failures(&results, absolute),
                case_frame: Some(transaction.case_frame()?),
            };
            let entry = self.author.entry_since(content, started).case(self.case_id.as_str());
            transaction.ledger().append(&entry)
        })?;
        Ok(ScanReport { items: results, state, case_digest })
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

fn start_entry(
    author: &EntryAuthor,
    items: &[PathBuf],
    library: &Library,
    config: &ScanConfig,
) -> EntryBody {
    let sets = library.active().take(MAX_LISTED).map(|set| NamedSet {
        name: set.name.clone(),
        version: set.version.clone(),
        digest: set.digest,
    });
    let analysers = config.analysers.identities();
    let analysers = analysers.map(|(name, version)| NamedAnalyser {
        name: name.to_owned(),
        version: version.to_owned(),
    });
    let paths = items.iter().take(MAX_LISTED).map(|item| path_text(item));
    author.entry(ScanStartContent {
        configuration: config.to_json(),
        items: count(items.len()),
        image: paths.collect(),
        sets: count(library.number_active()),
        set_digests: sets.collect(),
        analysers: analysers.collect(),
    })
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
        matches!(result, ItemResult::Scanned(_, RunState::Incomplete, _) | ItemResult::LeftOut(..))
    });
    match failed {
        0 if !incomplete => RunState::Complete,
        all if all == results.len() => RunState::Failed,
        _ => RunState::Incomplete,
    }
}
