//! Everything that the kernel shows of a mounted image, the reader must show too, and nothing else.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use byte_source::Scratch;
use case_model::{Clock, Timestamp};
use filesystem::{FileSystemKind, Record, RecordKind};
use sha2::{Digest, Sha256};

use crate::population::populate;
use crate::reading::{Reading, read_file};
use crate::workshop::{Workshop, must, run};

/// Paths below `root` as bytes that begin with a slash.
pub(crate) fn walk(root: &Path) -> BTreeMap<Vec<u8>, PathBuf> {
    let mut found = BTreeMap::new();
    let mut open = vec![(root.to_owned(), OsString::new())];
    while let Some((folder, name)) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            let path = [name.as_bytes(), b"/", entry.file_name().as_bytes()].concat();
            if entry.file_type().unwrap().is_dir() {
                open.push((entry.path(), OsString::from(std::ffi::OsStr::from_bytes(&path))));
            }
            found.insert(path, entry.path());
        }
    }
    found
}

fn digest(path: &Path) -> String {
    let mut file = fs::File::open(path).unwrap();
    let mut sha256 = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer).unwrap() {
            0 => return sha256.finalize().iter().map(|byte| format!("{byte:02x}")).collect(),
            count => sha256.update(&buffer[..count]),
        }
    }
}

/// Compares every path, its metadata and content.
pub(crate) fn assert_same(reading: &Reading, mounted: &Path) {
    assert_same_with(reading, mounted, true);
}

/// Compares every path, its metadata but the times, and its content.
pub(crate) fn assert_same_but_times(reading: &Reading, mounted: &Path) {
    assert_same_with(reading, mounted, false);
}

fn assert_same_with(reading: &Reading, mounted: &Path, times: bool) {
    let mut expected = walk(mounted);
    let paths = reading.paths();
    expected.retain(|_, path| path.is_symlink() || path.exists());
    let (theirs, ours): (Vec<_>, Vec<_>) = (expected.keys().collect(), paths.keys().collect());
    assert_eq!(ours.len(), theirs.len(), "number of names");
    assert_eq!(ours, theirs, "names");
    for (path, record) in &paths {
        let text = String::from_utf8_lossy(path).into_owned();
        let there = &expected[path];
        let metadata = fs::symlink_metadata(there).unwrap();
        compare_metadata(&text, record, &metadata);
        if times {
            compare_times(&text, record, &metadata);
        }
        if record.kind == RecordKind::File {
            let content = reading.content(&record.streams[0]);
            assert_eq!((content.size, content.bad), (metadata.len(), 0), "{text}");
            assert_eq!(content.sha256, digest(there), "{text}");
        } else if record.kind == RecordKind::SymbolicLink {
            let target = fs::read_link(there).unwrap();
            assert_eq!(record.target.as_ref().unwrap().0, target.as_os_str().as_bytes(), "{text}");
        }
    }
}

fn compare_metadata(path: &str, record: &Record, metadata: &Metadata) {
    assert_eq!(record.id.number, metadata.ino(), "{path}: inode");
    assert_eq!(record.mode, Some(metadata.mode()), "{path}: mode");
    assert_eq!(record.links.map(u64::from), Some(metadata.nlink()), "{path}: links");
    let owner = record.owner.unwrap();
    assert_eq!((owner.uid, owner.gid), (metadata.uid(), metadata.gid()), "{path}: owner");
    if matches!(record.kind, RecordKind::BlockDevice | RecordKind::CharacterDevice) {
        let device = metadata.rdev();
        let numbers =
            format!("{}:{}", device >> 8 & 0xfff, device & 0xff | device >> 12 & 0xf_ff00);
        assert_eq!(record.details[0].value, numbers, "{path}: device");
    }
}

fn compare_times(path: &str, record: &Record, metadata: &Metadata) {
    let ns = |seconds: i64, ns: i64| Some(seconds * 1_000_000_000 + ns);
    let read = |time: Option<Timestamp>| time.unwrap();
    let times = record.times;
    assert_eq!(
        read(times.modified).unix_ns,
        ns(metadata.mtime(), metadata.mtime_nsec()),
        "{path}: mtime"
    );
    assert_eq!(
        read(times.changed).unix_ns,
        ns(metadata.ctime(), metadata.ctime_nsec()),
        "{path}: ctime"
    );
    assert_eq!(
        read(times.accessed).unix_ns,
        ns(metadata.atime(), metadata.atime_nsec()),
        "{path}: atime"
    );
    if let Some(created) = times.created {
        assert_eq!(created.clock, Clock::UnixExtra);
        let theirs = metadata.created().unwrap().duration_since(std::time::UNIX_EPOCH).unwrap();
        assert_eq!(created.unix_ns, Some(theirs.as_nanos() as i64), "{path}: crtime");
    }
}

