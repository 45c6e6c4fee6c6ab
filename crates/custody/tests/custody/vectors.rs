//! The format is frozen: the committed vectors, this crate, and Python's hashlib and json agree about every byte.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::record::vectors;
use case_model::to_hex;
use custody::{Json, StoredEntry, canonical_bytes, inclusion_proof, merkle_root, verify_chain};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

/// One line an entry, as `log.jsonl` of an export holds them.
fn log_lines(entries: &[StoredEntry]) -> String {
    entries
        .iter()
        .map(|entry| {
            let line = Json::from([
                ("seq", Json::from(entry.seq)),
                ("prev", Json::from(to_hex(&entry.prev))),
                ("hash", Json::from(to_hex(&entry.hash))),
                ("body", Json::from(String::from_utf8(entry.body.clone()).unwrap())),
            ]);
            String::from_utf8(canonical_bytes(&line).unwrap()).unwrap() + "\n"
        })
        .collect()
}

/// A line for each size of the tree: size, root, and the inclusion proof of its middle leaf.
fn tree_lines(entries: &[StoredEntry]) -> String {
    let leaves: Vec<_> = entries.iter().map(StoredEntry::leaf).collect();
    (1..=leaves.len())
        .map(|size| {
            let proof = inclusion_proof(&leaves[..size], (size / 2) as u64).unwrap();
            let proof: Vec<_> = proof.iter().map(|hash| to_hex(hash)).collect();
            format!("{size} {} {}\n", to_hex(&merkle_root(&leaves[..size])), proof.join(","))
        })
        .collect()
}

#[test]
fn the_committed_vectors_are_still_what_this_crate_writes() {
    let entries = vectors();
    for (name, text) in [("log.jsonl", log_lines(&entries)), ("tree.txt", tree_lines(&entries))] {
        let path = folder().join(name);
        if std::env::var_os("WRITE_VECTORS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        assert!(
            std::fs::read_to_string(&path).unwrap() == text,
            "{name} differs: the format has changed"
        );
    }
    let report = verify_chain(entries);
    assert!(report.is_intact(), "{report:?}");
}

#[test]
fn python_computes_the_same_bytes_hashes_and_roots() {
    let script = folder().join("recompute.py");
    let Ok(output) = Command::new("python3").arg(&script).output() else {
        eprintln!("skipped: python3 is not installed");
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "7 entries, 7 roots, 7 inclusion proofs: all the same\n"
    );
}

#[test]
fn the_worked_example_of_the_readme_is_the_first_vector() {
    let first = vectors().remove(0);
    let readme = include_str!("../../README.md");
    assert!(readme.contains(std::str::from_utf8(&first.body).unwrap()));
    for value in [to_hex(&first.hash), to_hex(&first.leaf()), format!("{:016x}", first.body.len())]
    {
        assert!(readme.contains(&value), "{value}");
    }
}
