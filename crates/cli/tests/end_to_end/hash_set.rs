//! `athar hash-set`: every word of it, and what the lab's ledger keeps.

use serde_json::Value;

use crate::program::{Lab, Run};

/// md5sum, sha1sum and sha256sum of "abc".
pub(crate) const ABC_MD5: &str = "900150983cd24fb0d6963f7d28e17f72";
pub(crate) const ABC_SHA1: &str = "a9993e364706816aba3e25717850c26c9cd0d89d";
pub(crate) const ABC_SHA256: &str =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// Imports a file beside the lab with further words.
pub(crate) fn import(lab: &Lab, name: &str, content: &[u8], words: &[&str]) -> Run {
    let path = lab.write(name, content);
    lab.run(&[&["hash-set", "import", path.to_str().unwrap()], words].concat())
}

fn imported(lab: &Lab, name: &str, content: &[u8], words: &[&str]) -> Value {
    let run = import(lab, name, content, &[words, &["--json"]].concat());
    let set = run.objects().pop().unwrap();
    // What was rejected is missing from the set.
    assert_eq!(run.code(), if set["rejected"] == 0 { 0 } else { 3 }, "{}", run.all());
    set
}

/// The acts of the lab's ledger with their fields.
fn ledger(lab: &Lab) -> Vec<(String, Value)> {
    let run = lab.run(&["custody", "show", "--json"]);
    assert_eq!(lab.run(&["custody", "verify"]).code(), 3);
    run.objects()
        .into_iter()
        .map(|entry| {
            (entry["body"]["act"].as_str().unwrap().to_owned(), entry["body"]["fields"].clone())
        })
        .collect()
}

#[test]
fn what_was_accepted_repeated_and_rejected_is_counted_with_its_place() {
    let lab = Lab::new();
    let list =
        format!("md5,name\n{ABC_MD5},a\n{ABC_MD5},b\nd41d8cd98f00b204e9800998ecf8427e,e\nzz,c\n");
    let set = imported(
        &lab,
        "list.csv",
        list.as_bytes(),
        &["--set-version", "7", "--handling", "TLP:RED"],
    );
    for (field, count) in
        [("entries", 1), ("duplicates", 1), ("rejected", 1), ("empty_files_dropped", 1)]
    {
        assert_eq!(set[field], count, "{field}");
    }
    assert_eq!(set["first_rejections"][0]["position"]["line"]["line"], 5);
    let shown = lab.run(&["hash-set", "show", "list", "--entries", "9"]);
    for text in ["line 5", "\"zz\"", "TLP:RED", "a match means    notable", ABC_MD5, "  a  b"] {
        assert!(shown.out().contains(text), "{text}: {}", shown.all());
    }
    let again = imported(&lab, "list.csv", list.as_bytes(), &["--set-version", "7"]);
    assert_eq!((&again["added"], &again["digest"]), (&Value::Bool(false), &set["digest"]));
    let acts = ledger(&lab);
    let imports: Vec<_> = acts.iter().filter(|(act, _)| act == "set_import").collect();
    assert_eq!(imports.len(), 1, "what is there already is not imported twice: {acts:?}");
    assert_eq!(imports[0].1["digest"], set["digest"]);
    assert_eq!(imports[0].1["source_sha256"], set["source_sha256"]);
}

#[test]
fn a_set_whose_entry_was_never_written_gets_it_when_it_is_imported_again() {
    let lab = Lab::new();
    imported(&lab, "z.txt", b"0cc175b9c0f1b6a831c399e269772661", &[]);
    // As a program that was killed between the set's registration and its entry leaves the lab: the set is there, the entry is not.
    let kept = lab.beside("kept");
    let copy = |from: &std::path::Path, to: &std::path::Path| {
        let done = std::process::Command::new("cp").arg("-aT").arg(from).arg(to).status().unwrap();
        assert!(done.success());
    };
    std::fs::create_dir(&kept).unwrap();
    for name in ["ledger.db", "checkpoints"] {
        copy(&lab.path().join(name), &kept.join(name));
    }
    imported(&lab, "a.txt", ABC_MD5.as_bytes(), &[]);
    for name in ["ledger.db", "checkpoints"] {
        copy(&kept.join(name), &lab.path().join(name));
    }
    imported(&lab, "a.txt", ABC_MD5.as_bytes(), &[]);
    imported(&lab, "a.txt", ABC_MD5.as_bytes(), &[]);
    let imports: Vec<_> = ledger(&lab).into_iter().filter(|(act, _)| act == "set_import").collect();
    assert_eq!(imports.len(), 2, "one of each set");
    assert!(imports[1].1["remark"].as_str().unwrap().contains("earlier run"), "{imports:?}");
}

