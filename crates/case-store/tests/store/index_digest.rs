//! The canonical digest of the index.

use case_model::to_hex;
use case_store::{CaseFile, DigestVersion};
use rusqlite::Connection;

use crate::harness::Sample;

/// Computed by the program of November 2026 from the same rows, when every statement was still written by hand. The ledgers of cases hold
/// digests like this one: a program that computes another says of sound cases that they were changed.
const BEFORE: &str = "5c5a04449e8b99f09864d0a5050cff824a7ec6c44ee4f9f938b9f65aa5e62b27";
/// The same rows with kinds and values in the place of sentences.
const OF_KINDS: &str = "98ca24cc02fe0910e83454c0570de440e3812c308254302d278e8f578ef76f7b";

/// The sentences that a layout before 4 held in the place of kinds.
const SENTENCES: &str = "UPDATE image SET digest_version = 2; \
     UPDATE problem SET statement = json_extract(statement, '$[1]'); \
     UPDATE entry SET confidence = 'contiguous' WHERE confidence IS NOT NULL; \
     UPDATE entry SET rule = iif(rule = '[\"skip.directory\"]', 'directory: its content is names', json_extract(rule, '$[1]')); \
     UPDATE tally SET what = 'records in use'";

fn change(case: &CaseFile, sql: &str) {
    Connection::open(case.path()).unwrap().execute_batch(sql).unwrap();
}

fn digest(case: &CaseFile) -> String {
    to_hex(&case.digest().unwrap())
}

#[test]
fn the_digest_of_the_same_rows_is_that_of_earlier_programs() {
    let Sample { case, folder: _folder, .. } = Sample::new();
    assert_eq!(
        (digest(&case).as_str(), case.digest_version().unwrap()),
        (OF_KINDS, DigestVersion::Kinds)
    );
    change(&case, SENTENCES);
    assert_eq!(
        (digest(&case).as_str(), case.digest_version().unwrap()),
        (BEFORE, DigestVersion::Sentences)
    );
}

#[test]
fn the_digest_of_kinds_takes_keys_and_values_and_no_words_of_recognition() {
    let Sample { case, folder: _folder, .. } = Sample::new();
    let before = digest(&case);
    change(&case, "UPDATE file_system SET reason = 'another sentence'");
    assert_eq!(digest(&case), before);
    change(&case, "UPDATE tally SET what = '[\"ext.another-count\"]'");
    let other_key = digest(&case);
    assert_ne!(other_key, before);
    change(
        &case,
        "UPDATE problem SET statement = replace(statement, 'of the image', 'of another')",
    );
    assert_ne!(digest(&case), other_key);
}

#[test]
fn an_image_of_an_older_layout_keeps_its_digest_beside_new_ones() {
    let Sample { case, folder: _folder, image, .. } = Sample::new();
    change(&case, SENTENCES);
    let old = case.image_digest(image).unwrap();
    change(
        &case,
        "INSERT INTO image (run, name, path, container, reason, state, digest_version) \
         VALUES (1, 'b', '/b', 'raw', '', 'complete', 3)",
    );
    assert_eq!(case.image_digest(image).unwrap(), old);
    assert_eq!(case.digest_version().unwrap(), DigestVersion::Kinds);
    assert_ne!(digest(&case), BEFORE);
}
