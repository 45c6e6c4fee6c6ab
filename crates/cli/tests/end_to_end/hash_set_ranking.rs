//! `athar hash-set rank`: a Bloom filter orders files for a first look, and is a hit of nothing.

use serde_json::Value;

use crate::hash_set::{ABC_SHA1, import};
use crate::program::Lab;

/// Made with flor 1.1.3, DCSO's Python program: 12 keys at 0.001; entered: SHA-1 of `abc`, `abd`, `abe` in upper case.
const SMALL: &str = "01000000000000000c00000000000000fca9f1d24d62503f0a00000000000000ac0000000000000003000000000000000110000018120008080764415030c40c0214010400000000";

fn small() -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&SMALL[at..at + 2], 16).unwrap();
    (0..SMALL.len()).step_by(2).map(byte).collect()
}

/// A lab with the case `c`: files `abc`, `empty` and `other`.
fn lab_with_case() -> Lab {
    let lab = Lab::new();
    let folder = lab.beside("f");
    std::fs::create_dir(&folder).unwrap();
    for (name, content) in [("abc", "abc"), ("empty", ""), ("other", "other")] {
        std::fs::write(folder.join(name), content).unwrap();
    }
    lab.done(&["scan", folder.to_str().unwrap(), "--case", "c"]);
    lab
}

#[test]
fn what_is_certainly_not_listed_comes_first_and_nothing_becomes_a_hit() {
    let lab = lab_with_case();
    let before = lab.digest("c");
    let run = import(
        &lab,
        "circl.bloom",
        &small(),
        &["--set-version", "2023-10", "--member", ABC_SHA1, "--json"],
    );
    assert_eq!(run.code(), 0, "{}", run.all());
    let ranking = &run.objects()[0];
    assert_eq!((&ranking["kind"], &ranking["entered"]), (&Value::from("ranking"), &Value::from(3)));
    let objects =
        lab.done(&["hash-set", "rank", "circl", "--case", "c", "--list", "--json"]).objects();
    assert_eq!(objects[0]["maybe_listed"], 1, "abc; the empty file is not asked about");
    assert_eq!(objects[0]["certainly_not_listed"], 1);
    let paths: Vec<_> =
        objects[1..].iter().map(|object| object["path"].as_str().unwrap().to_owned()).collect();
    assert!(paths.len() == 1 && paths[0].ends_with("other"), "{paths:?}");
    let told = lab.done(&["hash-set", "rank", "circl", "--all-cases"]);
    assert!(
        told.out().contains("1 file certainly not listed: look at it first; 1 maybe listed"),
        "{}",
        told.all()
    );
    assert_eq!(lab.digest("c"), before, "nothing of it is in the case");
    let folder = lab.beside("f");
    lab.done(&["scan", folder.to_str().unwrap(), "--case", "again"]);
    assert_eq!(lab.digest("again"), before, "a scan does not know it");
}

#[test]
fn a_ranking_is_listed_shown_verified_and_removed_with_its_rate_of_false_answers() {
    let lab = lab_with_case();
    import(&lab, "circl.bloom", &small(), &[]);
    let listed = lab.done(&["hash-set", "list"]);
    assert!(
        listed.out().contains("ranking      circl  3 keys (sha1-upper), 'maybe' for 1 of "),
        "{}",
        listed.all()
    );
    let shown = lab.done(&["hash-set", "show", "circl"]);
    for text in ["never a hit", "false answers", "made for 'maybe' for 1 of 1000"] {
        assert!(shown.out().contains(text), "{text}: {}", shown.all());
    }
    assert!(lab.done(&["hash-set", "verify"]).out().contains("circl: intact"));
    let mut kept =
        std::fs::read_dir(lab.path().join("rankings")).unwrap().map(|entry| entry.unwrap().path());
    let kept = kept.find(|path| path.extension().is_some_and(|end| end == "bloom")).unwrap();
    let mut bytes = small();
    bytes[60] ^= 1;
    std::fs::write(kept, bytes).unwrap();
    let run = lab.run(&["hash-set", "verify"]);
    assert!(run.code() == 1 && run.out().contains("circl: DAMAGED"), "{}", run.all());
    lab.done(&["hash-set", "remove", "circl", "--reason", "damaged"]);
    assert_eq!(lab.run(&["hash-set", "rank", "circl", "--case", "c"]).code(), 2);
    let ledger = lab.done(&["custody", "show", "--json"]).out();
    assert_eq!(ledger.matches("bloom-ranking").count(), 2, "taken in and removed");
}

#[test]
fn words_that_a_ranking_cannot_have_are_refused() {
    let lab = lab_with_case();
    for words in [&["--disposition", "known"][..], &["--algorithm", "sha1"], &["--member", "00"]] {
        let run = import(&lab, "circl.bloom", &small(), words);
        assert!(
            run.code() != 0 && run.all().contains("nothing was imported"),
            "{words:?}: {}",
            run.all()
        );
    }
    let cut = import(&lab, "cut.bloom", &small()[..60], &[]);
    assert!(cut.code() == 1 && cut.all().contains("cut off: 60 bytes"), "{}", cut.all());
    let path = lab.write("circl.bloom", &small());
    let run = lab.run(&["match", "--hash-set", path.to_str().unwrap(), "--case", "c"]);
    assert!(run.code() == 2 && run.all().contains("gives no hits"), "{}", run.all());
    assert!(lab.run(&["hash-set", "list"]).all().contains("no hash sets"));
}
