//! Images of other projects: every stream that two or more independent programs agree about.

use std::fs;
use std::path::{Path, PathBuf};

use filesystem::Allocation;

use crate::listing::{Volume, image};
use crate::mount::run;

/// Images that are not part of this project, with answers.
pub(crate) fn shared() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data")
}

/// The image as raw bytes, or `None` (told) when it or the tool that unpacks it is not there.
fn unpacked(id: &str, file: &str, folder: &Path) -> Option<PathBuf> {
    let packed = shared().join("evidence").join(id).join(file);
    if !packed.exists() {
        println!("skipped: {id} is not there");
        return None;
    }
    let image = folder.join("image");
    let from = packed.to_str().unwrap();
    let to = image.to_str().unwrap();
    let done = match packed.extension().and_then(|extension| extension.to_str()) {
        Some("zst") => run("zstd", &["-dqf", "--long=27", "--sparse", from, "-o", to]),
        Some("qcow2") => run("qemu-img", &["convert", "-O", "raw", from, to]),
        Some("E01") => {
            let done = run("ewfexport", &["-q", "-u", "-f", "raw", "-t", to, from]);
            done && fs::rename(folder.join("image.raw"), &image).is_ok()
        }
        _ => return Some(packed),
    };
    if !done {
        println!("skipped: {id} could not be unpacked");
    }
    done.then_some(image)
}

/// Compares the image with its truth table; returns how many streams were compared.
fn compare(id: &str, file: &str, offset: u64) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let Some(path) = unpacked(id, file, folder.path()) else { return 0 };
    let volume = Volume::scan(image(&path, offset));
    volume.assert_reconciled();
    assert_eq!(volume.damage(), [""; 0]);
    let rows = volume.rows();
    let truth = fs::read_to_string(shared().join("truth").join(format!("{id}.jsonl"))).unwrap();
    let mut compared = 0;
    for line in truth.lines() {
        let told: serde_json::Value = serde_json::from_str(line).unwrap();
        if !["agree", "ruled"].contains(&told["verdict"].as_str().unwrap())
            || told["partition_offset"] != offset
        {
            continue;
        }
        let path = told["path"].as_str().unwrap();
        let row = rows.get(path).unwrap_or_else(|| panic!("{id}: {path} is missing"));
        assert_eq!(told["size"], row.size, "{id}: {path}");
        assert_eq!(told["md5"], row.md5.as_str(), "{id}: {path}");
        assert_eq!(told["allocated"], row.allocation == Allocation::Allocated, "{id}: {path}");
        assert_eq!(row.lost, 0, "{id}: {path}");
        compared += 1;
    }
    println!("{id}: {compared} streams agree");
    compared
}

#[test]
fn streams_of_other_projects_images_are_as_independent_programs_read_them() {
    let images = [
        ("colinfinck-testfs1", "testfs1", 0, 20),
        ("dfirntfs-ntfs3.raw", "ntfs3.raw.zst", 0, 18),
        ("msuhanov-ntfs-lastaccess.raw", "ntfs-lastaccess.raw.zst", 65536, 25),
        ("msuhanov-ntfs-si-vs-fn.raw", "ntfs-si-vs-fn.raw.zst", 65536, 22),
        ("plaso-vsstest.qcow2", "vsstest.qcow2", 0, 26),
        ("ronin-gpt_ntfs.E01", "gpt_ntfs.E01", 1_048_576, 24),
        ("tsk-imageformat_mmls_1.E01", "imageformat_mmls_1.E01", 65_536, 21),
        ("tsk-imageformat_mmls_1.E01", "imageformat_mmls_1.E01", 28_377_088, 21),
        ("velo-test.ntfs.dd.E01", "test.ntfs.dd.E01", 0, 30),
    ];
    for (id, file, offset, expected) in images {
        let compared = compare(id, file, offset);
        assert!(compared == expected || compared == 0, "{id}: {compared} of {expected}");
    }
}
