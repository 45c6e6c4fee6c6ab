//! What no directory entry describes, against other programs: lost chains against `fsck.fat -f`, which makes files of them, and the
//! copies of the table against `icat`.
use crate::listing;
use crate::tools;

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use byte_source::MappedFile;
use case_model::to_hex;
use filesystem::OpenOptions;
use md5::{Digest, Md5};

use listing::Listing;

fn read(image: &Path) -> Listing {
    let source = Arc::new(MappedFile::new(&File::open(image).unwrap()).unwrap());
    let (_, file_system) = listing::open(source, &OpenOptions::default()).unwrap();
    let listing = listing::list(&*file_system);
    assert_eq!(
        listing.expected,
        [listing.counted],
        "counts agree with and without virtual records"
    );
    listing
}

fn md5(bytes: &[u8]) -> String {
    to_hex(&Md5::digest(bytes))
}

/// Makes an image of four files and destroys the entries of two, leaving the table as it is: as when a stick is pulled out.
fn make(folder: &Path, options: &[&str], mebibytes: u64) -> std::path::PathBuf {
    let image = folder.join("image");
    tools::format(&image, mebibytes << 20, options);
    fill(folder, &image);
    destroy(&image, &[b"LOSTONE BIN", b"LOSTTWO BIN"]);
    image
}

/// Copies the four files into the image; the last one is fragmented.
fn fill(folder: &Path, image: &Path) {
    for (name, size) in [
        ("KEPT.BIN", 5000_usize),
        ("LOSTONE.BIN", 9000),
        ("FILLER.BIN", 3000),
        ("LOSTTWO.BIN", 70_000),
    ] {
        if name == "LOSTTWO.BIN" {
            // Leaves a gap before it that its first clusters fill.
            tools::delete(image, "FILLER.BIN");
        }
        let source = folder.join(name);
        fs::write(&source, (0..size).map(|at| (at * 7 + size) as u8).collect::<Vec<_>>()).unwrap();
        tools::copy_in(image, &[&source]);
    }
}

/// Marks the entries of these names as deleted; the table stays as it is.
fn destroy(image: &Path, names: &[&[u8; 11]]) {
    let mut bytes = fs::read(image).unwrap();
    for name in names {
        let at = bytes.windows(11).position(|window| window == *name).unwrap();
        bytes[at] = 0xe5;
    }
    fs::write(image, bytes).unwrap();
}

#[test]
fn lost_chains_are_the_files_that_fsck_makes_of_them() {
    if !tools::installed(&["mkfs.fat", "mcopy", "mdel", "mdir", "fsck.fat"]) {
        return;
    }
    for (options, mebibytes) in [
        (&["-F", "12", "-s", "1"][..], 2),
        (&["-F", "16", "-s", "4"][..], 16),
        (&["-F", "32", "-s", "1"][..], 48),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let image = make(folder.path(), options, mebibytes);
        let listing = read(&image);
        let lost: Vec<_> =
            listing.rows.iter().filter(|(path, _)| path.starts_with("/$LostChains/")).collect();
        assert_eq!(lost.len(), 2, "{options:?}: {:?}", listing.rows.keys());
        assert!(
            lost.iter().all(|(_, rows)| rows[0].assumed && !rows[0].metadata && rows[0].bad == 0)
        );
        assert!(
            listing
                .damage()
                .iter()
                .any(|line| line.contains("clusters in use that belong to no file"))
        );
        let mut ours: Vec<_> =
            lost.iter().map(|(_, rows)| (rows[0].size, rows[0].md5.clone())).collect();
        ours.sort();

        let salvaged = folder.path().join("salvaged");
        fs::copy(&image, &salvaged).unwrap();
        // Exit code 1: errors were found and corrected.
        let done = Command::new("fsck.fat").args(["-a", "-f"]).arg(&salvaged).output().unwrap();
        assert!(
            matches!(done.status.code(), Some(0 | 1)),
            "{}",
            String::from_utf8_lossy(&done.stdout)
        );
        let after = read(&salvaged);
        let mut theirs: Vec<_> = after
            .rows
            .iter()
            .filter(|(path, _)| path.to_uppercase().starts_with("/FSCK"))
            .map(|(_, rows)| (rows[0].size, rows[0].md5.clone()))
            .collect();
        theirs.sort();
        assert_eq!(ours, theirs, "{options:?}");
        assert!(!after.rows.keys().any(|path| path.starts_with("/$LostChains/")));
        // Contiguity is not assumed: the second one was written around the first.
        let content = |name: &str| fs::read(folder.path().join(name)).unwrap();
        let begins = |row: &&(u64, String)| row.0 >= content("LOSTTWO.BIN").len() as u64;
        assert_eq!(ours.iter().filter(begins).count(), 1);
    }
}

