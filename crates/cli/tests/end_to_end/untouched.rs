//! Evidence is never written to.

use std::os::unix::fs::{MetadataExt, PermissionsExt};

use sha2::{Digest, Sha256};

use crate::program::Lab;
use crate::shared_data::{folder, unpack};

#[test]
fn read_only_evidence_is_byte_identical_and_its_metadata_untouched_after_a_scan() {
    let Some(shared) = folder() else { return };
    for id in ["dfvfs-ext2.split.E01", "dfirntfs-ntfs3.raw", "dfirntfs-fat12.raw"] {
        let lab = Lab::new();
        let place = lab.beside("evidence");
        let image = unpack(&shared, id, &place);
        let files: Vec<_> =
            std::fs::read_dir(&place).unwrap().map(|file| file.unwrap().path()).collect();
        for file in &files {
            std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o444)).unwrap();
        }
        std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o555)).unwrap();
        let look = || -> Vec<_> {
            files
                .iter()
                .map(|file| {
                    // The metadata first: looking at the bytes here touches the access time.
                    let metadata = std::fs::metadata(file).unwrap();
                    let times = (
                        metadata.mtime(),
                        metadata.mtime_nsec(),
                        metadata.ctime(),
                        metadata.ctime_nsec(),
                    );
                    let seen = (metadata.mode(), metadata.ino(), metadata.len(), times);
                    (seen, metadata.atime_nsec(), Sha256::digest(std::fs::read(file).unwrap()))
                })
                .collect()
        };
        let before = look();
        let atimes: Vec<_> =
            files.iter().map(|file| std::fs::metadata(file).unwrap().atime_nsec()).collect();
        let scan = lab.scan(&image);
        assert_eq!(scan.code(), 0, "{}", scan.all());
        let atimes_after: Vec<_> =
            files.iter().map(|file| std::fs::metadata(file).unwrap().atime_nsec()).collect();
        assert_eq!(atimes, atimes_after, "{id}: access times");
        let after = look();
        for (before, after) in before.iter().zip(&after) {
            assert_eq!((before.0, before.2), (after.0, after.2), "{id}");
        }
        std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}
