//! What analysers found: stored, shown, in the digest, and gone with its image.

use std::path::Path;

use case_model::CaseId;
use case_store::{CaseFile, EntryId, EntryRow, Filter, FindingRow, FoundFinding, ImageWriter};

use crate::harness::{Sample, directory_row, file_row};

const ANALYSERS: [(&str, &str); 2] = [("content-type", "1"), ("words", "7")];

/// The sample with one more image, whose file has a content type and these findings.
fn with_findings(findings: &[(&'static str, &'static str)]) -> (Sample, EntryId) {
    let mut sample = Sample::new();
    let image = sample
        .case
        .transaction(|transaction| {
            let run = transaction.insert_run(1_700_000_000_000_000_000, "{}")?;
            transaction.insert_image(run, &crate::harness::image_row("/evidence/second.raw"))
        })
        .unwrap();
    let mut writer = ImageWriter::new(&sample.case, image).unwrap();
    writer.analysers(ANALYSERS.into_iter()).unwrap();
    let volume = writer.volume(&crate::harness::volume_row()).unwrap();
    let file_system = writer.file_system(volume, &crate::harness::file_system_row()).unwrap();
    let root = writer.directory(file_system, "/").unwrap();
    writer.entry(file_system, &directory_row(root)).unwrap();
    let findings =
        findings.iter().map(|(key, value)| FindingRow { analyser: 1, key, value: (*value).into() });
    let row = EntryRow { findings: findings.collect(), hits: Vec::new(), ..file_row(root) };
    let entry = writer.entry(file_system, &row).unwrap();
    writer.checkpoint(|_| Ok(())).unwrap();
    sample.image = image;
    (sample, entry)
}

fn found(sample: &Sample, id: EntryId) -> Vec<FoundFinding> {
    let mut found = Vec::new();
    let filter = Filter { id: Some(id), ..Filter::default() };
    sample
        .case
        .find(&filter, &mut |row| {
            found.extend(row.findings);
            true
        })
        .unwrap();
    found
}

fn finding(analyser: &str, version: &str, key: &str, value: &str) -> FoundFinding {
    let owned = str::to_owned;
    FoundFinding {
        analyser: owned(analyser),
        version: owned(version),
        key: owned(key),
        value: owned(value),
    }
}

#[test]
fn findings_are_shown_with_analyser_and_version_and_the_content_type_is_one_of_them() {
    let (sample, entry) = with_findings(&[("word", "سلام"), ("count", "3"), ("word", "سلام")]);
    let expected = [
        finding("content-type", "1", "type", "image/jpeg"),
        finding("words", "7", "count", "3"),
        finding("words", "7", "word", "سلام"),
    ];
    assert_eq!(found(&sample, entry), expected);
    let owned = |(name, version): (&str, &str)| (name.to_owned(), version.to_owned());
    assert_eq!(sample.case.analysers(sample.image).unwrap(), ANALYSERS.map(owned));
    assert_eq!(sample.case.image_report(sample.image).unwrap().analysers, ANALYSERS.map(owned));
}

#[test]
fn a_finding_changes_the_digest_and_without_one_it_is_that_of_earlier_programs() {
    let digest = |findings: &[(&'static str, &'static str)]| {
        let (sample, _) = with_findings(findings);
        sample.case.image_digest(sample.image).unwrap()
    };
    let one = digest(&[("word", "a")]);
    let other = digest(&[("word", "b")]);
    let none = digest(&[]);
    assert_ne!(one, other);
    assert_ne!(one, none);
    assert_eq!(digest(&[("word", "a")]), one);
    let (sample, _) = with_findings(&[]);
    let with_type_only = sample.case.image_digest(sample.image).unwrap();
    let file = rusqlite::Connection::open(sample.folder.path().join("c.db")).unwrap();
    file.execute_batch("DELETE FROM image_analyser").unwrap();
    assert_eq!(sample.case.image_digest(sample.image).unwrap(), with_type_only);
}

#[test]
fn findings_go_with_their_image() {
    let (mut sample, _) = with_findings(&[("word", "a")]);
    let image = sample.image;
    sample.case.transaction(|transaction| transaction.discard_image(image)).unwrap();
    let file = rusqlite::Connection::open(sample.folder.path().join("c.db")).unwrap();
    for table in ["stored_finding", "image_analyser"] {
        let query = format!("SELECT count(*) FROM {table}");
        let count: i64 = file.query_row(&query, [], |row| row.get(0)).unwrap();
        assert_eq!(count, 0, "{table}");
    }
}

#[test]
fn a_finding_of_an_analyser_that_was_not_named_is_refused() {
    let sample = Sample::new();
    let mut writer = ImageWriter::new(&sample.case, sample.image).unwrap();
    let volume = writer.volume(&crate::harness::volume_row()).unwrap();
    let file_system = writer.file_system(volume, &crate::harness::file_system_row()).unwrap();
    let root = writer.directory(file_system, "/more").unwrap();
    let findings = vec![FindingRow { analyser: 0, key: "word", value: "a".into() }];
    let refused = writer.entry(file_system, &EntryRow { findings, ..file_row(root) });
    assert!(refused.unwrap_err().to_string().contains("analyser 0"));
    writer.abandon();
}

#[test]
fn a_case_of_an_earlier_layout_says_that_content_types_were_recognised() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("demo.db");
    let old = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../testdata/old-cases/layout-3/lab/cases/demo.db");
    std::fs::copy(old, &file).unwrap();
    let types = |case: &CaseFile| {
        let mut types = Vec::new();
        case.find(&Filter::default(), &mut |row| {
            types.extend(row.content_type.map(|content_type| (row.findings, content_type)));
            true
        })
        .unwrap();
        types
    };
    // Looked at, the file stays as it is.
    let looked_at = types(&CaseFile::open_copy(&file).unwrap());
    assert!(!looked_at.is_empty() && looked_at.iter().all(|(findings, _)| findings.is_empty()));
    let case = CaseFile::open(&file, &CaseId::new("demo").unwrap()).unwrap();
    let image = case.images().unwrap()[0];
    assert_eq!(case.analysers(image).unwrap(), [("content-type".to_owned(), "1".to_owned())]);
    for (findings, content_type) in types(&case) {
        assert_eq!(findings, [finding("content-type", "1", "type", &content_type)]);
    }
}