#[test]
fn the_reserved_area_and_the_tables_are_those_of_icat() {
    if !tools::installed(&["mkfs.fat", "mcopy", "mdel", "fls", "icat"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let image = make(folder.path(), &["-F", "16", "-s", "4"], 16);
    let listing = read(&image);
    let names = tools::run("fls", [image.to_str().unwrap()]);
    for (theirs, ours) in
        [("$FAT1", "/$Metadata/$FAT1"), ("$FAT2", "/$Metadata/$FAT2"), ("$MBR", "/$Metadata/$Boot")]
    {
        let line = names.lines().find(|line| line.ends_with(theirs)).unwrap();
        let address = line.split([' ', ':']).nth(1).unwrap();
        let content = Command::new("icat").arg(&image).arg(address).output().unwrap().stdout;
        let row = &listing.rows[ours][0];
        assert!(row.metadata && !row.assumed);
        if theirs == "$MBR" {
            // TSK gives one sector; the area holds it and what follows up to the first table.
            let area = &fs::read(&image).unwrap()[..usize::try_from(row.size).unwrap()];
            assert!(area.starts_with(&content) && content.len() == 512);
            assert_eq!(row.md5, md5(area));
        } else {
            assert_eq!((row.size, &row.md5), (content.len() as u64, &md5(&content)), "{ours}");
        }
    }
}

/// Entries that were deleted while the table still has their chains: the content is that of the chains, not of neighbouring clusters.
#[test]
fn deleted_entries_whose_chains_nobody_owns_have_their_content() {
    if !tools::installed(&["mkfs.fat", "mcopy", "mdel", "mmd"]) {
        return;
    }
    for (options, mebibytes) in [
        (&["-F", "12", "-s", "1"][..], 2),
        (&["-F", "16", "-s", "4"][..], 16),
        (&["-F", "32", "-s", "1"][..], 48),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let image = folder.path().join("image");
        let image_text = image.to_str().unwrap();
        tools::format(&image, mebibytes << 20, options);
        let inner = folder.path().join("INNER.BIN");
        fs::write(&inner, vec![0x5a; 20_000]).unwrap();
        tools::run("mmd", ["-i", image_text, "::GONE"]);
        tools::run("mcopy", ["-i", image_text, inner.to_str().unwrap(), "::GONE/"]);
        fill(folder.path(), &image);
        destroy(&image, &[b"LOSTONE BIN", b"LOSTTWO BIN", b"GONE       "]);

        let listing = read(&image);
        for (name, source) in [
            ("OSTONE.BIN", "LOSTONE.BIN"),
            ("OSTTWO.BIN", "LOSTTWO.BIN"),
            ("INNER.BIN", "INNER.BIN"),
        ] {
            let rows = listing
                .rows
                .iter()
                .flat_map(|(path, rows)| rows.iter().map(move |row| (path, row)));
            let mut rows = rows.filter(|(path, row)| !row.allocated && path.ends_with(name));
            let (path, row) =
                rows.next().unwrap_or_else(|| panic!("{options:?}: {name} is not listed"));
            assert!(row.assumed && row.bad == 0, "{options:?}: {path}");
            assert_eq!(
                row.md5,
                md5(&fs::read(folder.path().join(source)).unwrap()),
                "{options:?}: {path}"
            );
        }
    }
}
