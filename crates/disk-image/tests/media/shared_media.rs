//! The media of shared images, made by other programs, against the digests that other programs give.
use crate::beside;

use std::fs;

/// Every image whose medium other programs agree on: same length, same digest, and the stored digest is found and right.
#[test]
fn media_have_the_digests_that_other_programs_give() {
    let Some(shared) = beside::shared() else { return };
    let unpacked = tempfile::tempdir().unwrap();
    let mut seen = 0;
    for line in fs::read_to_string(shared.join("truth/_media.jsonl")).unwrap().lines() {
        let truth: serde_json::Value = serde_json::from_str(line).unwrap();
        let id = truth["image"].as_str().unwrap();
        if !READ.iter().any(|ending| id.ends_with(ending)) {
            continue;
        }
        let Some(expected) = truth["candidates"].get(0) else {
            assert!(OWN_CHECKSUMS.contains(&id), "{id}: nobody says what its medium is");
            continue;
        };
        let folder = unpacked.path().join(id);
        fs::create_dir(&folder).unwrap();
        let first = beside::unpack(&shared, id, &folder).remove(0);
        for positioned in [false, true] {
            let image = beside::open_by(&first, positioned).unwrap();
            let sweep = beside::sweep(&*image.medium);
            assert_eq!(sweep.bytes, expected["size"].as_u64().unwrap(), "{id}");
            assert_eq!(sweep.md5, expected["md5"].as_str().unwrap(), "{id}");
            assert_eq!(sweep.bad, [], "{id}");
            if let Some(stored) = truth["stored_md5"].as_str() {
                let found: Vec<_> = image
                    .stored_digests
                    .iter()
                    .map(|stored| case_model::to_hex(&stored.digest))
                    .collect();
                assert!(found.iter().any(|digest| digest == stored), "{id}: {found:?}");
                assert_eq!(image.problems, [], "{id}");
            }
        }
        fs::remove_dir_all(&folder).unwrap();
        seen += 1;
    }
    assert!(seen >= 25, "only {seen} images were compared");
}

/// The endings of the identifiers of images whose container is read.
const READ: &[&str] =
    &[".E01", ".splitraw.000", ".qcow", ".qcow2", ".vhd", ".vmdk", ".dmg", "hfsjtest1-gen1"];

/// Images that no other program could read: their partitions are compared with the checksums that they store (`dmg.rs`).
const OWN_CHECKSUMS: &[&str] = &["keramics-hfsplus_bzip2.dmg", "keramics-hfsplus_lzfse.dmg"];
