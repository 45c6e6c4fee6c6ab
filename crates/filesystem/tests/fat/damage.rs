//! What is wrong with a volume is said, where it is, and what is right is still given.
use crate::builder;
use crate::listing;

use builder::Volume;
use byte_source::{MemorySource, Scratch};
use filesystem::{Layout, Place, RecordKind};
use listing::{Listing, Row};
use words::term;

/// Clusters of the main stream, by the letter that fills each.
fn letters(volume: &Volume, row: &Row) -> String {
    let Layout::Runs(runs) = &row.record.streams[0].layout else { return "no runs".to_owned() };
    let mut text = String::new();
    for run in runs {
        let Place::At(at) = run.place else { panic!("{run:?}") };
        let at = usize::try_from(at).unwrap();
        for cluster in 0..usize::try_from(run.length).unwrap() / 512 {
            text.push(char::from(volume.bytes[at + cluster * 512]));
        }
    }
    text
}

fn said(row: &Row) -> Vec<String> {
    row.problems.iter().map(|problem| format!("{:?} {}", problem.severity, problem.kind)).collect()
}

fn all_said(listing: &Listing) -> String {
    listing.problems.iter().map(|problem| format!("{:?} {problem}\n", problem.severity)).collect()
}

/// A FAT16 volume with a file of three clusters a, b, c (10, 11, 12) of 1,300 bytes.
fn three_clusters() -> Volume {
    let mut volume = Volume::fat16();
    for (cluster, letter) in [(10, b'a'), (11, b'b'), (12, b'c'), (13, b'd'), (20, b'x')] {
        volume.fill(cluster, letter);
    }
    volume.entry(volume.root_slot(0), b"FILE    TXT", 0x20, 10, 1300);
    volume.link(10, &[11, 12]);
    volume
}

#[test]
fn a_sound_chain_has_no_problems() {
    let volume = three_clusters();
    let listing = volume.list();
    let row = listing.row("/FILE.TXT", true).unwrap();
    assert_eq!((letters(&volume, row).as_str(), row.bad, said(row)), ("abc", 0, vec![]));
    assert_eq!(listing.problems, []);
    let free: u64 = listing.unallocated.iter().map(|range| range.end - range.start).sum();
    assert_eq!(free, (4200 - 3) * 512);
}

#[test]
fn broken_chains_give_what_is_there_and_say_what_is_not() {
    let free = "Damage the chain leads into a cluster that is marked free";
    let bad = "Damage the chain leads into a cluster that is marked bad";
    let reserved =
        "Damage next cluster is 1 (0x1), expected a cluster of the volume or the end mark";
    let beyond =
        "Damage next cluster is 4202 (0x106a), expected a cluster of the volume or the end mark";
    let short = "Damage clusters in the chain is 2 (0x2), expected 3 (0x3)";
    let cases: [(u32, &str, &str, u64); 5] = [
        (0, "ab", free, 1300 - 1024),
        (0xfff7, "ab", bad, 1300 - 1024),
        (1, "ab", reserved, 1300 - 1024),
        (4202, "ab", beyond, 1300 - 1024),
        (0xffff, "ab", short, 1300 - 1024),
    ];
    for (value, content, message, lost) in cases {
        let mut volume = three_clusters();
        volume.set(11, value);
        let listing = volume.list();
        let row = listing.row("/FILE.TXT", true).unwrap();
        assert_eq!((letters(&volume, row).as_str(), row.bad), (content, lost), "{value:#x}");
        assert_eq!(said(row), [message], "{value:#x}");
        // Cluster 12 is in use, but nothing leads to it any more.
        assert!(
            all_said(&listing).contains("clusters in use that belong to no file is 1"),
            "{value:#x}"
        );
    }
}

#[test]
fn surplus_and_loops_behind_the_end_are_notes_because_the_content_is_whole() {
    let mut volume = three_clusters();
    volume.link(12, &[13]);
    let listing = volume.list();
    let row = listing.row("/FILE.TXT", true).unwrap();
    assert_eq!((letters(&volume, row).as_str(), row.bad), ("abcd", 0));
    assert_eq!(said(row), ["Note clusters in the chain is 4 (0x4), expected 3 (0x3)"]);

    volume.set(13, 11);
    let listing = volume.list();
    let row = listing.row("/FILE.TXT", true).unwrap();
    assert_eq!((letters(&volume, row).as_str(), row.bad), ("abcd", 0));
    assert_eq!(said(row), ["Note the chain leads back into itself"]);

    volume.set(11, 10);
    let row = volume.list().row("/FILE.TXT", true).unwrap().clone();
    assert_eq!(
        (row.bad, said(&row)),
        (1300 - 1024, vec!["Damage the chain leads back into itself".to_owned()])
    );
}

