//! Power was lost before group descriptors and inode bitmaps came to the medium: live files lie where, by them, nothing ever was.

use std::fs;
use std::os::unix::fs::FileExt;

use byte_source::Scratch;
use filesystem::Found;

use crate::population::pattern;
use crate::reading::{Reading, read_file};
use crate::workshop::{Workshop, must};

/// With a checksum of every inode, and without.
const CHECKED: [&str; 6] = ["-t", "ext4", "-b", "1024", "-O", "^has_journal,metadata_csum"];
const UNCHECKED: [&str; 6] =
    ["-t", "ext4", "-b", "1024", "-O", "^has_journal,^metadata_csum,uninit_bg,^64bit"];

/// The file system's files, with the names that debugfs shows.
const FILES: [(&str, usize); 3] =
    [("first", 5000), ("folder/second", 70_000), ("folder/deep/third", 300)];

/// A file system with files in folders; `second` has another name in the root directory.
fn populated(mke2fs: &[&str]) -> Option<Workshop> {
    let workshop = Workshop::new(8 << 20, mke2fs)?;
    let blank = fs::read(workshop.image()).unwrap();
    fs::write(workshop.path("blank"), blank).unwrap();
    let mut commands = String::from("mkdir folder\nmkdir folder/deep\n");
    for (number, (name, bytes)) in FILES.iter().enumerate() {
        let source = workshop.path("source").with_extension(number.to_string());
        fs::write(&source, pattern(number as u64, *bytes)).unwrap();
        let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
        commands += &format!("cd /{folder}\nwrite {} {file}\n", source.to_str().unwrap());
    }
    commands += "cd /\nln folder/second again\nset_inode_field folder/second links_count 2\n";
    workshop.debugfs(&commands);
    Some(workshop)
}

/// Takes back what was written of the only group's descriptor and inode bitmap.
fn lose_the_group(workshop: &Workshop) {
    let blank = fs::read(workshop.path("blank")).unwrap();
    let image = fs::OpenOptions::new().write(true).open(workshop.image()).unwrap();
    // Block 2 holds the descriptor, bytes 4 to 7 of it the place of the inode bitmap.
    let bitmap = u32::from_le_bytes(blank[2052..2056].try_into().unwrap()) as usize * 1024;
    for at in [2048, bitmap] {
        image.write_all_at(&blank[at..at + 1024], at as u64).unwrap();
    }
}

/// All files are there with their content, as debugfs reads them without bitmaps, and the damage names inode and group.
#[track_caller]
fn assert_all_read(workshop: &Workshop, whole: &Reading, why: &str) {
    let reading = read_file(&workshop.image());
    for (name, bytes) in FILES {
        let judge =
            must("debugfs", &["-c", "-R", &format!("stat /{name}"), &workshop.image_text()])
                .unwrap();
        assert!(judge.contains(&format!("Size: {bytes}\n")), "{judge}");
        let path = format!("/{name}");
        let number = reading.paths().get(path.as_bytes()).map(|record| record.id.number);
        let number = number.unwrap_or_else(|| panic!("{name} is lost: {:?}", reading.damage()));
        let named =
            format!("number of an inode in use that this bitmap does not know is {number} (");
        assert!(
            reading.damage().iter().any(|damage| damage.contains(&named)),
            "{:#?}",
            reading.damage()
        );
    }
    assert_eq!(reading.files(), whole.files());
    assert_eq!(
        reading.files()[b"/again".as_slice()],
        reading.files()[b"/folder/second".as_slice()]
    );
    assert!(reading.damage().iter().any(|damage| damage.contains(why)), "{:#?}", reading.damage());
    assert_same_for_every_division(&reading);
}

/// Records asked for one by one, and parts of any length, give what the scan gave.
#[track_caller]
fn assert_same_for_every_division(reading: &Reading) {
    let mut scratch = Scratch::new();
    for record in reading.records.values() {
        assert_eq!(reading.fs.record(record.id, &mut scratch).as_ref(), Ok(record));
    }
    let mut numbers = Vec::new();
    for slot in 0..reading.fs.record_space().slots {
        reading.fs.scan(slot..slot + 1, &mut scratch, &mut |found| {
            if let Found::Record(record) = found {
                numbers.push(record.id.number);
            }
        });
    }
    numbers.sort_unstable();
    assert_eq!(numbers, reading.records.keys().copied().collect::<Vec<_>>());
}

#[test]
fn live_files_are_read_though_group_and_bitmap_say_never_used() {
    for mke2fs in [CHECKED, UNCHECKED] {
        let Some(workshop) = populated(&mke2fs) else { return };
        let whole = read_file(&workshop.image());
        assert_eq!(whole.damage(), Vec::<String>::new());
        lose_the_group(&workshop);
        assert_all_read(&workshop, &whole, "never used (bg_itable_unused) is 0 (");
    }
}

/// Then the root directory itself counts as never used.
#[test]
fn live_files_are_read_though_their_group_is_uninitialised() {
    for mke2fs in [CHECKED, UNCHECKED] {
        let Some(workshop) = populated(&mke2fs) else { return };
        let whole = read_file(&workshop.image());
        workshop.debugfs("set_block_group 0 flags 0x5\nset_block_group 0 checksum calc\n");
        assert_all_read(&workshop, &whole, "never used (INODE_UNINIT) is 0 (");
    }
}

/// What a name leads to must prove itself: the remains of an older file system are no files. The name is damage alone.
#[test]
fn a_name_without_an_inode_in_use_past_the_unused_is_damage() {
    // The deletion time; for a checked inode its owner, which the checksum covers; for the other one the time of the last change.
    for (mke2fs, within, value) in
        [(CHECKED, 2, 7_u8), (CHECKED, 0x14, 1), (UNCHECKED, 0xf, 1), (UNCHECKED, 0x14, 1)]
    {
        let Some(workshop) = populated(&mke2fs) else { return };
        let whole = read_file(&workshop.image());
        let first = whole.paths()[b"/first".as_slice()].at;
        lose_the_group(&workshop);
        let image = fs::OpenOptions::new().write(true).open(workshop.image()).unwrap();
        image.write_all_at(&[value], first + within).unwrap();
        let reading = read_file(&workshop.image());
        assert!(!reading.paths().contains_key(b"/first".as_slice()), "byte {within} of the inode");
        assert!(reading.links.iter().any(|link| link.name == b"first"));
        let told = "names an inode that its group descriptor says was never used";
        assert!(
            reading.damage().iter().any(|damage| damage.contains(told)),
            "{:#?}",
            reading.damage()
        );
        assert_eq!(reading.files().len() + 1, whole.files().len(), "the others are read");
    }
}
