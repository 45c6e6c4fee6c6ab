//! Whatever the layout, the sweep gives what reading each stream alone gives.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use byte_source::{BadReason, MemorySource, Piece, Scratch, Source, Visitor};
use case_model::{Digests, StopToken, UnreadableRange};
use evidence::{OnMedium, Spill};
use filesystem::{Codec, Coded, Confidence, Layout, Place, Run, Stream, StreamKind};
use hash_engine::{Selection, StreamHasher};
use volume::Extent;

use super::{
    PlannedStreams, RestoredSweep, SavedSweep, Snapshot, Sweep, SweepPlan, SweepVolume,
    WindowedMedium, draft, load_results, spawn_workers, write_in_order,
};
use crate::stream::reader::StreamResult;
use crate::stream::test_reading::{analysers, read_by_itself};
use crate::workers::parts::PartWriter;

const MEDIUM_BYTES: u64 = 90_000_321;
const UNIT: u64 = 32 << 10;

/// A coded medium: every 40th unit is zero, one is damaged.
pub(super) struct Units(pub(super) Vec<u8>);

impl Source for Units {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn grain(&self) -> u32 {
        UNIT as u32
    }

    fn visit(&self, range: Range<u64>, _: &mut Scratch, each: &mut Visitor<'_>) -> ControlFlow<()> {
        let mut at = range.start;
        while at < range.end {
            if at >= self.len() {
                return each(Piece::Bad(range.end - at, BadReason::BeyondEnd));
            }
            let unit = at / UNIT;
            let end = range.end.min((unit + 1) * UNIT).min(self.len());
            each(match unit {
                1111 => Piece::Bad(end - at, BadReason::Checksum { unit: "chunk", number: unit }),
                unit if unit % 40 == 7 => Piece::Zero(end - at),
                _ => Piece::Data { bytes: &self.0[at as usize..end as usize], at },
            })?;
            at = end;
        }
        ControlFlow::Continue(())
    }
}

/// A small generator with a fixed seed: the same layouts in every run.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

pub(super) fn stream(size: u64, valid: u64, runs: Vec<Run>) -> Stream {
    Stream {
        kind: StreamKind::Data,
        name: Vec::new(),
        size,
        valid,
        layout: Layout::Runs(runs),
        confidence: Confidence::Recorded,
    }
}

/// Streams in order, fragmented, going backwards, over each other, with holes, with unknown parts, past the end; small, big and very big.
fn streams(random: &mut Random) -> Vec<Stream> {
    let mut streams = Vec::new();
    let mut next = 0;
    for number in 0..600 {
        let size = match number {
            3 => 70 << 20,
            // Of all kinds of layouts: 61 goes through all remainders of 10.
            n if n % 61 == 0 => 1 + random.next(9 << 20),
            n if n % 7 == 0 => 1 + random.next(200),
            _ => 1 + random.next(60_000),
        };
        let at = |place: u64| Place::At(place % (MEDIUM_BYTES / 4096) * 4096);
        let runs = match number % 10 {
            0..=5 => {
                let place = Place::At(next);
                next = (next + size.div_ceil(4096) * 4096) % 80_000_000 / 4096 * 4096;
                vec![Run { length: size.div_ceil(4096) * 4096, place }]
            }
            _ => {
                let step = (size / 5).div_ceil(4096).max(1) * 4096;
                (0..6)
                    .map(|part| Run {
                        length: step,
                        place: match random.next(12) {
                            0 => Place::Hole,
                            1 => Place::Unwritten(4096 * random.next(100)),
                            2 if number % 3 == 0 => Place::Unknown,
                            3 if number % 5 == 4 => Place::At(u64::MAX),
                            4 if number % 5 == 3 => Place::At(u64::MAX - random.next(90_000_000)),
                            _ => at(random.next(30_000) + part),
                        },
                    })
                    .collect()
            }
        };
        let valid = if number % 11 == 5 { size / 2 } else { size };
        streams.push(stream(size, valid, runs));
    }
    // Two records of the same bytes, one that starts past the end.
    let twin = streams[1].clone();
    streams.push(twin);
    streams.push(stream(
        5000,
        5000,
        vec![Run { length: 8192, place: Place::At(MEDIUM_BYTES + 4096) }],
    ));
    // Holes of more than a step of the table of zeros: all of the stream, its start, and up to the valid length.
    let hole = Run { length: 128 << 20, place: Place::Hole };
    streams.push(stream(128 << 20, 128 << 20, vec![hole]));
    streams.push(stream(
        (128 << 20) + 3000,
        (128 << 20) + 3000,
        vec![hole, Run { length: 4096, place: Place::At(4096) }],
    ));
    streams.push(stream(65 << 20, 0, Vec::new()));
    streams.push(coded(random, 40));
    streams.push(coded(random, 200));
    streams
}

