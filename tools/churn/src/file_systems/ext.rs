//! ext2, ext3, ext4, with the features that mke2fs offers and Linux mounts.

use std::ffi::OsStr;
use std::path::Path;

use faults::Outcome;

use super::FileSystem;
use crate::programs::run;
use crate::random::Random;

/// Features of ext4, and how many disks of a hundred have them.
const EXT4: [(&str, u64); 22] = [
    ("inline_data", 40),
    ("bigalloc", 25),
    ("^extents", 15),
    ("^metadata_csum", 30),
    ("^flex_bg", 20),
    ("large_dir", 20),
    ("ea_inode", 30),
    ("^64bit", 30),
    ("^dir_index", 15),
    ("^has_journal", 10),
    ("fast_commit", 20),
    ("^huge_file", 10),
    ("^extra_isize", 5),
    ("meta_bg,^resize_inode", 15),
    ("uninit_bg", 10),
    ("sparse_super2", 10),
    ("project", 10),
    ("casefold", 5),
    ("verity", 5),
    ("orphan_file", 20),
    ("^filetype", 10),
    ("^large_file", 5),
];
/// Features of ext2 and ext3.
const OLDER: [(&str, u64); 5] = [
    ("dir_index", 50),
    ("^filetype", 25),
    ("^sparse_super", 20),
    ("^resize_inode", 30),
    ("ext_attr", 50),
];
/// A feature, and one that mke2fs or Linux refuses with it: the second goes.
const REFUSED: [(&str, &str); 6] = [
    ("bigalloc", "^extents"),
    ("^has_journal", "fast_commit"),
    ("^has_journal", "orphan_file"),
    ("bigalloc", "meta_bg,^resize_inode"),
    ("^extra_isize", "project"),
    ("^extra_isize", "inline_data"),
];

/// Formats; options that do not go together are given up one after the other, from the end.
pub(super) fn format(system: &FileSystem, random: &mut Random, image: &Path) -> Outcome<String> {
    let block = random.pick([1024_u32, 2048, 4096, 4096]);
    let inode = random.pick(["128", "256", "256", "512"]);
    let cluster = block * random.pick([2, 4, 16]);
    let mut features = Vec::new();
    let offered: &[(&str, u64)] = if system.name == "ext4" { &EXT4 } else { &OLDER };
    for (feature, chance) in offered {
        if random.percent(*chance) && is_known(feature) {
            features.push(*feature);
        }
    }
    for (with, refused) in REFUSED {
        if features.contains(&with) {
            features.retain(|feature| *feature != refused);
        }
    }
    loop {
        let arguments = arguments(system, [block, cluster], inode, &features);
        let words: Vec<&OsStr> =
            arguments.iter().map(OsStr::new).chain([image.as_os_str()]).collect();
        match run("mke2fs", &words) {
            Ok(_) => return Ok(format!("mke2fs {}", arguments.join(" "))),
            Err(failure) if features.is_empty() => return Err(failure),
            Err(_) => drop(features.pop()),
        }
    }
}

fn arguments(
    system: &FileSystem,
    [block, cluster]: [u32; 2],
    inode: &str,
    features: &[&str],
) -> Vec<String> {
    // Inline data, project quotas and further attributes need room behind the first 128 bytes.
    let needs_room = features.iter().any(|feature| matches!(*feature, "inline_data" | "project"));
    let inode = if inode == "128" && needs_room { "256" } else { inode };
    // The identifiers are fixed: the directories' hashes depend on them.
    let identifier = "6b7d0a4e-5c1f-4e3a-9b2d-0f1e2d3c4b5a";
    let extended = format!(
        "lazy_itable_init=0,lazy_journal_init=0,nodiscard,root_owner=0:0,hash_seed={identifier}"
    );
    let block = block.to_string();
    let fixed = [
        "-q",
        "-F",
        "-t",
        system.name,
        "-b",
        &block,
        "-I",
        inode,
        "-N",
        "4000",
        "-m",
        "0",
        "-U",
        identifier,
    ];
    let mut arguments: Vec<String> = fixed.map(str::to_owned).into();
    arguments.extend(["-E".to_owned(), extended]);
    if !features.is_empty() {
        arguments.extend(["-O".to_owned(), features.join(",")]);
    }
    if features.contains(&"bigalloc") {
        arguments.extend(["-C".to_owned(), cluster.to_string()]);
    }
    arguments
}

/// Does this kernel mount it? Some features are left out of some kernels.
fn is_known(feature: &str) -> bool {
    !matches!(feature, "casefold" | "verity" | "project")
        || Path::new("/sys/fs/ext4/features").join(feature).exists()
}
