//! Sparse files with data are hashed, and cost no other file its digests.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::program::{Lab, row};
use crate::shared_data::folder;

/// More than 16 GiB of holes: 16 GiB of zeros, data, 40 MiB of zeros, data. The table of zeros makes it cheap.
const HOLE_BYTES: u64 = 16 << 30;
const SPARSE_BYTES: u64 = HOLE_BYTES + (40 << 20) + 3;

/// `md5sum` and `sha256sum` (coreutils 9) of the file that [`sparse_file`] makes; they take a minute.
const SPARSE_MD5: &str = "e9db661f39c749f7b3130bf78068c839";
const SPARSE_SHA256: &str = "7dadf4746e61a913f0b59d085f9b6b345faa28692356b5b3534d4acb8f6481b0";

fn sparse_file(path: &Path) {
    let file = File::create(path).unwrap();
    file.write_all_at(b"a virtual disk", HOLE_BYTES).unwrap();
    file.write_all_at(b"end", SPARSE_BYTES - 3).unwrap();
}

fn is_hashed(row: &Value) {
    assert_eq!(row["disposition"], "hashed", "{row}");
    assert_eq!(
        (&row["md5"], &row["sha256"]),
        (&Value::from(SPARSE_MD5), &Value::from(SPARSE_SHA256)),
        "{row}"
    );
}

#[test]
fn a_file_with_data_behind_more_than_16_gib_of_hole_is_hashed_in_a_folder_and_on_ext4() {
    let lab = Lab::new();
    let files = lab.beside("files");
    std::fs::create_dir(&files).unwrap();
    sparse_file(&files.join("vm.img"));
    std::fs::write(files.join("note.txt"), "beside it").unwrap();
    let image = lab.beside("volume.raw");
    File::create(&image).unwrap().set_len(32 << 20).unwrap();
    let made =
        Command::new("mke2fs").args(["-q", "-t", "ext4", "-d"]).arg(&files).arg(&image).status();
    let scan = lab.scan(&files);
    assert_eq!(scan.code(), 0, "{}", scan.all());
    is_hashed(row(&lab.export("c"), "/vm.img"));
    if !made.is_ok_and(|status| status.success()) {
        eprintln!("skipped: mke2fs is not installed, or cannot fill a volume");
        return;
    }
    let scan = lab.run(&["scan", image.to_str().unwrap(), "--case", "ext"]);
    assert_eq!(scan.code(), 0, "{}", scan.all());
    let rows = lab.export("ext");
    is_hashed(row(&rows, "/vm.img"));
    assert_eq!(row(&rows, "/note.txt")["disposition"], "hashed");
}

fn unpack(name: &str, to: &Path) -> Option<PathBuf> {
    let packed = folder()?.join("data/faults/ntfs-sparse-compressed-starves-others").join(name);
    if !packed.exists() {
        eprintln!("skipped: {} is not there", packed.display());
        return None;
    }
    let target = to.join("starve.raw");
    let done = Command::new("zstd")
        .args(["-d", "-q", "--sparse"])
        .arg(&packed)
        .arg("-o")
        .arg(&target)
        .status();
    assert!(done.expect("zstd is installed").success());
    Some(target)
}

#[test]
fn a_sparse_compressed_file_is_hashed_and_ordinary_files_beside_it_keep_their_digests() {
    let lab = Lab::new();
    std::fs::create_dir_all(lab.beside("image")).unwrap();
    let Some(image) = unpack("image.raw.zst", &lab.beside("image")) else { return };
    let scan = lab.scan(&image);
    assert_eq!(scan.code(), 0, "{}", scan.all());
    let rows = lab.export("c");
    let truth = folder()
        .unwrap()
        .join("data/faults/ntfs-sparse-compressed-starves-others/image.truth.jsonl");
    let mut compared = 0;
    for line in std::fs::read_to_string(truth).unwrap().lines() {
        let file: Value = serde_json::from_str(line).unwrap();
        if let Some(sha256) = file["sha256"].as_str() {
            let found = row(&rows, file["path"].as_str().unwrap());
            assert_eq!(
                (&found["disposition"], &found["sha256"]),
                (&"hashed".into(), &sha256.into()),
                "{found}"
            );
            compared += 1;
        }
    }
    assert_eq!(compared, 6);
    // `ntfscat image.raw a/big | sha256sum` (ntfs-3g).
    let big = row(&rows, "/a/big");
    assert_eq!(
        big["sha256"], "f009de89e2bd58a9a91e68eb39f097fa9a1fd85fc2b66863c4a95adbc4389b5d",
        "{big}"
    );
    assert_eq!(big["md5"], "758d4d671b9120419b46ac6599e595fe");
}
