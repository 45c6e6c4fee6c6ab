//! Questions that investigators ask.

use serde_json::Value;

use crate::program::Lab;
use crate::shared_data::{folder, unpack};

fn paths(lab: &Lab, question: &[&str]) -> Vec<String> {
    let arguments: Vec<&str> = ["find", "c", "--json"].iter().chain(question).copied().collect();
    let run = lab.run(&arguments);
    assert_eq!(run.code(), 0, "{}", run.all());
    let mut paths: Vec<String> =
        run.objects().iter().map(|row| row["path"].as_str().unwrap().to_owned()).collect();
    paths.sort();
    paths
}

#[test]
fn files_are_found_by_digest_name_path_size_time_and_type() {
    let Some(shared) = folder() else { return };
    let lab = Lab::new();
    let image = unpack(&shared, "keramics-ext2.E01", &lab.beside("evidence"));
    assert_eq!(lab.scan(&image).code(), 0);
    // A hard link: both names, by digest and by each name.
    let rows = lab.export("c");
    let linked: Vec<&Value> =
        rows.iter().filter(|row| row["size"] == 9 && row["kind"] == "file").collect();
    let sha256 = linked[0]["sha256"].as_str().unwrap();
    assert_eq!(paths(&lab, &["--sha256", sha256]), ["/file_hardlink1", "/testdir1/testfile1"]);
    assert_eq!(paths(&lab, &["--sha256", &sha256.to_uppercase()]).len(), 2);
    assert_eq!(paths(&lab, &["--md5", linked[0]["md5"].as_str().unwrap()]).len(), 2);
    assert_eq!(paths(&lab, &["--name", "file_HARD*"]), ["/file_hardlink1"]);
    assert_eq!(
        paths(&lab, &["--name", "TestFile?"]),
        ["/testdir1/TestFile2", "/testdir1/testfile1"]
    );
    assert_eq!(paths(&lab, &["--name", "100%"]), Vec::<String>::new());
    assert_eq!(paths(&lab, &["--path", "/testdir1/TestFile2"]), ["/testdir1/TestFile2"]);
    let below = paths(&lab, &["--path", "/testdir1"]);
    assert!(below.len() > 5 && below.iter().all(|path| path.starts_with("/testdir1")), "{below:?}");
    assert_eq!(
        paths(&lab, &["--larger-than", "1M", "--type", "file"]),
        ["/testdir1/initial_sparse1"]
    );
    assert_eq!(paths(&lab, &["--type", "fifo"]), ["/testdir1/pipe1"]);
    assert_eq!(paths(&lab, &["--modified-after", "2100-01-01"]), Vec::<String>::new());
    assert!(paths(&lab, &["--modified-after", "2000-01-01", "--limit", "3"]).len() == 3);
    assert_eq!(paths(&lab, &["--hit"]), Vec::<String>::new());
    // A content is read back out of the container by its number.
    let id = linked[0]["id"].to_string();
    let cat = lab.run(&["cat", "c", &id]);
    assert_eq!((cat.code(), cat.bytes().len()), (0, 9), "{}", cat.all());
}

#[test]
fn names_that_could_deceive_are_shown_escaped() {
    let lab = Lab::new();
    let folder = lab.beside("files");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("exe.\u{202e}gpj"), b"x").unwrap();
    std::fs::write(folder.join("clear\u{1b}[2J"), b"x").unwrap();
    lab.scan(&folder);
    let shown = lab.run(&["find", "c", "--type", "file"]).out();
    assert!(shown.contains("exe.\\u{202e}gpj") && shown.contains("clear\\u{1b}[2J"), "{shown}");
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'));
}
