//! Space that two owners claim: both are named, the content is given as it lies, the image is not complete. The checkers of the file
//! systems say that the disks made here are so; The Sleuth Kit says what lies there.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::program::{Lab, Run, row};
use crate::shared_data;

/// Runs a program; its output, whatever its exit code, or `None`, told, where it is not installed.
fn said_by(program: &str, arguments: &[&str]) -> Option<String> {
    let Ok(output) = Command::new(program).args(arguments).output() else {
        eprintln!("skipped: {program} is not installed");
        return None;
    };
    Some(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

/// What The Sleuth Kit reads of a record.
fn icat(kind: &str, image: &Path, number: &str) -> Vec<u8> {
    let image = image.to_str().unwrap();
    Command::new("icat").args(["-f", kind, image, number]).output().unwrap().stdout
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The problems of a case, in words.
fn problems(lab: &Lab) -> Vec<(Option<i64>, String)> {
    let case = rusqlite::Connection::open(lab.case_file("c")).unwrap();
    let mut query = case
        .prepare("SELECT number, at, statement FROM problem WHERE structure = 'allocation' AND severity = 'damage' ORDER BY id")
        .unwrap();
    let row = |row: &rusqlite::Row<'_>| {
        let (at, statement): (Option<i64>, String) = (row.get(1)?, row.get(2)?);
        let at = at.and_then(|at| u64::try_from(at).ok());
        Ok((
            row.get(0)?,
            words::problem_text("allocation", at, &statement, words::Language::English),
        ))
    };
    let rows = query.query_map([], row).unwrap();
    rows.map(Result::unwrap).collect()
}

fn texts(lab: &Lab) -> Vec<String> {
    let mut texts: Vec<String> = problems(lab).into_iter().map(|(_, text)| text).collect();
    texts.dedup();
    texts
}

/// What is said of chains of clusters.
fn said_of_chains(lab: &Lab) -> Vec<String> {
    let case = rusqlite::Connection::open(lab.case_file("c")).unwrap();
    let mut query = case
        .prepare("SELECT at, statement FROM problem WHERE structure = 'cluster chain'")
        .unwrap();
    let row = |row: &rusqlite::Row<'_>| {
        let (at, statement): (Option<i64>, String) = (row.get(0)?, row.get(1)?);
        let at = at.and_then(|at| u64::try_from(at).ok());
        Ok(words::problem_text("cluster chain", at, &statement, words::Language::English))
    };
    let rows = query.query_map([], row).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Scans an image that must end incomplete, with words about the claims.
fn incomplete(lab: &Lab, image: &Path) -> Run {
    let scan = lab.scan(image);
    assert_eq!(scan.code(), 3, "{}", scan.all());
    let said = scan.out();
    let claims: Vec<&str> = said.lines().filter(|line| line.contains("are claimed")).collect();
    let different: std::collections::BTreeSet<&&str> = claims.iter().collect();
    assert!(!claims.is_empty(), "{}", scan.all());
    assert_eq!(claims.len(), different.len(), "one claim, one line: {}", scan.all());
    scan
}

fn path_of(text: &Path) -> &str {
    text.to_str().unwrap()
}

/// Writes a number in little-endian order.
fn put(image: &mut [u8], at: usize, bytes: &[u8]) {
    image[at..at + bytes.len()].copy_from_slice(bytes);
}

fn u16_at(image: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes([image[at], image[at + 1]]))
}

fn u32_at(image: &[u8], at: usize) -> usize {
    u32::from_le_bytes(image[at..at + 4].try_into().unwrap()) as usize
}

fn change(image: &Path, change: impl FnOnce(&mut [u8])) {
    let mut bytes = std::fs::read(image).unwrap();
    change(&mut bytes);
    std::fs::write(image, bytes).unwrap();
}

// ext

/// An ext volume with blocks of 1 KiB made by mke2fs, files of three blocks in it, and changed by debugfs.
fn ext_volume(lab: &Lab, options: &[&str], commands: &str) -> Option<PathBuf> {
    let image = lab.beside("ext.raw");
    std::fs::File::create(&image).unwrap().set_len(4 << 20).unwrap();
    let arguments: Vec<&str> = ["-q", "-F", "-b", "1024"].iter().chain(options).copied().collect();
    said_by("mke2fs", &[arguments.as_slice(), &[path_of(&image)]].concat())?;
    let mut script = String::new();
    for name in ["one", "two"] {
        let file = lab.write(name, &name.repeat(1024).into_bytes());
        script.push_str(&format!("write {} {name}\n", file.display()));
    }
    script.push_str(commands);
    let script = lab.write("script", script.as_bytes());
    said_by("debugfs", &["-w", "-f", path_of(&script), path_of(&image)])?;
    Some(image)
}

/// What debugfs answers to one request.
fn debugfs(image: &Path, request: &str) -> String {
    let output =
        Command::new("debugfs").args(["-w", "-R", request, path_of(image)]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Number of the first block of a file.
fn first_block(image: &Path, file: &str) -> u32 {
    debugfs(image, &format!("bmap {file} 0")).parse().unwrap()
}

/// Byte offset of the inode of a file.
fn inode_at(image: &Path, file: &str) -> usize {
    let said = debugfs(image, &format!("imap {file}"));
    let place = said.split("located at block ").nth(1).unwrap();
    let (block, offset) = place.split_once(", offset 0x").unwrap();
    block.parse::<usize>().unwrap() * 1024 + usize::from_str_radix(offset, 16).unwrap()
}

#[test]
fn blocks_in_two_files_of_an_ext_volume_name_both() {
    let Some(shared) = shared_data::folder() else { return };
    let packed = shared.join("data/faults/ext-damaged/f_dup.img.zst");
    if !packed.exists() {
        return eprintln!("skipped: {} is not there", packed.display());
    }
    let lab = Lab::new();
    let image = lab.beside("f_dup.img");
    if said_by("zstd", &["-dqf", path_of(&packed), "-o", path_of(&image)]).is_none() {
        return;
    }
    let Some(checked) = said_by("e2fsck", &["-fn", path_of(&image)]) else { return };
    assert!(checked.contains("Multiply-claimed block(s) in inode 12: 25"), "{checked}");
    assert!(checked.contains("Multiply-claimed block(s) in inode 13: 25"), "{checked}");
    incomplete(&lab, &image);
    let rows = lab.export("c");
    let claimed = problems(&lab);
    let numbers: Vec<_> = claimed.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [Some(12), Some(13)], "{claimed:?}");
    for (number, text) in claimed {
        let number = number.unwrap();
        let row = rows.iter().find(|row| row["record"].as_i64() == Some(number)).unwrap();
        for part in ["at byte 25600 (0x6400): 2048 bytes", "(record 12)", "(record 13)"] {
            assert!(text.contains(part), "{text}");
        }
        assert_eq!(row["details"]["claimed_twice"], text, "{row}");
        // The Sleuth Kit does not find its way on this volume: its inode table is cut off.
        let request = format!("cat <{number}>");
        let theirs =
            Command::new("debugfs").args(["-R", &request, path_of(&image)]).output().unwrap();
        assert_eq!(row["sha256"], sha256(&theirs.stdout), "{row}");
    }
}

#[test]
fn a_block_of_a_file_in_the_inode_table_names_file_and_table() {
    let lab = Lab::new();
    let Some(image) = ext_volume(&lab, &["-t", "ext2"], "") else { return };
    let groups = said_by("dumpe2fs", &[path_of(&image)]).unwrap();
    let table = groups.split("Inode table at ").nth(1).unwrap();
    let first: u64 = table.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap();
    debugfs(&image, &format!("sif two block[1] {}", first + 20));
    let checked = said_by("e2fsck", &["-fn", path_of(&image)]).unwrap();
    assert!(checked.contains("Multiply-claimed block(s) in inode 13"), "{checked}");
    incomplete(&lab, &image);
    let said = texts(&lab);
    assert_eq!(said.len(), 1, "{said:?}");
    let place = format!("at byte {}", (first + 20) * 1024);
    for part in [place.as_str(), "1024 bytes", "/two (record 13)", "the file system's inode table"]
    {
        assert!(said[0].contains(part), "{said:?}");
    }
    let rows = lab.export("c");
    assert_eq!(row(&rows, "/two")["sha256"], sha256(&icat("ext2", &image, "13")));
}

#[test]
fn a_block_of_a_file_that_maps_another_file_names_both() {
    let lab = Lab::new();
    let long = lab.write("long", &b"long".repeat(5000));
    let Some(image) =
        ext_volume(&lab, &["-t", "ext2"], &format!("write {} long\n", long.display()))
    else {
        return;
    };
    let map = u32::from_le_bytes(
        std::fs::read(&image).unwrap()[inode_at(&image, "long") + 88..][..4].try_into().unwrap(),
    );
    debugfs(&image, &format!("sif two block[0] {map}"));
    incomplete(&lab, &image);
    let said = texts(&lab);
    assert_eq!(said.len(), 1, "{said:?}");
    let file = "/two (record 13)";
    let owner = "the indirect blocks of /long (record 14)";
    assert!(said[0].contains(file) && said[0].contains(owner), "{said:?}");
}

#[test]
fn a_block_of_a_file_in_a_directory_names_file_and_directory() {
    let lab = Lab::new();
    let Some(image) = ext_volume(&lab, &["-t", "ext4"], "mkdir folder\n") else { return };
    let folder = first_block(&image, "folder");
    // The only extent of a small file lies in its inode, behind the header of the tree.
    let place = inode_at(&image, "two") + 40 + 12 + 8;
    change(&image, |bytes| put(bytes, place, &folder.to_le_bytes()));
    incomplete(&lab, &image);
    let said = texts(&lab);
    assert!(
        said.iter()
            .any(|text| text.contains("/two (record 13)")
                && text.contains("the directory of /folder")),
        "{said:?}"
    );
}

#[test]
fn hard_links_deleted_files_and_blocks_shared_by_design_are_no_double_claims() {
    let lab = Lab::new();
    // A file that takes the blocks of a deleted one, and a file with two names.
    let again = lab.write("again", &b"again".repeat(600));
    let commands =
        format!("rm one\nwrite {} again\nln two second\nsif two links_count 2\n", again.display());
    let Some(image) = ext_volume(&lab, &["-t", "ext2"], &commands) else { return };
    let scan = lab.scan(&image);
    assert_eq!((scan.code(), texts(&lab)), (0, vec![]), "{}", scan.all());

    let lab = Lab::new();
    let Some(image) = ext_volume(&lab, &["-t", "ext2"], "feature shared_blocks\n") else { return };
    let place = first_block(&image, "one");
    debugfs(&image, &format!("sif two block[0] {place}"));
    assert_eq!(first_block(&image, "two"), place);
    lab.scan(&image);
    assert_eq!(texts(&lab), Vec::<String>::new(), "files share blocks on such a volume");
    debugfs(&image, "sif two block[1] 1");
    let lab = Lab::new();
    incomplete(&lab, &image);
    let said = texts(&lab);
    assert!(
        said[0].contains("/two") && said[0].contains("superblock and group descriptors"),
        "{said:?}"
    );
}

#[test]
fn thousands_of_claims_are_counted_the_first_are_named_and_threads_change_nothing() {
    let lab = Lab::new();
    let Some(image) = ext_volume(&lab, &["-t", "ext2", "-I", "128", "-N", "512"], "") else {
        return;
    };
    // Inode 13 is "two": with every other of its direct blocks in "one", and copied over all inodes behind it.
    let at = inode_at(&image, "two");
    change(&image, |bytes| {
        put(bytes, at + 4, &(12_u32 * 1024).to_le_bytes());
        for number in 0..400_usize {
            bytes.copy_within(at..at + 128, at + number * 128);
            for slot in 0..12_u32 {
                // Each pair of neighbours shares blocks that no other pair has.
                let place = 1000 + (number as u32 / 2) * 24 % 2900 + slot * 2;
                put(bytes, at + number * 128 + 40 + slot as usize * 4, &place.to_le_bytes());
            }
        }
    });
    let mut digests = Vec::new();
    for threads in ["1", "5"] {
        let lab = Lab::new();
        let scan = lab.run(&["scan", path_of(&image), "--case", "c", "--threads", threads]);
        assert_eq!(scan.code(), 3, "{}", scan.all());
        let said = texts(&lab);
        let total =
            said.iter().filter(|text| text.contains("ranges are claimed more than once")).count();
        assert_eq!(total, 1, "{}", said.join("\n"));
        digests.push(lab.digest("c"));
    }
    assert_eq!(digests[0], digests[1]);
}

// FAT

/// A FAT16 volume of mkfs.fat with files of two clusters and a folder.
fn fat_volume(lab: &Lab) -> Option<PathBuf> {
    let image = lab.beside("fat.raw");
    std::fs::File::create(&image).unwrap().set_len(16 << 20).unwrap();
    said_by("mkfs.fat", &["-F", "16", "-s", "4", path_of(&image)])?;
    for name in ["ONE.BIN", "TWO.BIN"] {
        let file = lab.write(name, &name.repeat(500).into_bytes());
        said_by("mcopy", &["-i", path_of(&image), path_of(&file), "::"])?;
    }
    said_by("mmd", &["-i", path_of(&image), "::FOLDER"])?;
    Some(image)
}

/// Place of a root entry, of the first copy of the table, and of the second.
fn fat_places(image: &[u8], name: &[u8; 11]) -> (usize, [usize; 2]) {
    let sector = u16_at(image, 11);
    let reserved = u16_at(image, 14);
    let sectors = u16_at(image, 22);
    let tables = [reserved * sector, (reserved + sectors) * sector];
    let root = (reserved + 2 * sectors) * sector;
    let entry = (root..).step_by(32).find(|at| image[*at..*at + 11] == *name).unwrap();
    (entry, tables)
}

#[test]
fn chains_of_fat_that_cross_name_both_files() {
    let lab = Lab::new();
    let Some(image) = fat_volume(&lab) else { return };
    let mut place = 0;
    change(&image, |bytes| {
        let (one, tables) = fat_places(bytes, b"ONE     BIN");
        let (two, _) = fat_places(bytes, b"TWO     BIN");
        let last_of_one = u16_at(bytes, tables[0] + 2 * u16_at(bytes, one + 26));
        for table in tables {
            // The second cluster of TWO is the second one of ONE.
            let at = table + 2 * u16_at(bytes, two + 26);
            put(bytes, at, &(last_of_one as u16).to_le_bytes());
        }
        let sector = u16_at(bytes, 11);
        let root_entries = u16_at(bytes, 17);
        place = tables[1]
            + u16_at(bytes, 22) * sector
            + root_entries * 32
            + (last_of_one - 2) * 4 * sector;
    });
    let Some(checked) = said_by("fsck.fat", &["-n", path_of(&image)]) else { return };
    assert!(checked.contains("share clusters"), "{checked}");
    incomplete(&lab, &image);
    let said = texts(&lab);
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(said_of_chains(&lab), [""; 0], "said once, with both owners");
    for part in [
        &format!("at byte {place} "),
        "2048 bytes",
        "by /ONE.BIN (record",
        "and by /TWO.BIN (record",
    ] {
        assert!(said[0].contains(part), "{said:?}");
    }
    let rows = lab.export("c");
    for (name, number) in [("/ONE.BIN", "3"), ("/TWO.BIN", "4")] {
        let listed = said_by("fls", &["-f", "fat16", path_of(&image)]).unwrap();
        assert!(listed.contains(&format!("{number}:\t{}", &name[1..])), "{listed}");
        assert_eq!(row(&rows, name)["sha256"], sha256(&icat("fat16", &image, number)), "{name}");
    }
}

#[test]
fn a_file_of_fat_that_runs_into_a_folder_names_both() {
    let lab = Lab::new();
    let Some(image) = fat_volume(&lab) else { return };
    change(&image, |bytes| {
        let (two, tables) = fat_places(bytes, b"TWO     BIN");
        let (folder, _) = fat_places(bytes, b"FOLDER     ");
        for table in tables {
            let at = table + 2 * u16_at(bytes, two + 26);
            let cluster = u16_at(bytes, folder + 26) as u16;
            put(bytes, at, &cluster.to_le_bytes());
        }
    });
    incomplete(&lab, &image);
    let said = texts(&lab);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].contains("/TWO.BIN (record")
            && said[0].contains("the directory of /FOLDER (record"),
        "{said:?}"
    );
}

