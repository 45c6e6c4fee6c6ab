//! Scans into a case of its own.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use case_model::{CaseId, Examiner};
use case_store::{CaseFile, RunState};
use custody::Tool;
use custody::content::CaseCreateContent;
use hash_set::Library;
use pipeline::{Event, ItemResult, Observer, ScanConfig, Scribe, scan};

/// Does something once, when the first event of a kind comes.
pub(crate) struct Meddler<F> {
    pub(crate) when: fn(&Event<'_>) -> bool,
    pub(crate) what: F,
    pub(crate) done: AtomicBool,
}

impl<F: Fn() + Send + Sync> Observer for Meddler<F> {
    fn event(&self, event: &Event<'_>) {
        if (self.when)(event) && !self.done.swap(true, Ordering::SeqCst) {
            (self.what)();
        }
    }
}

fn scribe() -> Scribe {
    let text = || "test".to_owned();
    Scribe {
        examiner: Examiner { name: text(), declared: true },
        tool: Tool { name: text(), version: text(), commit: "0".repeat(40), build: text() },
        zone: "UTC".to_owned(),
        now_ns: Box::new(|| 1_700_000_000_000_000_000),
        offset: Box::new(|_| "+00:00".to_owned()),
    }
}

/// The state of the item, and the texts of its damages.
pub(crate) fn scanned(
    folder: &Path,
    item: PathBuf,
    config: &ScanConfig,
    observer: &dyn Observer,
) -> (RunState, Vec<String>) {
    let scribe = scribe();
    let id = CaseId::new("c").unwrap();
    let first = scribe.entry(CaseCreateContent { lab: "lab.test/1".to_owned(), first_entry: None }).case("c");
    let (mut case, _) = CaseFile::begin(&folder.join("c.db"), &id, &first).unwrap();
    let library = Library::open(&folder.join("no sets")).unwrap();
    let report = scan(&mut case, &[item], &library, config, &scribe, observer).unwrap();
    let [ItemResult::Scanned(image, state)] = report.items[..] else { panic!("{:?}", report.items) };
    assert_eq!(report.state, state);
    (state, case.image_report(image).unwrap().first_damages)
}

pub(crate) static NOBODY: Meddler<fn()> =
    Meddler { when: |_| false, what: || (), done: AtomicBool::new(false) };

/// The bodies of the entries of the case's ledger.
pub(crate) fn ledger(folder: &Path) -> Vec<String> {
    let mut case = CaseFile::open(&folder.join("c.db"), &CaseId::new("c").unwrap()).unwrap();
    let entries = case.ledger().entries().unwrap();
    entries.into_iter().map(|entry| String::from_utf8_lossy(&entry.body).into_owned()).collect()
}
