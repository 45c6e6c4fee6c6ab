//! `athar match`: a set against cases that were scanned before, without their evidence.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::hash_set::{ABC_MD5, ABC_SHA1, ABC_SHA256};
use crate::program::{Lab, Run, row};

/// A folder with `abc`, `empty`, `other`, `zeros`.
fn files(lab: &Lab, name: &str) -> PathBuf {
    let folder = lab.beside(name);
    std::fs::create_dir(&folder).unwrap();
    for (file, content) in [
        ("abc", b"abc".to_vec()),
        ("empty", Vec::new()),
        ("other", b"other".to_vec()),
        ("zeros", vec![0; 4096]),
    ] {
        std::fs::write(folder.join(file), content).unwrap();
    }
    folder
}

fn scan(lab: &Lab, folder: &std::path::Path, case: &str) {
    let run = lab.run(&["scan", folder.to_str().unwrap(), "--case", case]);
    assert_eq!(run.code(), 0, "{}", run.all());
}

fn import(lab: &Lab, file: &str, content: &str, words: &[&str]) {
    let run = crate::hash_set::import(lab, file, content.as_bytes(), words);
    assert_eq!(run.code(), 0, "{}", run.all());
}

fn matched(lab: &Lab, words: &[&str]) -> (Run, Vec<Value>) {
    let run = lab.run(&[&["match", "--json"], words].concat());
    let objects = run.objects();
    (run, objects)
}

/// Path, severity, set version, class and whether it is withdrawn, of all hits.
fn hits(lab: &Lab, case: &str) -> Vec<String> {
    let rows = lab.run(&["find", case, "--hit", "--json"]).objects();
    let mut hits = Vec::new();
    for row in rows {
        for hit in row["hits"].as_array().unwrap() {
            let text = |name: &str| hit[name].as_str().unwrap().to_owned();
            let withdrawn = hit["withdrawn_by"].as_array().unwrap().len();
            hits.push(format!(
                "{} {} {} {} {withdrawn}",
                row["path"].as_str().unwrap(),
                text("severity"),
                text("version"),
                text("class")
            ));
        }
    }
    hits.sort();
    hits
}

#[test]
fn a_match_gives_the_index_that_a_scan_with_the_set_would_have_given() {
    let lab = Lab::new();
    let folder = files(&lab, "f");
    scan(&lab, &folder, "before");
    let plain = lab.digest("before");
    let set = format!(
        "md5,sha1,size,name\n{ABC_MD5},,3,by md5\n,{ABC_SHA1},3,by sha1\n{ABC_MD5},{ABC_SHA1},4,other size\n{ABC_MD5},{},3,half\n",
        "1".repeat(40)
    );
    import(&lab, "s.csv", &set, &[]);
    scan(&lab, &folder, "after");
    assert_ne!(lab.digest("after"), plain);
    // The evidence is gone: the index alone is asked.
    std::fs::rename(&folder, lab.beside("elsewhere")).unwrap();
    let (run, objects) = matched(&lab, &["--hash-set", "s", "--case", "before"]);
    assert_eq!(run.code(), 0, "{}", run.all());
    let wanted = json!({ "files": 1, "new_hits": 4, "hits_before": 0, "possible_collisions": 1, "other_sizes": 1 });
    for (name, value) in wanted.as_object().unwrap() {
        assert_eq!(&objects[0][name], value, "{name}: {}", run.all());
    }
    assert_eq!(lab.digest("before"), lab.digest("after"));
    assert_eq!(objects[0]["index_digest"], lab.digest("before"));
    let (again, objects) = matched(&lab, &["--hash-set", "s", "--case", "before"]);
    assert_eq!(
        (&objects[0]["new_hits"], &objects[0]["hits_before"]),
        (&json!(0), &json!(4)),
        "{}",
        again.all()
    );
    assert_eq!(lab.digest("before"), lab.digest("after"), "a rerun adds nothing twice");
    assert!(
        lab.run(&["match", "--hash-set", "s", "--case", "before"])
            .out()
            .contains("nothing was added")
    );
    let entries = lab.run(&["custody", "show", "before", "--json"]).objects();
    let matches: Vec<_> = entries.iter().filter(|entry| entry["body"]["act"] == "match").collect();
    assert_eq!(matches.len(), 3, "each match is an entry");
    let fields = &matches[0]["body"]["fields"];
    assert_eq!(
        (&fields["new_hits"], &fields["manifest"]),
        (&json!("4"), &json!(lab.digest("before")))
    );
    assert_eq!(fields["sets"][0]["digest"].as_str().unwrap().len(), 64);
    assert_eq!(lab.run(&["custody", "verify", "before"]).code(), 3);
    let shown = lab.run(&["find", "before", "--hit"]).out();
    for text in ["possible collision", "the size does not", "low information"] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
}