// exFAT

/// An entry set of exFAT: a file without a chain, of one name entry.
fn exfat_set(name: &str, first_cluster: u32, size: u64) -> [u8; 96] {
    let units: Vec<u16> = name.encode_utf16().collect();
    let hash = name
        .to_uppercase()
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .fold(0_u16, |sum, byte| sum.rotate_right(1).wrapping_add(u16::from(byte)));
    let mut set = [0; 96];
    put(&mut set, 0, &[0x85, 2, 0, 0, 0x20]);
    for time in [8, 12, 16] {
        put(&mut set, time, &0x5a21_0000_u32.to_le_bytes());
    }
    put(&mut set, 32, &[0xc0, 3, 0, units.len() as u8]);
    put(&mut set, 36, &hash.to_le_bytes());
    put(&mut set, 40, &size.to_le_bytes());
    put(&mut set, 52, &first_cluster.to_le_bytes());
    put(&mut set, 56, &size.to_le_bytes());
    put(&mut set, 64, &[0xc1]);
    for (place, unit) in units.iter().enumerate() {
        put(&mut set, 66 + 2 * place, &unit.to_le_bytes());
    }
    let sum = set
        .iter()
        .enumerate()
        .filter(|(at, _)| !matches!(at, 2 | 3))
        .fold(0_u16, |sum, (_, byte)| sum.rotate_right(1).wrapping_add(u16::from(*byte)));
    put(&mut set, 2, &sum.to_le_bytes());
    set
}