/// A compressed stream: units that are stored as they are, that are holes, and that cannot be decoded.
fn coded(random: &mut Random, units: u64) -> Stream {
    const UNIT_BYTES: u64 = 64 << 10;
    let at = |random: &mut Random| Place::At(4096 * random.next(20_000));
    let runs = (0..units).flat_map(|unit| match unit % 5 {
        3 => vec![Run { length: UNIT_BYTES, place: Place::Hole }],
        4 => {
            let half = |place| Run { length: UNIT_BYTES / 2, place };
            vec![half(at(random)), half(Place::Hole)]
        }
        _ => vec![Run { length: UNIT_BYTES, place: at(random) }],
    });
    let runs = runs.collect();
    let size = units * UNIT_BYTES - 1000;
    let coded =
        Coded { codec: Codec::Lznt1, unit_bytes: UNIT_BYTES as u32, coded_bytes: size, runs };
    Stream { layout: Layout::Coded(coded), ..stream(size, size, Vec::new()) }
}

/// Streams that form one part.
const PART: usize = 37;

pub(super) type Results = Vec<StreamResult>;
pub(super) type Given = (Digests, Vec<UnreadableRange>, Results);

/// Keeps what it is given, and where the sweep stands after each part.
struct Take<'t> {
    sweep: &'t Sweep<'t>,
    results: Vec<Results>,
    kept: Kept,
    /// Parts, or pauses, after which it is broken off.
    left: usize,
}

/// What a checkpoint would hold.
#[derive(Clone, Default)]
struct Kept {
    sweep: SavedSweep,
    results: Vec<(u64, Vec<u8>)>,
    /// The results of the parts that are written.
    written: Vec<Results>,
}

impl Kept {
    fn take(&mut self, snapshot: Snapshot) -> usize {
        let bytes = postcard::to_stdvec(&snapshot.sweep).unwrap();
        self.sweep = postcard::from_bytes(&bytes).unwrap();
        let count =
            snapshot.results.iter().map(|(_, bytes)| load_results(bytes).unwrap().len()).sum();
        self.results.extend(snapshot.results);
        count
    }

    fn restored(&self) -> RestoredSweep {
        let results = self.results.iter().map(|(part, bytes)| (*part as usize, bytes.clone()));
        RestoredSweep {
            parts: self.written.len(),
            sweep: self.sweep.clone(),
            results: results.collect(),
        }
    }
}

impl PartWriter<Vec<Option<StreamResult>>, ()> for Take<'_> {
    fn write(&mut self, part: usize, made: Vec<Option<StreamResult>>) -> Result<(), ()> {
        assert_eq!(part, self.results.len());
        self.results.push(made.into_iter().map(Option::unwrap).collect());
        Ok(())
    }

    fn between_parts(&mut self) -> Result<(), ()> {
        self.kept.take(self.sweep.snapshot());
        self.kept.written.clone_from(&self.results);
        self.left = self.left.saturating_sub(1);
        if self.left == 0 { Err(()) } else { Ok(()) }
    }
}

/// How far a sweep goes.
#[derive(Clone, Copy)]
enum Until {
    TheEnd,
    /// It is broken off when it was asked so often whether there is something to do between the parts.
    Parts(usize),
    /// It is broken off while it waits for its turn, with so many more results.
    Results(usize),
    /// A stop is requested after so many looks at the token.
    Looks(u64),
}

/// A token that asks for a stop after so many looks at it.
fn after_looks(count: u64) -> StopToken {
    let looks = AtomicU64::new(0);
    StopToken::when(move || looks.fetch_add(1, Ordering::Relaxed) >= count)
}

