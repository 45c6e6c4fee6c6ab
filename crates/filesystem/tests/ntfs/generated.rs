//! A volume with everything that `ntfs-3g` can make, read by us, through the mount, and by The Sleuth Kit.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use byte_source::Scratch;
use case_model::{NameEncoding, readable_name};
use filesystem::{Allocation, Layout, Link, NameSpace, Place, Record, RecordKind, RecordRef};
use md5::{Digest, Md5};

use crate::listing::{Volume, image};
use crate::mount::{Mount, format, output};

/// Bytes without a pattern that compression could use, the same for the same seed.
pub(crate) fn noise(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..count).map(|_| next()).collect()
}

fn text(count: usize) -> Vec<u8> {
    (0..)
        .flat_map(|line: u32| format!("line {line}: the quick brown fox\n").into_bytes())
        .take(count)
        .collect()
}

/// Fills the volume; leaves deleted files behind.
fn fill(root: &Path, cluster_bytes: usize) {
    let at = |name: &str| root.join(name);
    let write = |name: &str, bytes: &[u8]| fs::write(at(name), bytes).unwrap();
    write("empty", b"");
    write("resident", b"few bytes in the record");
    write("large", &noise(1, 700_001));
    write("large:first", &noise(2, 5));
    write("large:second stream", &noise(3, 90_000));
    fs::create_dir(at("directory")).unwrap();
    write("directory:stream", b"a directory may have one, too");
    fs::hard_link(at("large"), at("directory/other name")).unwrap();
    for name in
        ["صورة.jpg", "日本語", "a very long name ".repeat(14).trim(), "e\u{301}", "\u{1f600}"]
    {
        write(&format!("directory/{name}"), name.as_bytes());
    }
    fs::write(root.join(OsStr::from_bytes(b"directory/unpaired \xed\xa0\x80.txt")), b"surrogate")
        .unwrap();
    sparse(&at("sparse"), cluster_bytes);
    fragmented(&at("fragment 1"), &at("fragment 2"), cluster_bytes);
    fs::create_dir(at("many")).unwrap();
    // Where a cluster is two mebibytes, fewer files fit.
    let many = if cluster_bytes > 65536 { 150 } else { 1300 };
    for number in 0..many {
        write(&format!("many/file {number:04}"), &noise(number, (number as usize * 7) % 2000));
    }
    for number in (0..many).step_by(3) {
        fs::remove_file(at(&format!("many/file {number:04}"))).unwrap();
    }
    fs::create_dir(at("gone")).unwrap();
    write("gone/child", &noise(77, 3000));
    fs::remove_dir_all(at("gone")).unwrap();
    std::os::unix::fs::symlink("directory/other name", at("symbolic link")).unwrap();
    fs::rename(at("directory/日本語"), at("renamed")).unwrap();
}

/// A file of hundreds of runs, holes between them: its mapping pairs fill several records.
fn sparse(path: &Path, cluster_bytes: usize) {
    let mut file = File::create(path).unwrap();
    for number in 0..1200_u64 {
        // Distances that do not repeat, so that the pairs take room.
        let cluster = number * 3 + number * number % 2;
        file.seek(SeekFrom::Start(cluster * cluster_bytes.min(4096) as u64)).unwrap();
        file.write_all(&noise(number, 100)).unwrap();
    }
    file.set_len(40 << 20).unwrap();
}

/// Two files that grow in turns.
fn fragmented(one: &Path, other: &Path, cluster_bytes: usize) {
    let cluster_bytes = cluster_bytes.min(65536);
    let mut one = File::create(one).unwrap();
    let mut other = File::create(other).unwrap();
    for number in 0..60 {
        one.write_all(&noise(number, cluster_bytes)).unwrap();
        one.sync_all().unwrap();
        other.write_all(&noise(number + 1000, cluster_bytes)).unwrap();
        other.sync_all().unwrap();
    }
}

fn fill_compressed(mount: &Mount) -> Option<()> {
    let at = |name: &str| mount.path.join("compressed").join(name);
    fs::create_dir(at("")).unwrap();
    mount.compress("compressed")?;
    fs::write(at("text"), text(1_000_003)).unwrap();
    fs::write(at("noise"), noise(9, 300_000)).unwrap();
    let mixed = [text(200_000), noise(10, 200_000), vec![0; 500_000], text(70_000)].concat();
    fs::write(at("mixed"), mixed).unwrap();
    fs::write(at("small"), text(3000)).unwrap();
    let mut holes = File::create(at("holes")).unwrap();
    for number in 0..20_u64 {
        holes.seek(SeekFrom::Start(number * 300_000)).unwrap();
        holes.write_all(&text(50_000)).unwrap();
    }
    Some(())
}

/// Alternate streams; those of a hard link under both of its names.
const STREAMS: [&str; 5] = [
    "large:first",
    "large:second stream",
    "directory/other name:first",
    "directory/other name:second stream",
    "directory:stream",
];

