//! Small images that claim to be endless: circles, depth, sizes of exabytes, clusters that expand. All are read to an end, in bounded
//! time and memory, and what is not read is said.
#![allow(clippy::unwrap_used, clippy::panic, reason = "test code")]

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use byte_source::{MemorySource, Piece, Problem, ProblemKind, Scratch, Source, length};
use evidence::{Spill, TreeBuilder};
use filesystem::{FileSystem, Found, Layout, OpenOptions, Record, Stream, pump, recognise};
use fuzz_targets::{Packed, Thread, processor_time};

/// Time of the processor that a small image may need, against readers that do not end: seconds are the order of what is read. The
/// clock of the wall would measure how busy the machine is.
const MOST_TIME: Duration = Duration::from_secs(120);

/// A seed as the image that it was made from.
fn seed(target: &str, name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus").join(target).join(name);
    Packed::new(&fs::read(path).unwrap()).unpacked()
}

fn open(bytes: Vec<u8>) -> Box<dyn FileSystem> {
    let volume: Arc<dyn Source> = Arc::new(MemorySource::new(bytes));
    let mut scratch = Scratch::new();
    let (_, format) = recognise(&*volume, &mut scratch).into_iter().next().unwrap();
    format
        .open(volume, &OpenOptions::default(), &mut scratch)
        .unwrap_or_else(|problem| panic!("{problem}"))
}

/// Time of the processor that this thread has used.
fn spent() -> Duration {
    processor_time(&Thread::this())
}

/// All that a scan finds.
fn scan(file_system: &dyn FileSystem) -> Vec<Found> {
    let start = spent();
    let mut found = Vec::new();
    let space = file_system.record_space();
    let mut scratch = Scratch::new();
    let mut slot = 0;
    while slot < space.slots {
        let end = (slot + space.part).min(space.slots);
        file_system.scan(slot..end, &mut scratch, &mut |item| found.push(item));
        slot = end;
    }
    assert!(spent() - start < MOST_TIME, "{:?}", spent() - start);
    found
}

fn records(found: &[Found]) -> impl Iterator<Item = &Record> {
    found.iter().filter_map(|item| match item {
        Found::Record(record) => Some(&**record),
        _ => None,
    })
}

fn problems<'f>(file_system: &'f dyn FileSystem, found: &'f [Found]) -> Vec<&'f Problem> {
    let told = found.iter().filter_map(|item| match item {
        Found::Problem(problem) => Some(problem),
        _ => None,
    });
    let of_records = records(found).flat_map(|record| &record.problems);
    told.chain(of_records).chain(&file_system.summary().problems).collect()
}

/// Bytes of a stream by kind: data, zero, bad; in how many pieces.
fn pumped(file_system: &dyn FileSystem, stream: &Stream) -> (u64, u64, u64, u64) {
    let start = spent();
    let mut data = 0;
    let mut zero = 0;
    let mut bad = 0;
    let mut pieces = 0;
    let _ = pump(&**file_system.volume(), stream, &mut Scratch::new(), &mut |piece| {
        pieces += 1;
        match piece {
            Piece::Data { bytes, .. } => data += length(bytes.len()),
            Piece::Zero(count) => zero += count,
            Piece::Bad(count, _) => bad += count,
        }
        ControlFlow::Continue(())
    });
    assert!(spent() - start < MOST_TIME, "{:?}", spent() - start);
    assert_eq!(data + zero + bad, stream.size);
    (data, zero, bad, pieces)
}

fn put(bytes: &mut [u8], at: u64, value: &[u8]) {
    let at = usize::try_from(at).unwrap();
    bytes[at..at + value.len()].copy_from_slice(value);
}

/// The largest plain file of a volume.
fn largest(file_system: &dyn FileSystem) -> Record {
    let found = scan(file_system);
    let data = |record: &&Record| record.streams.first().map_or(0, |stream| stream.size);
    records(&found)
        .filter(|record| !record.metadata && record.allocation == filesystem::Allocation::Allocated)
        .max_by_key(data)
        .unwrap()
        .clone()
}

const FAT32_CLUSTERS: u32 = 70_000;
const FAT32_RESERVED: u32 = 32;
const FAT32_TABLE_SECTORS: u32 = (FAT32_CLUSTERS + 2).div_ceil(128);

