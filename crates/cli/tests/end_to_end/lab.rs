//! The lab's folder, the words and the exit codes that other tools rely on.

use std::os::unix::fs::PermissionsExt;

use crate::program::Lab;

#[test]
fn the_lab_is_made_on_first_use_said_so_and_private() {
    let lab = Lab::new();
    let item = lab.write("evidence.bin", b"some bytes that are no file system");
    let first = lab.scan(&item);
    assert!(first.out().contains("New lab in"), "{}", first.all());
    let second = lab.run(&["scan", item.to_str().unwrap(), "--case", "d"]);
    assert!(!second.out().contains("New lab in"), "{}", second.all());
    for file in walk(&lab.path()) {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o077;
        assert_eq!(mode, 0, "{} is open to others", file.display());
    }
    let settings = std::fs::read_to_string(lab.path().join("lab.toml")).unwrap();
    for word in ["name", "origin", "zone", "language"] {
        assert!(settings.contains(&format!("{word} = ")), "{settings}");
    }
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = vec![folder.to_owned()];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn wrong_words_are_usage_errors_and_missing_things_say_what_to_do() {
    let lab = Lab::new();
    for wrong in [
        vec!["scan"],
        vec!["find", "c", "--larger-than", "many"],
        vec!["nonsense"],
        vec!["export", "c", "--format", "xml"],
    ] {
        assert_eq!(lab.run(&wrong).code(), 2, "{wrong:?}");
    }
    let no_lab = lab.run(&["case", "list"]);
    assert_eq!(no_lab.code(), 1);
    assert!(no_lab.err().contains("there is no lab here"), "{}", no_lab.all());
    lab.scan(&lab.write("x.bin", b"x"));
    let no_case = lab.run(&["find", "other", "--name", "x"]);
    assert_eq!(no_case.code(), 1);
    assert!(no_case.err().contains("athar case list"), "{}", no_case.all());
    let bad_name = lab.run(&["scan", "x", "--case", "../escape"]);
    assert_eq!(bad_name.code(), 2, "{}", bad_name.all());
    let bad_digest = lab.run(&["find", "c", "--sha256", "abc0"]);
    assert_eq!(bad_digest.code(), 2, "{}", bad_digest.all());
    assert!(bad_digest.err().contains("64 digits"), "{}", bad_digest.all());
}

#[test]
fn quiet_prints_nothing_and_json_prints_objects_only() {
    let lab = Lab::new();
    let item = lab.write("blank.img", &[0; 4096]);
    // That a new lab was made is said whatever was asked for, and nothing else.
    let first = lab.run(&["scan", item.to_str().unwrap(), "--case", "first", "--quiet"]);
    assert_eq!((first.code(), first.out()), (0, String::new()), "{}", first.all());
    assert!(
        first.err().starts_with("New lab in ") && first.err().lines().count() == 1,
        "{}",
        first.all()
    );
    let quiet = lab.run(&["scan", item.to_str().unwrap(), "--case", "q", "--quiet"]);
    assert_eq!((quiet.code(), quiet.out(), quiet.err()), (0, String::new(), String::new()));
    let json = lab.run(&["scan", item.to_str().unwrap(), "--case", "j", "--json"]);
    let objects = json.objects();
    assert_eq!(objects.len(), 2, "{}", json.all());
    assert_eq!(objects[0]["state"], "complete");
    assert_eq!(objects[1]["case"], "j");
    assert_eq!(objects[1]["digest"].as_str().unwrap(), lab.digest("j"));
    let list = lab.run(&["case", "list", "--json"]).objects();
    let cases = list.iter().filter(|object| object["case"].is_string()).count();
    assert_eq!(cases, 3);
    // The three cases hold the same medium, which is said in an object of its own.
    assert_eq!((list.len(), list[3]["in"].as_array().unwrap().len()), (4, 3));
}

#[test]
fn a_case_without_a_name_is_named_by_date_and_item_and_never_taken_twice() {
    let lab = Lab::new();
    let item = lab.write("disk one.img", &[0; 4096]);
    let first = lab.run(&["scan", item.to_str().unwrap()]);
    let second = lab.run(&["scan", item.to_str().unwrap()]);
    assert_eq!((first.code(), second.code()), (0, 0), "{}{}", first.all(), second.all());
    let cases = lab.run(&["case", "list"]).out();
    assert!(cases.contains("-disk-one ") && cases.contains("-disk-one-2 "), "{cases}");
}

#[test]
fn scanning_an_item_again_into_its_case_changes_nothing() {
    let lab = Lab::new();
    let item = lab.write("blank.img", &[0; 4096]);
    lab.scan(&item);
    let before = lab.digest("c");
    let again = lab.scan(&item);
    assert_eq!(again.code(), 0, "{}", again.all());
    assert!(again.out().contains("scanned into this case before"), "{}", again.all());
    assert_eq!(lab.digest("c"), before);
}

#[test]
fn an_item_whose_scan_was_broken_off_is_scanned_anew_and_gives_the_same_index() {
    let lab = Lab::new();
    let folder = lab.beside("files");
    std::fs::create_dir(&folder).unwrap();
    for number in 0..200 {
        std::fs::write(folder.join(format!("f{number}")), vec![1; number]).unwrap();
    }
    lab.scan(&folder);
    let whole = lab.digest("c");
    // What a process that was killed leaves: rows, no verdict.
    let connection = rusqlite::Connection::open(lab.case_file("c")).unwrap();
    connection
        .execute_batch(
            "UPDATE image SET state = 'scanning', sha256 = NULL; DELETE FROM entry WHERE id > 90",
        )
        .unwrap();
    drop(connection);
    assert_ne!(lab.digest("c"), whole);
    let again = lab.scan(&folder);
    assert_eq!(again.code(), 0, "{}", again.all());
    assert_eq!(lab.digest("c"), whole);
    let ledger = lab.run(&["custody", "show", "c", "--json"]).objects();
    assert!(ledger.iter().any(|entry| entry["body"]["act"] == "scan_interrupted"));
    assert_eq!(lab.run(&["custody", "verify", "c"]).code(), 3);
}