#[test]
fn two_entries_of_one_digest_without_names_are_two_hits() {
    let lab = Lab::new();
    scan(&lab, &files(&lab, "f"), "c");
    import(
        &lab,
        "s.csv",
        &format!("md5,disposition\n{ABC_MD5},known\n{ABC_MD5},alert\n"),
        &["--set-version", "1"],
    );
    matched(&lab, &["--hash-set", "s", "--case", "c"]);
    assert_eq!(
        hits(&lab, "c"),
        ["/abc alert 1 full 0", "/abc known 1 full 0"],
        "known never hides alert"
    );
}

#[test]
fn what_a_newer_version_withdraws_is_marked_and_stays() {
    let lab = Lab::new();
    scan(&lab, &files(&lab, "f"), "c");
    let other = "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa"; // sha256sum of "other"
    import(
        &lab,
        "1.csv",
        &format!("sha256\n{ABC_SHA256}\n{other}\n"),
        &["--name", "list", "--set-version", "1", "--algorithm", "sha256", "--format", "csv-table"],
    );
    let first = lab.run(&["hash-set", "list", "--json"]).objects()[0]["digest"]
        .as_str()
        .unwrap()
        .to_owned();
    matched(&lab, &["--hash-set", "list", "--case", "c"]);
    import(
        &lab,
        "2.csv",
        &format!("sha256,name\n{other},x\n"),
        &["--name", "list", "--set-version", "2"],
    );
    let sets = lab.run(&["hash-set", "list", "--json"]).objects();
    let second = sets.iter().find(|set| set["version"] == "2").unwrap()["digest"]
        .as_str()
        .unwrap()
        .to_owned();
    let (run, objects) = matched(&lab, &["--hash-set", &second, "--all-cases"]);
    assert_eq!(objects[0]["withdrawn"], 1, "{}", run.all());
    let marked = ["/abc notable 1 full 1", "/other notable 1 full 0", "/other notable 2 full 0"];
    assert_eq!(hits(&lab, "c"), marked);
    assert!(
        lab.run(&["find", "c", "--hit"]).out().contains("WITHDRAWN: list 2 no longer lists it")
    );
    let digest = lab.digest("c");
    let (_, objects) = matched(&lab, &["--hash-set", &second, "--case", "c"]);
    assert_eq!((&objects[0]["withdrawn"], &objects[0]["withdrawn_before"]), (&json!(0), &json!(1)));
    let (_, objects) = matched(&lab, &["--hash-set", &first, "--case", "c"]);
    assert_eq!(objects[0]["withdrawn"], 0, "the older version withdraws nothing");
    assert_eq!((hits(&lab, "c"), lab.digest("c")), (marked.map(String::from).to_vec(), digest));
    // A set of another name takes the place of one only when it is said to.
    import(&lab, "3.txt", &"1".repeat(32), &["--name", "next"]);
    let (_, objects) = matched(&lab, &["--hash-set", "next", "--case", "c"]);
    assert_eq!(objects[0]["withdrawn"], 0);
    let (_, objects) =
        matched(&lab, &["--hash-set", "next", "--case", "c", "--supersedes", &second]);
    assert_eq!(objects[0]["withdrawn"], 1);
}

#[test]
fn a_set_with_hits_is_removed_only_when_that_is_meant_and_the_hits_stay() {
    let lab = Lab::new();
    scan(&lab, &files(&lab, "f"), "c");
    import(&lab, "s.txt", ABC_MD5, &["--set-version", "1"]);
    matched(&lab, &["--hash-set", "s", "--case", "c"]);
    let before = hits(&lab, "c");
    let digest = lab.digest("c");
    assert_eq!(lab.run(&["hash-set", "remove", "s"]).code(), 2, "a reason is needed");
    let refused = lab.run(&["hash-set", "remove", "s", "--reason", "test"]);
    assert_eq!(refused.code(), 1, "{}", refused.all());
    assert!(refused.err().contains("1 case has hits of it: c (1 file)"), "{}", refused.all());
    assert_eq!(lab.run(&["hash-set", "list", "--json"]).objects().len(), 1);
    let removed =
        lab.run(&["hash-set", "remove", "s", "--reason", "recalled by its publisher", "--yes"]);
    assert_eq!(removed.code(), 0, "{}", removed.all());
    assert_eq!((hits(&lab, "c"), lab.digest("c")), (before, digest));
    let last = lab.run(&["custody", "show", "--json"]).objects().pop().unwrap();
    assert_eq!(
        (&last["body"]["act"], &last["body"]["reason"]),
        (&json!("set_remove"), &json!("recalled by its publisher"))
    );
    assert_eq!(last["body"]["fields"]["first_cases"], json!(["c"]));
    assert_eq!(lab.run(&["match", "--hash-set", "s", "--case", "c"]).code(), 2);
    import(&lab, "s.txt", ABC_MD5, &["--set-version", "1"]);
    let acts: Vec<_> = lab
        .run(&["custody", "show", "--json"])
        .objects()
        .into_iter()
        .map(|entry| entry["body"]["act"].clone())
        .collect();
    assert_eq!(
        acts.last(),
        Some(&json!("set_import")),
        "imported again after its removal: {acts:?}"
    );
}