/// Extended attributes as Python reads them.
fn assert_same_attributes(reading: &Reading, mounted: &Path) {
    let script = "import os, sys
for path in ['large.bin', 'owned', 'sizes/1.bin', 'names', 'late', 'old']:
    full = os.path.join(sys.argv[1], path)
    for name in sorted(os.listxattr(full)):
        value = os.getxattr(full, name)
        print('/' + path, name, value.decode() if value.isascii() and value.decode().isprintable() else value.hex(), sep='|')";
    let Some(text) = must("python3", &["-c", script, mounted.to_str().unwrap()]) else { return };
    let paths = reading.paths();
    let mut checked = 0;
    for line in text.lines() {
        let [path, name, value] = line.split('|').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let record = paths[path.as_bytes()];
        let name = format!("xattr {name}");
        let detail = record.details.iter().find(|detail| detail.name == name);
        let found =
            &detail.unwrap_or_else(|| panic!("{path}: {name} in {:?}", record.details)).value;
        assert!(
            found == value || found.starts_with("20000 bytes in inode "),
            "{path} {name}: {found}"
        );
        checked += 1;
    }
    assert!(checked >= 6, "{checked} attributes");
}

/// Free space, as `dumpe2fs` counts it.
pub(crate) fn assert_same_free_space(reading: &Reading, image: &str) {
    let text = must("dumpe2fs", &["-h", image]).unwrap();
    let number = |field: &str| -> u64 {
        let line = text.lines().find(|line| line.starts_with(field)).unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    let mut free = 0;
    let mut end = 0;
    let problems = reading.fs.unallocated(&mut Scratch::new(), &mut |range| {
        assert!(range.start > end || end == 0, "ascending and merged");
        free += range.end - range.start;
        end = range.end;
    });
    assert_eq!(problems, []);
    assert_eq!(free, number("Free blocks:") * number("Block size:"), "free space");
}

/// Names by The Sleuth Kit: `r/r 12:<tab>path`, deleted ones with an asterisk.
fn assert_same_as_fls(reading: &Reading, image: &str) {
    let Some(output) = run("fls", &["-r", "-p", "-u", image]) else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut theirs = BTreeMap::new();
    for line in output.stdout.split(|byte| *byte == b'\n').filter(|line| line.contains(&b'\t')) {
        let tab = line.iter().position(|byte| *byte == b'\t').unwrap();
        let kind = &line[..tab];
        let path = &line[tab + 1..];
        let number = String::from_utf8_lossy(&kind[4..]).trim_matches(':').to_owned();
        theirs.insert([b"/", path].concat(), number);
    }
    // fls prints control characters as '^', and a virtual folder of its own.
    let shown = |path: &[u8]| {
        path.iter().map(|byte| if *byte < 32 { b'^' } else { *byte }).collect::<Vec<u8>>()
    };
    theirs.retain(|path, _| !path.starts_with(b"/$OrphanFiles"));
    let ours: BTreeMap<Vec<u8>, String> = reading
        .paths()
        .iter()
        .map(|(path, record)| (shown(path), record.id.number.to_string()))
        .collect();
    for (path, number) in &ours {
        assert_eq!(theirs.get(path), Some(number), "by fls: {}", String::from_utf8_lossy(path));
    }
    // fls also takes nodes of a hash index for entries; the kernel knows no such names.
    theirs.retain(|path, _| !ours.contains_key(path) && !path.starts_with(b"/many/"));
    assert_eq!(theirs, BTreeMap::new(), "only listed by fls");
}

struct Recipe {
    megabytes: u64,
    mke2fs: &'static [&'static str],
    kind: FileSystemKind,
    many: usize,
    fls: bool,
}

#[track_caller]
fn compare(recipe: &Recipe) {
    let Some(workshop) = Workshop::new(recipe.megabytes << 20, recipe.mke2fs) else { return };
    let Some(mount) = workshop.mount("rw") else { return };
    populate(&mount.at, recipe.many);
    drop(mount);
    let image = workshop.image_text();
    must("e2fsck", &["-f", "-n", &image]);
    let reading = read_file(&workshop.image());
    assert_eq!(reading.fs.summary().kind, recipe.kind);
    assert_eq!(reading.damage(), Vec::<String>::new());
    reading.assert_reconciled();
    assert_same_free_space(&reading, &image);
    let mount = workshop.mount("ro").unwrap();
    assert_same(&reading, &mount.at);
    assert_same_attributes(&reading, &mount.at);
    if recipe.fls {
        assert_same_as_fls(&reading, &image);
    }
}

