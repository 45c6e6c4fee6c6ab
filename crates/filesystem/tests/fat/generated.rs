//! The FAT reader on volumes that mkfs.fat and mtools make from files we know.
use crate::listing;
use crate::tools;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use byte_source::MappedFile;
use case_model::to_hex;
use filesystem::{FileSystemKind, OpenOptions};
use md5::{Digest, Md5};

struct Variant {
    name: &'static str,
    options: &'static [&'static str],
    mebibytes: u64,
    kind: FileSystemKind,
    /// Entries of a large directory; 0 where there is no room.
    many: u32,
}

const VARIANTS: &[Variant] = &[
    Variant {
        name: "floppy",
        options: &["-F", "12", "-s", "1"],
        mebibytes: 2,
        kind: FileSystemKind::Fat12,
        many: 0,
    },
    Variant {
        name: "fat12 one copy",
        options: &["-F", "12", "-s", "8", "-f", "1"],
        mebibytes: 8,
        kind: FileSystemKind::Fat12,
        many: 300,
    },
    Variant {
        name: "fat16",
        options: &["-F", "16", "-s", "2"],
        mebibytes: 32,
        kind: FileSystemKind::Fat16,
        many: 5000,
    },
    Variant {
        name: "fat16 64K clusters",
        options: &["-F", "16", "-s", "128"],
        mebibytes: 300,
        kind: FileSystemKind::Fat16,
        many: 40,
    },
    Variant {
        name: "fat32",
        options: &["-F", "32", "-s", "1"],
        mebibytes: 48,
        kind: FileSystemKind::Fat32,
        many: 5000,
    },
    Variant {
        name: "fat32 4K sectors",
        options: &["-F", "32", "-S", "4096", "-s", "1"],
        mebibytes: 300,
        kind: FileSystemKind::Fat32,
        many: 0,
    },
];

/// Digest by path of every file below `folder`.
fn files_below(folder: &Path, prefix: &str, found: &mut BTreeMap<String, Option<String>>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = format!("{prefix}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            files_below(&entry.path(), &path, found);
            found.insert(path, None);
        } else {
            found.insert(path, Some(to_hex(&Md5::digest(fs::read(entry.path()).unwrap()))));
        }
    }
}

fn bytes(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        u8::try_from(state >> 56).unwrap()
    };
    (0..count).map(|_| next()).collect()
}

/// Files of lengths around a cluster, names of all kinds, deep and large directories.
fn make_tree(folder: &Path, cluster: usize, many: u32) {
    let write = |name: &str, count: usize| {
        fs::write(folder.join(name), bytes(u64::try_from(name.len() + count).unwrap(), count))
            .unwrap();
    };
    for count in [0, 1, cluster - 1, cluster, cluster + 1, 3 * cluster + 5] {
        write(&format!("size-{count}.bin"), count);
    }
    write("UPPER.TXT", 10);
    write("lower.txt", 11);
    write("lower.EXT", 12);
    write("صورة ـ été.jpg", 13);
    write("exactly13char", 14);
    write("exactly26characters.of-nam", 15);
    write(&"n".repeat(255), 16);
    write("a.b.c+[d] e;f=g,h", 17);
    write(".hidden", 18);
    write("trailing~1.tx", 19);
    let mut deep = folder.to_path_buf();
    for level in 0..25 {
        deep.push(format!("level {level}"));
    }
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("bottom.txt"), "deep").unwrap();
    fs::create_dir(folder.join("EMPTY")).unwrap();
    fs::create_dir(folder.join("many")).unwrap();
    for number in 0..many {
        let content = if number % 50 == 0 { number.to_string() } else { String::new() };
        fs::write(folder.join("many").join(format!("{number} file with a long name.dat")), content)
            .unwrap();
    }
}

/// Small files, every second one deleted, then one large file into the gaps.
fn fragment(image: &Path, folder: &Path, cluster: usize) {
    for number in 0..24 {
        fs::write(folder.join(format!("gap{number}.x")), bytes(number, cluster)).unwrap();
    }
    let gaps: Vec<_> = (0..24).map(|number| folder.join(format!("gap{number}.x"))).collect();
    tools::copy_in(image, &gaps.iter().map(|path| path.as_path()).collect::<Vec<_>>());
    for number in (0..24).step_by(2) {
        tools::delete(image, &format!("gap{number}.x"));
        fs::remove_file(folder.join(format!("gap{number}.x"))).unwrap();
    }
    forget_next_free(image);
    fs::write(folder.join("scattered.bin"), bytes(99, 20 * cluster + 3)).unwrap();
    tools::copy_in(image, &[&folder.join("scattered.bin")]);
}

/// FAT32's FSInfo says where to look for free clusters (FSI_Nxt_Free): without it the gaps are used first.
fn forget_next_free(image: &Path) {
    let mut content = fs::read(image).unwrap();
    let sector = usize::from(u16::from_le_bytes([content[11], content[12]]));
    if &content[sector..sector + 4] == b"RRaA" {
        content[sector + 492..sector + 496].fill(0xff);
        fs::write(image, content).unwrap();
    }
}

