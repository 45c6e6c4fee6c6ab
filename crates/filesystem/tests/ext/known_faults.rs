//! Damaged ext images of other projects, from the folder of known faults: what e2fsck, the kernel and The Sleuth Kit find is found.

use std::collections::BTreeMap;
use std::fs;

use filesystem::RecordKind;

use crate::reading::{Reading, read_bytes, read_file};
use crate::truth::{data, fault_image};
use crate::workshop::{Workshop, must, run};

/// Reads an image of the folder of known faults; `None`, told visibly, when it is not there.
fn read_fault(name: &str) -> Option<(Reading, tempfile::TempDir)> {
    let folder = tempfile::tempdir().unwrap();
    let image = fault_image(&data()?, name, folder.path())?;
    Some((read_file(&image), folder))
}

/// Paths and sizes of all files in use.
fn sizes(reading: &Reading) -> BTreeMap<String, u64> {
    let name = |path: Vec<u8>| String::from_utf8(path).unwrap();
    reading.files().into_iter().map(|(path, content)| (name(path), content.size)).collect()
}

/// Paths and sizes of all files of a mounted image.
fn mounted_sizes(workshop: &Workshop) -> Option<BTreeMap<String, u64>> {
    let mount = workshop.mount("ro")?;
    let root = mount.at.to_str().unwrap();
    let list = must("find", &[root, "-type", "f", "-printf", "/%P\t%s\n"])?;
    let row = |line: &str| {
        let (path, size) = line.rsplit_once('\t').unwrap();
        (path.to_owned(), size.parse().unwrap())
    };
    Some(list.lines().map(row).collect())
}

#[test]
fn inodes_behind_the_unused_ones_are_read_when_the_bitmap_has_them() {
    let Some((reading, _folder)) = read_fault("ext-damaged/f_unused_itable.img.zst") else {
        return;
    };
    let paths: Vec<_> = sizes(&reading).into_keys().collect();
    assert_eq!(paths, ["/1", "/2", "/bar/1", "/bar/2", "/foo/1", "/foo/2"]);
    assert_eq!(reading.damage(), Vec::<String>::new());
    reading.assert_reconciled();
    for record in reading.records.values() {
        let mut scratch = byte_source::Scratch::new();
        assert_eq!(reading.fs.record(record.id, &mut scratch).as_ref(), Ok(record));
    }
}

#[test]
fn a_copy_of_a_superblock_of_revision_0_is_found() {
    let Some((reading, folder)) = read_fault("ext-damaged/f_zero_super.img.zst") else { return };
    assert_eq!(sizes(&reading).len(), 5, "{:?}", sizes(&reading));
    assert!(reading.damage().iter().any(|problem| problem.contains("read from this copy")));
    // The kernel mounts it once e2fsck has written the superblock home.
    let workshop = Workshop::of(folder, "f_zero_super.img");
    run("e2fsck", &["-fy", "-b", "8193", &workshop.image_text()]);
    if let Some(mounted) = mounted_sizes(&workshop) {
        assert_eq!(sizes(&reading), mounted);
    }
}

/// The copy says nothing of the group that it lies in: so do copies that older kernels wrote when they resized.
#[test]
fn a_copy_that_does_not_name_its_group_is_believed_when_its_root_is_there() {
    let Some(workshop) = Workshop::new(64 << 20, &["-t", "ext4", "-b", "1024", "-N", "4000"])
    else {
        return;
    };
    let mut image = fs::read(workshop.image()).unwrap();
    let whole = read_bytes(image.clone());
    image[..3 * 1024].fill(0xe5);
    for group in [1_usize, 3, 5, 7] {
        let at = (group * 8192 + 1) * 1024 + 0x5a;
        image[at..at + 2].fill(0);
    }
    let reading = read_bytes(image.clone());
    assert_eq!(reading.records.len(), whole.records.len());
    // Without a root directory where its descriptors say, it is the superblock of something else.
    let root = usize::try_from(whole.records[&2].at).unwrap();
    image[root..root + 2].fill(0);
    let source = std::sync::Arc::new(byte_source::MemorySource::new(image));
    assert!(crate::reading::open_source(source).is_none());
}

#[test]
fn a_journal_is_found_by_its_copy_in_the_superblock() {
    let Some((reading, folder)) = read_fault("ext-damaged/f_journal.img.zst") else { return };
    reading.assert_reconciled();
    assert_eq!(reading.damage(), Vec::<String>::new());
    let workshop = Workshop::of(folder, "f_journal.img");
    run("e2fsck", &["-fy", &workshop.image_text()]);
    // e2fsck moves the journal out of the root directory, too, and frees inodes without names.
    let without_journal = |mut sizes: BTreeMap<String, u64>| {
        sizes.remove("/journal");
        sizes
    };
    let found = without_journal(sizes(&reading));
    assert!(found.len() > 5, "{found:?}");
    assert_eq!(found, sizes(&read_file(&workshop.image())));
    if let Some(mounted) = mounted_sizes(&workshop) {
        assert_eq!(found, mounted);
    }
}

#[test]
fn the_journal_of_a_new_file_system_is_found_when_its_inode_is_zeroed() {
    for features in ["^metadata_csum,^64bit,^extent", "^metadata_csum,extent"] {
        let Some(workshop) = Workshop::new(16 << 20, &["-t", "ext4", "-b", "1024", "-O", features])
        else {
            return;
        };
        // The journal asks to be replayed; its log is empty.
        workshop.debugfs("feature needs_recovery\n");
        let mut image = fs::read(workshop.image()).unwrap();
        let journal = read_bytes(image.clone()).records[&8].clone();
        let at = usize::try_from(journal.at).unwrap();
        image[at..at + 128].fill(0);
        let reading = read_bytes(image);
        let told =
            |text: &str| reading.problems.iter().any(|problem| problem.to_string().contains(text));
        assert!(told("s_jnl_blocks"), "{features}: {:#?}", reading.problems);
        assert!(!told("could not be replayed"), "{features}: {:#?}", reading.problems);
    }
}

