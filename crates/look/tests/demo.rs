//! The demonstration disk, looked at without a case: what The Sleuth Kit lists of it, and what its files are known to hold.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use byte_source::Scratch;
use case_model::to_hex;
use evidence::{EvidenceImage, ReadableFileSystem, open_image};
use filesystem::{Allocation, NameSpace, OpenOptions, Stream};
use look::{
    CatError, CatReport, ListedEntry, Listing, ListingScope, cat_stream, describe, list, look_up,
};

const THREADS: usize = 2;

fn demo(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/demo").join(name)
}

fn open(path: &Path) -> EvidenceImage {
    open_image(path, &OpenOptions::default(), &mut Scratch::new()).unwrap()
}

fn listed(
    readable: ReadableFileSystem<'_>,
    wanted: &ListingScope,
    deleted_only: bool,
) -> (Listing, Vec<ListedEntry>) {
    let mut entries = Vec::new();
    let listing = list(readable, wanted, deleted_only, THREADS, &mut |entry| {
        entries.push(entry.clone());
        true
    });
    (listing.unwrap(), entries)
}

fn paths(entries: &[ListedEntry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.path.as_str()).collect()
}

/// Reads a stream of an entry back.
fn read_back(
    image: &EvidenceImage,
    entry: &ListedEntry,
    ordinal: usize,
    out: &mut dyn Write,
) -> Result<CatReport, CatError> {
    let readable = image.located(&entry.locator).unwrap();
    let record = readable.file_system.record(entry.locator.record, &mut Scratch::new()).unwrap();
    let stream: &Stream = record.streams.get(ordinal).unwrap();
    cat_stream(readable.file_system, stream, out)
}

/// The paths that `fls -r -p` lists, in use or deleted, without what it makes up itself.
fn sleuth_kit_paths() -> BTreeSet<(String, bool)> {
    let text = fs::read_to_string(demo("demo.fls.txt")).unwrap();
    let (_, lists) = text.split_once("fls -r -p").unwrap();
    let entries = lists.lines().filter_map(|line| {
        let (head, path) = line.split_once(":\t")?;
        let made_up = path.starts_with('$') || path.ends_with("(Volume Label Entry)");
        (!made_up).then(|| (format!("/{path}"), head.contains('*')))
    });
    entries.collect()
}

#[test]
fn the_listing_names_what_the_sleuth_kit_names() {
    let image = open(&demo("demo.raw"));
    let mut ours = BTreeSet::new();
    for readable in image.readable() {
        let (listing, entries) = listed(readable, &ListingScope::All, false);
        assert!(listing.sorted && !listing.is_damaged(), "{:?}", listing.problems);
        assert_eq!(listing.entries, entries.len() as u64);
        let plain = entries.into_iter().filter(|entry| !entry.metadata && entry.path != "/");
        ours.extend(plain.map(|entry| (entry.path, entry.allocation == Allocation::Deleted)));
    }
    assert_eq!(ours, sleuth_kit_paths());
}

#[test]
fn a_directory_is_listed_alone_with_what_is_below_it_or_by_what_was_deleted() {
    let image = open(&demo("demo.raw"));
    let fat = image.readable().next().unwrap();
    let (listing, flat) = listed(fat, &ListingScope::In("/Documents".to_owned(), false), false);
    assert!(listing.directory);
    assert_eq!(paths(&flat), ["/Documents/comptes.bin", "/Documents/Été"]);
    let (_, below) = listed(fat, &ListingScope::In("/Documents".to_owned(), true), false);
    assert_eq!(
        paths(&below),
        ["/Documents/comptes.bin", "/Documents/Été", "/Documents/Été/facture n° 12.txt"]
    );
    let (_, deleted) = listed(fat, &ListingScope::All, true);
    assert_eq!(paths(&deleted), ["/à effacer.txt"]);
    let (listing, none) = listed(fat, &ListingScope::In("/Documents/Ét".to_owned(), true), false);
    assert!(!listing.directory && none.is_empty(), "a folder that only begins alike");
}

#[test]
fn a_listing_ends_when_nobody_wants_more() {
    let image = open(&demo("demo.raw"));
    let mut taken = 0;
    let readable = image.readable().next().unwrap();
    let listing = list(readable, &ListingScope::All, false, THREADS, &mut |_| {
        taken += 1;
        taken < 3
    });
    assert_eq!((listing.unwrap().entries, taken), (3, 3));
}