macro_rules! recipes {
    ($($name:ident $kind:ident $megabytes:literal MB, $many:literal names, fls $fls:literal: $($argument:literal)*;)*) => { $(
        #[test]
        fn $name() {
            let mke2fs = &[$($argument),*];
            compare(&Recipe { megabytes: $megabytes, mke2fs, kind: FileSystemKind::$kind, many: $many, fls: $fls });
        }
    )* };
}

recipes! {
    ext2_of_1k_blocks_and_small_inodes Ext2 48 MB, 500 names, fls true: "-t" "ext2" "-b" "1024" "-I" "128" "-N" "4000";
    ext2_of_4k_blocks Ext2 64 MB, 2000 names, fls true: "-t" "ext2" "-b" "4096" "-I" "256" "-N" "4000";
    ext3_of_1k_blocks Ext3 64 MB, 2000 names, fls true: "-t" "ext3" "-b" "1024" "-I" "128" "-N" "6000";
    ext4_as_made_by_default Ext4 96 MB, 10000 names, fls true: "-t" "ext4" "-b" "4096" "-N" "12000";
    ext4_of_1k_blocks_without_flex_bg Ext4 96 MB, 10000 names, fls true: "-t" "ext4" "-b" "1024" "-O" "^flex_bg" "-N" "16000";
    ext4_with_group_checksums_only Ext4 64 MB, 500 names, fls true: "-t" "ext4" "-b" "1024" "-O" "^metadata_csum,uninit_bg,^64bit" "-N" "4000";
    ext4_with_inline_data Ext4 64 MB, 500 names, fls false: "-t" "ext4" "-b" "4096" "-I" "256" "-O" "inline_data" "-N" "4000";
    ext4_with_inline_data_in_large_inodes Ext4 64 MB, 500 names, fls false: "-t" "ext4" "-b" "4096" "-I" "1024" "-O" "inline_data" "-N" "4000";
    ext4_in_clusters Ext4 128 MB, 500 names, fls false: "-t" "ext4" "-b" "4096" "-O" "bigalloc" "-C" "65536" "-N" "4000";
    ext4_in_meta_groups Ext4 300 MB, 500 names, fls false: "-t" "ext4" "-b" "1024" "-O" "meta_bg,^resize_inode,^64bit" "-N" "8000";
    ext4_in_meta_groups_64_bit Ext4 300 MB, 500 names, fls false: "-t" "ext4" "-b" "1024" "-O" "meta_bg,^resize_inode,^flex_bg" "-N" "8000";
    ext4_with_two_backups_and_a_checksum_seed Ext4 300 MB, 500 names, fls true: "-t" "ext4" "-b" "1024" "-O" "sparse_super2,metadata_csum_seed" "-N" "8000";
    ext4_with_attribute_inodes_and_orphan_file Ext4 64 MB, 500 names, fls false: "-t" "ext4" "-b" "4096" "-O" "ea_inode,orphan_file,project,quota" "-N" "4000";
}

/// Kernels without the tables of Unicode cannot mount it; `debugfs` can look inside.
#[test]
fn a_directory_that_folds_case_is_read_as_it_is_written() {
    const CASEFOLD_AND_EXTENTS: &str = "0x40080000";
    let mke2fs = ["-t", "ext4", "-b", "1024", "-N", "64", "-O", "casefold"];
    let Some(workshop) = Workshop::new(16 << 20, &mke2fs) else { return };
    let source = workshop.path("source");
    std::fs::write(&source, b"folded").unwrap();
    let source = source.to_str().unwrap();
    workshop.debugfs(&format!(
        "mkdir folds\nset_inode_field folds flags {CASEFOLD_AND_EXTENTS}\ncd folds\nwrite {source} ÄPFEL.txt\nwrite {source} Straße\n"
    ));
    let image = workshop.image_text();
    must("e2fsck", &["-f", "-n", &image]);
    let listed = must("debugfs", &["-R", "ls -p /folds", &image]).unwrap();
    let reading = read_file(&workshop.image());
    assert_eq!(reading.damage(), Vec::<String>::new());
    reading.assert_reconciled();
    let files = reading.files();
    for name in ["ÄPFEL.txt", "Straße"] {
        assert!(listed.contains(name), "{listed}");
        assert!(files.contains_key(format!("/folds/{name}").as_bytes()), "{:?}", files.keys());
    }
}