#[test]
fn every_file_put_in_comes_out_and_nothing_else() {
    if !tools::installed(&["mkfs.fat", "mcopy", "mdel", "fls"]) {
        return;
    }
    for variant in VARIANTS {
        let folder = tempfile::tempdir().unwrap();
        let image = folder.path().join("image");
        let tree = folder.path().join("tree");
        fs::create_dir(&tree).unwrap();
        tools::format(&image, variant.mebibytes << 20, variant.options);
        let cluster = open(&image).1.summary().block_bytes;
        let cluster = usize::try_from(cluster).unwrap();
        fragment(&image, &tree, cluster);
        let scattered: Vec<_> =
            fs::read_dir(&tree).unwrap().map(|entry| entry.unwrap().path()).collect();
        make_tree(&tree, cluster, variant.many);
        let all = fs::read_dir(&tree).unwrap().map(|entry| entry.unwrap().path());
        let rest: Vec<_> = all.filter(|path| !scattered.contains(path)).collect();
        tools::copy_in(&image, &rest.iter().map(|path| path.as_path()).collect::<Vec<_>>());
        check(variant, &image, &tree);
    }
}

fn open(image: &Path) -> (FileSystemKind, Box<dyn filesystem::FileSystem>) {
    let volume = Arc::new(MappedFile::new(&File::open(image).unwrap()).unwrap());
    listing::open(volume, &OpenOptions::default()).expect("recognised")
}

fn check(variant: &Variant, image: &Path, tree: &Path) {
    let (kind, fs) = open(image);
    assert_eq!(kind, variant.kind, "{}", variant.name);
    let listing = listing::list(&*fs);
    let mut wanted = BTreeMap::new();
    files_below(tree, "", &mut wanted);
    let in_use =
        listing.entries().flat_map(|(path, rows)| rows.iter().map(move |row| (path.clone(), row)));
    let found: BTreeMap<String, Option<String>> = in_use
        .filter(|(_, row)| row.allocated)
        .map(|(path, row)| (path, (!row.record.streams.is_empty()).then(|| row.md5.clone())))
        .collect();
    let missing: Vec<_> = wanted.iter().filter(|row| found.get(row.0) != Some(row.1)).collect();
    let beyond: Vec<_> = found.iter().filter(|row| wanted.get(row.0) != Some(row.1)).collect();
    assert_eq!((missing, beyond), (vec![], vec![]), "{}", variant.name);
    assert_eq!(listing.expected, [listing.counted], "{}", variant.name);
    // Besides: FAT32's FSInfo keeps the number of free clusters, with which ours agrees; no cluster is lost.
    assert_eq!(listing.problems, [], "{}", variant.name);
    let scattered = listing.row("/scattered.bin", true).unwrap();
    let filesystem::Layout::Runs(runs) = &scattered.record.streams[0].layout else {
        panic!("runs")
    };
    assert!(runs.len() > 10, "{}: {} runs", variant.name, runs.len());
    compare_names_with_sleuthkit(variant, image, &found);
}

/// Characters of the longest path that the comparison has in the root: 4.11.1 leaves out the twentieth part of a long name.
const SLEUTHKIT_MOST: usize = 1 + 19 * 13;

/// The Sleuth Kit lists the same names.
fn compare_names_with_sleuthkit(
    variant: &Variant,
    image: &Path,
    found: &BTreeMap<String, Option<String>>,
) {
    let listed = tools::run("fls", ["-r", "-p", "-u", "-F", image.to_str().unwrap()]);
    let names: BTreeSet<String> = listed
        .lines()
        .filter(|line| line.starts_with("r/r"))
        .filter_map(|line| line.split_once('\t'))
        .map(|(_, path)| format!("/{path}"))
        .collect();
    let ours: BTreeSet<String> = found
        .iter()
        .filter(|(_, digest)| digest.is_some())
        .map(|(path, _)| {
            if path.ends_with(&"n".repeat(255)) {
                path[..SLEUTHKIT_MOST].to_owned()
            } else {
                path.clone()
            }
        })
        .collect();
    assert_eq!(names, ours, "{}", variant.name);
}

/// mtools and The Sleuth Kit go by the number of clusters alone; Windows and Linux read this as FAT32, and fsck.fat does.
#[test]
fn few_clusters_with_the_structures_of_fat32_are_fat32() {
    if !tools::installed(&["mkfs.fat"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("image");
    tools::format(&image, 8 << 20, &["-F", "32", "-s", "4", "-n", "FEW"]);
    let (kind, fs) = open(&image);
    let listing = listing::list(&*fs);
    assert_eq!((kind, listing.summary.label.as_str()), (FileSystemKind::Fat32, "FEW"));
    assert_eq!((listing.expected, listing.counted, listing.problems), (vec![2], 2, vec![]));
}
