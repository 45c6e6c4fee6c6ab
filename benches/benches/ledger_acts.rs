//! A case whose ledger has 100,000 entries: opening it for work, and an act in it, with its entry and its signature.
//!
//! The lab lies in memory, where a flush costs nothing; `LEDGER_FOLDER=DIR` puts it on a disk, flushes included.
#![allow(clippy::expect_used, reason = "a benchmark that cannot go on fails")]

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use case_model::{CaseId, Examiner, RecordName};
use casework::{Author, NoKeyHolder, Session};
use custody::Tool;
use custody::content::{DecimalText, QueryContent};
use divan::Bencher;
use lab::LabSettings;
use tempfile::TempDir;

/// Entries in the ledger.
const ENTRIES: u64 = 100_000;
/// Entries that are written in one transaction while the ledger is made.
const AT_ONCE: u64 = 5_000;
/// A folder in memory, on Linux.
const IN_MEMORY: &str = "/dev/shm";

fn main() {
    divan::main();
}

fn session(folder: &Path) -> Session {
    let tool = Tool {
        name: "bench".to_owned(),
        version: "1".to_owned(),
        commit: "0".repeat(40),
        build: "bench".to_owned(),
    };
    let author = Author { examiner: Examiner { name: "bench".to_owned(), declared: true }, tool };
    let settings = || LabSettings::of_new_lab("UTC");
    Session::open_or_create(&folder.join("lab"), settings, author, Box::new(NoKeyHolder))
        .expect("a lab")
        .0
}

fn case() -> CaseId {
    CaseId::new("bench").expect("a name")
}

fn content(number: u64) -> QueryContent {
    QueryContent { query: format!("--name number-{number}"), rows: DecimalText(number) }
}

/// The folder of the lab; made once a run.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    FOLDER
        .get_or_init(|| {
            let asked = std::env::var_os("LEDGER_FOLDER").map(PathBuf::from);
            let above =
                asked.or_else(|| Some(PathBuf::from(IN_MEMORY)).filter(|folder| folder.is_dir()));
            let folder =
                above.map_or_else(tempfile::tempdir, tempfile::tempdir_in).expect("a folder");
            fill(folder.path());
            folder
        })
        .path()
}

fn fill(folder: &Path) {
    let mut session = session(folder);
    session.create_case(&case()).expect("a case");
    let author = session.author();
    for first in (0..ENTRIES).step_by(AT_ONCE as usize) {
        session
            .case(&case())
            .expect("the case")
            .transaction(|transaction| {
                (first..first + AT_ONCE).try_for_each(|number| {
                    transaction
                        .ledger()
                        .append(&author.entry(content(number)).case("bench"))
                        .map(drop)
                })
            })
            .expect("entries");
    }
    session.sign_all().expect("a checkpoint");
}

/// To reach: 0.5 s.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn open(bencher: Bencher<'_, '_>) {
    let folder = folder();
    bencher.with_inputs(|| session(folder)).bench_local_values(|mut session| {
        session.case(&case()).expect("the case");
        session
    });
}

/// To reach: 2 ms beside the flushes.
#[divan::bench(sample_count = 200, sample_size = 1)]
fn act(bencher: Bencher<'_, '_>) {
    let mut session = session(folder());
    let name = RecordName::Case(case());
    session.case(&case()).expect("the case");
    bencher.bench_local(|| {
        let entry = session.author().entry(content(0));
        session.append(&name, entry).expect("an entry")
    });
}

/// The entry alone, without check and signature: what SQLite takes.
#[divan::bench(sample_count = 200, sample_size = 1)]
fn entry_alone(bencher: Bencher<'_, '_>) {
    let mut session = session(folder());
    let author = session.author();
    let case_file = session.case(&case()).expect("the case");
    bencher.bench_local(|| {
        case_file.append(&author.entry(content(0)).case("bench")).expect("an entry")
    });
}
