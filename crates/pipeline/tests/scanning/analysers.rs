//! Every analyser sees every byte of every stream once, on whatever way the stream is read, and one that fails costs its findings only.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use analysis::conformance::EveryByte;
use analysis::{
    Analyser, Analysers, ContentType, FindingsOfAnalyser, Head, NamedStream, StreamAnalysis,
    StreamFacts, Wants,
};
use byte_source::Piece;
use case_model::StopToken;
use case_store::{CaseFile, Filter, FoundRow, RunState};
use filesystem::Allocation;
use pipeline::{ScanConfig, ScanError};

use crate::harness::{NOBODY, begin_case, ledger, scan_into};

fn config(list: Vec<Box<dyn Analyser>>) -> ScanConfig {
    ScanConfig {
        threads: 2,
        analysers: Arc::new(Analysers::new(list).unwrap()),
        ..ScanConfig::default()
    }
}

fn rows(case: &CaseFile) -> Vec<FoundRow> {
    let mut rows = Vec::new();
    case.find(&Filter::default(), &mut |row| {
        rows.push(row);
        true
    })
    .unwrap();
    rows
}

fn values<'r>(row: &'r FoundRow, analyser: &str, key: &str) -> Vec<&'r str> {
    let is_it = |found: &&case_store::FoundFinding| found.analyser == analyser && found.key == key;
    row.findings.iter().filter(is_it).map(|found| found.value.as_str()).collect()
}

fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/demo/demo.raw")
}

/// Files that are read side by side and one by one, one of them with a hole at its start.
fn folder_of_files(folder: &Path) -> PathBuf {
    use std::os::unix::fs::FileExt;
    let files = folder.join("files");
    std::fs::create_dir_all(&files).unwrap();
    let bytes = |count: usize| -> Vec<u8> { (0..count).map(|at| (at * at / 7) as u8).collect() };
    for count in [0, 1, 4_095, 8_192, 8_193, 300_000, 3 << 20] {
        std::fs::write(files.join(format!("file of {count}")), bytes(count)).unwrap();
    }
    let sparse = std::fs::File::create(files.join("with a hole")).unwrap();
    sparse.write_all_at(&bytes(70_000), 2 << 20).unwrap();
    files
}

#[test]
fn an_analyser_of_every_byte_finds_in_each_file_what_its_bytes_give() {
    let folder = tempfile::tempdir().unwrap();
    let files = folder_of_files(folder.path());
    let mut case = begin_case(folder.path());
    let config = config(vec![Box::new(ContentType::PLAIN), Box::new(EveryByte)]);
    scan_into(&mut case, &[files.clone(), demo()], &config, &NOBODY, &StopToken::new()).unwrap();
    let rows = rows(&case);
    let of_folder = rows.iter().filter(|row| row.file_system == "folder" && row.kind == "file");
    let mut count = 0;
    for row in of_folder {
        let bytes = std::fs::read(files.join(row.path.trim_start_matches('/'))).unwrap();
        assert_eq!(
            values(row, EveryByte::NAME, "sum"),
            [EveryByte::of_bytes(&bytes)],
            "{}",
            row.path
        );
        count += 1;
    }
    assert_eq!(count, 8);
    for row in rows.iter().filter(|row| row.sha256.is_some()) {
        let [sum] = values(row, EveryByte::NAME, "sum")[..] else { panic!("{row:?}") };
        assert!(sum.ends_with(&format!(" of {}, 0 unreadable", row.size)), "{}: {sum}", row.path);
        assert_eq!(
            values(row, ContentType::NAME, "type").first().copied(),
            row.content_type.as_deref()
        );
    }
    let start = ledger(folder.path()).into_iter().find(|body| body.contains("scan_start")).unwrap();
    assert!(start.contains(r#"{"name":"every-byte","version":"1"}"#), "{start}");
}

/// Panics on some streams.
struct Panicking;

impl Analyser for Panicking {
    fn name(&self) -> &'static str {
        "panicking"
    }

    fn version(&self) -> &str {
        "1"
    }

    fn keys(&self) -> &'static [&'static str] {
        &["size"]
    }

    fn wants(&self, _: &StreamFacts) -> Wants {
        Wants::Head(1)
    }

    fn head(&self, facts: &StreamFacts, _: Head<'_>, findings: &mut FindingsOfAnalyser<'_>) {
        assert!(facts.size != 8_192 && facts.size != 3 << 20, "on purpose");
        findings.add("size", facts.size.to_string());
    }
}