/// An exFAT volume of mkfs.exfat with files at these clusters behind the root directory: name, first cluster, clusters.
fn exfat_volume(lab: &Lab, files: &[(&str, i64, u64)]) -> Option<(PathBuf, usize)> {
    let image = lab.beside("exfat.raw");
    std::fs::File::create(&image).unwrap().set_len(16 << 20).unwrap();
    said_by("mkfs.exfat", &["-c", "4096", path_of(&image)])?;
    let mut heap = 0;
    change(&image, |bytes| {
        let sector = 1_usize << bytes[108];
        let root = u32_at(bytes, 96);
        heap = u32_at(bytes, 88) * sector;
        let place = |cluster: usize| heap + (cluster - 2) * 4096;
        let free = (place(root)..).step_by(32).find(|at| bytes[*at] == 0).unwrap();
        let bitmap =
            place(root) + (0..).find(|slot| bytes[place(root) + slot * 32] == 0x81).unwrap() * 32;
        let bitmap = place(u32_at(bytes, bitmap + 20));
        for (number, (name, behind_root, clusters)) in files.iter().enumerate() {
            let first = u32::try_from(root as i64 + behind_root).unwrap();
            put(bytes, free + number * 96, &exfat_set(name, first, clusters * 4096));
            for cluster in first as usize..first as usize + *clusters as usize {
                bytes[bitmap + (cluster - 2) / 8] |= 1 << ((cluster - 2) % 8);
            }
        }
        heap = place(root);
    });
    Some((image, heap))
}