#[test]
fn columns_that_are_not_plain_are_shown_and_wait_for_a_word() {
    let lab = Lab::new();
    let table = format!("hash,name\n{ABC_MD5},a\n");
    let refused = import(&lab, "t.csv", table.as_bytes(), &[]);
    assert_eq!(refused.code(), 2, "{}", refused.all());
    assert!(
        refused.out().contains("\"hash\" holds digest") && refused.err().contains("--columns"),
        "{}",
        refused.all()
    );
    assert!(refused.out().contains(ABC_MD5), "the first records are shown: {}", refused.all());
    assert_eq!(lab.run(&["hash-set", "list", "--json"]).out(), "");
    assert!(ledger(&lab).iter().all(|(act, _)| act == "lab_create" || act == "key_add"));
    let scan = lab.run(&[
        "scan",
        lab.write("x.bin", b"x").to_str().unwrap(),
        "--case",
        "c",
        "--hash-set",
        lab.beside("t.csv").to_str().unwrap(),
    ]);
    assert_eq!(scan.code(), 2, "a scan guesses nothing either: {}", scan.all());
    let preview =
        import(&lab, "t.csv", table.as_bytes(), &["--columns", "hash=md5", "--preview", "--json"]);
    assert_eq!(preview.objects()[0]["preview"]["columns"][0]["holds"], "md5");
    assert_eq!(lab.run(&["hash-set", "list", "--json"]).out(), "");
    let said = imported(&lab, "t.csv", table.as_bytes(), &["--columns", "hash=md5"]);
    let confirmed = imported(&lab, "t.csv", table.as_bytes(), &["--yes"]);
    assert_eq!(said["digest"], confirmed["digest"]);
    for wrong in ["hash", "hash=colour", "nothing=md5"] {
        let run = import(&lab, "t.csv", table.as_bytes(), &["--columns", wrong]);
        assert!(matches!(run.code(), 1 | 2), "{wrong}: {}", run.all());
    }
}

#[test]
fn versions_are_compared_and_a_format_can_be_forced() {
    let lab = Lab::new();
    let list = |digits: &[&str]| digits.iter().map(|one| one.repeat(32) + "\n").collect::<String>();
    let old = imported(
        &lab,
        "v1.txt",
        list(&["1", "2"]).as_bytes(),
        &["--name", "list", "--set-version", "1"],
    );
    let new = imported(
        &lab,
        "v2.txt",
        list(&["2", "3"]).as_bytes(),
        &["--name", "list", "--set-version", "2"],
    );
    let old = old["digest"].as_str().unwrap();
    let new = new["digest"].as_str().unwrap();
    let diff = lab.run(&["hash-set", "diff", &old[..8], &new[..8]]);
    assert_eq!(
        diff.out(),
        format!(
            "- md5 {}  notable\n+ md5 {}  notable\nlist 1 → list 2: 1 added, 1 withdrawn, 0 changed, 1 unchanged\n",
            "1".repeat(32),
            "3".repeat(32)
        )
    );
    let counts =
        lab.run(&["hash-set", "diff", &old[..8], &new[..8], "--summary", "--json"]).objects();
    assert_eq!(
        (counts.len(), &counts[0]["added"], &counts[0]["removed"]),
        (1, &1.into(), &1.into())
    );
    let ambiguous = lab.run(&["hash-set", "show", "list"]);
    assert_eq!(ambiguous.code(), 2);
    assert!(ambiguous.err().contains("2 hash sets have the name"), "{}", ambiguous.all());
    // A comment that looks like X-Ways' heading; a list is meant.
    let forced = import(
        &lab,
        "odd.txt",
        format!("MD5\n{}\n", "4".repeat(32)).as_bytes(),
        &["--format", "digest-list"],
    );
    assert!(
        forced.out().contains("title lines before the first digest left out: 1"),
        "{}",
        forced.all()
    );
    assert_eq!(import(&lab, "odd.txt", b"x", &["--format", "excel"]).code(), 2);
}