#[test]
fn an_attribute_over_its_own_entry_is_damage_and_its_bytes_are_no_content() {
    let Some((reading, _folder)) = read_fault("ext-damaged/f_ea_value_crash.img.zst") else {
        return;
    };
    let damage = reading.damage();
    assert!(damage.iter().any(|problem| problem.contains("e_value_offs")), "{damage:#?}");
    let content = &reading.files()[b"/a".as_slice()];
    assert_eq!((content.size, content.bad), (70, 10), "the ten bytes behind i_block are not known");
}

/// A file with two attributes in its inode; both edits break it as e2fsck says.
#[test]
fn attributes_that_overlap_or_hang_in_the_air_are_damage() {
    let options = ["-t", "ext4", "-b", "1024", "-I", "512", "-O", "^metadata_csum"];
    let Some(workshop) = Workshop::new(8 << 20, &options) else { return };
    let source = workshop.path("source");
    fs::write(&source, b"content").unwrap();
    let commands = format!(
        "write {} file\nea_set file user.one first-value\nea_set file user.two other-value\n",
        source.to_str().unwrap()
    );
    workshop.debugfs(&commands);
    let image = fs::read(workshop.image()).unwrap();
    let whole = read_bytes(image.clone());
    assert_eq!(whole.damage(), Vec::<String>::new());
    let record = whole.paths()[b"/file".as_slice()].clone();
    let inode = usize::try_from(record.at).unwrap();
    let entries = inode + 128 + usize::from(image[inode + 128]) + 4;
    let second = entries + 16 + usize::from(image[entries]).next_multiple_of(4);
    assert_eq!(&image[second + 16..][..3], b"two");
    let edits: [(&str, usize, [u8; 2]); 4] = [
        (
            "the value of the one lies over that of the other",
            second + 2,
            [image[entries + 2], image[entries + 3]],
        ),
        ("a value over the entries", second + 2, [4, 0]),
        ("a value behind the end", second + 2, [0xf8, 0x01]),
        ("a value in an inode that there is not", second + 4, [0xff, 0xff]),
    ];
    for (what, at, bytes) in edits {
        let mut image = image.clone();
        image[at..at + 2].copy_from_slice(&bytes);
        let reading = read_bytes(image.clone());
        assert_ne!(reading.damage(), Vec::<String>::new(), "{what}");
        let details = &reading.records[&record.id.number].details;
        assert!(details.iter().any(|detail| detail.value == "first-value"), "{what}: {details:?}");
        fs::write(workshop.image(), &image).unwrap();
        let checked = run("e2fsck", &["-fn", &workshop.image_text()]).unwrap();
        assert_ne!(checked.status.code(), Some(0), "e2fsck finds nothing wrong: {what}");
    }
}

#[test]
fn directories_without_file_types_ignore_the_byte_behind_the_name_length() {
    let Some((reading, _folder)) = read_fault("ext4-no-filetype-directories-lost/image.raw.zst")
    else {
        return;
    };
    let data = data().unwrap();
    let text =
        fs::read_to_string(data.join("faults/ext4-no-filetype-directories-lost/image.truth.jsonl"))
            .unwrap();
    let rows =
        text.lines().skip(1).map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let text_of = |row: &serde_json::Value, key: &str| row[key].as_str().unwrap().to_owned();
    let expected: BTreeMap<String, String> = rows
        .map(|row| (text_of(&row, "path"), text_of(&row, "kind")))
        .filter(|(path, _)| path != "/" && path != "/lost+found")
        .collect();
    let kind = |kind| match kind {
        RecordKind::SymbolicLink => "symlink",
        other => other.key(),
    };
    let found: BTreeMap<String, String> = reading
        .paths()
        .into_iter()
        .map(|(path, record)| {
            (String::from_utf8_lossy(&path).into_owned(), kind(record.kind).to_owned())
        })
        .filter(|(path, _)| path != "/lost+found")
        .collect();
    let directories =
        |all: &BTreeMap<String, String>| all.values().filter(|kind| *kind == "directory").count();
    assert_eq!(directories(&found), directories(&expected));
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    assert_eq!(reading.damage(), Vec::<String>::new());
}

/// The same without the shared image: every entry of a directory gets a stale byte 7.
#[test]
fn stale_file_types_lose_no_name() {
    let options = ["-t", "ext4", "-b", "1024", "-O", "^filetype,^metadata_csum,^dir_index"];
    let Some(workshop) = Workshop::new(8 << 20, &options) else { return };
    workshop.debugfs("mkdir folder\nmkdir folder/inner\n");
    let mut image = fs::read(workshop.image()).unwrap();
    let whole = read_bytes(image.clone());
    let names: Vec<_> = whole.paths().into_keys().collect();
    for link in &whole.links {
        image[usize::try_from(link.at).unwrap() + 7] = 2;
    }
    let reading = read_bytes(image);
    assert_eq!(reading.paths().into_keys().collect::<Vec<_>>(), names);
    assert_eq!(reading.links.len(), whole.links.len());
    assert_eq!(reading.damage(), Vec::<String>::new());
}
