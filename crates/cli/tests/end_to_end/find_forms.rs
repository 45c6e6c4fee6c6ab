//! Order, form and reach of answers.

use serde_json::Value;

use crate::hash_set::{ABC_MD5, import};
use crate::program::Lab;

/// A case `c` with two exhibits; both hold `abc`.
fn scanned() -> Lab {
    let lab = Lab::new();
    import(&lab, "wanted.txt", ABC_MD5.as_bytes(), &[]);
    for (exhibit, sizes) in [("one", [3000, 10]), ("two", [20, 7000])] {
        let root = lab.beside(exhibit);
        std::fs::create_dir(&root).unwrap();
        std::fs::write(root.join("abc"), b"abc").unwrap();
        for size in sizes {
            std::fs::write(root.join(format!("={size}.txt")), vec![b'x'; size]).unwrap();
        }
        assert_eq!(lab.run(&["scan", root.to_str().unwrap(), "--case", "c"]).code(), 0);
    }
    lab
}

#[test]
fn the_biggest_files_come_first_and_a_limit_keeps_them() {
    let lab = scanned();
    let sizes = |more: &[&str]| -> Vec<u64> {
        let arguments: Vec<&str> = ["find", "c", "--json", "--type", "file", "--sort", "size"]
            .iter()
            .chain(more)
            .copied()
            .collect();
        lab.done(&arguments).objects().iter().map(|row| row["size"].as_u64().unwrap()).collect()
    };
    assert_eq!(sizes(&["--limit", "3"]), [7000, 3000, 20]);
    assert_eq!(sizes(&["--reverse"]), [3, 3, 10, 20, 3000, 7000]);
}

#[test]
fn the_same_content_on_two_exhibits_is_found_and_one_exhibit_can_be_asked_alone() {
    let lab = scanned();
    let rows = lab.done(&["find", "c", "--duplicates", "--json"]).objects();
    let on: Vec<_> = rows
        .iter()
        .map(|row| (row["image"].as_str().unwrap(), row["path"].as_str().unwrap()))
        .collect();
    assert_eq!(on, [("one", "/abc"), ("two", "/abc")]);
    assert_eq!(
        lab.done(&["find", "c", "--name", "abc", "--image", "two", "--json"]).objects().len(),
        1
    );
    let all = lab.done(&["find", "--all-cases", "--name", "abc", "--format", "jsonl"]).objects();
    assert_eq!((all.len(), all[0]["case"].as_str()), (2, Some("c")));
    assert_eq!(lab.run(&["find"]).code(), 2);
}

#[test]
fn hits_are_asked_by_set_and_severity_and_come_as_rows() {
    let lab = scanned();
    assert_eq!(lab.done(&["find", "c", "--set", "wanted*", "--json"]).objects().len(), 2);
    assert_eq!(lab.done(&["find", "c", "--severity", "notable", "--json"]).objects().len(), 2);
    assert_eq!(lab.run(&["find", "c", "--severity", "grave"]).code(), 2);
    let csv = lab.done(&[
        "find",
        "c",
        "--hit",
        "--format",
        "csv",
        "--each-hit",
        "--columns",
        "case,path,hit_set",
    ]);
    assert_eq!(csv.out(), "case,path,hit_set\r\nc,/abc,wanted\r\nc,/abc,wanted\r\n");
    let wrong = lab.run(&["find", "c", "--format", "csv", "--columns", "pth"]);
    assert!(wrong.code() == 2 && wrong.err().contains("path"), "{}", wrong.all());
}

#[test]
fn tables_for_spreadsheets_and_lists_for_programs() {
    let lab = scanned();
    let csv =
        lab.done(&["export", "c", "--format", "csv", "--bom", "--type", "file", "--image", "one"]);
    assert!(csv.bytes().starts_with("\u{feff}id,image,".as_bytes()), "{}", csv.all());
    assert_eq!(csv.out().lines().count(), 4, "the header and three files: {}", csv.all());
    let last = lab.run(&["custody", "show", "c", "--json"]).objects().pop().unwrap();
    let what = last["body"]["fields"]["what"].as_str().unwrap().to_owned();
    assert!(what.contains("--image one") && what.contains("CSV"), "{what}");
    let paths = lab.done(&["find", "c", "--name", "abc", "--format", "paths0"]);
    assert_eq!(paths.bytes(), b"one:/abc\0two:/abc\0");
}

#[test]
fn local_times_are_named_in_every_form_and_a_packed_field_is_not_called_nanoseconds() {
    let lab = Lab::new();
    let demo =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/demo/demo.raw");
    assert_eq!(lab.scan(&demo).code(), 0);
    let rows = lab.export("c");
    let is_fat_file = |row: &&Value| row["file_system"] == "FAT12" && row["kind"] == "file";
    let fat = rows.iter().filter(is_fat_file).find(|row| row["modified"].is_string()).unwrap();
    let named = fat["local_times"].as_array().unwrap();
    assert!(named.iter().any(|name| name == "modified"), "{fat}");
    assert!(!fat["modified"].as_str().unwrap().ends_with('Z'), "{fat}");
    let ext =
        rows.iter().find(|row| row["file_system"] == "ext2" && row["kind"] == "file").unwrap();
    assert_eq!(ext["local_times"], Value::Null);
    assert_eq!(ext["times_raw"]["modified"]["clock"], "ext4-extra", "{ext}");
    let csv =
        lab.done(&["export", "c", "--format", "csv", "--columns", "path,local_times,modified"]);
    assert!(csv.out().starts_with("path,local_times,modified\r\n"), "{}", csv.out());
    let shown = lab.done(&["find", "c", "--path", "demo.raw:/صور", "--type", "file"]);
    assert!(shown.out().contains("?2024-02-17 09:41:26"), "{}", shown.all());
}
