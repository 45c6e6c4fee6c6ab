//! Damaged images: what can be read is read, the rest is told with its place.

use std::fs;
use std::ops::{ControlFlow, Range};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use byte_source::{MappedFile, Scratch, Source, Visitor, index};
use filesystem::{Layout, Place};
use words::term;

use crate::population::{pattern, populate};
use crate::reading::{Reading, read_bytes, read_file, read_source};
use crate::workshop::{Workshop, must};

fn overwrite(workshop: &Workshop, at: u64, bytes: &[u8]) {
    let file = fs::OpenOptions::new().write(true).open(workshop.image()).unwrap();
    file.write_all_at(bytes, at).unwrap();
}

fn populated(megabytes: u64, mke2fs: &[&str]) -> Option<Workshop> {
    let workshop = Workshop::new(megabytes << 20, mke2fs)?;
    populate(&workshop.mount("rw")?.at, 300);
    Some(workshop)
}

#[track_caller]
fn assert_damage(reading: &Reading, wanted: &str) {
    let damage = reading.damage();
    assert!(damage.iter().any(|problem| problem.contains(wanted)), "{wanted} in {damage:#?}");
}

/// The start of the volume, with superblock and group descriptors, is overwritten: copies stand in.
#[track_caller]
fn survives_a_wiped_start(mke2fs: &[&str], group_bytes: u64) {
    let Some(workshop) = populated(64, mke2fs) else { return };
    let whole = read_file(&workshop.image()).files();
    overwrite(&workshop, 0, &vec![0xe5; 3 * 1024]);
    let reading = read_file(&workshop.image());
    assert_damage(&reading, "s_magic is 58853");
    let at = format!("superblock at byte {group_bytes} ");
    assert_damage(&reading, &at);
    assert!(reading.files() == whole, "all files are still read");
    reading.assert_reconciled();
}

#[test]
fn backup_superblock_of_1k_blocks() {
    survives_a_wiped_start(&["-t", "ext2", "-b", "1024", "-N", "4000"], 8193 * 1024);
}

#[test]
fn backup_superblock_with_checksums() {
    let mke2fs = ["-t", "ext4", "-b", "1024", "-N", "4000", "-O", "^has_journal"];
    survives_a_wiped_start(&mke2fs, 8193 * 1024);
}

#[test]
fn group_descriptors_come_from_their_copies() {
    let Some(workshop) = populated(64, &["-t", "ext4", "-b", "1024", "-N", "4000"]) else { return };
    let whole = read_file(&workshop.image());
    overwrite(&workshop, 2048, &[0x5a; 512]);
    let reading = read_file(&workshop.image());
    assert_damage(&reading, "group descriptor at byte 2048 ");
    assert!(reading.files() == whole.files(), "all files are still read");
}

#[test]
fn a_damaged_indirect_block_takes_only_its_own_blocks() {
    let Some(workshop) = Workshop::new(16 << 20, &["-t", "ext2", "-b", "1024"]) else { return };
    let source = workshop.path("source");
    fs::write(&source, pattern(5, 1_000_000)).unwrap();
    workshop.debugfs(&format!("write {} file\n", source.to_str().unwrap()));
    let printed = must("debugfs", &["-R", "stat file", &workshop.image_text()]).unwrap();
    // "(IND):531" is the single indirect block; the file goes on behind the 12 + 256 blocks before the double one.
    let indirect = printed.split("(IND):").nth(1).unwrap();
    let block: u64 = indirect.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap();
    overwrite(&workshop, block * 1024, &[0xff; 1024]);
    let reading = read_file(&workshop.image());
    assert_damage(&reading, &format!("block map at byte {} ", block * 1024));
    let stream = &reading.paths()[b"/file".as_slice()].streams[0];
    let content = reading.content(stream);
    assert_eq!((content.size, content.bad), (1_000_000, 256 * 1024));
    let Layout::Runs(runs) = &stream.layout else { panic!("runs") };
    let unknown = runs.iter().position(|run| run.place == Place::Unknown).unwrap();
    let before: u64 = runs[..unknown].iter().map(|run| run.length).sum();
    assert_eq!(before, 12 * 1024, "what follows keeps its place");
}