#[test]
fn every_export_comes_back_and_the_ledger_knows_of_it() {
    let lab = Lab::new();
    let table = format!(
        "md5,sha1,sha256,size,name,category,disposition\n{ABC_MD5},{ABC_SHA1},{ABC_SHA256},3,\"a, \"\"b\"\"\",x,alert\n,{},,,,,known\n",
        "5".repeat(40)
    );
    let set = imported(&lab, "t.csv", table.as_bytes(), &[]);
    let export = |format: &str, to: &str, more: &[&str]| {
        let to = lab.beside(to);
        lab.run(
            &[&["hash-set", "export", "t", "--format", format, "--to", to.to_str().unwrap()], more]
                .concat(),
        )
    };
    let csv = export("csv", "out.csv", &[]);
    assert_eq!(csv.code(), 0, "{}", csv.all());
    assert_eq!(export("csv", "out.csv", &[]).code(), 1, "a file that is there is not written over");
    let other = Lab::new();
    let back = imported(&other, "out.csv", &std::fs::read(lab.beside("out.csv")).unwrap(), &[]);
    assert_eq!(back["digest"], set["digest"]);
    let sums = export("sums", "out.sha1", &["--algorithm", "sha1", "--json"]);
    assert_eq!(sums.objects()[0]["written"], 2, "{}", sums.all());
    let strongest = export("sums", "out.sums", &["--json"]);
    assert_eq!(strongest.objects()[0]["left_out"], 1, "{}", strongest.all());
    assert!(std::fs::read_to_string(lab.beside("out.sums")).unwrap().starts_with(ABC_SHA256));
    let kdb = export("kdb", "out.kdb", &["--json"]);
    assert_eq!(kdb.objects()[0]["written"], 1, "{}", kdb.all());
    let kdb_back =
        imported(&other, "out2.kdb", &std::fs::read(lab.beside("out.kdb")).unwrap(), &[]);
    assert_eq!(kdb_back["format"], "autopsy-kdb");
    assert_eq!(export("sums", "none", &["--algorithm", "blake3"]).code(), 2);
    let exports = ledger(&lab).into_iter().filter(|(_, fields)| fields["to"].is_string()).count();
    assert_eq!(exports, 4);
}

