//! FAT and exFAT volumes whose metadata was altered at random: whatever is there, the reader ends, stays within bounds, and its counts add up.
use crate::evidence;
use crate::listing;
use crate::tools;

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::sync::Arc;

use byte_source::{BadReason, MemorySource, Piece, Scratch, Source, Visitor, index, read_vec};
use filesystem::{FileSystem, Found, OpenOptions, Record, pump};

const MUTANTS: u64 = 300;

/// xorshift64*: the same mutants every time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) % limit
    }
}

/// The original with some bytes changed and perhaps cut: 300 copies of it would take longer than reading them.
struct Mutant {
    original: Arc<Vec<u8>>,
    changes: BTreeMap<u64, u8>,
    len: u64,
}

impl Source for Mutant {
    fn len(&self) -> u64 {
        self.len
    }

    fn visit(&self, range: Range<u64>, _: &mut Scratch, each: &mut Visitor<'_>) -> ControlFlow<()> {
        let start = range.start.min(self.len);
        let end = range.end.min(self.len);
        if start < end {
            let mut bytes = self.original[index(start)..index(end)].to_vec();
            self.changes.range(start..end).for_each(|(at, byte)| bytes[index(at - start)] = *byte);
            each(Piece::Data { bytes: &bytes, at: start })?;
        }
        let beyond = (range.end - range.start) - (end - start.min(end));
        if beyond == 0 {
            ControlFlow::Continue(())
        } else {
            each(Piece::Bad(beyond, BadReason::BeyondEnd))
        }
    }
}

/// Opens, scans, counts and reads everything; how many things were found.
fn exercise(mutant: Mutant) -> Option<u64> {
    let length = mutant.len;
    let volume: Arc<dyn Source> = Arc::new(mutant);
    let options = OpenOptions::default();
    let mut scratch = Scratch::new();
    let (_, format) = filesystem::recognise(&*volume, &mut scratch).into_iter().next()?;
    let fs = format.open(volume, &options, &mut scratch).ok()?;
    let mut found = 0;
    let mut records: Vec<Record> = Vec::new();
    fs.scan(0..fs.record_space().slots, &mut scratch, &mut |thing| {
        found += 1;
        if let Found::Record(record) = thing {
            records.push(*record);
        }
    });
    // A slot gives a record and two names, and may be wrong in two ways.
    assert!(found <= length / 32 * 5 + 100, "{found} found in {length} bytes");
    check_records(&*fs, &records, &mut scratch);
    let census = fs.census(&mut scratch);
    let counted = records.iter().filter(|record| record.counted).count() as u64;
    assert_eq!(census.tallies.iter().map(|tally| tally.expected).sum::<u64>(), counted);
    let mut last = 0;
    fs.unallocated(&mut scratch, &mut |range: Range<u64>| {
        assert!(range.start >= last && range.start < range.end, "{range:?} after {last}");
        last = range.end;
    });
    Some(found)
}

fn check_records(fs: &dyn FileSystem, records: &[Record], scratch: &mut Scratch) {
    let mut seen = HashSet::new();
    for record in records {
        assert!(seen.insert(record.id), "{:?} came twice", record.id);
        let again = fs.record(record.id, scratch).expect("a record that the scan gave");
        assert_eq!(
            (again.kind, again.allocation, &again.streams),
            (record.kind, record.allocation, &record.streams)
        );
        for stream in &record.streams {
            let mut length = 0;
            let _ = pump(&**fs.volume(), stream, scratch, &mut |piece| {
                length += piece.len();
                ControlFlow::Continue(())
            });
            assert_eq!(length, stream.size, "{:?}", record.id);
        }
    }
}

