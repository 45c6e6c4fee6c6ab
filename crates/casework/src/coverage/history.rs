//! What was asked of a case and what came of it, read from its runs and its ledger.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use case_model::{path_of_text, path_text};
use case_store::{CaseFile, ImageState, RunRecord};
use custody::{Act, EntryView};

use super::{LookedUp, LookedUpSet};
use crate::{CaseworkError, MediumState};

/// Failed items that the end of a scan spells out; when there are as many, there may be more.
const FAILURES_LISTED: usize = 100;
const NOT_SPELLED_OUT: &str = "the ledger spells out only the first items that failed";

/// Why an item is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum UnreadCause {
    /// It could not be read.
    Failed(String),
    /// The scan that should have read it has no end.
    Pending,
}

/// What a case was asked for and what came of it.
#[derive(Debug, Default)]
pub(super) struct History {
    /// Items that were asked for, were not read and were not withdrawn, by absolute path.
    pub(super) unread: BTreeMap<String, UnreadCause>,
    /// Exhibits whose scan came to its end, by path, with the sets that were looked up.
    looked_up: HashMap<String, LookedUp>,
    /// Exhibits whose medium was not as recorded when it was read last: how it compared.
    changed_media: HashMap<String, String>,
}

impl History {
    pub(super) fn read(case: &mut CaseFile, images: &[ImageState]) -> Result<Self, CaseworkError> {
        let runs = case.runs()?;
        let entries = case.ledger().entries()?;
        let mut replay = LedgerReplay::new(&runs, images);
        for view in entries.iter().filter_map(EntryView::read) {
            replay.entry(&view);
        }
        Ok(replay.end())
    }

    pub(super) fn looked_up(&self, path: &str) -> LookedUp {
        self.looked_up.get(path).cloned().unwrap_or_default()
    }

    /// Returns how the medium compared when it was read last, if it was not as recorded.
    pub(super) fn changed_medium(&self, path: &str) -> Option<&str> {
        self.changed_media.get(path).map(String::as_str)
    }
}

/// Goes through a ledger from its start.
struct LedgerReplay<'r> {
    history: History,
    /// Runs that came to their end, in order: each has one `scan_finish`.
    finished: std::vec::IntoIter<&'r RunRecord>,
    pending: Vec<&'r RunRecord>,
    images: &'r [ImageState],
    /// The sets of the scan that began last.
    sets: LookedUp,
    withdrawn: Vec<String>,
}

impl<'r> LedgerReplay<'r> {
    fn new(runs: &'r [RunRecord], images: &'r [ImageState]) -> Self {
        let finished: Vec<&RunRecord> = runs.iter().filter(|run| run.finished).collect();
        Self {
            history: History::default(),
            finished: finished.into_iter(),
            pending: runs.iter().filter(|run| run.state == "running").collect(),
            images,
            sets: LookedUp::Unknown,
            withdrawn: Vec::new(),
        }
    }

    fn entry(&mut self, view: &EntryView) {
        match view.act() {
            Some(Act::ScanStart) => self.sets = sets_of(view),
            Some(Act::Index) => self.indexed(view),
            Some(Act::ScanFinish) => self.finish(view),
            Some(Act::Verify) => self.read_again(view),
            Some(Act::Match) => self.matched(&sets_of(view)),
            Some(Act::ItemWithdraw) => {
                let path = view.image().unwrap_or_default();
                self.history.unread.remove(path);
                self.withdrawn.push(path.to_owned());
            }
            _ => {}
        }
    }

    fn indexed(&mut self, view: &EntryView) {
        let Some(path) = view.image() else { return };
        self.history.looked_up.insert(path.to_owned(), self.sets.clone());
        self.history.unread.retain(|asked, _| !is_same_file(asked, path));
    }

