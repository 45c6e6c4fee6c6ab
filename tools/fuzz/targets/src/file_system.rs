//! File systems: opened, all records scanned, read again, their streams pumped, their space counted, their paths built.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use byte_source::Scratch;
use evidence::{Spill, TreeBuilder};
use filesystem::{FileSystem, Found, OpenOptions, Record, pump, recognise};

use crate::look::{self, Meter};
use crate::packed;

/// Record slots that are scanned.
const MOST_SLOTS: u64 = 1 << 14;
/// Records that are read again.
const MOST_RECORDS: usize = 200;
/// Streams that are pumped of one record.
const MOST_STREAMS: usize = 20;
/// Things found in one slot, on average, that are still plausible: names, problems, the record.
const MOST_FOUND_A_SLOT: u64 = 4096;

/// Whatever the volume is recognised as.
pub(crate) fn any(input: &[u8]) {
    exercise(input, |_| true);
}

/// The reader of this name only.
pub(crate) fn one(name: &str, input: &[u8]) {
    exercise(input, |format| format == name);
}

fn exercise(input: &[u8], wanted: impl Fn(&str) -> bool) {
    let volume = packed::source(input);
    let mut scratch = Scratch::new();
    for (_, format) in recognise(&*volume, &mut scratch) {
        if !wanted(format.name) {
            continue;
        }
        match format.open(Arc::clone(&volume), &OpenOptions::default(), &mut scratch) {
            Ok(file_system) => look_at(&*file_system, &mut scratch),
            Err(problem) => look::problems(&[problem]),
        }
    }
}

fn look_at(file_system: &dyn FileSystem, scratch: &mut Scratch) {
    look::problems(&file_system.summary().problems);
    let space = file_system.record_space();
    assert!(space.part > 0, "parts of nothing");
    let slots = space.slots.min(MOST_SLOTS);
    let found = scan(file_system, slots, space.part, scratch);
    let limit = 10_000 + slots * MOST_FOUND_A_SLOT;
    assert!(u64::try_from(found.len()).is_ok_and(|count| count < limit), "{} found", found.len());
    if slots <= 64 {
        same_by_other_parts(file_system, slots, &found, scratch);
    }
    let records: Vec<&Record> = found
        .iter()
        .filter_map(|item| match item {
            Found::Record(record) => Some(&**record),
            _ => None,
        })
        .collect();
    let told = found.iter().any(|item| matches!(item, Found::Problem(_)));
    look_at_records(file_system, &records, told, scratch);
    build_paths(file_system, found.clone(), &records);
    let census = file_system.census(scratch);
    look::problems(&census.problems);
    look_at_unallocated(file_system, scratch);
}

fn look_at_unallocated(file_system: &dyn FileSystem, scratch: &mut Scratch) {
    let mut last = 0;
    let problems = file_system.unallocated(scratch, &mut |range: Range<u64>| {
        assert!(range.start >= last && range.start < range.end, "{range:?} after {last}");
        last = range.end;
    });
    look::problems(&problems);
    // Space behind the end of a volume that was cut off: somebody must say that it was.
    let said = !problems.is_empty() || !file_system.summary().problems.is_empty();
    assert!(
        said || last <= file_system.volume().len(),
        "{last} leaves the volume, and nobody says so"
    );
}

fn scan(file_system: &dyn FileSystem, slots: u64, part: u64, scratch: &mut Scratch) -> Vec<Found> {
    let mut found = Vec::new();
    let mut start = 0;
    while start < slots {
        let end = start.saturating_add(part).min(slots);
        file_system.scan(start..end, scratch, &mut |item| {
            if let Found::Problem(problem) = &item {
                assert!(!problem.to_string().is_empty());
            }
            found.push(item);
        });
        start = end;
    }
    found
}

fn same_by_other_parts(
    file_system: &dyn FileSystem,
    slots: u64,
    found: &[Found],
    scratch: &mut Scratch,
) {
    let kept = |found: &[Found]| -> Vec<Found> {
        found.iter().filter(|item| !matches!(item, Found::Problem(_))).cloned().collect()
    };
    let fine = scan(file_system, slots, 7, scratch);
    assert!(kept(found) == kept(&fine), "parts of 7 slots give other records or names");
}

fn look_at_records(
    file_system: &dyn FileSystem,
    records: &[&Record],
    told: bool,
    scratch: &mut Scratch,
) {
    let mut seen = HashSet::new();
    for record in records {
        assert!(seen.insert(record.id), "{:?} came twice", record.id);
    }
    for record in records.iter().take(MOST_RECORDS) {
        look::problems(&record.problems);
        let again = file_system.record(record.id, scratch);
        let again = match again {
            Ok(again) => again,
            // What the scan said is wrong with it may keep it from coming back.
            Err(problem) if told || !record.problems.is_empty() => {
                look::problems(&[problem]);
                continue;
            }
            Err(problem) => panic!("{:?} does not come back: {problem}", record.id),
        };
        assert_eq!((again.id, again.at, again.kind), (record.id, record.at, record.kind));
        assert!(again.streams == record.streams, "streams of {:?} differ", record.id);
        for stream in record.streams.iter().take(MOST_STREAMS) {
            let mut meter = Meter::default();
            let flow =
                pump(&**file_system.volume(), stream, scratch, &mut |piece| meter.take(&piece));
            let bytes = meter.bytes();
            assert!(bytes <= stream.size, "{bytes} bytes of {}: {:?}", stream.size, record.id);
            assert!(
                flow.is_break() || bytes == stream.size,
                "{bytes} of {}: {:?}",
                stream.size,
                record.id
            );
        }
    }
}

fn build_paths(file_system: &dyn FileSystem, found: Vec<Found>, records: &[&Record]) {
    let builder = TreeBuilder::new(Arc::new(Spill::in_memory()));
    let mut part = builder.part();
    found.into_iter().for_each(|item| part.take(item));
    part.join();
    let tree = builder.finish(file_system.root());
    assert!(tree.paths().iter().all(|path| path.starts_with('/')), "a path that is none");
    let mut reader = tree.reader();
    for record in records {
        let (place, further) = reader.places(record);
        assert!(place.directory < tree.paths().len());
        assert!(further.take(100).all(|place| place.directory < tree.paths().len()));
    }
    assert!(tree.deleted_names().all(|name| name.directory < tree.paths().len()));
}