#[test]
fn a_damaged_extent_node_takes_only_its_own_blocks() {
    let Some(workshop) = Workshop::new(32 << 20, &["-t", "ext4", "-b", "1024"]) else { return };
    let Some(mount) = workshop.mount("rw") else { return };
    let file = fs::File::create(mount.at.join("file")).unwrap();
    for block in 0..200_u64 {
        file.write_all_at(&pattern(block, 1024), block * 2048).unwrap();
    }
    drop((file, mount));
    let printed = must("debugfs", &["-R", "dump_extents file", &workshop.image_text()]).unwrap();
    // " 1/ 1   2/  8   168 -   335   9473   168": the node of the second entry at level 0 lies in block 9473.
    let nodes: Vec<Vec<u64>> = printed
        .lines()
        .filter(|line| line.trim_start().starts_with("0/"))
        .map(|line| {
            line.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect()
        })
        .collect();
    let [_, _, _, _, first, last, block, ..] = nodes[1][..] else { panic!("{printed}") };
    overwrite(&workshop, block * 1024, &[0; 2]);
    let reading = read_file(&workshop.image());
    assert_damage(&reading, &format!("extent node at byte {} ", block * 1024));
    let stream = &reading.paths()[b"/file".as_slice()].streams[0];
    let content = reading.content(stream);
    assert_eq!(content.bad, (last - first + 1) * 1024);
    let Layout::Runs(runs) = &stream.layout else { panic!("runs") };
    let unknown = runs.iter().position(|run| run.place == Place::Unknown).unwrap();
    assert_eq!(runs[..unknown].iter().map(|run| run.length).sum::<u64>(), first * 1024);
}

#[test]
fn a_wrong_inode_checksum_is_told_and_the_file_still_read() {
    let Some(workshop) = Workshop::new(16 << 20, &["-t", "ext4"]) else { return };
    let source = workshop.path("source");
    fs::write(&source, b"content").unwrap();
    workshop.debugfs(&format!("write {} file\n", source.to_str().unwrap()));
    let at = read_file(&workshop.image()).paths()[b"/file".as_slice()].at;
    overwrite(&workshop, at + 2, &[9]);
    let reading = read_file(&workshop.image());
    assert_damage(&reading, &format!("inode at byte {at} "));
    assert_eq!(reading.files()[b"/file".as_slice()].size, 7);
}

#[test]
fn a_truncated_image_is_told_and_read_as_far_as_it_goes() {
    let Some(workshop) = populated(64, &["-t", "ext4", "-b", "1024", "-N", "4000"]) else { return };
    let whole = read_file(&workshop.image());
    let total = whole.records.len();
    let names = whole.paths().len();
    fs::OpenOptions::new().write(true).open(workshop.image()).unwrap().set_len(40 << 20).unwrap();
    let reading = read_file(&workshop.image());
    assert_damage(&reading, "needs 67108864 bytes, has 41943040");
    assert!(reading.records.len() <= total && reading.paths().len() <= names && names > 0);
}

/// The image was full of other bytes before: uninitialised groups hold remains that are no inodes.
#[test]
fn remains_in_uninitialised_groups_are_no_inodes() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("image");
    fs::write(&image, pattern(1, 64 << 20)).unwrap();
    let text = image.to_str().unwrap();
    let options = "lazy_itable_init=1,lazy_journal_init=1,nodiscard";
    let arguments = ["-q", "-F", "-t", "ext4", "-b", "1024", "-N", "20000", "-E", options, text];
    if must("mke2fs", &arguments).is_none() {
        return;
    }
    let reading = read_file(&image);
    assert_eq!(reading.problems, []);
    assert_eq!(reading.records.len(), 11);
    reading.assert_reconciled();
}

