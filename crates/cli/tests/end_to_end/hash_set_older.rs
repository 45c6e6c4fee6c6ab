//! A lab that keeps a hash set of version 2, as an older program compiled it (`testdata/old-sets`), beside sets of today: every command takes both.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::hash_set::import;
use crate::program::Lab;

fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata").join(name)
}

/// Version bytes of the `.hset` files of a lab's sets, sorted.
fn versions(lab: &Lab) -> Vec<u8> {
    let folder =
        |path: PathBuf| std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let sets = folder(lab.path().join("hash-sets")).filter(|path| path.is_dir());
    let files =
        sets.flat_map(folder).filter(|path| path.extension().is_some_and(|end| end == "hset"));
    let mut all: Vec<u8> = files.map(|path| std::fs::read(path).unwrap()[7]).collect();
    all.sort_unstable();
    all
}

/// Path, set name and version of the hits that are not withdrawn.
fn hits(lab: &Lab) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut all = Vec::new();
    for row in lab.run(&["find", "demo", "--hit", "--json"]).objects() {
        for hit in row["hits"].as_array().unwrap() {
            if hit["withdrawn_by"].as_array().unwrap().is_empty() {
                all.push(format!("{} {}", text(&row["path"]), text(&hit["version"])));
            }
        }
    }
    all.sort();
    all
}

#[test]
fn every_command_takes_a_set_of_version_2_beside_one_of_today() {
    let lab = Lab::new();
    let image = testdata("demo/demo.raw");
    let scan = lab.run(&["scan", image.to_str().unwrap(), "--case", "demo"]);
    assert_eq!(scan.code(), 0, "{}", scan.all());
    let shelf = lab.path().join("hash-sets");
    let copied =
        Command::new("cp").arg("-rT").arg(testdata("old-sets/version-2")).arg(&shelf).status();
    assert!(copied.unwrap().success());
    assert_eq!(versions(&lab), [2, 2, 2]);

    let matched = lab.run(&["match", "--hash-set", "old", "--case", "demo"]);
    assert_eq!(matched.code(), 0, "{}", matched.all());
    let found = hits(&lab);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].ends_with(".jpg 1") && found[1].ends_with(".csv 1"), "{found:?}");

    // What it exports is what its list holds: imported elsewhere it is the same set, of today.
    let to = lab.beside("out.csv");
    let export =
        lab.run(&["hash-set", "export", "old", "--format", "csv", "--to", to.to_str().unwrap()]);
    assert_eq!(export.code(), 0, "{}", export.all());
    let other = Lab::new();
    let back = import(&other, "out.csv", &std::fs::read(&to).unwrap(), &["--yes", "--json"]);
    let old = lab.run(&["hash-set", "list", "--json"]).objects().remove(0);
    assert_eq!((&back.objects()[0]["digest"], versions(&other)), (&old["digest"], vec![3, 3, 3]));

    // The next version of the list leaves the last file out.
    let list = std::fs::read_to_string(testdata("old-sets/list.csv")).unwrap();
    let less: String = list.lines().take(202).map(|line| format!("{line}\n")).collect();
    let new = import(
        &lab,
        "less.csv",
        less.as_bytes(),
        &["--name", "old", "--set-version", "2", "--yes", "--json"],
    );
    assert_eq!(new.code(), 0, "{}", new.all());
    assert_eq!(versions(&lab), [2, 2, 2, 3, 3, 3]);
    let digest = |set: &Value| set["digest"].as_str().unwrap()[..16].to_owned();
    let old = digest(&old);
    let new = digest(&new.objects()[0]);
    let diff = lab.run(&["hash-set", "diff", &old, &new, "--summary"]);
    assert!(
        diff.out().contains("old 1 → old 2: 0 added, 1 withdrawn, 0 changed, 201 unchanged"),
        "{}",
        diff.all()
    );
    let shown = lab.run(&["hash-set", "show", &old, "--entries", "300"]);
    for text in ["name 1\n", "name 200\n", "beach.jpg"] {
        assert!(shown.out().contains(text), "{text:?}: {}", shown.all());
    }
    let verified = lab.run(&["hash-set", "verify"]);
    assert_eq!(
        (verified.code(), verified.out().matches("as imported").count()),
        (0, 2),
        "{}",
        verified.all()
    );
    assert_eq!(lab.run(&["match", "--hash-set", &new, "--case", "demo"]).code(), 0);
    let found = hits(&lab);
    assert!(found.iter().any(|hit| hit.ends_with(".jpg 2")), "{found:?}");
    assert!(!found.iter().any(|hit| hit.contains(".csv")), "{found:?}");

    let removed = lab.run(&["hash-set", "remove", &old, "--reason", "an older version", "--yes"]);
    assert_eq!((removed.code(), versions(&lab)), (0, vec![3, 3, 3]), "{}", removed.all());
    assert_eq!(lab.run(&["hash-set", "verify"]).code(), 0);
}
