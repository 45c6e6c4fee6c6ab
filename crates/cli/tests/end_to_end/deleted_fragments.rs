//! NTFS volumes with a deleted file in many pieces, whose attribute list has lost a part: the scan ends, and lists the file.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::program::Lab;
use crate::shared_data::folder;

/// Unpacks an image of the small faulty inputs.
fn unpack(shared: &Path, name: &str, to: PathBuf) -> PathBuf {
    let program = if name.ends_with(".gz") { "gzip" } else { "zstd" };
    let packed = shared.join("data/faults").join(name);
    let out = File::create(&to).unwrap();
    let done = Command::new(program).args(["-d", "-c"]).arg(&packed).stdout(out).status();
    assert!(done.is_ok_and(|status| status.success()), "{program} -d {}", packed.display());
    to
}

/// What The Sleuth Kit gives of a stream; `None` when it is not installed.
fn icat(image: &Path, address: &str) -> Option<Vec<u8>> {
    let output = Command::new("icat").arg(image).arg(address).stderr(Stdio::null()).output();
    if output.is_err() {
        eprintln!("skipped: icat is not installed");
    }
    Some(output.ok()?.stdout)
}

/// The row of the content of a record.
fn content_of(rows: &[Value], record: u64) -> &Value {
    let is_it = |row: &&Value| row["record"] == record && row["stream"] == "data";
    rows.iter().find(is_it).unwrap_or_else(|| panic!("no content of record {record}"))
}

/// What is there of the deleted file is what The Sleuth Kit gives of it; the parts that are lost are named.
fn is_listed_with_its_content(name: &str, record: u64, size: u64) {
    let Some(shared) = folder() else { return };
    let lab = Lab::new();
    let image = unpack(&shared, name, lab.beside("image.raw"));
    let run = lab.scan(&image);
    // What a deleted file has lost keeps nothing from being complete.
    assert_eq!(run.code(), 0, "{}", run.all());
    let rows = lab.export("c");
    let row = content_of(&rows, record);
    assert_eq!(row["allocated"], false, "{row}");
    assert_eq!(row["size"], size, "{row}");
    assert_eq!(row["disposition"], "partial", "{row}");
    let Some(recovered) = icat(&image, &format!("{record}-128-2")) else { return };
    let entry = row["id"].to_string();
    let content = lab.run(&["cat", "c", &entry]);
    assert_eq!(content.bytes().len() as u64, size, "{}", content.err());
    // The Sleuth Kit gives zeros for a part that is lost in the middle, and nothing behind the last part.
    let mut known = 0;
    for range in row["unreadable"].as_array().unwrap() {
        let number = |name: &str| range[name].as_u64().unwrap() as usize;
        let start = number("start");
        let length = number("length");
        assert_eq!(
            content.bytes()[known..start],
            recovered[known..start],
            "bytes {known} to {start}"
        );
        known = start + length;
    }
    assert_eq!(known as u64, size, "the end is lost: {row}");
    assert!(!recovered.is_empty());
}

#[test]
fn a_scan_of_a_filled_volume_with_a_deleted_file_in_many_pieces_ends() {
    is_listed_with_its_content("ntfs-deleted-fragmented/natural.raw.gz", 6073, 2_849_792);
}

#[test]
fn a_scan_of_two_files_written_in_turns_of_which_one_is_deleted_ends() {
    is_listed_with_its_content("ntfs-scan-hangs/image.raw.zst", 64, 1_052_672);
}
