//! Deleted files and folders on volumes that mkfs.fat and mtools make.
use crate::listing;
use crate::tools;

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use byte_source::MappedFile;
use case_model::to_hex;
use filesystem::{Layout, OpenOptions};
use md5::{Digest, Md5};
use words::term;

fn list(image: &Path) -> listing::Listing {
    let volume = Arc::new(MappedFile::new(&File::open(image).unwrap()).unwrap());
    listing::list(&*listing::open(volume, &OpenOptions::default()).expect("recognised").1)
}

/// A volume with files and folders, some of which are deleted again.
fn make(image: &Path, folder: &Path, options: &[&str]) -> Vec<(&'static str, Vec<u8>)> {
    tools::format(image, 40 << 20, options);
    let files = [
        ("stays.txt", 3000),
        ("gone with a long name.txt", 5000),
        ("GONE.TXT", 700),
        ("lower.txt", 10),
        ("tree/one in a folder.bin", 9000),
        ("tree/sub/two.bin", 100),
        (".dotted name", 600),
        ("überlange Straße.doc", 601),
    ];
    fs::create_dir_all(folder.join("tree/sub")).unwrap();
    let made: Vec<(&str, Vec<u8>)> = files
        .into_iter()
        .map(|(name, count)| (name, name.bytes().cycle().take(count).collect::<Vec<u8>>()))
        .collect();
    for (name, content) in &made {
        fs::write(folder.join(name), content).unwrap();
        if !name.contains('/') {
            tools::copy_in(image, &[&folder.join(name)]);
        }
    }
    tools::copy_in(image, &[&folder.join("tree")]);
    for name in [
        "gone with a long name.txt",
        "GONE.TXT",
        "lower.txt",
        ".dotted name",
        "überlange Straße.doc",
    ] {
        tools::delete(image, name);
    }
    tools::run("mdeltree", ["-i", image.to_str().unwrap(), "::tree"]);
    made
}

#[test]
fn deleted_files_come_back_with_their_names_and_bytes() {
    if !tools::installed(&["mkfs.fat", "mcopy", "mdel", "mdeltree"]) {
        return;
    }
    for options in [["-F", "12", "-s", "64"], ["-F", "16", "-s", "2"], ["-F", "32", "-s", "1"]] {
        let folder = tempfile::tempdir().unwrap();
        let image = folder.path().join("image");
        let made = make(&image, folder.path(), &options);
        let listing = list(&image);
        for (name, content) in &made {
            let deleted = *name != "stays.txt";
            // Without a long name the first letter is gone.
            let path = match *name {
                "GONE.TXT" => "/_ONE.TXT".to_owned(),
                "lower.txt" => "/_ower.txt".to_owned(),
                "tree/sub/two.bin" => "/_ree/_ub/_wo.bin".to_owned(),
                "tree/one in a folder.bin" => "/_ree/one in a folder.bin".to_owned(),
                name => format!("/{name}"),
            };
            let row = listing.row(&path, !deleted);
            let row =
                row.unwrap_or_else(|| panic!("{options:?}: {path}: {:?}", listing.rows.keys()));
            assert_eq!(row.md5, to_hex(&Md5::digest(content)), "{options:?}: {path}");
            assert_eq!(row.assumed, deleted, "{path}");
            assert!(!deleted || !row.record.counted);
        }
        assert_eq!(listing.expected, [listing.counted]);
        let short =
            listing.short_names.iter().find(|link| link.name.starts_with(b"\xe5ONEWI~1")).unwrap();
        assert_eq!(short.readable.as_deref(), Some("GONEWI~1.TXT"));
    }
}

#[test]
fn content_whose_first_cluster_was_used_again_is_lost_and_never_given_as_that_of_another() {
    if !tools::installed(&["mkfs.fat", "mcopy", "mdel"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("image");
    tools::format(&image, 2 << 20, &["-F", "12", "-s", "1"]);
    let old = folder.path().join("OLD.TXT");
    let keep = folder.path().join("KEEP.TXT");
    fs::write(&old, "old").unwrap();
    fs::write(&keep, "keep").unwrap();
    tools::copy_in(&image, &[&old, &keep]);
    tools::delete(&image, "OLD.TXT");
    // Its name needs two slots, so it does not take that of the old file; but it takes its cluster.
    tools::run("mmd", ["-i", image.to_str().unwrap(), "::a new folder"]);
    let listing = list(&image);
    let row = listing.row("/_LD.TXT", false).expect("the old entry");
    assert_eq!(row.record.streams[0].layout, Layout::Lost(term!("fs.first-cluster-use-again")));
    assert_eq!((row.bad, row.size, listing.row("/a new folder", true).is_some()), (3, 3, true));
}
