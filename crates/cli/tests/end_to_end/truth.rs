//! Every live file that independent programs agree on is in the export with equal size and digests.

use std::process::Command;

use crate::program::Lab;
use crate::shared_data::{folder, unpack};

/// Scans an image, exports the case and lets `compare-truth` judge.
fn agrees(id: &str, exit: i32) {
    let Some(shared) = folder() else { return };
    let lab = Lab::new();
    let image = unpack(&shared, id, &lab.beside("evidence"));
    let scan = lab.scan(&image);
    assert_eq!(scan.code(), exit, "{}", scan.all());
    let export = lab.run(&["export", "c", "--format", "jsonl"]);
    let rows = lab.write("export.jsonl", export.bytes());
    let truth = shared.join("data/truth").join(format!("{id}.jsonl"));
    let judged = Command::new("python3")
        .arg(shared.join("tools/compare-truth"))
        .arg(rows)
        .arg(truth)
        .output()
        .unwrap();
    assert!(judged.status.success(), "{id}:\n{}", String::from_utf8_lossy(&judged.stdout));
}

macro_rules! images {
    ($($name:ident $id:literal $exit:literal,)*) => { $(
        #[test]
        fn $name() {
            agrees($id, $exit);
        }
    )* };
}

// Exit code 3 where the image itself is damaged or holds what cannot be read; the reason stands behind it.
images! {
    extended_partitions "dftt-01-extend-part" 0,
    fat16_keyword_search "dftt-02-kwsrch-fat" 0,
    fat12_daylight "dftt-05-daylight" 0,
    ext2_e01 "dfvfs-ext2.E01" 0,
    ext2_split_e01 "dfvfs-ext2.split.E01" 0,
    ext2_split_raw "dfvfs-ext2.splitraw.000" 0,
    ext2_hard_links_and_sparse "keramics-ext2.E01" 0,
    ext2_block_map "ext4view-test_disk_ext2.bin" 0,
    ext3_thousand_files "ext4view-test_disk_ext3.bin" 0,
    ext4_with_luks_files "crypt-img_fs_ext4.img" 0,
    fat_with_luks_files "crypt-img_fs_vfat.img" 0,
    ext2_raw "tsk-image.dd" 0,
    ext2_ewf "tsk-image.E01" 0,
    two_ntfs_partitions_in_e01 "tsk-imageformat_mmls_1.E01" 0,
    ntfs_last_access "msuhanov-ntfs-lastaccess.raw" 0,
    ntfs_standard_information_against_file_name "msuhanov-ntfs-si-vs-fn.raw" 0,
    ntfs_small "colinfinck-testfs1" 0,
    ntfs_deleted "dfirntfs-ntfs3.raw" 0,
    ntfs_in_gpt "ronin-gpt_ntfs.E01" 0,
    ntfs_e01 "velo-test.ntfs.dd.E01" 0,
    fat16_mail "be-nps-2010-emails.E01" 0,
    fat12_full "dfirntfs-fat12.raw" 0,
    fat16_full "dfirntfs-fat16.raw" 0,
    fat_long_names "dfirntfs-fat_lfn_test.raw" 0,
    fat12_rust "rustfatfs-fat12.img" 0,
    fat16_rust "rustfatfs-fat16.img" 0,
    fat_very_small "velo-fat_very_small.dd" 0,
    exfat_of_windows "dfirntfs-exfat_win.raw" 0,
    exfat_of_go "go-exfat-test.exfat" 0,
    exfat_small "ronin4n6-exfat.img" 0,
    ext2_qcow2 "dfvfs-ext2.qcow2" 0,
    ext2_vhd "dfvfs-ext2.vhd" 0,
    ext2_vmdk "dfvfs-ext2.vmdk" 0,
    // The footer's checksum is wrong: qemu refuses the image, others ignore it silently.
    ext2_vhd_with_a_wrong_footer "dfvfs-image.vhd" 3,
    ext2_qcow "tsk-image.qcow" 0,
    ext2_vhd_of_tsk "tsk-image.vhd" 0,
    ext2_vmdk_of_tsk "tsk-image.vmdk" 0,
    ext2_vmdk_of_plaso "plaso-image.vmdk" 0,
    // Two snapshots that are not read.
    ntfs_qcow2_with_shadow_copies "plaso-vsstest.qcow2" 3,
    fat16_qcow2 "keramics-fat16.qcow2" 0,
    fat32_qcow2 "keramics-fat32.qcow2" 0,
}

/// A file system that is not read is named, its volume is hashed, and the scan is not complete.
#[test]
fn file_systems_that_are_not_read_are_named() {
    let Some(shared) = folder() else { return };
    let named = [
        ("crypt-img_fs_xfs.img", "XFS"),
        ("btrfsprogs-misc-tests_025-zstd-compression_compress.raw", "Btrfs"),
        ("libarchive-iso_joliet.iso", "ISO 9660"),
        ("ronin4n6-hfsplus.img", "HFS+"),
        ("ronin4n6-apfs.img", "APFS"),
        ("ronin-ufs.img", "UFS"),
        ("keramics-hfsplus_lzfse.dmg", "HFS+"),
    ];
    for (id, kind) in named {
        let lab = Lab::new();
        let scan = lab.scan(&unpack(&shared, id, &lab.beside("evidence")));
        assert_eq!(scan.code(), 3, "{id}: {}", scan.all());
        assert!(scan.out().contains(&format!("file system   {kind}")), "{id}: {}", scan.all());
        assert!(
            scan.out().contains(&format!("{kind} is recognised but not read")),
            "{id}: {}",
            scan.all()
        );
        assert!(scan.out().contains("SHA-256"), "{id}: {}", scan.all());
    }
}