/// A FAT32 volume of clusters of 512 bytes; what a cluster is followed by is asked for each.
fn fat32(next: impl Fn(u32) -> u32) -> Vec<u8> {
    let sectors = FAT32_RESERVED + FAT32_TABLE_SECTORS + FAT32_CLUSTERS;
    let mut bytes = vec![0; usize::try_from(sectors).unwrap() * 512];
    put(&mut bytes, 0, b"\xeb\x58\x90mkfs.fat\x00\x02\x01\x20\x00\x01\x00\x00\x00\x00\xf8");
    put(&mut bytes, 32, &sectors.to_le_bytes());
    put(&mut bytes, 36, &FAT32_TABLE_SECTORS.to_le_bytes());
    put(&mut bytes, 44, &2_u32.to_le_bytes());
    put(&mut bytes, 82, b"FAT32   ");
    put(&mut bytes, 510, b"\x55\xaa");
    for cluster in 0..FAT32_CLUSTERS + 2 {
        let value = if cluster < 2 { 0x0fff_fff8 } else { next(cluster) };
        let at = u64::from(FAT32_RESERVED) * 512 + u64::from(cluster) * 4;
        put(&mut bytes, at, &value.to_le_bytes());
    }
    bytes
}

fn fat32_cluster_at(cluster: u32) -> u64 {
    u64::from(FAT32_RESERVED + FAT32_TABLE_SECTORS + cluster - 2) * 512
}

fn fat_entry(number: u32, attributes: u8, cluster: u32, size: u32) -> [u8; 32] {
    let mut entry = [0; 32];
    entry[..11].copy_from_slice(format!("{number:08X}BIN").as_bytes());
    entry[11] = attributes;
    entry[20..22].copy_from_slice(&cluster.to_le_bytes()[2..]);
    entry[26..28].copy_from_slice(&cluster.to_le_bytes()[..2]);
    entry[28..].copy_from_slice(&size.to_le_bytes());
    entry
}

/// The root's chain goes over the whole volume and back to its beginning: more than a million entries in a circle, each of them a
/// directory that is the root again.
#[test]
fn a_million_entries_in_a_circle_are_each_listed_once() {
    let mut bytes = fat32(|cluster| if cluster == FAT32_CLUSTERS + 1 { 2 } else { cluster + 1 });
    for number in 0..FAT32_CLUSTERS * 16 {
        let at = fat32_cluster_at(2) + u64::from(number) * 32;
        put(&mut bytes, at, &fat_entry(number, 0x10, 2, 0));
    }
    let file_system = open(bytes);
    let found = scan(&*file_system);
    // Beside the entries: the root, the boot sector and the tables. A directory of FAT has 65,536 entries at most; what stands behind is not read, and that is said.
    let listed = records(&found).count();
    assert!(
        (60_000..=usize::try_from(FAT32_CLUSTERS * 16 + 4).unwrap()).contains(&listed),
        "{listed}"
    );
    assert!(!problems(&*file_system, &found).is_empty());
}

/// Every entry claims the same chain, which jumps from cluster to cluster: entries times clusters is more than can be walked.
#[test]
fn ten_thousand_entries_that_share_one_torn_chain_are_listed() {
    let half = FAT32_CLUSTERS / 2;
    let bytes = fat32(|cluster| match cluster {
        2..=625 => cluster + 1,
        626 => 0x0fff_ffff,
        _ if cluster < half => cluster + half,
        _ if cluster - half + 1 > 626 && cluster - half + 1 < half => cluster - half + 1,
        _ => 0x0fff_ffff,
    });
    let mut bytes = bytes;
    for number in 0..10_000_u32 {
        put(
            &mut bytes,
            fat32_cluster_at(2) + u64::from(number) * 32,
            &fat_entry(number, 0x20, 627, 34_000 * 512),
        );
    }
    let file_system = open(bytes);
    let found = scan(&*file_system);
    assert!(records(&found).count() > 10_000);
    assert!(
        !problems(&*file_system, &found).is_empty(),
        "files that share clusters are not mentioned"
    );
}

/// Ten thousand directories, one in the other.
#[test]
fn a_path_ten_thousand_deep_is_walked_or_its_end_is_named() {
    let depth = 10_000;
    let mut bytes = fat32(|cluster| if cluster < depth + 3 { 0x0fff_ffff } else { 0 });
    for level in 0..depth {
        put(&mut bytes, fat32_cluster_at(2 + level), &fat_entry(level, 0x10, 3 + level, 0));
    }
    let file_system = open(bytes);
    let found = scan(&*file_system);
    let listed = u32::try_from(records(&found).count()).unwrap();
    let limited = problems(&*file_system, &found)
        .iter()
        .any(|problem| matches!(problem.kind, ProblemKind::LimitReached { .. }));
    assert!(listed > depth || limited, "{listed} of {depth} directories, and nobody says why");
    let builder = TreeBuilder::new(Arc::new(Spill::in_memory()));
    let mut part = builder.part();
    found.into_iter().for_each(|item| part.take(item));
    part.join();
    let tree = builder.finish(file_system.root());
    assert!(tree.paths().iter().map(String::len).sum::<usize>() < 600 << 20);
}