#[test]
fn files_that_share_a_cluster_are_both_pointed_out() {
    let mut volume = three_clusters();
    volume.entry(volume.root_slot(1), b"OTHER   TXT", 0x20, 20, 1400);
    volume.set(20, 11);
    let listing = volume.list();
    for (path, content) in [("/FILE.TXT", "abc"), ("/OTHER.TXT", "xbc")] {
        let row = listing.row(path, true).unwrap();
        assert_eq!(letters(&volume, row), content);
        assert_eq!(
            said(row),
            ["Damage a cluster belongs to another chain too: one of the two has wrong content"]
        );
    }
}

#[test]
fn a_file_without_a_first_cluster_is_lost_and_an_empty_file_is_not() {
    let mut volume = three_clusters();
    volume.entry(volume.root_slot(1), b"LOST    TXT", 0x20, 0, 700);
    volume.entry(volume.root_slot(2), b"EMPTY   TXT", 0x20, 0, 0);
    volume.entry(volume.root_slot(3), b"FARAWAY TXT", 0x20, 5000, 700);
    let listing = volume.list();
    for path in ["/LOST.TXT", "/FARAWAY.TXT"] {
        let row = listing.row(path, true).unwrap();
        assert_eq!(
            (&row.record.streams[0].layout, row.bad),
            (&Layout::Lost(term!("fs.no-first-cluster")), 700)
        );
        assert!(said(row)[0].starts_with("Damage DIR_FstClus is"), "{path}");
    }
    let empty = listing.row("/EMPTY.TXT", true).unwrap();
    assert_eq!((empty.md5.as_str(), said(empty)), ("d41d8cd98f00b204e9800998ecf8427e", vec![]));
}

#[test]
fn directories_that_lead_back_end_and_are_pointed_out() {
    let mut volume = Volume::fat16();
    volume.entry(volume.root_slot(0), b"FOLDER     ", 0x10, 10, 0);
    volume.link(10, &[]);
    let at = volume.cluster_at(10);
    volume.entry(at, b".          ", 0x10, 10, 0);
    volume.entry(at + 32, b"..         ", 0x10, 7, 0);
    volume.entry(at + 64, b"FOLDER     ", 0x10, 10, 0);
    let listing = volume.list();
    let again = listing.row("/FOLDER/FOLDER", true).unwrap();
    let how =
        "Damage its first cluster is that of another directory, under which its entries are listed";
    assert_eq!((again.kind, said(again)), (RecordKind::Directory, vec![how.to_owned()]));
    assert!(
        all_said(&listing).contains("DIR_FstClus is 7 (0x7), expected 0"),
        "{}",
        all_said(&listing)
    );
    assert_eq!(listing.entries().count(), 2);
}

#[test]
fn what_stands_behind_the_end_of_a_directory_was_in_use_once() {
    let mut volume = three_clusters();
    volume.entry(volume.root_slot(2), b"STALE   TXT", 0x20, 30, 100);
    volume.entry(volume.root_slot(3), b"not a name!", 0x20, 30, 100);
    volume.fill(30, b's');
    let listing = volume.list();
    let row = listing.row("/STALE.TXT", false).unwrap();
    assert!(row.assumed && !row.record.counted);
    assert!(
        row.record.details.iter().any(|detail| detail.value == "behind the end of the directory")
    );
    assert_eq!(letters(&volume, row), "s");
    assert_eq!(listing.entries().count(), 2);
}

#[test]
fn copies_of_the_table_that_differ_are_named_with_the_first_cluster() {
    let mut volume = three_clusters();
    volume.set_in(1, 11, 0);
    let listing = volume.list();
    let at = volume.fat_at(1) + 22;
    let wanted = format!(
        "Note file allocation table at byte {at} ({at:#x}): first entry that differs from the active copy is 0 (0x0), expected 12 (0xc)\n"
    );
    assert_eq!(all_said(&listing), wanted);
    assert_eq!(letters(&volume, listing.row("/FILE.TXT", true).unwrap()), "abc");
}