    /// A medium that is not found, for example because it was moved, says nothing of its content.
    fn read_again(&mut self, view: &EntryView) {
        let (Some(path), Some(result)) = (view.image(), view.result()) else { return };
        if result == MediumState::Agrees.key() {
            self.history.changed_media.remove(path);
        } else if result != MediumState::Missing.key() {
            self.history.changed_media.insert(path.to_owned(), result.to_owned());
        }
    }

    fn matched(&mut self, sets: &LookedUp) {
        let LookedUp::Sets(sets) = sets else { return };
        for looked_up in self.history.looked_up.values_mut() {
            let mut all = match std::mem::take(looked_up) {
                LookedUp::Sets(all) => all,
                LookedUp::Unknown | LookedUp::None => Vec::new(),
            };
            all.extend(sets.iter().cloned());
            all.sort();
            all.dedup();
            *looked_up = LookedUp::Sets(all);
        }
    }

    /// What a run was asked for and does not call failed, it read.
    fn finish(&mut self, view: &EntryView) {
        let failed = view.failed_items();
        let run = self.finished.next();
        let asked: Vec<String> = run.map_or(Vec::new(), texts);
        for path in &asked {
            let failure = failed.iter().find(|(failed, _)| names(failed, path));
            let unlisted = failed.len() >= FAILURES_LISTED && !self.is_indexed(path);
            let error = failure.map(|(_, error)| *error).or(unlisted.then_some(NOT_SPELLED_OUT));
            self.outcome(path, error);
        }
        // A run of a version that did not keep its items.
        for (path, error) in failed.iter().filter(|_| asked.is_empty()) {
            self.outcome(path, Some(error));
        }
    }

    fn outcome(&mut self, path: &str, error: Option<&str>) {
        self.withdrawn.retain(|withdrawn| withdrawn != path);
        match error {
            // What an earlier run read stays read.
            Some(_) if self.is_indexed(path) => {}
            Some(error) => drop(
                self.history.unread.insert(path.to_owned(), UnreadCause::Failed(error.to_owned())),
            ),
            None => drop(self.history.unread.remove(path)),
        }
    }

    fn is_indexed(&self, path: &str) -> bool {
        let is_read =
            |image: &&ImageState| matches!(image.state.as_str(), "complete" | "incomplete");
        self.images.iter().filter(is_read).any(|image| is_same_file(path, &image.path))
    }

    fn end(mut self) -> History {
        for run in std::mem::take(&mut self.pending) {
            for path in texts(run) {
                if self.withdrawn.contains(&path) || self.is_indexed(&path) {
                    continue;
                }
                // Under the path of its rows, when there are some.
                let row = self.images.iter().find(|image| is_same_file(&path, &image.path));
                let key = row.map_or(path, |image| image.path.clone());
                self.history.unread.entry(key).or_insert(UnreadCause::Pending);
            }
        }
        self.history
    }
}

fn texts(run: &RunRecord) -> Vec<String> {
    run.items.iter().map(|item| path_text(item)).collect()
}

fn sets_of(view: &EntryView) -> LookedUp {
    match view.number_of_sets() {
        None => LookedUp::Unknown,
        Some(0) => LookedUp::None,
        Some(_) => {
            let set = |(name, version, digest): (&str, &str, &str)| LookedUpSet {
                name: name.to_owned(),
                version: version.to_owned(),
                digest: digest.to_owned(),
            };
            LookedUp::Sets(view.named_sets().into_iter().map(set).collect())
        }
    }
}

/// Is `failed`, which older entries name as it was typed, the item with this absolute path?
fn names(failed: &str, path: &str) -> bool {
    let typed = Path::new(failed.strip_prefix("./").unwrap_or(failed));
    failed == path
        || (typed.is_relative() && Path::new(path).ends_with(typed))
        || is_same_file(path, failed)
}

/// Images are kept by their resolved path, items by the path that was asked for.
fn is_same_file(asked: &str, resolved: &str) -> bool {
    asked == resolved
        || path_of_text(asked).canonicalize().is_ok_and(|path| path == path_of_text(resolved))
}