#[test]
fn a_damaged_set_is_found_and_no_command_goes_on_without_it() {
    let lab = Lab::new();
    imported(&lab, "t.csv", format!("md5,name\n{ABC_MD5},some name\n").as_bytes(), &[]);
    let good = lab.run(&["hash-set", "verify"]);
    assert_eq!((good.code(), good.out().contains("as imported")), (0, true), "{}", good.all());
    let set = std::fs::read_dir(lab.path().join("hash-sets"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.is_dir())
        .unwrap();
    let details = set.join("details.db");
    let mut bytes = std::fs::read(&details).unwrap();
    let at = bytes.windows(4).position(|part| part == b"some").unwrap();
    bytes[at] ^= 1;
    std::fs::write(&details, &bytes).unwrap();
    let bad = lab.run(&["hash-set", "verify"]);
    assert_eq!(bad.code(), 1, "{}", bad.all());
    assert!(bad.out().contains("DAMAGED") && bad.out().contains("details.db"), "{}", bad.all());
    std::fs::write(set.join("md5.hset"), b"HSET").unwrap();
    for words in [
        vec!["hash-set", "list"],
        vec!["hash-set", "verify"],
        vec!["match", "--hash-set", "t", "--all-cases"],
    ] {
        let run = lab.run(&words);
        assert_eq!(run.code(), 1, "{words:?}: {}", run.all());
        assert!(run.err().contains("md5.hset"), "{words:?}: {}", run.all());
    }
}

#[test]
fn category_codes_mean_what_the_lab_says_and_need_review_until_then() {
    let lab = Lab::new();
    let scheme = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/US/$metadata#Media";
    let vics = format!(
        "{{\"@odata.context\":\"{scheme}\",\"value\":[{{\"MediaID\":1,\"Category\":1,\"MD5\":\"{}\"}},{{\"MediaID\":2,\"Category\":5,\"MD5\":\"{}\"}}]}}",
        "1".repeat(32),
        "2".repeat(32)
    );
    let dispositions = |lab: &Lab, set: &str| -> Vec<String> {
        let rows = lab.run(&["hash-set", "show", set, "--entries", "9", "--json"]).objects();
        rows[1..].iter().map(|row| row["disposition"].as_str().unwrap().to_owned()).collect()
    };
    let before = import(&lab, "v.json", vics.as_bytes(), &[]);
    assert!(before.out().contains("need review"), "{}", before.all());
    assert_eq!(dispositions(&lab, "v"), ["needs-review", "needs-review"]);
    let shown = lab.run(&["hash-set", "map"]);
    assert!(shown.out().contains("not mapped") && shown.out().contains(scheme), "{}", shown.all());
    let uri = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/US/*";
    let mapped = lab.run(&["hash-set", "map", "--scheme", uri, "1=alert", "5=no-change"]);
    assert_eq!(mapped.code(), 0, "{}", mapped.all());
    assert!(mapped.out().contains("1: not mapped → alert"), "{}", mapped.all());
    let again = lab.run(&["hash-set", "map", "--scheme", uri, "1=alert"]);
    assert!(again.out().contains("nothing was changed"), "{}", again.all());
    let second = imported(&lab, "v.json", vics.as_bytes(), &["--name", "mapped"]);
    assert_eq!(second["added"], true, "another meaning is another set");
    assert_eq!(dispositions(&lab, "mapped"), ["alert", "no-change"]);
    lab.run(&["hash-set", "map", "--scheme", uri, "--unset", "5"]);
    let codes = lab.run(&["hash-set", "map", "--json"]).objects();
    assert_eq!(
        (codes.len(), &codes[0]["code"], &codes[1]["mapped"]),
        (2, &"1".into(), &true.into())
    );
    let changes: Vec<Value> = ledger(&lab)
        .into_iter()
        .map(|(_, fields)| fields["changes"].clone())
        .filter(Value::is_array)
        .collect();
    assert_eq!(changes.len(), 2, "each change is an entry of the ledger");
    assert_eq!(changes[1][0]["before"], "no-change");
    std::fs::write(
        lab.path().join("categories.toml"),
        "[[scheme]]\nuri = \"x\"\ncodes = { 1 = \"bad\" }\n",
    )
    .unwrap();
    let broken = import(&lab, "other.txt", ABC_MD5.as_bytes(), &[]);
    assert_eq!(broken.code(), 1, "a rule that cannot be read is not left out: {}", broken.all());
    assert!(
        broken.err().contains("categories.toml")
            && broken.err().contains("\"bad\" is no disposition"),
        "{}",
        broken.all()
    );
    for wrong in [vec!["1=alert"], vec!["--scheme", "x"], vec!["--scheme", "x", "1=bad"]] {
        assert_eq!(
            lab.run(&[&["hash-set", "map"], wrong.as_slice()].concat()).code(),
            2,
            "{wrong:?}"
        );
    }
}

/// A small RDSv3 with a wiper's file.
fn rds(lab: &Lab) -> std::path::PathBuf {
    let path = lab.beside("rds.db");
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch(
        "CREATE TABLE FILE (sha256 VARCHAR NOT NULL, sha1 VARCHAR NOT NULL, md5 VARCHAR NOT NULL, crc32 VARCHAR NOT NULL, file_name VARCHAR NOT NULL,
           file_size INTEGER NOT NULL, package_id INTEGER NOT NULL, PRIMARY KEY (sha256, sha1, md5, crc32, file_name, file_size, package_id));
         CREATE TABLE PKG (package_id INTEGER, name VARCHAR, version VARCHAR, operating_system_id INTEGER, manufacturer_id INTEGER, language VARCHAR,
           application_type VARCHAR, PRIMARY KEY (package_id, operating_system_id, manufacturer_id, language, application_type));
         CREATE TABLE VERSION (version VARCHAR UNIQUE NOT NULL PRIMARY KEY, build_set VARCHAR NOT NULL, build_date TIMESTAMP NOT NULL,
           release_date TIMESTAMP NOT NULL, description VARCHAR NOT NULL);
         INSERT INTO VERSION VALUES ('2026.03.1', 'modern_minimal', '2026-02-01', '2026-03-01', 'd');
         INSERT INTO PKG VALUES (1, 'Heidi Eraser 6', '1', 1, 1, 'en', 'Utility'), (2, 'Text Editor', '1', 1, 1, 'en', 'Editor');",
    )
    .unwrap();
    for (digit, package) in [("A", 1), ("B", 2)] {
        let values =
            rusqlite::params![digit.repeat(64), digit.repeat(40), digit.repeat(32), package];
        db.execute("INSERT INTO FILE VALUES (?1, ?2, ?3, '00000000', 'f.exe', 9, ?4)", values)
            .unwrap();
    }
    path
}

#[test]
fn known_software_that_deserves_a_look_is_notable_by_a_list_that_the_lab_edits() {
    let lab = Lab::new();
    let path = rds(&lab);
    let import = |words: &[&str]| {
        let run =
            lab.run(&[&["hash-set", "import", path.to_str().unwrap(), "--json"], words].concat());
        assert_eq!(run.code(), 0, "{}", run.all());
        run.objects().pop().unwrap()["digest"].as_str().unwrap().to_owned()
    };
    let dispositions = |set: &str| -> Vec<String> {
        let rows = lab.run(&["hash-set", "show", set, "--entries", "9", "--json"]).objects();
        rows[1..].iter().map(|row| row["disposition"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(dispositions(&import(&[])), ["notable", "known"]);
    let edit = lab.run(&["hash-set", "map", "--edit"]);
    assert!(
        edit.out().contains("care-list.toml") && edit.out().contains("categories.toml"),
        "{}",
        edit.all()
    );
    std::fs::write(
        lab.path().join("care-list.toml"),
        "[[class]]\nname = \"editors\"\nproducts = [\"Text Editor\"]\n",
    )
    .unwrap();
    assert_eq!(dispositions(&import(&["--name", "ours"])), ["known", "notable"]);
    assert!(lab.run(&["hash-set", "map", "--edit"]).out().contains("care-list.toml (was there)"));
    let kept = std::fs::read_to_string(lab.path().join("care-list.toml")).unwrap();
    assert!(kept.contains("editors"), "what was edited is not written over");
}

#[test]
fn a_delta_is_applied_to_a_copy_and_its_result_compared() {
    let lab = Lab::new();
    let base = rds(&lab);
    let before = std::fs::read(&base).unwrap();
    let delta = lab.write(
        "delta.sql",
        b"BEGIN; DELETE FROM FILE WHERE package_id = 2; UPDATE VERSION SET version = '2026.06.1'; COMMIT;\n",
    );
    let words = |more: &[&str]| {
        let base = base.to_str().unwrap();
        let delta = delta.to_str().unwrap();
        lab.run(&[&["hash-set", "import", base, "--delta", delta], more].concat())
    };
    let wrong = words(&["--dbhash", &"0f".repeat(20)]);
    assert_eq!(wrong.code(), 1, "{}", wrong.all());
    let computed = wrong.err().split("has the hash ").nth(1).unwrap()[..40].to_owned();
    assert_eq!(lab.run(&["hash-set", "list", "--json"]).out(), "", "nothing is registered");
    let right = words(&["--dbhash", &computed]);
    assert_eq!(right.code(), 0, "{}", right.all());
    assert!(right.out().contains("has the hash that was given"), "{}", right.all());
    assert!(
        right.out().contains("NSRL modern_minimal 2026.06.1 imported: 1 entry"),
        "{}",
        right.all()
    );
    assert_eq!(std::fs::read(&base).unwrap(), before);
    let hostile = lab.write("hostile.sql", b"BEGIN;\nATTACH '/tmp/x.db' AS x;\nCOMMIT;\n");
    let run = lab.run(&[
        "hash-set",
        "import",
        base.to_str().unwrap(),
        "--delta",
        hostile.to_str().unwrap(),
    ]);
    assert_eq!(run.code(), 1, "{}", run.all());
    assert!(
        run.err().contains("hostile.sql: line 2") && run.err().contains("not authorized"),
        "{}",
        run.all()
    );
    let entry = ledger(&lab).pop().unwrap().1;
    assert_eq!(entry["companions"][0]["name"], "delta.sql");
}
