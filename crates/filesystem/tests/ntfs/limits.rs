//! Limits of what one part of the record table may make the reader do: the same for every division of the part.

use std::collections::BTreeMap;
use std::sync::Arc;

use byte_source::{MemorySource, Scratch};
use filesystem::{FileSystem, Found};

use crate::damage::small;
use crate::listing::open;

const RECORD: usize = 1024;
/// Records from here on are those of files.
const FIRST_FILE: usize = 24;

/// Gives the file record at `at` a list of attributes of 80 KiB that lies where those of all others lie.
fn share_list(image: &mut [u8], at: usize) {
    let record = &mut image[at..at + RECORD];
    let word =
        |record: &[u8], at: usize| usize::from(u16::from_le_bytes([record[at], record[at + 1]]));
    // Update sequence: the last two bytes of each sector stand in the array.
    let array = word(record, 4);
    let in_use = word(record, 0x18);
    let sequence = [record[array], record[array + 1]];
    for sector in 0..2 {
        let saved = [record[array + 2 + 2 * sector], record[array + 3 + 2 * sector]];
        record[512 * sector + 510..512 * sector + 512].copy_from_slice(&saved);
    }
    // $ATTRIBUTE_LIST, not resident: 160 clusters of 512 bytes from cluster 1000 on.
    let mut list = vec![0_u8; 0x48];
    list[0] = 0x20;
    list[4] = 0x48;
    list[8] = 1;
    list[10] = 0x40;
    list[14] = 0x77;
    list[24..32].copy_from_slice(&159_u64.to_le_bytes());
    list[32] = 0x40;
    for size in [40, 48, 56] {
        list[size..size + 8].copy_from_slice(&(80_u64 << 10).to_le_bytes());
    }
    list[0x40..0x45].copy_from_slice(&[0x22, 0xa0, 0x00, 0xe8, 0x03]);
    // Behind the first attribute, $STANDARD_INFORMATION.
    let first = word(record, 0x14);
    let place = first + word(record, first + 4);
    record.copy_within(place..in_use, place + list.len());
    record[place..place + list.len()].copy_from_slice(&list);
    record[0x18..0x1a].copy_from_slice(&u16::try_from(in_use + list.len()).unwrap().to_le_bytes());
    for sector in 0..2 {
        let end = 512 * sector + 510;
        let saved = [record[end], record[end + 1]];
        record[array + 2 + 2 * sector..array + 4 + 2 * sector].copy_from_slice(&saved);
        record[end..end + 2].copy_from_slice(&sequence);
    }
}

/// A volume all of whose files share one list of attributes.
fn hostile() -> Option<Box<dyn FileSystem>> {
    let mut image = small()?;
    let of_file = |image: &[u8], at: usize| {
        let number = image
            .get(at + 0x2c..at + 0x30)
            .map(|bytes| u32::from_le_bytes(bytes.try_into().unwrap()));
        image[at..].starts_with(b"FILE")
            && image[at + 0x16] & 1 == 1
            && number >= Some(FIRST_FILE as u32)
    };
    let places: Vec<usize> =
        (0..image.len() - RECORD).step_by(512).filter(|at| of_file(&image, *at)).collect();
    assert!(places.len() > 400, "{} records", places.len());
    places.into_iter().for_each(|at| share_list(&mut image, at));
    Some(open(Arc::new(MemorySource::new(image))).unwrap())
}

/// Record by record: what is wrong with it.
fn problems(
    file_system: &dyn FileSystem,
    parts: &[std::ops::Range<u64>],
) -> BTreeMap<u64, Vec<String>> {
    let mut found_in = BTreeMap::new();
    let mut scratch = Scratch::new();
    for part in parts {
        file_system.scan(part.clone(), &mut scratch, &mut |found| {
            if let Found::Record(record) = found {
                let texts = record.problems.iter().map(ToString::to_string).collect();
                found_in.insert(record.id.number, texts);
            }
        });
    }
    found_in
}

#[test]
fn what_a_limit_costs_a_record_does_not_depend_on_how_the_table_is_divided() {
    let Some(file_system) = hostile() else { return };
    let slots = file_system.record_space().slots;
    let expected = problems(&*file_system, std::slice::from_ref(&(0..slots)));
    let limited =
        |texts: &Vec<String>| texts.iter().any(|text| text.contains("bytes of attribute lists"));
    let count = expected.values().filter(|texts| limited(texts)).count();
    // 32 MiB are enough for 409 lists; the root's index asks for some of them to find stale names.
    assert!(count > 50 && count < expected.len() - 100, "{count} of {} records", expected.len());
    for step in [1, 7, 100, 300] {
        // A reader that has seen nothing yet, and the parts in any order.
        let file_system = hostile().unwrap();
        let mut parts: Vec<_> =
            (0..slots).step_by(step).map(|start| start..(start + step as u64).min(slots)).collect();
        parts.reverse();
        assert!(problems(&*file_system, &parts) == expected, "by {step}");
    }
    // A record alone, of a reader that has seen nothing else.
    let mut records = Vec::new();
    file_system.scan(0..slots, &mut Scratch::new(), &mut |found| {
        if let Found::Record(record) = found {
            records.push(record.id);
        }
    });
    let file_system = hostile().unwrap();
    for id in records.into_iter().rev() {
        let alone = file_system.record(id, &mut Scratch::new()).unwrap();
        let texts: Vec<String> = alone.problems.iter().map(ToString::to_string).collect();
        assert_eq!(limited(&texts), limited(&expected[&id.number]), "record {}", id.number);
    }
}