/// Sweeps, from where an earlier sweep was broken off; an error when it is broken off, too.
fn go_on(
    medium: &Arc<dyn Source>,
    streams: &[Stream],
    (threads, memory_bytes): (usize, u64),
    kept: Kept,
    until: Until,
) -> Result<Given, Box<Kept>> {
    let windows = (medium.grain() > 1).then(|| Arc::new(WindowedMedium::new(Arc::clone(medium))));
    let source: Arc<dyn Source> = match &windows {
        Some(windows) => Arc::clone(windows) as Arc<dyn Source>,
        None => Arc::clone(medium),
    };
    let extents = [Extent { start: 0, length: medium.len() }];
    let on_medium = OnMedium { extents: &extents };
    let folder = tempfile::tempdir().unwrap();
    // A part of the memory is for jobs and results: with little of it they lie in a file.
    let spill = Arc::new(Spill::new(folder.path().to_owned(), memory_bytes >> 10));
    let planned = PlannedStreams::new(medium.len(), Arc::clone(&spill));
    for (part, streams) in streams.chunks(PART).enumerate() {
        planned.add(
            part,
            0,
            streams.iter().map(|stream| draft(stream, None, &on_medium)).collect(),
        );
    }
    let plan = SweepPlan {
        volumes: vec![SweepVolume { source: source.as_ref(), medium: on_medium }],
        streams: planned,
        medium_digests: Selection { md5: true, ..Selection::MEDIUM },
        stream_digests: Selection::FILES,
        analysers: analysers(),
        most_unstored_bytes: 8 << 40,
        memory_bytes,
        restored: kept.restored(),
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let mut sweep = Sweep::new(source.as_ref(), windows.as_deref(), &[], plan, &|_| {});
    if let Until::Looks(count) = until {
        sweep.stop_on(&after_looks(count));
    }
    let (done, made) = crossbeam_channel::unbounded();
    let mut taken = pool.in_place_scope(|scope| {
        spawn_workers(scope, threads, &sweep, &|_, part, _| Ok::<_, ()>(part), done);
        let mut kept = kept;
        if let Until::Results(count) = until {
            let mut more = 0;
            while more < count {
                more += kept.take(sweep.snapshot());
                std::thread::yield_now();
            }
            sweep.stop();
            return Err(Box::new(kept));
        }
        sweep.open_rows();
        let left = if let Until::Parts(count) = until { count } else { usize::MAX };
        let first = kept.written.len();
        let mut take = Take { sweep: &sweep, results: kept.written.clone(), kept, left };
        match write_in_order(&sweep, made, first, &mut take) {
            Ok(parts) => {
                assert_eq!(parts, take.results.len());
                Ok((take.results, take.kept))
            }
            Err(()) => Err(Box::new(take.kept)),
        }
    })?;
    if sweep.is_stopped() && taken.0.len() < streams.len().div_ceil(PART) {
        // The checkpoint of a stop, when all workers have ended.
        taken.1.take(sweep.snapshot());
        taken.1.written.clone_from(&taken.0);
        return Err(Box::new(taken.1));
    }
    assert!(spill.failure().is_none());
    let medium = sweep.finish();
    assert_eq!(medium.given_up, 0);
    Ok((medium.digests, medium.unreadable, taken.0.into_iter().flatten().collect()))
}

pub(super) fn swept(
    medium: &Arc<dyn Source>,
    streams: &[Stream],
    threads: usize,
    memory_bytes: u64,
) -> Given {
    let given = go_on(medium, streams, (threads, memory_bytes), Kept::default(), Until::TheEnd);
    given.unwrap_or_else(|_| panic!("nothing breaks it off"))
}

/// Broken off after each part, and gone on with.
pub(super) fn broken_off_and_on(
    medium: &Arc<dyn Source>,
    streams: &[Stream],
    threads: usize,
) -> Given {
    let mut kept = Kept::default();
    loop {
        match go_on(medium, streams, (threads, 1 << 24), kept, Until::Parts(2)) {
            Ok(given) => return given,
            Err(broken_off) => kept = *broken_off,
        }
    }
}

fn medium_bytes(random: &mut Random) -> Vec<u8> {
    let bytes = (0..MEDIUM_BYTES / 8 + 1).flat_map(|_| random.next(u64::MAX).to_le_bytes());
    bytes.take(MEDIUM_BYTES as usize).collect()
}

#[test]
fn a_few_records_that_claim_the_whole_medium_again_and_again_are_limited_and_counted() {
    let mut random = Random(0x0fed);
    let medium: Arc<dyn Source> =
        Arc::new(MemorySource::new((0..40 << 20).map(|_| random.next(256) as u8).collect()));
    // Each begins a sector later: no two have one layout. Then a hundred that are all the same.
    let suffix = |number: u64| {
        let run = Run { length: 32 << 20, place: Place::At(512 * number) };
        stream(32 << 20, 32 << 20, vec![run])
    };
    let streams: Vec<Stream> = (0..60).chain(std::iter::repeat_n(3, 100)).map(suffix).collect();
    let (_, _, results) = swept(&medium, &streams, 2, 1 << 30);
    // 40 times 32 MiB are 32 times the medium.
    for (number, result) in results.iter().enumerate() {
        let skipped = result.disposition == case_model::Disposition::Skipped;
        assert_eq!(skipped, (40..60).contains(&number), "stream {number}");
    }
    for number in [0, 3, 39, 60, 159] {
        let alone = read_by_itself(medium.as_ref(), &streams[number], Selection::FILES);
        assert_eq!(format!("{:?}", results[number]), format!("{alone:?}"), "stream {number}");
    }
}

#[test]
fn a_sweep_that_is_broken_off_again_and_again_gives_what_one_without_a_break_gives() {
    let mut random = Random(0xb4ea_c0ff);
    let bytes = medium_bytes(&mut random);
    let streams = streams(&mut random);
    let media: [Arc<dyn Source>; 2] =
        [Arc::new(MemorySource::new(bytes.clone())), Arc::new(Units(bytes))];
    for medium in &media {
        let whole = swept(medium, &streams, 2, 1 << 30);
        for threads in [1, 3] {
            let mut kept = Kept::default();
            let mut breaks = 0;
            let given = loop {
                let left = streams.len().saturating_sub(kept.written.len() * PART);
                let known: usize = kept
                    .results
                    .iter()
                    .filter(|(part, _)| *part as usize >= kept.written.len())
                    .map(|(_, bytes)| load_results(bytes).unwrap().len())
                    .sum();
                let until = match random.next(3) {
                    0 => Until::Results(
                        (1 + random.next(60) as usize).min(left.saturating_sub(known)),
                    ),
                    _ => Until::Parts(1 + random.next(2) as usize),
                };
                match go_on(medium, &streams, (threads, 1 << (20 + random.next(9))), kept, until) {
                    Ok(given) => break given,
                    Err(broken_off) => kept = *broken_off,
                }
                breaks += 1;
            };
            assert!(breaks > 8, "{breaks} breaks");
            assert_eq!(given.0, whole.0, "{threads} threads");
            assert_eq!(given.1, whole.1, "{threads} threads");
            for (number, (given, whole)) in given.2.iter().zip(&whole.2).enumerate() {
                assert_eq!(
                    format!("{given:?}"),
                    format!("{whole:?}"),
                    "stream {number}, {threads} threads"
                );
            }
            assert_eq!(given.2.len(), streams.len());
        }
    }
}

#[test]
fn a_sweep_that_is_stopped_again_and_again_gives_what_one_without_a_stop_gives() {
    let mut random = Random(0x5709);
    let bytes = medium_bytes(&mut random);
    let streams = streams(&mut random);
    let media: [Arc<dyn Source>; 2] =
        [Arc::new(MemorySource::new(bytes.clone())), Arc::new(Units(bytes))];
    for medium in &media {
        let whole = swept(medium, &streams, 2, 1 << 30);
        for threads in [1, 2, 7] {
            let mut kept = Kept::default();
            let mut stops = 0_u64;
            let given = loop {
                // Each go may look more often than the one before: the sweep ends, however little one go does.
                let until = Until::Looks(threads as u64 + random.next(60) + 40 * stops);
                match go_on(medium, &streams, (threads, 1 << 24), kept, until) {
                    Ok(given) => break given,
                    Err(stopped) => kept = *stopped,
                }
                stops += 1;
            };
            assert!(stops > 3, "{stops} stops");
            assert_eq!((&given.0, &given.1), (&whole.0, &whole.1), "{threads} threads");
            for (number, (given, whole)) in given.2.iter().zip(&whole.2).enumerate() {
                assert_eq!(
                    format!("{given:?}"),
                    format!("{whole:?}"),
                    "stream {number}, {threads} threads"
                );
            }
            assert_eq!(given.2.len(), streams.len());
        }
    }
}

#[test]
fn every_stream_of_every_layout_gives_what_reading_it_alone_gives() {
    let mut random = Random(0x5eed_cafe_f00d);
    let bytes = medium_bytes(&mut random);
    let streams = streams(&mut random);
    let media: [Arc<dyn Source>; 2] =
        [Arc::new(MemorySource::new(bytes.clone())), Arc::new(Units(bytes))];
    for medium in &media {
        let mut scratch = Scratch::new();
        let alone: Vec<StreamResult> = streams
            .iter()
            .map(|stream| read_by_itself(medium.as_ref(), stream, Selection::FILES))
            .collect();
        let mut whole = StreamHasher::new(Selection { md5: true, ..Selection::MEDIUM });
        let _ = medium.visit(0..medium.len(), &mut scratch, &mut |piece| {
            match piece {
                Piece::Data { bytes, .. } => whole.update(bytes),
                Piece::Zero(count) | Piece::Bad(count, _) => whole.update_zeros(count),
            }
            ControlFlow::Continue(())
        });
        let whole = whole.finish();
        for (threads, memory) in [(1, 1 << 20), (3, 64 << 20), (2, 1 << 30)] {
            let (digests, unreadable, results) = swept(medium, &streams, threads, memory);
            assert_eq!(digests, whole, "{threads} threads, {memory} bytes");
            assert_eq!(unreadable.len(), usize::from(medium.grain() > 1));
            for (number, (result, alone)) in results.iter().zip(&alone).enumerate() {
                assert_eq!(
                    format!("{result:?}"),
                    format!("{alone:?}"),
                    "stream {number}, {threads} threads"
                );
            }
            assert_eq!(results.len(), alone.len());
        }
    }
}
