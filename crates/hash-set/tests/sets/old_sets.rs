//! A set that an older version of this program compiled (`testdata/old-sets`): it opens, and answers as its source list does.
use crate::support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use case_model::{Algorithm, Digests};
use hash_set::{ImportOptions, Library, Outcome};
use support::*;

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/old-sets")
}

/// A lab whose shelf holds the set of version 2.
fn older() -> Lab {
    let lab = Lab::new();
    let copied =
        Command::new("cp").arg("-rT").arg(fixture().join("version-2")).arg(lab.sets()).status();
    assert!(copied.unwrap().success());
    lab
}

/// Import of the source list, as the fixture's script asks for it.
fn options() -> ImportOptions {
    ImportOptions::default()
}

/// A line of the source list.
struct Listed {
    digests: Digests,
    size: u64,
    name: String,
}

/// The source list, read without the program.
fn listed() -> Vec<Listed> {
    let text = fs::read_to_string(fixture().join("list.csv")).unwrap();
    let line = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let present: Vec<&str> =
            cells[..3].iter().copied().filter(|cell| !cell.is_empty()).collect();
        Listed {
            digests: digests(&present),
            size: cells[3].parse().unwrap_or(1),
            name: cells[5].to_owned(),
        }
    };
    text.lines().skip(1).map(line).collect()
}

/// The versions of the `.hset` files in a set's folder.
fn versions(folder: &Path) -> BTreeSet<u8> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let hsets = files.filter(|path| path.extension().is_some_and(|extension| extension == "hset"));
    hsets.map(|path| fs::read(path).unwrap()[7]).collect()
}

/// The library finds exactly what the list says, one by one and in a batch.
fn answers_as_listed(library: &Library, listed: &[Listed]) {
    let shares = |a: &Digests, b: &Digests| {
        Algorithm::ALL.iter().any(|one| a.get(*one).is_some() && a.get(*one) == b.get(*one))
    };
    let mut streams: Vec<(Digests, u64)> =
        listed.iter().map(|one| (one.digests.clone(), one.size)).collect();
    // Digests beside those of the list: the last byte, and the first, is another one.
    for at in [0, 15] {
        streams.extend(listed.iter().map(|one| {
            let mut md5 = one.digests.md5.unwrap();
            md5[at] ^= 0x80;
            (Digests { md5: Some(md5), ..Digests::default() }, 1)
        }));
    }
    let batch = library.lookup_batch(&streams).unwrap();
    for ((digests, size), hits) in streams.iter().zip(batch) {
        assert_eq!(hits, library.lookup(digests, *size).unwrap());
        let found: Vec<&str> = hits.iter().map(|hit| hit.label.as_str()).collect();
        let expected =
            listed.iter().filter(|one| shares(&one.digests, digests)).map(|one| one.name.as_str());
        assert_eq!(found.len(), expected.clone().count());
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected.collect::<BTreeSet<_>>());
    }
}

#[test]
fn a_set_of_version_2_answers_as_its_source_list_and_as_the_set_of_today() {
    let older = older();
    let today = Lab::new();
    let report = today.import_file(&fixture().join("list.csv"), &options()).unwrap();
    assert_eq!(versions(&older.set_folder()), BTreeSet::from([2]));
    assert_eq!(versions(&today.set_folder()), BTreeSet::from([3]));
    let old = older.library();
    let new = today.library();
    assert_eq!(
        old.sets()[0].digest,
        report.set.digest,
        "the content's identity does not hang on the version"
    );
    assert_eq!(old.sets()[0].digests, new.sets()[0].digests);
    let listed = listed();
    assert_eq!(listed.len(), 202);
    for library in [&old, &new] {
        assert!(library.verify(&mut |_| {}).is_empty());
        answers_as_listed(library, &listed);
        let set = library.one(&report.set.digest).unwrap();
        for algorithm in Algorithm::ALL {
            let all: BTreeSet<&[u8]> =
                listed.iter().filter_map(|one| one.digests.get(algorithm)).collect();
            assert!(set.digests(algorithm).eq(all.iter().copied()));
            let mut found = Vec::new();
            set.contains_many(algorithm, all.iter().copied(), &mut |number| found.push(number));
            assert!(found.into_iter().eq(0..all.len()));
            assert!(all.iter().all(|digest| set.contains(algorithm, digest)));
        }
    }
}

#[test]
fn a_shelf_holds_sets_of_both_versions() {
    let lab = older();
    let again = lab.import_file(&fixture().join("list.csv"), &options()).unwrap();
    assert_eq!(again.outcome, Outcome::AlreadyThere);
    let listed = listed();
    let both = listed.iter().find(|one| one.name == "name 100").unwrap();
    let list = format!("{}\n{ABC_MD5}\n", case_model::to_hex(&both.digests.md5.unwrap()));
    lab.import("new.txt", list, &ImportOptions::default()).unwrap();
    let mut library = lab.library();
    assert_eq!(library.sets().len(), 2);
    assert!(library.verify(&mut |_| {}).is_empty());
    let found: BTreeSet<String> = library
        .lookup(&both.digests, both.size)
        .unwrap()
        .into_iter()
        .map(|hit| hit.set_name)
        .collect();
    assert_eq!(found, BTreeSet::from(["new".to_owned(), "old".to_owned()]));
    library.remove(&again.set.digest).unwrap();
    assert_eq!(library.lookup(&both.digests, both.size).unwrap().len(), 1);
}

#[test]
fn a_changed_byte_of_version_2_is_damage() {
    for (file, at) in [("md5.hset", 48), ("sha1.hset", 4096), ("sha256.hset", 9000)] {
        let lab = older();
        let path = lab.set_folder().join(file);
        let mut bytes = fs::read(&path).unwrap();
        bytes[at] ^= 1;
        fs::write(&path, bytes).unwrap();
        let error = Library::open(&lab.sets()).err().unwrap().to_string();
        assert!(error.contains(file) && error.contains("SHA-256 of the data"), "{error}");
    }
}