#[test]
fn an_analyser_that_panics_costs_its_findings_and_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let files = folder_of_files(folder.path());
    let mut case = begin_case(folder.path());
    let config =
        config(vec![Box::new(Panicking), Box::new(EveryByte), Box::new(ContentType::PLAIN)]);
    let report = scan_into(&mut case, &[files], &config, &NOBODY, &StopToken::new()).unwrap();
    assert_eq!(report.state, RunState::Complete);
    for row in rows(&case).into_iter().filter(|row| row.kind == "file") {
        let is_failed = [8_192, 3 << 20].contains(&row.size);
        assert_eq!(values(&row, "panicking", "failed"), vec!["panic"; usize::from(is_failed)]);
        assert_eq!(values(&row, "panicking", "size").is_empty(), is_failed);
        assert_eq!(values(&row, EveryByte::NAME, "sum").len(), 1);
        assert!(row.sha256.is_some() || row.size == 0);
    }
    let image = case.images().unwrap()[0];
    assert_eq!(case.image_report(image).unwrap().notes, 2);
}

/// Says what it was told of each stream.
struct Witness;

struct Told(StreamFacts);

impl Analyser for Witness {
    fn name(&self) -> &'static str {
        "witness"
    }

    fn version(&self) -> &str {
        "1"
    }

    fn keys(&self) -> &'static [&'static str] {
        &["state", "name"]
    }

    fn wants(&self, _: &StreamFacts) -> Wants {
        Wants::All
    }

    fn tells_records_apart(&self) -> bool {
        true
    }

    fn start(&self, facts: &StreamFacts) -> Option<Box<dyn StreamAnalysis>> {
        Some(Box::new(Told(*facts)))
    }

    fn conclude(&self, stream: &NamedStream<'_>, findings: &mut FindingsOfAnalyser<'_>) {
        findings.add("name", stream.readable.to_owned());
    }
}

impl StreamAnalysis for Told {
    fn take(&mut self, _: u64, _: Piece<'_>) -> ControlFlow<()> {
        ControlFlow::Break(())
    }

    fn save(&self) -> Option<Vec<u8>> {
        None
    }

    fn finish(self: Box<Self>, findings: &mut FindingsOfAnalyser<'_>) {
        let state = match self.0.record.unwrap().state {
            Allocation::Allocated => "allocated",
            Allocation::Deleted => "deleted",
        };
        findings.add("state", state);
    }
}

#[test]
fn an_analyser_is_told_the_state_at_the_start_and_the_name_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let files = folder_of_files(folder.path());
    let mut case = begin_case(folder.path());
    let config = config(vec![Box::new(Witness)]);
    scan_into(&mut case, &[files, demo()], &config, &NOBODY, &StopToken::new()).unwrap();
    let rows = rows(&case);
    let read: Vec<&FoundRow> = rows.iter().filter(|row| row.sha256.is_some()).collect();
    assert!(read.iter().any(|row| row.state == "deleted") && read.len() > 15);
    for row in read.into_iter().filter(|row| !row.further_name && row.stream_kind == "data") {
        assert_eq!(values(row, "witness", "state"), [row.state.as_str()], "{}", row.path);
        let [name] = values(row, "witness", "name")[..] else { panic!("{row:?}") };
        assert!(row.path.ends_with(name), "{}: {name}", row.path);
    }
}

#[test]
fn a_scan_that_stopped_with_other_analysers_starts_again() {
    let folder = tempfile::tempdir().unwrap();
    let files = folder_of_files(folder.path());
    let both = || config(vec![Box::new(ContentType::PLAIN), Box::new(EveryByte)]);
    let digest_of = |looks: Option<u64>| {
        let place = tempfile::tempdir().unwrap();
        let mut case = begin_case(place.path());
        if let Some(looks) = looks {
            let asked = std::sync::atomic::AtomicU64::new(0);
            let count = move || asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= looks;
            let plain = config(vec![Box::new(ContentType::PLAIN)]);
            let stopped = scan_into(
                &mut case,
                &[demo(), files.clone()],
                &plain,
                &NOBODY,
                &StopToken::when(count),
            );
            assert!(matches!(stopped, Err(ScanError::Stopped)));
        }
        let items = [demo(), files.clone()];
        scan_into(&mut case, &items, &both(), &NOBODY, &StopToken::new()).unwrap().case_digest
    };
    let whole = digest_of(None);
    // Early in the first item: an item that is done stays as it is.
    for looks in [3, 10] {
        assert_eq!(digest_of(Some(looks)), whole, "stopped at look {looks}");
    }
}