/// A volume of 12 MiB with all that `fill` makes, and where its boot sector, records and indexes lie. `None` (told) when it cannot
/// be made.
pub(crate) fn fill_small(folder: &Path) -> Option<(Vec<u8>, Vec<Range<usize>>)> {
    let path = format(folder, 12 << 20, &["-c", "1024"])?;
    let mount = Mount::new(&path, folder)?;
    fill(&mount.path, 1024);
    fill_compressed(&mount)?;
    drop(mount);
    let image = fs::read(path).unwrap();
    let is_record = |start: &usize| [&b"FILE"[..], b"INDX"].contains(&&image[*start..start + 4]);
    let boot = std::iter::once(0..512);
    let metadata = boot
        .chain((0..image.len()).step_by(1024).filter(is_record).map(|start| start..start + 1024))
        .collect();
    Some((image, metadata))
}

/// Size and MD5 of every regular file, by the readable form of its path, as the mount shows them.
fn walk(root: &Path) -> BTreeMap<String, (u64, String)> {
    let mut found = BTreeMap::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                directories.push(entry.path());
            } else if kind.is_file() {
                let path = entry.path();
                let relative = path.strip_prefix(root).unwrap().as_os_str().as_bytes();
                found.insert(format!("/{}", readable(relative)), content(&path));
            }
        }
    }
    for stream in STREAMS {
        found.insert(format!("/{stream}"), content(&root.join(stream)));
    }
    found
}

fn content(path: &Path) -> (u64, String) {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    (bytes.len() as u64, digest(&bytes))
}

