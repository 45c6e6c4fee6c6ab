//! Files of every sort, made on a mounted file system.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, PermissionsExt, chown, symlink};
use std::path::Path;

use crate::workshop::{must, run};

/// Bytes that differ from block to block.
pub(crate) fn pattern(seed: u64, bytes: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    (0..bytes).map(next).collect()
}

/// Makes files of every sort. `many` is the number of entries of a large directory.
pub(crate) fn populate(root: &Path, many: usize) {
    sizes(root);
    holes(root);
    fragments(root);
    names(root, many);
    owners(root);
    special(root);
    attributes(root);
    deleted(root);
}

fn sizes(root: &Path) {
    let folder = root.join("sizes");
    fs::create_dir(&folder).unwrap();
    for size in [
        0,
        1,
        59,
        60,
        61,
        100,
        150,
        200,
        400,
        511,
        1023,
        1024,
        1025,
        4095,
        4096,
        4097,
        12 * 1024 + 1,
        49_153,
        300_000,
    ] {
        fs::write(folder.join(format!("{size}.bin")), pattern(size as u64, size)).unwrap();
    }
    fs::write(root.join("large.bin"), pattern(7, 6_000_000)).unwrap();
}

fn holes(root: &Path) {
    let sparse = File::create(root.join("sparse.bin")).unwrap();
    for at in [0, 5_000, 70_000, 300_000, 20_000_000] {
        sparse.write_all_at(&pattern(at, 3_000), at).unwrap();
    }
    File::create(root.join("all-hole.bin")).unwrap().set_len(3_000_000).unwrap();
    // Far enough for triple indirect blocks of 1 KiB: (12 + 256 + 65536) KiB = 64 MiB.
    let huge = File::create(root.join("huge-sparse.bin")).unwrap();
    huge.write_all_at(b"far away", 75_000_000).unwrap();
    huge.set_len(80_000_000).unwrap();
    let unwritten = root.join("unwritten.bin");
    let file = File::create(&unwritten).unwrap();
    let name = unwritten.to_str().unwrap();
    // Only ext4 knows preallocation.
    let _ = run("fallocate", &["-l", "500000", name]);
    file.write_all_at(&pattern(9, 10_000), 100_000).unwrap();
    let kept = root.join("allocated-past-end.bin");
    fs::write(&kept, pattern(10, 5_000)).unwrap();
    let _ = run("fallocate", &["-n", "-l", "200000", kept.to_str().unwrap()]);
}

/// Two files written in turns, with a sync in between, lie in fragments.
fn fragments(root: &Path) {
    let a = File::create(root.join("fragments-a")).unwrap();
    let b = File::create(root.join("fragments-b")).unwrap();
    for turn in 0..60_u64 {
        for (file, seed) in [(&a, 100), (&b, 200)] {
            file.write_all_at(&pattern(seed + turn, 2_500), turn * 9_000).unwrap();
            file.sync_data().unwrap();
        }
    }
}

fn names(root: &Path, many: usize) {
    let folder = root.join("many");
    fs::create_dir(&folder).unwrap();
    for number in 0..many {
        File::create(folder.join(format!("entry number {number:06}"))).unwrap();
    }
    let names = root.join("names");
    fs::create_dir(&names).unwrap();
    let odd: [&[u8]; 5] = [
        "صورة.jpg".as_bytes(),
        "naïve café".as_bytes(),
        b"not \xff\xfe utf-8",
        b" \n\t",
        &[b'x'; 255],
    ];
    for name in odd {
        fs::write(names.join(std::ffi::OsStr::from_bytes(name)), name).unwrap();
    }
    fs::hard_link(root.join("large.bin"), names.join("hard link")).unwrap();
    symlink("short/target", names.join("short link")).unwrap();
    for length in [59, 60, 61, 200, 1000] {
        symlink("t".repeat(length), names.join(format!("link {length}"))).unwrap();
    }
    let mut deep = root.join("deep");
    for level in 0..30 {
        deep = deep.join(format!("level {level}"));
    }
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("bottom"), b"here").unwrap();
}

fn owners(root: &Path) {
    let path = root.join("owned");
    fs::write(&path, b"mine").unwrap();
    chown(&path, Some(70_000), Some(3_000_000_000)).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o6751)).unwrap();
    let times = [("1969-12-31T23:59:00Z", "old"), ("2040-02-03T04:05:06.123456789Z", "late")];
    for (time, name) in times {
        let path = root.join(name);
        fs::write(&path, name).unwrap();
        must("touch", &["-d", time, path.to_str().unwrap()]);
    }
}

fn special(root: &Path) {
    let folder = root.join("special");
    fs::create_dir(&folder).unwrap();
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    must("mknod", &[&at("block"), "b", "8", "1"]);
    must("mknod", &[&at("character"), "c", "300", "70000"]);
    must("mknod", &[&at("fifo"), "p"]);
    std::os::unix::net::UnixListener::bind(folder.join("socket")).unwrap();
}

fn attributes(root: &Path) {
    let script = "import os, sys
for path, name, value in [('large.bin', 'user.comment', b'seen by the examiner'), ('owned', 'user.binary', bytes(range(40))),
                          ('sizes/1.bin', 'user.long', b'v' * 700), ('names', 'trusted.folder', b'yes'),
                          ('late', 'user.first', b'1'), ('late', 'user.second', b'2')]:
    os.setxattr(os.path.join(sys.argv[1], path), name, value)
try:
    os.setxattr(os.path.join(sys.argv[1], 'old'), 'user.huge', b'h' * 20000)
except OSError:
    pass";
    must("python3", &["-c", script, root.to_str().unwrap()]);
}

fn deleted(root: &Path) {
    let folder = root.join("deleted");
    fs::create_dir(&folder).unwrap();
    for number in 0..20 {
        let mut file = File::create(folder.join(format!("gone {number}"))).unwrap();
        file.write_all(&pattern(number, 5_000)).unwrap();
    }
    must("sync", &["-f", root.to_str().unwrap()]);
    for number in (0..20).step_by(2) {
        fs::remove_file(folder.join(format!("gone {number}"))).unwrap();
    }
}
