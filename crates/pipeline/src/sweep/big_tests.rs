//! Big streams in steps of any length, interrupted anywhere, give what reading them by themselves gives.

use std::sync::Arc;

use byte_source::MemorySource;
use evidence::OnMedium;
use filesystem::{Place, Run, Stream};
use hash_engine::Selection;
use volume::Extent;

use super::super::job::draft;
use super::super::tests::{Random, stream};
use super::*;
use crate::stream::test_reading::{read_by_itself, reading};

const EXTENTS: [Extent; 1] = [Extent { start: 0, length: 1 << 20 }];
const MEDIUM: OnMedium<'_> = OnMedium { extents: &EXTENTS };

/// What becomes of a stream between its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Between {
    Nothing,
    /// It is saved and restored.
    Interrupted,
    /// It is saved while a worker has it; what the worker does then is lost once.
    InterruptedInAStep,
}

fn in_steps(
    volume: &MemorySource,
    stream: &Stream,
    step_bytes: u64,
    between: Between,
) -> StreamResult {
    let reading = reading(Selection::FILES);
    let volumes = [SweepVolume { source: volume, medium: MEDIUM }];
    let draft = draft(stream, None, &MEDIUM);
    let job = Arc::new(Job { volume: 0, part: 0, index: 0, draft, twins: Vec::new() });
    let mut big = BigJob::new(Arc::clone(&job), reading);
    let restored = |big: &BigJob| {
        let bytes = postcard::to_stdvec(&big.save(reading.analysers).unwrap().unwrap()).unwrap();
        let saved = postcard::from_bytes(&bytes).unwrap();
        BigJob::new(Arc::clone(&job), reading).restore(&saved, reading.analysers).unwrap()
    };
    loop {
        for head in 0..big.heads.len() {
            if !big.heads[head].is_free() {
                continue;
            }
            let count = step_bytes.min(stream.size - big.heads[head].cursor.position);
            if between == Between::InterruptedInAStep {
                big.take(head, count, reading.analysers).unwrap();
                big = restored(&big);
            }
            let mut taken = [big.take(head, count, reading.analysers).unwrap()];
            let mut tools = WorkerTools::new(Selection::FILES);
            step(&volumes, &mut taken, reading.analysers, &mut tools);
            let [taken] = taken;
            if let Some(result) = big.give_back(taken, reading.analysers) {
                return result;
            }
            if between == Between::Interrupted {
                big = restored(&big);
            }
        }
    }
}

/// A tar archive by the mark at byte 257, so divided that the mark lies in its second or third run; the rest is random.
fn samples(random: &mut Random) -> (MemorySource, Vec<Stream>) {
    let mut bytes: Vec<u8> = (0..1 << 20).map(|_| random.next(256) as u8).collect();
    bytes[0..300].fill(b'n');
    bytes[257..263].copy_from_slice(b"ustar\0");
    let at = |length, at| Run { length, place: Place::At(at) };
    let hole = |length| Run { length, place: Place::Hole };
    let rest = |from: u64| at(70_000 - from, from);
    let streams = vec![
        stream(70_000, 70_000, vec![at(256, 0), rest(256)]),
        stream(70_000, 70_000, vec![at(100, 0), at(1, 100), rest(101)]),
        stream(70_000, 50_000, vec![at(9_000, 0), hole(20_000), at(41_000, 30_000)]),
        stream(70_000, 70_000, vec![hole(300), at(69_700, 0)]),
        stream(90_000, 90_000, vec![hole(20_000), rest(0)]),
        stream(70_000, 0, Vec::new()),
    ];
    (MemorySource::new(bytes), streams)
}

#[test]
fn steps_of_any_length_and_interruptions_anywhere_change_nothing() {
    let (volume, streams) = samples(&mut Random::new(0x7a95));
    for (number, stream) in streams.iter().enumerate() {
        let whole = read_by_itself(&volume, stream, Selection::FILES);
        for step_bytes in [256, 255, 4_096, 8_191, 30_001, 1 << 20] {
            for between in [Between::Nothing, Between::Interrupted, Between::InterruptedInAStep] {
                let given = in_steps(&volume, stream, step_bytes, between);
                let what = format!("stream {number}, steps of {step_bytes}, {between:?}");
                assert_eq!(format!("{given:?}"), format!("{whole:?}"), "{what}");
            }
        }
    }
}

#[test]
fn the_type_of_a_big_stream_does_not_depend_on_its_first_step() {
    let (volume, streams) = samples(&mut Random::new(0x7a95));
    for stream in &streams[..2] {
        let given = in_steps(&volume, stream, 100, Between::Nothing);
        let (content_type, _) = reading(Selection::FILES).analysers.named(given.findings);
        assert_eq!(content_type.as_deref(), Some("application/x-tar"));
    }
}

#[test]
fn a_stream_with_two_heads_tells_the_analysers_every_byte_once() {
    let (volume, _) = samples(&mut Random::new(0x7a95));
    let runs = vec![
        Run { length: SPLIT_BYTES, place: Place::Hole },
        Run { length: 300_000, place: Place::At(4_096) },
    ];
    let size = SPLIT_BYTES + 300_000;
    let stream = stream(size, size, runs);
    let whole = read_by_itself(&volume, &stream, Selection::FILES);
    for between in [Between::Nothing, Between::Interrupted, Between::InterruptedInAStep] {
        let given = in_steps(&volume, &stream, 70_000, between);
        assert_eq!(format!("{given:?}"), format!("{whole:?}"), "{between:?}");
    }
}
