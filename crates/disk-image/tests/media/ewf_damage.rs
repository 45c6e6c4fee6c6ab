//! One flipped bit in each of 300 chunks of an EWF image: each is found, and every other chunk is read as before.
use crate::beside;

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;

use beside::Seeded;
use byte_source::{BadReason, Scratch, Source, read_available};

const CHUNK: u64 = 32_768;
const FLIPPED: usize = 300;

/// Where the chunks of an image of one table are stored.
fn stored(image: &[u8]) -> Vec<Range<usize>> {
    let find = |kind: &[u8]| image.windows(kind.len()).position(|window| window == kind).unwrap();
    let table = find(b"table\0\0\0\0\0\0\0\0\0\0\0");
    let number = |at: usize| u32::from_le_bytes(image[at..at + 4].try_into().unwrap()) as usize;
    let base = u64::from_le_bytes(image[table + 84..table + 92].try_into().unwrap()) as usize;
    let starts =
        (0..number(table + 76)).map(|entry| base + (number(table + 100 + 4 * entry) & 0x7fff_ffff));
    let starts: Vec<usize> = starts.chain([table]).collect();
    starts.windows(2).map(|pair| pair[0]..pair[1]).collect()
}

fn chunk(medium: &dyn Source, number: u64) -> (Vec<u8>, Option<BadReason>) {
    let start = number * CHUNK;
    let mut bytes = vec![0; (medium.len() - start).min(CHUNK) as usize];
    let (_, fault) = read_available(medium, start, &mut bytes, &mut Scratch::new());
    (bytes, fault)
}

#[test]
fn three_hundred_of_three_hundred_damaged_chunks_are_found() {
    if !beside::have("ewfacquire") {
        return;
    }
    for compression in ["none", "fast", "best"] {
        let folder = tempfile::tempdir().unwrap();
        let medium = beside::medium(400 * CHUNK as usize, 23);
        fs::write(folder.path().join("medium.raw"), &medium).unwrap();
        beside::run(
            folder.path(),
            &format!("ewfacquire -u -q -c {compression} -t image medium.raw"),
        );
        let mut image = fs::read(folder.path().join("image.E01")).unwrap();
        let places = stored(&image);
        assert_eq!(places.len(), 400);
        let mut numbers = Seeded(300);
        let mut damaged = BTreeSet::new();
        while damaged.len() < FLIPPED {
            let number = numbers.below(400);
            if damaged.insert(number) {
                let place = &places[number as usize];
                image[place.start + numbers.below(place.len() as u64) as usize] ^=
                    1 << numbers.below(8);
            }
        }
        let opened = beside::open_bytes("image.E01", image).unwrap();
        let mut found = 0;
        let mut without_effect = 0;
        for number in 0..400 {
            let (bytes, fault) = chunk(&*opened.medium, number);
            let whole = &medium[(number * CHUNK) as usize..][..bytes.len()];
            match fault {
                None => {
                    assert!(bytes == whole, "{compression}: chunk {number} is silently wrong");
                    without_effect += usize::from(damaged.contains(&number));
                }
                Some(
                    BadReason::Checksum { number: said, .. }
                    | BadReason::Undecodable { number: said, .. },
                ) => {
                    assert_eq!(said, number);
                    assert!(
                        damaged.contains(&number),
                        "{compression}: chunk {number} was not damaged"
                    );
                    found += 1;
                }
                other => panic!("{compression}: chunk {number}: {other:?}"),
            }
        }
        eprintln!(
            "{compression}: {found} of {FLIPPED} found, {without_effect} read right all the same"
        );
        assert_eq!(found + without_effect, FLIPPED);
        assert!(without_effect * 50 <= FLIPPED, "{compression}: {without_effect}");
    }
}