/// ext2: an indirect block that holds nothing but its own number, under a file of 2^41 bytes.
#[test]
fn an_indirect_block_that_points_to_itself_ends() {
    let mut bytes = seed("fs_ext", "ext2");
    let record = largest(&*open(bytes.clone()));
    let Layout::Runs(runs) = &record.streams[0].layout else { panic!("no runs") };
    let filesystem::Place::At(at) = runs[0].place else { panic!("no place") };
    let block = u32::try_from(at / 1024).unwrap();
    for word in 0..256 {
        put(&mut bytes, at + word * 4, &block.to_le_bytes());
    }
    // i_block[12..15] and i_size.
    for pointer in 0..15 {
        put(&mut bytes, record.at + 40 + pointer * 4, &block.to_le_bytes());
    }
    let huge = 1_u64 << 41;
    put(&mut bytes, record.at + 4, &huge.to_le_bytes()[..4]);
    put(&mut bytes, record.at + 108, &huge.to_le_bytes()[4..]);
    let file_system = open(bytes);
    let start = spent();
    let again = file_system.record(record.id, &mut Scratch::new()).unwrap();
    assert!(spent() - start < MOST_TIME, "{:?}", spent() - start);
    assert!(
        !again.problems.is_empty(),
        "nothing is said of {:?}",
        again.streams.first().map(|stream| stream.size)
    );
}

/// ext4: the size of an inode is 2^60 and nothing is stored.
#[test]
fn a_sparse_file_of_an_exabyte_costs_nothing() {
    let mut bytes = seed("fs_ext", "ext4-plain");
    let record = largest(&*open(bytes.clone()));
    let huge = 1_u64 << 60;
    put(&mut bytes, record.at + 4, &huge.to_le_bytes()[..4]);
    put(&mut bytes, record.at + 108, &huge.to_le_bytes()[4..]);
    // An extent tree without entries.
    put(&mut bytes, record.at + 40 + 2, &[0, 0]);
    let file_system = open(bytes);
    let again = file_system.record(record.id, &mut Scratch::new()).unwrap();
    for stream in &again.streams {
        let (data, _, _, pieces) = pumped(&*file_system, stream);
        assert!(data < 1 << 20 && pieces < 1 << 16, "{data} bytes in {pieces} pieces");
    }
    let told = !again.problems.is_empty();
    let size = again.streams.first().map_or(0, |stream| stream.size);
    assert!(told || size == huge, "2^60 bytes became {size}, and nobody says why");
}

/// ext4: an extent tree whose index points to its own block, as deep as a tree may be.
#[test]
fn an_extent_index_that_points_to_itself_is_named() {
    let mut bytes = seed("fs_ext", "ext4-plain");
    let record = largest(&*open(bytes.clone()));
    let Layout::Runs(runs) = &record.streams[0].layout else { panic!("no runs") };
    let filesystem::Place::At(at) = runs[0].place else { panic!("no place") };
    let block = u32::try_from(at / 1024).unwrap();
    let node = |entries: u16, most: u16, depth: u16| {
        let mut node = Vec::new();
        [0xf30a, entries, most, depth, 0, 0]
            .iter()
            .for_each(|word| node.extend_from_slice(&word.to_le_bytes()));
        for number in 0..entries {
            node.extend_from_slice(&u32::from(number).to_le_bytes());
            node.extend_from_slice(&block.to_le_bytes());
            node.extend_from_slice(&[0; 4]);
        }
        node
    };
    put(&mut bytes, record.at + 40, &node(4, 4, 5));
    // 84 entries each, five levels: 84^5 paths through one block.
    put(&mut bytes, at, &node(84, 84, 4));
    let file_system = open(bytes);
    let start = spent();
    let again = file_system.record(record.id, &mut Scratch::new()).unwrap();
    assert!(spent() - start < MOST_TIME, "{:?}", spent() - start);
    assert!(!again.problems.is_empty());
}

/// GPT: thousands of partitions, each of them the whole disk.
#[test]
fn thousands_of_overlapping_partitions_are_all_named() {
    let mut bytes = seed("volumes", "gpt");
    bytes.resize(4 << 20, 0);
    let entries = 8_192_u32;
    let mut entry = bytes[1024..1152].to_vec();
    entry[32..40].copy_from_slice(&34_u64.to_le_bytes());
    entry[40..48].copy_from_slice(&8_000_u64.to_le_bytes());
    let table_at = 2 << 20;
    for number in 0..u64::from(entries) {
        put(&mut bytes, table_at + number * 128, &entry);
    }
    put(&mut bytes, 512 + 72, &(table_at / 512).to_le_bytes());
    put(&mut bytes, 512 + 80, &entries.to_le_bytes());
    let medium: Arc<dyn Source> = Arc::new(MemorySource::new(bytes));
    let start = spent();
    let division = volume::divide(&medium, &mut Scratch::new());
    assert!(spent() - start < MOST_TIME, "{:?}", spent() - start);
    assert!(!division.problems.is_empty());
    let named = division.volumes.iter().filter(|volume| volume.start() == 34 * 512).count();
    let limited = division
        .problems
        .iter()
        .any(|problem| matches!(problem.kind, ProblemKind::LimitReached { .. }));
    assert!(
        named >= 8_000 || limited,
        "{named} of {entries} partitions: {:?}",
        division.problems.first()
    );
}