pub(crate) fn digest(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The readable form of a name that ntfs-3g shows: UTF-8, unpaired surrogates encoded like other characters.
fn readable(bytes: &[u8]) -> String {
    let mut units: Vec<u16> = Vec::new();
    let mut rest = bytes;
    while let Some(first) = rest.first() {
        let count = match first {
            0..0x80 => 1,
            0x80..0xe0 => 2,
            0xe0..0xf0 => 3,
            _ => 4,
        };
        let (this, behind) = rest.split_at(count);
        rest = behind;
        match std::str::from_utf8(this) {
            Ok(valid) => units.extend(valid.encode_utf16()),
            Err(_) => {
                let [a, b, c] = [this[0], this[1], this[2]].map(u16::from);
                units.push((a & 15) << 12 | (b & 63) << 6 | (c & 63));
            }
        }
    }
    let raw: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    readable_name(&raw, NameEncoding::Utf16Le)
}

/// Every live stream as the mount shows it, and no more; deleted ones as icat reads them, except where The Sleuth Kit does not open
/// the volume: it reads clusters of up to 64 KiB.
fn check(options: &[&str], cluster_bytes: usize, compressed: bool) {
    let folder = tempfile::tempdir().unwrap();
    let bytes = if cluster_bytes > 65536 { 1 << 30 } else { 160 << 20 };
    let Some(path) = format(folder.path(), bytes, options) else { return };
    let Some(mount) = Mount::new(&path, folder.path()) else { return };
    fill(&mount.path, cluster_bytes);
    if compressed && fill_compressed(&mount).is_none() {
        return;
    }
    let expected = walk(&mount.path);
    drop(mount);

    let volume = Volume::scan(image(&path, 0));
    assert_eq!(volume.damage(), [""; 0]);
    volume.assert_reconciled();
    compare_live(&volume, &expected);
    check_links(&volume);
    check_places(&volume);
    if cluster_bytes <= 4096 {
        check_layouts(&volume, compressed);
        // With records of 4096 bytes, no slot of a removed file is taken again here.
        assert!(check_stale_names(&volume) > 0 || options.contains(&"-s"), "stale names");
    }
    let mut deleted = 0;
    if cluster_bytes <= 65536 {
        compare_unallocated(&volume, &path);
        deleted = compare_deleted(&volume, &path);
    }
    println!("{options:?}: {} live and {deleted} deleted streams agree", expected.len());
}

fn compare_live(volume: &Volume, expected: &BTreeMap<String, (u64, String)>) {
    let rows = volume.rows();
    for (path, (size, md5)) in expected {
        let row = rows.get(path).unwrap_or_else(|| panic!("{path} is missing"));
        assert_eq!((*size, md5, 0), (row.size, &row.md5, row.lost), "{path}");
    }
    let is_metadata = |number| volume.record(number).metadata;
    let ours = rows
        .iter()
        .filter(|(_, row)| row.allocation == Allocation::Allocated && !is_metadata(row.id.number));
    let more: Vec<&String> =
        ours.map(|(path, _)| path).filter(|path| !expected.contains_key(*path)).collect();
    // The mount shows it as a link, not as a file.
    assert_eq!(more, ["/symbolic link"]);
}

fn check_links(volume: &Volume) {
    let large =
        volume.links.iter().filter(|link| link.name == b"l\0a\0r\0g\0e\0").collect::<Vec<_>>();
    assert_eq!(large.len(), 1);
    let names = volume
        .links
        .iter()
        .filter(|link| link.child == large[0].child && link.space == NameSpace::Primary);
    assert_eq!(names.count(), 2, "two hard links of one record");
    let directories = volume.records.iter().filter(|record| {
        record.kind == RecordKind::Directory
            && record.allocation == Allocation::Allocated
            && !record.metadata
    });
    assert!(directories.count() >= 2);
    let paths = volume.rows();
    let gone: Vec<&String> = paths.keys().filter(|path| path.ends_with("gone/child")).collect();
    assert_eq!(
        gone,
        ["/gone/child"],
        "the generation of a deleted directory fits its children's references"
    );
}

/// Names whose record was used again stand in the directory's index only: each must be of a file that was there.
fn check_stale_names(volume: &Volume) -> usize {
    let mut stale = 0;
    for link in volume.links.iter().filter(|link| link.allocation == Allocation::Deleted) {
        let is_of = |record: &&Record| RecordRef::from(record.id) == link.child;
        if volume
            .records
            .iter()
            .find(is_of)
            .is_some_and(|record| record.allocation == Allocation::Deleted)
        {
            continue;
        }
        if is_told_by_a_record(volume, link) {
            continue;
        }
        let name = readable_name(&link.name, NameEncoding::Utf16Le);
        let number = name.strip_prefix("file ").and_then(|number| number.parse::<u32>().ok());
        assert!(
            number.is_some_and(|number| number < 1300 && number % 3 == 0),
            "{name} was never deleted"
        );
        stale += 1;
    }
    stale
}

/// Does a record tell the same name as a deleted one whose record is not known?
pub(crate) fn is_told_by_a_record(volume: &Volume, link: &Link) -> bool {
    let is_same = |other: &Link| {
        other.child != RecordRef::UNKNOWN_CHILD
            && other.parent == link.parent
            && other.name == link.name
    };
    link.child == RecordRef::UNKNOWN_CHILD && volume.links.iter().any(is_same)
}

/// The volume must hold what this test is about.
fn check_layouts(volume: &Volume, compressed: bool) {
    assert!(!volume.extensions.is_empty(), "records that extend others");
    let layouts =
        || volume.records.iter().flat_map(|record| &record.streams).map(|stream| &stream.layout);
    let coded = layouts().filter(|layout| matches!(layout, Layout::Coded(_))).count();
    assert!(coded >= if compressed { 4 } else { 0 }, "{coded} compressed streams");
    let runs = layouts().map(|layout| if let Layout::Runs(runs) = layout { runs.len() } else { 0 });
    assert!(runs.max().unwrap() > 500, "a stream of many runs");
}

/// Content within records must be where its layout says, the protected bytes of a record included.
fn check_places(volume: &Volume) {
    let mut checked = 0;
    for stream in volume.records.iter().flat_map(|record| &record.streams) {
        let Layout::Inline { bytes, runs } = &stream.layout else { continue };
        let mut there = Vec::new();
        for run in runs {
            let Place::At(at) = run.place else { panic!("{run:?}") };
            there
                .extend_from_slice(volume.file_system.volume().slice(at..at + run.length).unwrap());
        }
        assert_eq!(&there, bytes);
        checked += usize::from(!bytes.is_empty());
    }
    assert!(checked > 30, "{checked} streams within records");
}

/// Compares unallocated space with that of blkls, byte for byte.
fn compare_unallocated(volume: &Volume, path: &Path) {
    let Some(expected) = output("blkls", &[path.to_str().unwrap()]) else {
        return println!("skipped: blkls is not there");
    };
    let mut ours = Vec::new();
    let source = volume.file_system.volume();
    let problems = volume.file_system.unallocated(&mut Scratch::new(), &mut |range| {
        ours.extend_from_slice(source.slice(range).unwrap());
    });
    assert_eq!(problems, []);
    assert_eq!((ours.len(), digest(&ours)), (expected.len(), digest(&expected)));
}

/// Compares what icat reads from the records that we found deleted; returns how many.
fn compare_deleted(volume: &Volume, path: &Path) -> usize {
    if output("icat", &["-V"]).is_none() {
        println!("skipped: icat is not there");
        return 0;
    }
    let deleted = volume.records.iter().filter(|record| {
        record.allocation == Allocation::Deleted
            && record.kind == RecordKind::File
            && !record.metadata
    });
    let mut compared = 0;
    // Every fifth: a process for each of hundreds takes long.
    for record in deleted.step_by(5) {
        let number = record.id.number.to_string();
        let Some(bytes) = output("icat", &[path.to_str().unwrap(), &number]) else { continue };
        let (md5, lost) = volume.digest(&record.streams[0]);
        assert_eq!((digest(&bytes), 0), (md5, lost), "deleted record {number}");
        compared += 1;
    }
    assert!(compared > 50, "{compared} deleted streams");
    compared
}

#[test]
fn clusters_of_4096_bytes_with_compression() {
    check(&["-c", "4096", "-L", "étiquette"], 4096, true);
}

#[test]
fn clusters_of_512_bytes_smaller_than_records() {
    check(&["-c", "512"], 512, true);
}

#[test]
fn clusters_of_65536_bytes() {
    check(&["-c", "65536"], 65536, false);
}

#[test]
fn sectors_and_records_of_4096_bytes() {
    check(&["-s", "4096", "-c", "4096"], 4096, true);
}

#[test]
fn clusters_of_two_mebibytes() {
    check(&["-c", "2097152"], 2 << 20, false);
}