/// A source that lends no memory, as a coded image does.
struct Opaque(MappedFile);

impl Source for Opaque {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn grain(&self) -> u32 {
        32768
    }

    fn visit(
        &self,
        range: Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        self.0.visit(range, scratch, each)
    }
}

#[test]
fn a_coded_source_gives_the_same() {
    let Some(workshop) =
        populated(64, &["-t", "ext4", "-b", "1024", "-O", "inline_data", "-N", "4000"])
    else {
        return;
    };
    let direct = read_file(&workshop.image());
    let coded = read_source(Arc::new(Opaque(
        MappedFile::new(&fs::File::open(workshop.image()).unwrap()).unwrap(),
    )));
    assert!(direct.records == coded.records && direct.links == coded.links, "records and links");
    assert_eq!(direct.problems, coded.problems);
}

/// `record` gives what the scan gave, and parts may have any length.
#[test]
fn records_read_again_and_odd_parts_give_the_same() {
    let Some(workshop) = populated(64, &["-t", "ext4", "-b", "1024", "-N", "4000"]) else { return };
    let reading = read_file(&workshop.image());
    let mut scratch = Scratch::new();
    for record in reading.records.values() {
        assert_eq!(reading.fs.record(record.id, &mut scratch).as_ref(), Ok(record));
    }
    let absent = filesystem::RecordId { number: 1 << 40, generation: 0 };
    assert!(reading.fs.record(absent, &mut scratch).is_err());
    let mut number = 0;
    let mut from = 0;
    while from < reading.fs.record_space().slots {
        reading.fs.scan(from..from + 97, &mut scratch, &mut |found| {
            if let filesystem::Found::Record(record) = found {
                assert_eq!(reading.records[&record.id.number], *record);
                number += 1;
            }
        });
        from += 97;
    }
    assert_eq!(number, reading.records.len());
}

#[test]
fn blocks_of_64_kib_which_the_kernel_does_not_mount() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..3000 {
        fs::write(
            folder.path().join(format!("a file with a long name {number}")),
            pattern(number, 70),
        )
        .unwrap();
    }
    let files = ["-t", "ext4", "-b", "65536", "-N", "4000", "-d", folder.path().to_str().unwrap()];
    let Some(workshop) = Workshop::new(512 << 20, &files) else { return };
    let reading = read_file(&workshop.image());
    assert_eq!(reading.damage(), Vec::<String>::new());
    reading.assert_reconciled();
    assert_eq!(reading.files().len(), 3000);
    let stream = &reading.paths()[b"/a file with a long name 2999".as_slice()].streams[0];
    let Layout::Runs(runs) = &stream.layout else { panic!("runs") };
    let Place::At(at) = runs[0].place else { panic!("{runs:?}") };
    let image = reading.fs.volume().slice(at..at + 70).unwrap();
    assert_eq!(image, pattern(2999, 70));
}

#[test]
fn encrypted_files_are_closed() {
    let Some(workshop) = Workshop::new(16 << 20, &["-t", "ext4", "-O", "encrypt"]) else { return };
    let source = workshop.path("source");
    fs::write(&source, pattern(1, 5000)).unwrap();
    workshop.debugfs(&format!("write {} file\nsif file flags 0x80800\n", source.to_str().unwrap()));
    let reading = read_file(&workshop.image());
    let stream = &reading.paths()[b"/file".as_slice()].streams[0];
    assert_eq!(stream.layout, Layout::Encrypted(term!("ext.encrypted-fscrypt")));
    assert_eq!(reading.content(stream).bad, 5000);
}