#[test]
fn a_case_that_cannot_be_opened_does_not_keep_the_others_from_being_matched() {
    let lab = Lab::new();
    scan(&lab, &files(&lab, "f"), "a");
    std::fs::write(lab.case_file("broken"), b"not a database, but as long as one: ".repeat(100))
        .unwrap();
    scan(&lab, &lab.beside("f"), "c");
    let set = lab.write("s.txt", ABC_MD5.as_bytes());
    let (run, objects) = matched(&lab, &["--hash-set", set.to_str().unwrap(), "--all-cases"]);
    assert_eq!(run.code(), 3, "{}", run.all());
    let states: Vec<_> =
        objects[1..].iter().map(|case| format!("{} {}", case["case"], case["state"])).collect();
    assert_eq!(states, ["\"a\" \"matched\"", "\"broken\" \"failed\"", "\"c\" \"matched\""]);
    assert_eq!((hits(&lab, "a").len(), hits(&lab, "c").len()), (1, 1));
    let none = lab.run(&["match", "--hash-set", "s", "--case", "broken", "--case", "missing"]);
    assert_eq!(none.code(), 1, "{}", none.all());
    assert!(none.err().contains("case missing"), "{}", none.all());
    assert_eq!(lab.run(&["match", "--hash-set", "s"]).code(), 2, "which cases must be said");
    assert_eq!(lab.run(&["match", "--hash-set", "nothing", "--all-cases"]).code(), 2);
    let refused = lab.run(&["hash-set", "remove", "s", "--reason", "x"]);
    assert!(refused.err().contains("1 cannot be asked: broken"), "{}", refused.all());
}

#[test]
fn a_large_set_and_a_small_one_find_the_same_whichever_leads() {
    let lab = Lab::new();
    let folder = lab.beside("many");
    std::fs::create_dir(&folder).unwrap();
    let mut list = String::new();
    for number in 0..300_u32 {
        std::fs::write(folder.join(number.to_string()), format!("content of file {number}"))
            .unwrap();
    }
    scan(&lab, &folder, "c");
    scan(&lab, &folder, "d");
    let rows = lab.export("c");
    for number in [3_u32, 77, 210] {
        list += &format!("{}\n", row(&rows, &format!("/{number}"))["md5"].as_str().unwrap());
    }
    import(&lab, "small.txt", &list, &[]);
    list.extend((1..5000_u32).map(|number| format!("{number:032x}\n")));
    import(&lab, "large.txt", &list, &[]);
    matched(&lab, &["--hash-set", "small", "--case", "c"]);
    matched(&lab, &["--hash-set", "large", "--case", "d"]);
    assert_eq!(hits(&lab, "c").len(), 3);
    assert_eq!(hits(&lab, "c"), hits(&lab, "d"));
}

#[test]
fn the_content_of_hits_is_read_again_when_that_is_asked_for() {
    let lab = Lab::new();
    let folder = files(&lab, "f");
    let zeros = "ad7facb2586fc6e966c004d7d1d16b024f5805ff7cb47c7a85dabd8b48892ca7"; // sha256sum of 4096 zeros
    std::fs::write(folder.join("letters"), vec![b'z'; 3000]).unwrap();
    scan(&lab, &folder, "c");
    let letters = row(&lab.export("c"), "/letters")["sha256"].as_str().unwrap().to_owned();
    import(&lab, "s.csv", &format!("sha256,name\n{zeros},z\n{letters},l\n{ABC_SHA256},a\n"), &[]);
    std::fs::write(folder.join("abc"), b"abd").unwrap();
    let (run, objects) = matched(&lab, &["--hash-set", "s", "--case", "c", "--check-collisions"]);
    assert_eq!(run.code(), 3, "changed evidence is not silent: {}", run.all());
    let agrees: Vec<_> =
        objects[1..].iter().map(|check| check["agrees_with_index"].as_bool().unwrap()).collect();
    assert_eq!(agrees.iter().filter(|agrees| !**agrees).count(), 1, "{}", run.all());
    let rows = lab.run(&["find", "c", "--hit", "--json"]).objects();
    assert_eq!(row(&rows, "/letters")["low_information"], true, "one byte repeated");
    assert_eq!(row(&rows, "/zeros")["low_information"], true);
    assert_eq!(row(&rows, "/abc")["content_check"]["agrees_with_index"], false);
    let last = lab.run(&["custody", "show", "c", "--json"]).objects();
    let check = last.iter().rev().find(|entry| entry["body"]["act"] == "verify").unwrap();
    assert_eq!(check["body"]["fields"]["other_digests_than_indexed"], "1");
}