#[test]
fn clusters_in_two_files_of_exfat_name_both() {
    let lab = Lab::new();
    let sound = exfat_volume(&lab, &[("one.bin", 1, 3), ("two.bin", 4, 3)]);
    let Some((image, _)) = sound else { return };
    assert_eq!(lab.scan(&image).code(), 0, "a sound volume");

    let lab = Lab::new();
    let Some((image, root)) = exfat_volume(&lab, &[("one.bin", 1, 3), ("two.bin", 3, 3)]) else {
        return;
    };
    let Some(checked) = said_by("fsck.exfat", &["-n", path_of(&image)]) else { return };
    assert!(checked.contains("two.bin"), "{checked}");
    incomplete(&lab, &image);
    let said = texts(&lab);
    assert_eq!(said.len(), 1, "{said:?}");
    let place = format!("at byte {} ", root + 3 * 4096);
    for part in [place.as_str(), "4096 bytes", "by /one.bin (record", "and by /two.bin (record"] {
        assert!(said[0].contains(part), "{said:?}");
    }
}

#[test]
fn a_file_of_exfat_in_the_allocation_bitmap_or_the_root_directory_names_both() {
    for (behind_root, other) in
        [(0, "the directory of / (record 0)"), (-1, "/$UPCASE_TABLE (record")]
    {
        let lab = Lab::new();
        let Some((image, _)) = exfat_volume(&lab, &[("one.bin", behind_root, 1)]) else { return };
        incomplete(&lab, &image);
        let said = texts(&lab);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains("/one.bin (record") && said[0].contains(other), "{said:?}");
    }
}

