//! The exFAT reader on volumes that mkfs.exfat makes and exfat-fuse fills with files we know.
use crate::listing;
use crate::tools;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use byte_source::MappedFile;
use case_model::to_hex;
use filesystem::{Layout, OpenOptions};
use md5::{Digest, Md5};

fn content(seed: &str, count: usize) -> Vec<u8> {
    seed.bytes()
        .cycle()
        .zip(0_u64..)
        .map(|(byte, place)| byte.wrapping_add((place / 251) as u8))
        .take(count)
        .collect()
}

/// Fills the mounted volume; digest by path of what is there in the end, and of what was deleted.
fn fill(root: &Path, cluster: usize) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
    let mut wanted = BTreeMap::new();
    let mut deleted = BTreeMap::new();
    let digest = |bytes: &[u8]| to_hex(&Md5::digest(bytes));
    // What will be deleted comes first: the driver cuts directories whose last entries are deleted.
    fs::create_dir(root.join("gone folder")).unwrap();
    for name in ["gone folder/first.txt", "gone folder/second with a long name.txt", "gone.bin"] {
        let bytes = content(name, 3 * cluster + 1);
        fs::write(root.join(name), &bytes).unwrap();
        deleted.insert(format!("/{name}"), digest(&bytes));
    }
    let mut write = |path: &str, bytes: &[u8]| {
        fs::write(root.join(path), bytes).unwrap();
        wanted.insert(format!("/{path}"), digest(bytes));
    };
    for count in [0, 1, cluster - 1, cluster, cluster + 1, 5 * cluster + 7] {
        write(&format!("size {count}.bin"), &content("s", count));
    }
    write(&"n".repeat(255), b"the longest name");
    write("صورة ـ été 😀.jpg", b"emoji");
    write("exactly fifteen", b"one name entry");
    let deep = (0..20).map(|level| format!("level {level}")).collect::<Vec<_>>().join("/");
    fs::create_dir_all(root.join(&deep)).unwrap();
    write(&format!("{deep}/bottom"), b"deep");
    fs::create_dir(root.join("many")).unwrap();
    for number in 0..2000 {
        let bytes = if number % 100 == 0 { content("m", number) } else { Vec::new() };
        write(&format!("many/file number {number}.dat"), &bytes);
    }
    // Two files that grow in turns are fragmented and need chains.
    let mut one = File::create(root.join("one")).unwrap();
    let mut two = File::create(root.join("two")).unwrap();
    for turn in 0..12 {
        one.write_all(&content(&format!("one{turn}"), cluster)).unwrap();
        two.write_all(&content(&format!("two{turn}"), cluster)).unwrap();
        one.flush().unwrap();
        two.flush().unwrap();
    }
    drop((one, two));
    for name in ["one", "two"] {
        let whole: Vec<u8> =
            (0..12).flat_map(|turn| content(&format!("{name}{turn}"), cluster)).collect();
        assert_eq!(fs::read(root.join(name)).unwrap(), whole);
        wanted.insert(format!("/{name}"), digest(&whole));
    }
    // A hole that was never written: exFAT keeps the valid length, or the driver writes zeros.
    let mut holed = File::create(root.join("hole")).unwrap();
    holed.write_all(b"begin").unwrap();
    holed.seek(SeekFrom::Start(6 * u64::try_from(cluster).unwrap())).unwrap();
    holed.write_all(b"end").unwrap();
    drop(holed);
    wanted.insert("/hole".to_owned(), digest(&fs::read(root.join("hole")).unwrap()));
    fs::remove_file(root.join("gone.bin")).unwrap();
    fs::remove_dir_all(root.join("gone folder")).unwrap();
    fs::rename(root.join("exactly fifteen"), root.join("level 0/renamed")).unwrap();
    let renamed = wanted.remove("/exactly fifteen").unwrap();
    wanted.insert("/level 0/renamed".to_owned(), renamed.clone());
    deleted.insert("/exactly fifteen".to_owned(), renamed);
    (wanted, deleted)
}

#[test]
fn every_file_put_in_comes_out_and_what_was_deleted_too() {
    if !tools::installed(&["mkfs.exfat", "mount.exfat-fuse", "losetup", "umount", "fsck.exfat"])
        || !tools::is_root()
    {
        return;
    }
    for (cluster, label) in [(512, "SMALL"), (4096, "النص"), (131_072, "")] {
        let folder = tempfile::tempdir().unwrap();
        let image = folder.path().join("image");
        let root = folder.path().join("mounted");
        File::create(&image).unwrap().set_len(96 << 20).unwrap();
        fs::create_dir(&root).unwrap();
        let image_text = image.to_str().unwrap();
        let root_text = root.to_str().unwrap();
        tools::run("mkfs.exfat", ["-c", &cluster.to_string(), "-L", label, image_text]);
        let device = tools::run("losetup", ["-f", "--show", image_text]).trim().to_owned();
        tools::run("mount.exfat-fuse", [device.as_str(), root_text]);
        let filled = std::panic::catch_unwind(|| fill(&root, cluster));
        tools::run("umount", [root_text]);
        tools::run("losetup", ["-d", device.as_str()]);
        let (wanted, deleted) = filled.expect("the volume is filled");
        tools::run("fsck.exfat", ["-n", image_text]);
        check(&image, &wanted, &deleted, label);
    }
}

fn check(
    image: &Path,
    wanted: &BTreeMap<String, String>,
    deleted: &BTreeMap<String, String>,
    label: &str,
) {
    let volume = Arc::new(MappedFile::new(&File::open(image).unwrap()).unwrap());
    let (_, fs) = listing::open(volume, &OpenOptions::default()).expect("recognised");
    let listing = listing::list(&*fs);
    assert_eq!(listing.summary.label, label);
    let in_use =
        listing.rows.iter().flat_map(|(path, rows)| rows.iter().map(move |row| (path, row)));
    let found: BTreeMap<String, String> = in_use
        .filter(|(_, row)| row.allocated && !row.metadata && !row.record.streams.is_empty())
        .map(|(path, row)| (path.clone(), row.md5.clone()))
        .collect();
    let missing: Vec<_> = wanted.iter().filter(|row| found.get(row.0) != Some(row.1)).collect();
    let beyond: Vec<_> = found.iter().filter(|row| wanted.get(row.0) != Some(row.1)).collect();
    assert_eq!((missing, beyond), (vec![], vec![]), "{label}");
    assert_eq!(listing.expected, [listing.counted]);
    assert_eq!(listing.damage(), Vec::<String>::new());
    for (path, digest) in deleted {
        let row =
            listing.row(path, false).unwrap_or_else(|| panic!("{path}: {:?}", listing.rows.keys()));
        assert_eq!((&row.md5, row.assumed), (digest, true), "{label}: {path}");
    }
    let Layout::Runs(runs) = &listing.row("/one", true).unwrap().record.streams[0].layout else {
        panic!("runs")
    };
    assert!(runs.len() > 5, "{} runs", runs.len());
}
