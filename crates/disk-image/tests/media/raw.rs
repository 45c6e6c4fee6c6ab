//! Raw and split raw images, and what is recognised but not read.

use crate::beside;

use std::fs;

use byte_source::{BadReason, ProblemKind, Severity};
use disk_image::{Container, ImageError};

/// Splits a medium with `split` and these options; the first file's name.
fn split(options: &str, first: &str) -> (tempfile::TempDir, Vec<u8>, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let medium = beside::medium(1_000_100, 4);
    fs::write(folder.path().join("medium"), &medium).unwrap();
    beside::run(folder.path(), &format!("split {options}"));
    let path = folder.path().join(first);
    (folder, medium, path)
}

#[test]
fn every_series_is_one_medium() {
    for (options, first, files) in [
        ("-b 100000 -d -a 3 medium disk.", "disk.000", 11),
        ("-b 100000 --numeric-suffixes=1 -a 3 medium disk.dd.", "disk.dd.001", 11),
        ("-b 10000 medium disk.", "disk.aa", 101),
        ("-b 1000 medium disk.", "disk.aa", 1001),
        ("-b 100000 -a 3 medium disk.", "disk.aaa", 11),
        ("-b 100000 medium", "xaa", 11),
    ] {
        let (_folder, medium, path) = split(options, first);
        let image = beside::open(&path).unwrap();
        assert_eq!(
            (image.container, image.segments.len()),
            (Container::SplitRaw, files),
            "{options}"
        );
        assert!(beside::all_bytes(&*image.medium) == medium, "{options}");
        assert_eq!(image.problems, []);
    }
}

#[test]
fn a_gap_in_the_numbers_ends_the_medium_and_is_said() {
    let (folder, medium, path) = split("-b 100000 -d -a 3 medium disk.", "disk.000");
    fs::remove_file(folder.path().join("disk.004")).unwrap();
    let image = beside::open(&path).unwrap();
    assert!(beside::all_bytes(&*image.medium) == medium[..400_000]);
    let [ref problem] = image.problems[..] else { panic!("{:?}", image.problems) };
    assert_eq!(problem.severity, Severity::Damage);
    assert_eq!(problem.kind, ProblemKind::Unreadable(BadReason::MissingSegment { number: 5 }));
}

#[test]
fn a_middle_part_is_not_taken_for_the_whole() {
    let (folder, medium, _) = split("-b 100000 -d -a 3 medium disk.", "disk.000");
    for (name, from) in [("disk.001", 100_000), ("disk.005", 500_000)] {
        let image = beside::open(&folder.path().join(name)).unwrap();
        assert_eq!(image.problems.len(), 1, "{name}");
        assert!(beside::all_bytes(&*image.medium)[..100_000] == medium[from..from + 100_000]);
    }
}

#[test]
fn a_name_without_a_series_is_one_file() {
    let (_folder, medium, path) = split("-b 100000 -d -a 3 medium disk.", "medium");
    let image = beside::open(&path).unwrap();
    assert_eq!((image.container, image.segments.len()), (Container::Raw, 1));
    assert!(beside::all_bytes(&*image.medium) == medium);
}

#[test]
fn nothing_and_containers_that_are_not_read_are_refused() {
    assert!(matches!(beside::open_bytes("a", Vec::new()), Err(ImageError::Empty)));
    for start in [&b"ADSEGMENTEDFILE\0"[..], b"AFF10\r\n\0", b"MSWIM\0\0\0"] {
        let mut bytes = vec![0; 4096];
        bytes[..start.len()].copy_from_slice(start);
        let Err(error) = beside::open_bytes("a", bytes).map(|_| ()) else { panic!("opened") };
        assert!(
            error.to_string().contains("is recognised but not read by this version"),
            "{error}"
        );
    }
}
