//! Scans into a case of its own.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use case_model::{CaseId, Examiner};
use case_store::{CaseFile, RunState};
use custody::Tool;
use custody::content::CaseCreateContent;
use hash_set::Library;
use pipeline::{
    EntryAuthor, Event, ItemResult, Observer, ScanConfig, ScanError, ScanReport, StopToken, scan,
};

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

pub(crate) fn scribe() -> EntryAuthor {
    let text = || "test".to_owned();
    EntryAuthor {
        examiner: Examiner { name: text(), declared: true },
        tool: Tool { name: text(), version: text(), commit: "0".repeat(40), build: text() },
        zone: "UTC".to_owned(),
        now_ns: Box::new(|| 1_700_000_000_000_000_000),
        offset: Box::new(|_| "+00:00".to_owned()),
    }
}

/// A case in `folder`.
pub(crate) fn begin_case(folder: &Path) -> CaseFile {
    let id = CaseId::new("c").unwrap();
    let content = CaseCreateContent { lab: "lab.test/1".to_owned(), first_entry: None };
    CaseFile::begin(&folder.join("c.db"), &id, &scribe().entry(content).case("c")).unwrap().0
}

/// The case that is in `folder`.
pub(crate) fn open_case(folder: &Path) -> CaseFile {
    CaseFile::open(&folder.join("c.db"), &CaseId::new("c").unwrap()).unwrap()
}

pub(crate) fn scan_into(
    case: &mut CaseFile,
    items: &[PathBuf],
    config: &ScanConfig,
    observer: &dyn Observer,
    stop: &StopToken,
) -> Result<ScanReport, ScanError> {
    let library = Library::open(&case.path().with_file_name("no sets")).unwrap();
    scan(case, items, &library, config, &scribe(), observer, stop)
}

/// The state of the item, and the texts of its damages.
pub(crate) fn scanned(
    folder: &Path,
    item: PathBuf,
    config: &ScanConfig,
    observer: &dyn Observer,
) -> (RunState, Vec<String>) {
    let mut case = begin_case(folder);
    let report = scan_into(&mut case, &[item], config, observer, &StopToken::new()).unwrap();
    let [ItemResult::Scanned(image, state, _)] = report.items[..] else {
        panic!("{:?}", report.items)
    };
    assert_eq!(report.state, state);
    let damages = case.image_report(image).unwrap().first_damages;
    (state, damages.iter().map(|damage| damage.text(words::Language::English)).collect())
}

pub(crate) static NOBODY: Meddler<fn()> =
    Meddler { when: |_| false, what: || (), done: AtomicBool::new(false) };

/// The bodies of the entries of the case's ledger.
pub(crate) fn ledger(folder: &Path) -> Vec<String> {
    let mut case = open_case(folder);
    let entries = case.ledger().entries().unwrap();
    entries.into_iter().map(|entry| String::from_utf8_lossy(&entry.body).into_owned()).collect()
}