struct Alone;

impl disk_image::Neighbours for Alone {
    fn open(&self, _: &str) -> std::io::Result<Option<Arc<dyn Source>>> {
        Ok(None)
    }
}

/// Opens a container and visits the beginning, the middle, and the end of what it claims.
fn look(name: &str, bytes: Vec<u8>) -> Option<u64> {
    let start = spent();
    let mut scratch = Scratch::new();
    let opened = disk_image::open(name, Arc::new(MemorySource::new(bytes)), &Alone, &mut scratch);
    let medium = opened.ok()?.medium;
    for at in [0, medium.len() / 2, medium.len().saturating_sub(32 << 20)] {
        let end = at.saturating_add(32 << 20).min(medium.len());
        let mut seen = 0;
        let _ = medium.visit(at..end, &mut scratch, &mut |piece| {
            seen += piece.len();
            ControlFlow::Continue(())
        });
        assert_eq!(seen, end - at, "{name}");
    }
    let _ = volume::divide(&medium, &mut scratch);
    let _ = recognise(&*medium, &mut scratch);
    assert!(spent() - start < MOST_TIME, "{name}: {:?}", spent() - start);
    Some(medium.len())
}

/// Bytes of a medium that small files cannot bear: it is cut long before.
const MOST_MEDIUM: u64 = 2 << 40;

/// Containers whose medium is said to have 2^62 bytes and more.
#[test]
fn containers_that_claim_exabytes_are_opened_or_refused_at_once() {
    let mut vhd = seed("image_vhd", "vhd");
    let footer = vhd.len() - 512;
    for at in [0, footer] {
        put(&mut vhd, length(at) + 40, &(1_u64 << 63).to_be_bytes());
        put(&mut vhd, length(at) + 48, &(1_u64 << 63).to_be_bytes());
    }
    assert!(look("hostile.vhd", vhd).is_none_or(|len| len < MOST_MEDIUM));
    let mut vmdk = seed("image_vmdk", "vmdk");
    put(&mut vmdk, 12, &(1_u64 << 54).to_le_bytes());
    look("hostile.vmdk", vmdk);
    let mut qcow = seed("image_qcow", "qcow2");
    put(&mut qcow, 24, &(1_u64 << 62).to_be_bytes());
    assert!(look("hostile.qcow2", qcow).is_none_or(|len| len < MOST_MEDIUM));
    let mut vdi = seed("image_vdi", "vdi");
    put(&mut vdi, 368, &(1_u64 << 62).to_le_bytes());
    assert!(look("hostile.vdi", vdi).is_none_or(|len| len < MOST_MEDIUM));
}

/// qcow2: the table of level 1 points to itself, and so does that of level 2.
#[test]
fn tables_of_qcow2_that_point_to_themselves_end() {
    let mut bytes = seed("image_qcow", "qcow2");
    let level1 = u64::from_be_bytes(*bytes[40..].first_chunk().unwrap());
    for entry in 0..512 {
        put(&mut bytes, level1 + entry * 8, &(level1 | 1 << 63).to_be_bytes());
    }
    assert!(look("hostile.qcow2", bytes).is_some());
}

/// qcow2: every cluster of the medium is the same compressed one.
#[test]
fn compressed_clusters_that_expand_are_decoded_one_at_a_time() {
    let mut bytes = seed("image_qcow", "qcow2-zlib");
    let level1 = u64::from_be_bytes(*bytes[40..].first_chunk().unwrap());
    let level2 =
        u64::from_be_bytes(*bytes[usize::try_from(level1).unwrap()..].first_chunk().unwrap())
            & !(1 << 63);
    let at = usize::try_from(level2).unwrap();
    let entries = bytes[at..at + 4096].as_chunks::<8>().0;
    let compressed = entries.iter().copied().find(|entry| entry[0] & 0x40 != 0).unwrap();
    for entry in 0..512 {
        put(&mut bytes, level2 + entry * 8, &compressed);
    }
    assert!(look("hostile.qcow2", bytes).is_some());
}
