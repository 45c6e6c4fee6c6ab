//! Evidence that is read again later.

use crate::program::Lab;

fn act(lab: &Lab) -> serde_json::Value {
    lab.done(&["custody", "show", "c", "--json"]).objects().pop().unwrap()["body"].clone()
}

#[test]
fn a_medium_that_changed_is_an_alarm_and_an_entry() {
    let lab = Lab::new();
    let item = lab.write("blank.img", &[0; 40_960]);
    lab.scan(&item);
    let good = lab.run(&["evidence", "verify", "c"]);
    assert_eq!(good.code(), 0, "{}", good.all());
    assert!(good.out().contains("agrees"), "{}", good.all());
    assert_eq!(
        (act(&lab)["act"].as_str(), act(&lab)["fields"]["result"].as_str()),
        (Some("verify"), Some("agrees"))
    );
    let fresh = lab.run(&["evidence", "verify", "--all", "--older-than", "90d"]);
    assert!(fresh.out().contains("left out") && fresh.code() == 0, "{}", fresh.all());

    let mut bytes = vec![0; 40_960];
    bytes[20_000] = 1;
    std::fs::write(&item, &bytes).unwrap();
    let changed = lab.run(&["evidence", "verify", "--all"]);
    assert_eq!(changed.code(), 1, "{}", changed.all());
    assert!(
        changed.out().contains("ALARM") && changed.out().contains("DIFFERENT"),
        "{}",
        changed.all()
    );
    let entry = act(&lab);
    assert_eq!(entry["fields"]["result"], "DIFFERENT");
    assert_ne!(entry["fields"]["expected_sha256"], entry["fields"]["found_sha256"]);

    // The case says so until the medium is as recorded again.
    for question in [&["case", "show", "c"][..], &["find", "c", "--name", "x"], &["case", "list"]] {
        assert_eq!(lab.run(question).code(), 3, "{question:?}");
    }
    let shown = lab.run(&["case", "show", "c"]);
    assert!(
        shown.err().contains("the medium was DIFFERENT when it was read again"),
        "{}",
        shown.all()
    );

    std::fs::remove_file(&item).unwrap();
    let gone = lab.run(&["evidence", "verify", "c", "--json"]);
    assert_eq!(gone.code(), 3, "{}", gone.all());
    assert_eq!(gone.objects()[0]["result"], "NOT FOUND");
    // Moved elsewhere, and whole again.
    let moved = lab.write("moved.img", &[0; 40_960]);
    let run = lab.run(&["evidence", "verify", "c", "--at", moved.to_str().unwrap()]);
    assert_eq!(run.code(), 0, "{}", run.all());
    assert_eq!(act(&lab)["fields"]["read_from"], moved.to_str().unwrap());
    lab.done(&["case", "show", "c"]);
    assert_eq!(lab.run(&["evidence", "verify", "no-such-case"]).code(), 2);
    assert_eq!(lab.run(&["custody", "verify", "c"]).code(), 3);
}

#[test]
fn damage_in_a_container_is_told_with_its_range() {
    let lab = Lab::new();
    let raw =
        lab.write("disk.raw", &(0..400_000_u32).flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>());
    let made = std::process::Command::new("ewfacquire")
        .args(["-u", "-q", "-c", "fast", "-t"])
        .arg(lab.beside("disk"))
        .arg(&raw)
        .output();
    let Ok(made) = made else {
        eprintln!("skipped: ewfacquire is not installed");
        return;
    };
    assert!(made.status.success(), "{made:?}");
    let image = lab.beside("disk.E01");
    // 3: the medium holds no file system; it was read to its end all the same.
    assert_eq!(lab.scan(&image).code(), 3);
    assert_eq!(lab.run(&["evidence", "verify", "c"]).code(), 0);
    let mut bytes = std::fs::read(&image).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 64].fill(0xff);
    std::fs::write(&image, bytes).unwrap();
    let damaged = lab.run(&["evidence", "verify", "c", "--json"]);
    assert_eq!(damaged.code(), 1, "{}", damaged.all());
    let told = &damaged.objects()[0];
    assert_eq!(told["result"], "DAMAGED", "{told}");
    assert!(told["unreadable"][0]["length"].as_u64().unwrap() >= 512, "{told}");
    assert_eq!(act(&lab)["fields"]["unreadable"], told["unreadable"]);
}

#[test]
fn a_folder_is_compared_file_by_file_with_the_index() {
    let lab = Lab::new();
    let root = lab.beside("files");
    std::fs::create_dir_all(root.join("sub")).unwrap();
    for (name, content) in [("sub/a", "a"), ("b", "b"), ("c", "c"), ("empty", "")] {
        std::fs::write(root.join(name), content).unwrap();
    }
    lab.scan(&root);
    let same = lab.run(&["evidence", "verify", "c"]);
    assert!(same.code() == 0 && same.out().contains("agrees"), "{}", same.all());

    std::fs::write(root.join("sub/a"), b"x").unwrap();
    std::fs::remove_file(root.join("b")).unwrap();
    std::fs::write(root.join("new"), b"n").unwrap();
    std::fs::write(root.join("empty"), b"e").unwrap();
    let changed = lab.run(&["evidence", "verify", "c"]);
    assert_eq!(changed.code(), 1, "{}", changed.all());
    let told = changed.out();
    let says = [
        "ALARM",
        "DIFFERENT",
        "/sub/a: SHA-256 is",
        "/b: is not there any more",
        "/new: was not there",
        "/empty: has 1 byte,",
    ];
    assert!(says.iter().all(|text| told.contains(text)), "{told}");
    assert!(!told.contains("/c:"), "{told}");
    assert_eq!(act(&lab)["fields"]["result"], "DIFFERENT");
    assert_eq!(lab.run(&["case", "show", "c"]).code(), 3);

    std::fs::remove_dir_all(&root).unwrap();
    let gone = lab.run(&["evidence", "verify", "c"]);
    assert!(gone.code() == 3 && gone.out().contains("NOT FOUND"), "{}", gone.all());
}

#[test]
fn a_directory_that_is_asked_for_content_accuses_no_evidence() {
    let lab = Lab::new();
    let root = lab.beside("files");
    std::fs::create_dir_all(root.join("sub")).unwrap();
    std::fs::write(root.join("sub/a"), b"a").unwrap();
    lab.scan(&root);
    let rows = lab.export("c");
    let directory = rows.iter().find(|row| row["path"] == "/sub").unwrap()["id"].to_string();
    let cat = lab.run(&["cat", "c", &directory]);
    assert_eq!(cat.code(), 2, "{}", cat.all());
    assert!(
        cat.err().contains("a directory") && !cat.err().contains("same image"),
        "{}",
        cat.all()
    );
}
