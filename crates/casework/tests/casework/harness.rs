//! A lab in a folder of its own, without a process.

use std::path::{Path, PathBuf};

use case_model::{CaseId, Examiner, RecordName};
use casework::{
    Author, CaseworkError, JudgedLedger, KeyHolder, NoKeyHolder, Outside, Session, Verdict, judge,
};
use custody::content::{DecimalText, PeopleContent, QueryContent, Said, said_field};
use custody::{Act, EntryView, StoredEntry, Tool};
use hash_set::Library;
use lab::LabSettings;
use pipeline::{Event, Observer, ScanConfig, ScanReport};
use rusqlite::Connection;
use tempfile::TempDir;

/// A folder with a lab in it, and room for evidence next to it.
pub(crate) struct House {
    folder: TempDir,
}

impl House {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn lab(&self) -> PathBuf {
        self.path("lab")
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// A session; the lab is created on first use.
    pub(crate) fn session(&self) -> Session {
        self.session_with(Box::new(NoKeyHolder))
    }

    pub(crate) fn session_with(&self, holder: Box<dyn KeyHolder>) -> Session {
        let settings = || LabSettings {
            name: "Test lab".into(),
            origin: "lab.test/1".into(),
            zone: "UTC".into(),
            language: "en".into(),
        };
        Session::open_or_create(&self.lab(), settings, author(), holder).unwrap().0
    }

    /// A session with the case `c`.
    pub(crate) fn with_case(&self) -> (Session, RecordName) {
        let mut session = self.session();
        session.create_case(&case()).unwrap();
        session.sign_all().unwrap();
        (session, name())
    }

    /// The database of the case `c`, to do to it what no session does.
    pub(crate) fn database(&self) -> Connection {
        Connection::open(self.lab().join("cases/c.db")).unwrap()
    }
}

pub(crate) fn author() -> Author {
    let tool = Tool {
        name: "test".into(),
        version: "1".into(),
        commit: "0".repeat(40),
        build: "test".into(),
    };
    Author { examiner: Examiner { name: "Amal".into(), declared: true }, tool }
}

pub(crate) fn case() -> CaseId {
    CaseId::new("c").unwrap()
}

pub(crate) fn name() -> RecordName {
    RecordName::Case(case())
}

/// Appends a note and signs.
pub(crate) fn note(
    session: &mut Session,
    name: &RecordName,
    text: &str,
) -> Result<StoredEntry, CaseworkError> {
    let content = PeopleContent {
        act: Act::Note,
        said: vec![(said_field::TEXT, Said::Text(text.to_owned()))],
        container: None,
        documents: Vec::new(),
    };
    let entry = session.author().entry(content);
    session.append(name, entry)
}

/// Appends an entry to the case `c` in a transaction of its own, unsigned, as a scan does.
pub(crate) fn append_unsigned(session: &mut Session, query: &str) {
    let content = QueryContent { query: query.to_owned(), rows: DecimalText(1) };
    let entry = session.author().entry(content).case("c");
    session.case(&case()).unwrap().append(&entry).unwrap();
}

/// The acts that a ledger records, in their order.
pub(crate) fn acts(session: &mut Session, name: &RecordName) -> Vec<&'static str> {
    let entries = session.record(name).unwrap().ledger.entries().unwrap();
    entries.iter().map(|entry| EntryView::read(entry).unwrap().act().unwrap().key()).collect()
}

/// The fields of the last entry of an act, as text.
pub(crate) fn last_of(session: &mut Session, name: &RecordName, act: Act) -> String {
    let entries = session.record(name).unwrap().ledger.entries().unwrap();
    let is =
        |entry: &&StoredEntry| EntryView::read(entry).is_some_and(|view| view.act() == Some(act));
    let last = entries.iter().rfind(is).unwrap_or_else(|| panic!("no entry of {act}"));
    String::from_utf8(last.body.clone()).unwrap()
}

/// Everything that can be said of a ledger.
pub(crate) fn verdict(session: &mut Session, name: &RecordName) -> Verdict {
    let mut judged: JudgedLedger = session.look_at(name).unwrap();
    judge(&mut judged, &Outside::default()).unwrap()
}

/// Scans files into the case `c`.
pub(crate) fn scan(session: &mut Session, items: &[PathBuf]) -> ScanReport {
    session.open_or_create_case(&case()).unwrap();
    let library = Library::open(&session.lab().hash_sets()).unwrap();
    let turn = session.begin_scan(&case()).unwrap();
    let config = ScanConfig { threads: 1, ..ScanConfig::default() };
    session.scan(&turn, items, &library, &config, &Nobody).unwrap()
}

/// A folder with two files.
pub(crate) fn folder(house: &House) -> PathBuf {
    house.write("evidence/a.txt", b"first");
    house.write("evidence/b/b.txt", b"second");
    house.path("evidence")
}

pub(crate) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_folder(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// Takes no notice.
pub(crate) struct Nobody;

impl Observer for Nobody {
    fn event(&self, _: &Event<'_>) {}
}
