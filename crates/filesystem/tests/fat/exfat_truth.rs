//! The exFAT reader against the truth tables of images that others made.
use crate::evidence;
use crate::listing;

use std::collections::BTreeSet;

use filesystem::{FileSystemKind, Layout, OpenOptions, RecordKind};
use words::term;

const IMAGES: &[&str] = &["dfirntfs-exfat_win.raw", "go-exfat-test.exfat", "ronin4n6-exfat.img"];

/// Deleted files of one to three bytes (their number, as in all files beside them) whose cluster now belongs to one of the fragmented files:
/// The Sleuth Kit gives a byte of text of the new file as content.
const OVERWRITTEN: &[&str] = &["/1.bin", "/333.bin", "/555.bin"];

/// Every row that independent programs give, in use or deleted, stands in the listing with the same size and digest; nothing else is in
/// use, and the counts of the metadata add up.
#[test]
fn listings_are_those_of_independent_programs() {
    let Some(shared) = evidence::shared() else { return };
    let mut live = 0;
    let mut deleted = 0;
    for id in IMAGES {
        let (kind, fs) =
            listing::open(evidence::image(&shared, id), &OpenOptions::default()).unwrap();
        assert_eq!(kind, FileSystemKind::ExFat);
        let listing = listing::list(&*fs);
        let mut known = BTreeSet::new();
        // The Sleuth Kit puts an unused label entry among its orphans.
        let truth = evidence::truth(&shared, id);
        for row in truth.iter().filter(|row| row["path"] != "/$OrphanFiles/$EMPTY_VOLUME_LABEL") {
            let path = row["path"].as_str().unwrap();
            let allocated = row["allocated"] == true;
            let Some(ours) = listing.row(path, allocated) else {
                panic!(
                    "{id}: {path} is missing; there are {:?}",
                    listing.rows.keys().collect::<Vec<_>>()
                );
            };
            assert_eq!(ours.size, row["size"].as_u64().unwrap(), "{id}: {path}");
            if OVERWRITTEN.contains(&path) {
                assert_eq!(
                    ours.record.streams[0].layout,
                    Layout::Lost(term!("fs.first-cluster-use-again")),
                    "{path}"
                );
                assert_eq!((ours.bad, ours.size), (ours.size, ours.size));
                continue;
            }
            assert_eq!(ours.md5, row["md5"].as_str().unwrap(), "{id}: {path}");
            assert_eq!(ours.assumed, !allocated && ours.size > 0, "{id}: {path}");
            assert_eq!(ours.metadata, path.starts_with("/$"), "{id}: {path}");
            known.insert((path.to_owned(), allocated));
            if allocated { live += 1 } else { deleted += 1 }
        }
        let files =
            listing.rows.iter().flat_map(|(path, rows)| rows.iter().map(move |row| (path, row)));
        let files = files.filter(|(_, row)| row.kind == RecordKind::File && row.allocated);
        let beyond: Vec<_> =
            files.filter(|(path, _)| !known.contains(&((*path).clone(), true))).collect();
        assert_eq!(beyond, [], "{id}");
        assert_eq!(listing.expected, [listing.counted], "{id}");
        assert_eq!(listing.damage(), Vec::<String>::new(), "{id}");
    }
    eprintln!("compared {live} rows in use and {deleted} deleted");
    assert_eq!((live, deleted), (403 + 9 + 4, 1 + 3));
}

/// Modified, accessed and created as the author of the image noted them on Windows: local time in a zone three hours ahead of UTC, which
/// each entry records (12 quarters of an hour; The Sleuth Kit shows the local time as UTC).
#[test]
fn times_are_those_that_windows_showed() {
    let Some(shared) = evidence::shared() else { return };
    let (_, fs) =
        listing::open(evidence::image(&shared, "dfirntfs-exfat_win.raw"), &OpenOptions::default())
            .unwrap();
    let listing = listing::list(&*fs);
    let noted = std::fs::read(shared.join("answers/exfat_win_stat.txt")).unwrap();
    let noted = String::from_utf8_lossy(&noted);
    let mut compared = 0;
    for line in noted.lines().filter(|line| line.is_ascii()) {
        let [path, modified, accessed, created, _] = line.split('\t').collect::<Vec<_>>()[..]
        else {
            panic!("{line}")
        };
        let times = listing.row(path, true).unwrap_or_else(|| panic!("{path}")).record.times;
        let found = [times.modified, times.accessed, times.created].map(|time| {
            assert_eq!(time.unwrap().raw >> 40, 0x80 | 12, "{path}");
            time.unwrap().unix_ns.unwrap() + 3 * 3_600_000_000_000
        });
        assert_eq!(found, [modified, accessed, created].map(evidence::nanoseconds), "{path}");
        compared += 1;
    }
    assert!(compared > 600, "{compared}");
}