/// Byte ranges that hold metadata: what stands before the data, and the slots of directories.
fn metadata(bytes: &[u8]) -> Vec<Range<u64>> {
    let volume: Arc<dyn Source> = Arc::new(MemorySource::new(bytes.to_vec()));
    let (_, fs) =
        listing::open(volume, &OpenOptions::default()).expect("the original is recognised");
    let mut slots = Vec::new();
    let mut scratch = Scratch::new();
    fs.scan(0..fs.record_space().slots, &mut scratch, &mut |found| {
        // The reserved area and the tables are records too; they are changed by ranges of their own.
        if let Found::Record(record) = found
            && record.id.number < 1 << 44
        {
            slots.push(record.at.saturating_sub(96)..record.at + 96);
        }
    });
    let first = slots.iter().map(|slot| slot.start).min().unwrap();
    // Boot regions, tables, directories: each a third of the changes.
    let mut ranges = vec![0..512, 0..8192.min(first), 512..first];
    ranges.extend(slots);
    ranges
}

fn mutate(original: &Arc<Vec<u8>>, ranges: &[Range<u64>], seed: u64) -> Mutant {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut mutant = Mutant {
        original: Arc::clone(original),
        changes: BTreeMap::new(),
        len: original.len() as u64,
    };
    let changes = 1 << random.below(8);
    for _ in 0..changes {
        let fixed = random.below(3) == 0;
        let choice = if fixed { random.below(3) } else { random.below(ranges.len() as u64) };
        let range = &ranges[index(choice)];
        let at = range.start + random.below(range.end - range.start);
        let byte = match random.below(4) {
            0 => 0,
            1 => 0xff,
            2 => original[index(at)] ^ (1 << random.below(8)),
            _ => u8::try_from(random.below(256)).unwrap(),
        };
        mutant.changes.insert(at, byte);
    }
    if random.below(10) == 0 {
        mutant.len = random.below(mutant.len);
    }
    mutant
}

fn attack(name: &str, original: Vec<u8>) {
    let ranges = metadata(&original);
    let original = Arc::new(original);
    let mut read = 0;
    for seed in 1..=MUTANTS {
        // A panic names the seed.
        let mutant = mutate(&original, &ranges, seed);
        match std::panic::catch_unwind(|| exercise(mutant)) {
            Ok(found) => read += u64::from(found.is_some()),
            Err(_) => panic!("{name}: mutant {seed}"),
        }
    }
    eprintln!("{name}: {read} of {MUTANTS} mutants were opened");
    assert!(read > MUTANTS / 2, "{name}: the mutants test little: {read}");
}

fn fat(folder: &Path, mebibytes: u64, options: &[&str]) -> Vec<u8> {
    let image = folder.join("image");
    tools::format(&image, mebibytes << 20, options);
    let tree = folder.join("tree");
    fs::create_dir_all(tree.join("one/two/three")).unwrap();
    for number in 0..40 {
        fs::write(
            tree.join(format!("file with a long name {number}")),
            vec![number; usize::from(number) * 97],
        )
        .unwrap();
        fs::write(
            tree.join(format!("one/two/{number}.txt")),
            vec![number; usize::from(number) * 31],
        )
        .unwrap();
    }
    tools::copy_in(&image, &[&tree]);
    tools::run("mdel", ["-i", image.to_str().unwrap(), "::tree/one/two/1*.txt"]);
    tools::run("mdeltree", ["-i", image.to_str().unwrap(), "::tree/one/two/three"]);
    fs::read(image).unwrap()
}

#[test]
fn fat12_mutants_are_read_to_their_end() {
    if tools::installed(&["mkfs.fat", "mcopy", "mdel", "mdeltree"]) {
        attack("FAT12", fat(tempfile::tempdir().unwrap().path(), 1, &["-F", "12", "-s", "1"]));
    }
}

#[test]
fn fat32_mutants_are_read_to_their_end() {
    if tools::installed(&["mkfs.fat", "mcopy", "mdel", "mdeltree"]) {
        attack("FAT32", fat(tempfile::tempdir().unwrap().path(), 34, &["-F", "32", "-s", "1"]));
    }
}

#[test]
fn exfat_mutants_are_read_to_their_end() {
    let Some(shared) = evidence::shared() else { return };
    for id in ["go-exfat-test.exfat", "dfirntfs-exfat_win.raw"] {
        let image = evidence::image(&shared, id);
        attack(id, read_vec(&*image, 0, image.len(), &mut Scratch::new()).unwrap());
    }
}