/// Metadata of a small image changed at random: no panic, no hang, and everything that is handed over stays bounded.
#[track_caller]
fn survives_mutants(mke2fs: &[&str], mutants: u64) {
    let Some(workshop) = Workshop::new(4 << 20, mke2fs) else { return };
    let Some(mount) = workshop.mount("rw") else { return };
    fs::create_dir_all(mount.at.join("a/b/c")).unwrap();
    for number in 0..40 {
        fs::write(
            mount.at.join(format!("a/file {number}")),
            pattern(number, number as usize * 700),
        )
        .unwrap();
        let link = mount.at.join(format!("a/b/link {number}"));
        std::os::unix::fs::symlink("x".repeat(number as usize * 3 + 1), link).unwrap();
    }
    drop(mount);
    let image = fs::read(workshop.image()).unwrap();
    let metadata = metadata_bytes(&image);
    for seed in 0..mutants {
        let noise = pattern(seed + 1, 2048);
        let mut words =
            noise.chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().unwrap()));
        let mut bytes = image.clone();
        for _ in 0..=words.next().unwrap() % 60 {
            let place = words.next().unwrap();
            let value = words.next().unwrap();
            let at = metadata[index(place) % metadata.len()];
            bytes[at] = match value % 4 {
                0 => 0,
                1 => 0xff,
                2 => bytes[at] ^ (1 << ((value >> 8) % 8)),
                _ => (value >> 16) as u8,
            };
        }
        if seed % 10 == 9 {
            bytes.truncate(index(words.next().unwrap() % image.len() as u64));
        }
        let Some(Ok(fs)) =
            crate::reading::open_source(Arc::new(byte_source::MemorySource::new(bytes)))
        else {
            continue;
        };
        // The record table may claim to be far longer than the image: scanned like by the pipeline, as far as there is image.
        assert!(fs.record_space().slots <= 1 << 32);
        if fs.record_space().slots > 1 << 20 {
            continue;
        }
        let reading = crate::reading::scan(fs);
        reading.fs.census(&mut Scratch::new());
        let mut free = 0;
        reading.fs.unallocated(&mut Scratch::new(), &mut |range| free += range.end - range.start);
        for record in reading.records.values() {
            let _ = reading.fs.record(record.id, &mut Scratch::new());
        }
        assert!(reading.links.len() < 100_000 && reading.problems.len() < 100_000, "mutant {seed}");
    }
}

/// Offsets of all bytes of the image in 1 KiB blocks that are not free and not file content, found by what the reader reads.
fn metadata_bytes(image: &[u8]) -> Vec<usize> {
    let reading = read_bytes(image.to_vec());
    let mut metadata = vec![true; image.len()];
    let mut leave = |range: Range<u64>| metadata[index(range.start)..index(range.end)].fill(false);
    reading.fs.unallocated(&mut Scratch::new(), &mut leave);
    for stream in reading
        .records
        .values()
        .filter(|record| !record.metadata)
        .flat_map(|record| &record.streams)
    {
        if let Layout::Runs(runs) = &stream.layout {
            for run in runs {
                if let Place::At(at) = run.place {
                    metadata[index(at)..index(at + run.length)].fill(false);
                }
            }
        }
    }
    // Mostly zeros: unused inodes, the journal. One in sixteen of them will do.
    (0..image.len()).filter(|at| metadata[*at] && (image[*at] != 0 || at % 16 == 0)).collect()
}

#[test]
fn mutants_of_ext2() {
    survives_mutants(&["-t", "ext2", "-b", "1024", "-N", "128"], 300);
}

#[test]
fn mutants_of_ext4() {
    survives_mutants(
        &["-t", "ext4", "-b", "1024", "-N", "128", "-O", "^has_journal,inline_data,^resize_inode"],
        300,
    );
}

#[test]
fn mutants_of_ext4_with_a_journal_and_without_checksums() {
    survives_mutants(
        &[
            "-t",
            "ext4",
            "-b",
            "1024",
            "-N",
            "128",
            "-O",
            "^metadata_csum,^resize_inode",
            "-J",
            "size=1",
        ],
        300,
    );
}
