//! Deleted names that were the last ones of their index node: the node's end mark lies over the reference to the record.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use case_model::{NameEncoding, readable_name};
use filesystem::{Allocation, RecordRef};

use crate::generated::is_told_by_a_record;
use crate::listing::{Volume, image};
use crate::mount::output;

/// The partition begins there.
const OFFSET: u64 = 128 * 512;

#[test]
fn the_last_deleted_name_of_a_node_is_listed_as_the_sleuth_kit_does() {
    let packed = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/faults/ntfs-index-last-name/ntfs_index.raw.zst");
    if !packed.exists() {
        return eprintln!("skipped: {} is not there", packed.display());
    }
    let folder = tempfile::tempdir().unwrap();
    let raw = folder.path().join("image");
    let status = Command::new("zstd").arg("-dqf").arg(&packed).arg("-o").arg(&raw).status();
    assert!(status.expect("zstd runs").success());
    let volume = Volume::scan(image(&raw, OFFSET));
    let unknown = volume.links.iter().filter(|link| link.child == RecordRef::UNKNOWN_CHILD);
    let alone: BTreeSet<String> = unknown
        .inspect(|link| assert_eq!(link.allocation, Allocation::Deleted))
        .filter(|link| !is_told_by_a_record(&volume, link))
        .map(|link| readable_name(&link.name, NameEncoding::Utf16Le))
        .collect();
    assert!(alone.contains("BBBBBBBBBBBBB-del.txt"), "{alone:?}");

    let Some(listed) = output("fls", &["-rp", "-o", "128", raw.to_str().unwrap()]) else {
        return eprintln!("skipped: fls is not there");
    };
    // The Sleuth Kit has record 0 where the reference is gone.
    let listed = String::from_utf8_lossy(&listed);
    let is_in_use = |path: &str| {
        listed.lines().any(|line| {
            line.split_once('\t').is_some_and(|(kind, of)| of == path && !kind.contains('*'))
        })
    };
    let theirs: BTreeSet<String> = listed
        .lines()
        .filter_map(|line| line.strip_prefix("r/- * 0:\t"))
        // Record 64 is in use under this name: its entry moved to another node when the node was divided.
        .filter(|path| !is_in_use(path))
        .map(|path| path.rsplit('/').next().unwrap().to_owned())
        .collect();
    assert_eq!(alone, theirs);
}
