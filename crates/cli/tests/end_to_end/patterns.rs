//! Names and paths as investigators write them, and as the program prints them, find what is there.

use crate::program::Lab;
use crate::shared_data::{folder, unpack};

/// A folder with names of several scripts, scanned into case `c`.
fn scanned() -> Lab {
    let lab = Lab::new();
    let root = lab.beside("disk");
    let files = [
        "Users/user1/Downloads/a.zip",
        "Users/user1/Desktop/pic.PNG",
        "Users/user1/Desktop/cherry.jpg",
        "Users/user2/Downloads/sub/b.zip",
        "[2024] album/x.jpg",
        "photos/\u{c9}t\u{e9}.txt",
        "صور/شاطئ.jpg",
    ];
    for file in files {
        let path = root.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, file).unwrap();
    }
    assert_eq!(lab.scan(&root).code(), 0);
    lab
}

fn found(lab: &Lab, question: &[&str]) -> Vec<String> {
    let arguments: Vec<&str> = ["find", "c", "--json", "--type", "file", "--sort", "path"]
        .iter()
        .chain(question)
        .copied()
        .collect();
    let run = lab.done(&arguments);
    run.objects().iter().map(|row| row["path"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_path_or_name_finds_what_it_means_however_it_is_written() {
    let lab = scanned();
    let downloads = ["/Users/user1/Downloads/a.zip", "/Users/user2/Downloads/sub/b.zip"];
    let user1 = [
        "/Users/user1/Desktop/cherry.jpg",
        "/Users/user1/Desktop/pic.PNG",
        "/Users/user1/Downloads/a.zip",
    ];
    let table: &[(&[&str], &[&str])] = &[
        (&["--path", "*/Downloads/*"], &downloads),
        (&["--path", "Downloads"], &downloads),
        (&["--path", "disk:/Users/user1"], &user1),
        (&["--path", "\u{2068}disk:/Users/user1\u{2069}"], &user1),
        (&["--path", "/users/USER1"], &user1),
        (&["--path", "/Users/*/Desktop"], &user1[..2]),
        (&["--path", "\u{2068}/صور/شاطئ.jpg\u{2069}"], &["/صور/شاطئ.jpg"]),
        (&["--path", "/[2024] album"], &["/[2024] album/x.jpg"]),
        (&["--name", "[a-c]*", "--path", "/Users/user1"], &[user1[0], user1[2]]),
        (&["--name", "*.{jpg,png}", "--path", "Users"], &user1[..2]),
        (&["--name", "*été*"], &["/photos/\u{c9}t\u{e9}.txt"]),
        (&["--name", "e\u{301}te\u{301}*"], &["/photos/\u{c9}t\u{e9}.txt"]),
        (&["--name", "cherry.jpg", "--name", "PIC.png"], &user1[..2]),
        (&["--path", "Desktop", "--not-name", "*.jpg"], &user1[1..2]),
        (&["--path", "/Users", "--not-path", "Downloads"], &user1[..2]),
    ];
    for (question, expected) in table {
        assert_eq!(found(&lab, question), *expected, "{question:?}");
    }
}

#[test]
fn an_alternate_stream_is_found_by_its_name() {
    let Some(shared) = folder() else { return };
    let lab = Lab::new();
    let image = unpack(&shared, "dfirntfs-ntfs3.raw", &lab.beside("evidence"));
    assert!([0, 3].contains(&lab.scan(&image).code()));
    let streams: Vec<String> = lab
        .export("c")
        .iter()
        .filter(|row| row["stream"] == "alternate")
        .filter_map(|row| Some(row["path"].as_str()?.rsplit_once(':')?.1.to_owned()))
        .collect();
    for stream in streams {
        let run = lab.run(&["find", "c", "--json", "--name", &stream]);
        let is_found =
            run.objects().iter().any(|row| row["path"].as_str().unwrap().ends_with(&stream));
        assert!(is_found, "{stream}: {}", run.all());
    }
}

#[test]
fn what_means_nothing_is_refused_with_the_nearest_words() {
    let lab = scanned();
    let refused: [(&[&str], &str); 8] = [
        (&["--type", "foo"], "no such type"),
        (&["--type", "fiel"], "file"),
        (&["--type", "spreadsheet"], "--name '*.{xls,xlsx"),
        (&["--name", ""], "empty"),
        (&["--name", "a/b"], "--path"),
        (&["--name", "[c-a]"], "its end is before its start"),
        (&["--path", "dsk:/Users"], "\"disk\""),
        (&["--image", "nothing"], "no exhibit"),
    ];
    for (question, words) in refused {
        let arguments: Vec<&str> = ["find", "c"].iter().chain(question).copied().collect();
        let run = lab.run(&arguments);
        assert_eq!(run.code(), 2, "{question:?}: {}", run.all());
        assert!(run.err().contains(words) && run.out().is_empty(), "{question:?}: {}", run.all());
    }
}

#[test]
fn a_value_that_is_nowhere_in_the_case_is_named() {
    let lab = scanned();
    let nothing = lab.done(&["find", "c", "--name", "*.heic", "--path", "/Users"]);
    assert!(nothing.out().contains("Nothing in this case matches."), "{}", nothing.all());
    assert!(nothing.err().contains("nothing in its index has --name *.heic"), "{}", nothing.all());
    assert!(
        !nothing.err().contains("--path"),
        "there is something below /Users: {}",
        nothing.all()
    );
    // Also when another value of the list is found.
    let one = lab.done(&["find", "c", "--name", "*.zip", "--name", "*.heic", "--json"]);
    assert_eq!(one.objects().len(), 2);
    assert!(
        one.err().contains(r#""absent-value""#) && one.err().contains("*.heic"),
        "{}",
        one.all()
    );
    assert!(!one.err().contains("*.zip"), "{}", one.all());
}
