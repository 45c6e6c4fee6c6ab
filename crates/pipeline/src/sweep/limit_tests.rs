//! What is left out of a pass is the same however the work goes, and costs no other stream anything.

use std::sync::Arc;

use byte_source::{MemorySource, Source};
use case_model::Disposition;
use filesystem::{Codec, Coded, Layout, Place, Run, Stream};
use hash_engine::Selection;

use super::tests::{Random, broken_off_and_on, stream, swept};
use crate::stream::test_reading::read_by_itself;

const MIB: u64 = 1 << 20;

/// Ordinary streams, and among them some whose holes would take years.
fn streams() -> (Vec<Stream>, Vec<usize>) {
    let at = |length, at| Run { length, place: Place::At(at) };
    let hole = |length| Run { length, place: Place::Hole };
    let mut streams: Vec<Stream> =
        (0..90).map(|number| stream(70_000, 70_000, vec![at(73_728, number * 73_728)])).collect();
    let endless = 9 << 40;
    let behind = stream(endless + MIB, endless + MIB, vec![at(MIB, 3 * MIB), hole(endless)]);
    let never_written = stream(endless, 5000, vec![at(2 * MIB, 0)]);
    let coded = |unit: u64, holes: u64| {
        let runs = vec![at(unit, 8 * MIB), hole(holes), at(unit, 9 * MIB)];
        let size = 2 * unit + holes;
        let coded = Coded { codec: Codec::Lznt1, unit_bytes: 64 << 10, coded_bytes: size, runs };
        Stream { layout: Layout::Coded(coded), ..stream(size, size, Vec::new()) }
    };
    let limited = [(7, behind), (20, never_written), (60, coded(64 << 10, endless))];
    // 16 GiB of zeros at the start are in a table, and 3 MiB behind data cost little: both are hashed.
    streams.insert(
        2,
        stream((16 << 30) + MIB, (16 << 30) + MIB, vec![hole(16 << 30), at(MIB, 5 * MIB)]),
    );
    streams.insert(4, coded(64 << 10, 3 * MIB));
    let mut left_out = Vec::new();
    for (place, stream) in limited {
        streams.insert(place, stream);
        left_out.push(place);
    }
    (streams, left_out)
}

#[test]
fn streams_with_endless_holes_are_left_out_alone_whatever_the_workers_and_breaks() {
    let mut random = Random::new(0x0ddb_a115);
    let bytes: Vec<u8> = (0..12 * MIB).map(|_| random.next(256) as u8).collect();
    let medium: Arc<dyn Source> = Arc::new(MemorySource::new(bytes));
    let (streams, left_out) = streams();
    let mut given = vec![
        swept(&medium, &streams, 1, 1 << 20),
        swept(&medium, &streams, 3, 1 << 30),
        broken_off_and_on(&medium, &streams, 2),
    ];
    for (_, _, results) in &given {
        for (number, result) in results.iter().enumerate() {
            if left_out.contains(&number) {
                assert_eq!(result.disposition, Disposition::Skipped, "stream {number}");
                let rule = result.rule.as_ref().map(ToString::to_string).unwrap_or_default();
                assert!(
                    rule.starts_with("its holes, or what decoding adds")
                        && !rule.contains("only zeros")
                );
                continue;
            }
            let alone = read_by_itself(medium.as_ref(), &streams[number], Selection::FILES);
            assert_eq!(format!("{result:?}"), format!("{alone:?}"), "stream {number}");
        }
    }
    let last = given.pop().map(|(_, _, results)| format!("{results:?}"));
    assert!(given.iter().all(|(_, _, results)| Some(format!("{results:?}")) == last));
}