#[test]
fn files_of_known_digest_are_found_by_path_and_read_back() {
    let image = open(&demo("demo.raw"));
    let known = fs::read_to_string(demo("known-bad.csv")).unwrap()
        + &fs::read_to_string(demo("known.sha256")).unwrap();
    for path in
        ["/صور/2024/عطلة على الشاطئ.jpg", "/وثائق/سري/كشف الحساب.csv", "/home/léa/hôtes.txt"]
    {
        let found = look_up(&image, path, THREADS, &|_| true).unwrap();
        let [one] = found.as_slice() else { panic!("{path}: {found:?}") };
        let readable = image.located(&one.locator).unwrap();
        let (_, entries) = listed(readable, &ListingScope::At(path.to_owned()), false);
        let mut bytes = Vec::new();
        let report = read_back(&image, &entries[0], 0, &mut bytes).unwrap();
        assert_eq!((report.bytes, report.bad_bytes), (bytes.len() as u64, 0), "{path}");
        assert_eq!(report.bytes, entries[0].size, "{path}");
        assert!(known.contains(&to_hex(&report.sha256)), "{path} has another digest");
    }
    let here = |readable: &ReadableFileSystem<'_>| readable.volume.ordinal == 0;
    assert!(
        look_up(&image, "/home/léa/hôtes.txt", THREADS, &here).unwrap().is_empty(),
        "of another volume"
    );
}

#[test]
fn a_record_is_described_with_its_long_and_its_short_name() {
    let image = open(&demo("demo.raw"));
    let found = look_up(&image, "/Documents/Été/facture n° 12.txt", THREADS, &|_| true).unwrap();
    let readable = image.located(&found[0].locator).unwrap();
    let described = describe(readable, &found[0].locator, THREADS).unwrap().unwrap();
    let names: Vec<_> =
        described.names.iter().map(|name| (name.space, name.path.as_str())).collect();
    assert!(names.contains(&(NameSpace::Primary, "/Documents/Été/facture n° 12.txt")), "{names:?}");
    let short = names.iter().filter(|(space, path)| {
        *space == NameSpace::Short && path.starts_with("/Documents/Été/FACTUR")
    });
    assert_eq!(short.count(), 1, "{names:?}");
}

#[test]
fn what_a_cut_off_image_lacks_is_counted_and_zeros_stand_in_its_place() {
    let whole = fs::read(demo("demo.raw")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.raw");
    // In the middle of /Documents/comptes.bin: sectors 44 to 89 of the FAT volume, which begins at sector 64 (`istat` of The Sleuth Kit).
    fs::write(&path, &whole[..(64 + 60) * 512]).unwrap();
    let sound = open(&demo("demo.raw"));
    let cut = open(&path);
    let mut lost = 0;
    for readable in cut.readable() {
        for entry in listed(readable, &ListingScope::All, false)
            .1
            .iter()
            .filter(|entry| entry.stream.is_some() && !entry.metadata)
        {
            let mut bytes = Vec::new();
            let mut expected = Vec::new();
            let report = read_back(&cut, entry, 0, &mut bytes).unwrap();
            assert_eq!(
                (report.bytes, bytes.len() as u64),
                (entry.size, entry.size),
                "{}",
                entry.path
            );
            read_back(&sound, entry, 0, &mut expected).unwrap();
            let same = bytes.iter().zip(&expected).all(|(cut, sound)| cut == sound || *cut == 0);
            assert!(same, "{}: neither what it holds nor zeros", entry.path);
            assert_eq!(report.bad_bytes == 0, bytes == expected, "{}", entry.path);
            lost += report.bad_bytes;
        }
    }
    // Its sectors 60 to 89, less the end of the last one; the deleted file behind it is lost as a whole.
    assert!(lost > 29 * 512, "{lost} bytes");
}

/// A full disk.
struct Full;

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_output_that_cannot_be_written_is_an_error_and_never_a_digest() {
    let image = open(&demo("demo.raw"));
    let readable = image.readable().next().unwrap();
    let (_, entries) =
        listed(readable, &ListingScope::At("/Documents/comptes.bin".to_owned()), false);
    let told = read_back(&image, &entries[0], 0, &mut Full);
    assert!(matches!(told, Err(CatError::Output(_))), "{told:?}");
}