// NTFS

/// An NTFS volume of mkntfs with two files, "two" moved to the cluster `to` gives; returns where it is.
fn ntfs_volume(lab: &Lab, to: &dyn Fn(&[u8]) -> u8) -> Option<PathBuf> {
    let image = lab.beside("ntfs.raw");
    std::fs::File::create(&image).unwrap().set_len(8 << 20).unwrap();
    // Clusters of 64 KiB: their numbers have one byte.
    said_by("mkntfs", &["-F", "-q", "-Q", "-c", "65536", path_of(&image)])?;
    for name in ["one", "two"] {
        let file = lab.write(name, &name.repeat(20_000).into_bytes());
        said_by("ntfscp", &["-f", path_of(&image), path_of(&file), name])?;
    }
    change(&image, |bytes| {
        let cluster = to(bytes);
        let runs = ntfs_runs(bytes, "two");
        bytes[runs + 2] = cluster;
    });
    Some(image)
}

/// Place of the mapping pairs of a file's content.
fn ntfs_runs(image: &[u8], name: &str) -> usize {
    let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let records = u32_at(image, 48) * 65536;
    let record = (records..).step_by(1024).find(|at| {
        let record = &image[*at..*at + 1024];
        record.starts_with(b"FILE")
            && record
                .windows(units.len() + 2)
                .any(|bytes| bytes[0] as usize == name.len() && bytes[2..] == units)
    });
    let mut at = record.unwrap() + u16_at(image, record.unwrap() + 20);
    while u32_at(image, at) != 0x80 {
        at += u32_at(image, at + 4);
    }
    let runs = at + u16_at(image, at + 32);
    assert_eq!(image[runs] & 0xf0, 0x10, "a cluster number of one byte");
    runs
}

#[test]
fn clusters_in_two_files_of_ntfs_name_both() {
    let lab = Lab::new();
    let image = ntfs_volume(&lab, &|bytes| bytes[ntfs_runs(bytes, "one") + 2]);
    let Some(image) = image else { return };
    let Some(checked) = said_by("ntfsresize", &["-i", "-f", path_of(&image)]) else { return };
    assert!(
        checked.contains("referenced multiple times") || checked.contains("multiply"),
        "{checked}"
    );
    incomplete(&lab, &image);
    let said = texts(&lab);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("by /one (record 64) and by /two (record 65)"), "{said:?}");
    let rows: Vec<Value> = lab.export("c");
    for (path, number) in [("/one", "64"), ("/two", "65")] {
        assert_eq!(row(&rows, path)["sha256"], sha256(&icat("ntfs", &image, number)), "{path}");
    }
}

#[test]
fn a_file_of_ntfs_in_the_mft_or_an_index_names_both() {
    let lab = Lab::new();
    let Some(image) = ntfs_volume(&lab, &|bytes| u32_at(bytes, 48) as u8) else { return };
    incomplete(&lab, &image);
    let said = texts(&lab);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("by /$MFT (record 0) and by /two (record"), "{said:?}");
}