#[test]
fn fat32_is_read_from_its_backup_boot_sector_and_from_the_active_table() {
    let mut volume = Volume::fat32();
    volume.entry(volume.root_slot(0), b"HIGH       ", 0x20, 65_600, 100);
    volume.link(65_600, &[]);
    volume.fill(65_600, b'h');
    assert_eq!(letters(&volume, volume.list().row("/HIGH", true).unwrap()), "h");

    // Mirroring off, the second table in use, the first one wiped.
    let mut second = volume;
    second.bytes[40] = 0x81;
    second.bytes[6 * 512 + 40] = 0x81;
    for cluster in [2, 65_600] {
        second.set_in(0, cluster, 0);
    }
    assert_eq!(letters(&second, second.list().row("/HIGH", true).unwrap()), "h");
    assert_eq!(all_said(&second.list()), "");

    second.bytes[..512].fill(0);
    let listing = second.list();
    assert_eq!(letters(&second, listing.row("/HIGH", true).unwrap()), "h");
    assert!(
        all_said(&listing)
            .contains("Damage FAT boot sector at byte 0 (0x0): bytes per sector is 0")
    );
}

#[test]
fn other_boot_sectors_are_not_claimed() {
    let recognised = |bytes: Vec<u8>| {
        filesystem::recognise(&MemorySource::new(bytes), &mut Scratch::new())
            .iter()
            .any(|(_, format)| format.name == "FAT")
    };
    let original = Volume::fat32().bytes;
    assert!(recognised(original.clone()));
    let mut to_go = original.clone();
    to_go[3..11].copy_from_slice(b"MSWIN4.1");
    to_go[424..440].copy_from_slice(&[
        0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a, 0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0,
        0x01,
    ]);
    assert!(!recognised(to_go));
    for name in [b"-FVE-FS-", b"NTFS    ", b"EXFAT   "] {
        let mut other = original.clone();
        other[3..11].copy_from_slice(name);
        assert!(!recognised(other), "{name:?}");
    }
    // A master boot record over a volume that was there before: the backup boot sector and the tables are still there.
    let mut partitioned = original;
    partitioned[..446].fill(0);
    partitioned[446..462].copy_from_slice(&[0x80, 1, 1, 0, 0x0c, 9, 9, 9, 0, 8, 0, 0, 0, 0, 1, 0]);
    assert!(!recognised(partitioned));
    assert!(!recognised(vec![0; 1 << 20]));
    assert!(!recognised(vec![]));
}

#[test]
fn the_code_page_decides_what_short_names_say() {
    let mut volume = Volume::fat16();
    volume.entry(volume.root_slot(0), b"\x80\x90\xe0     TXT", 0x20, 0, 0);
    volume.entry(volume.root_slot(1), b"\x05BC        ", 0x20, 0, 0);
    for (code_page, first, second) in [
        (437, "/ÇÉα.TXT", "/σBC"),
        (850, "/ÇÉÓ.TXT", "/ÕBC"),
        (866, "/АРр.TXT", "/хBC"),
        (1252, "/€\\x90à.TXT", "/åBC"),
    ] {
        let source = std::sync::Arc::new(MemorySource::new(volume.bytes.clone()));
        let (_, fs) = listing::open(source, &filesystem::OpenOptions { code_page }).unwrap();
        let paths: Vec<String> = listing::list(&*fs).rows.into_keys().collect();
        assert!(
            paths.contains(&first.to_owned()) && paths.contains(&second.to_owned()),
            "{code_page}: {paths:?}"
        );
    }
}

#[test]
fn a_boot_sector_that_leads_to_no_table_is_damage() {
    let mut volume = three_clusters();
    // As mkfs.fat writes them: then the boot sector is enough for it to be recognised.
    volume.bytes[54..62].copy_from_slice(b"FAT16   ");
    volume.bytes[510..512].copy_from_slice(&[0x55, 0xaa]);
    assert_eq!(volume.list().problems, []);
    // One bit of the number of reserved sectors: 1 becomes 257, and the root directory is elsewhere, too.
    volume.bytes[15] ^= 1;
    let listing = volume.list();
    assert!(listing.row("/FILE.TXT", true).is_none());
    let said = all_said(&listing);
    assert!(
        said.contains("Damage") && said.contains("does not begin with the media byte"),
        "{said}"
    );
}
