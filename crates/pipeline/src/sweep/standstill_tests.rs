//! The sweep always ends: whatever the layouts, the thresholds and the number of workers; and when it cannot go on, it says what is missing.

use std::ops::{ControlFlow, Range};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use byte_source::{BadReason, MemorySource, Piece, Scratch, Source, Visitor};
use case_model::{Disposition, UnreadableRange};
use evidence::{OnMedium, Spill};
use filesystem::{Place, Run, Stream};
use hash_engine::{Selection, StreamHasher};
use volume::Extent;

use super::big::BigJob;
use super::tests::{Random, Units, stream};
use super::{
    PlannedStreams, RestoredSweep, StopOnDrop, Sweep, SweepPlan, SweepResult, SweepVolume,
    WindowedMedium, WorkerTools, draft, spawn_workers, write_in_order,
};
use crate::stream::reader::{STANDSTILL, StreamResult};
use crate::stream::test_reading::{analysers, read_by_itself, reading};

const MEDIUM_BYTES: u64 = 6_000_321;
/// Windows far smaller than real ones: the pass makes as many steps as over a disk.
const WINDOW_BYTES: u64 = 64 << 10;
const CLUSTER: u64 = 4096;
/// Streams that form one part.
const PART: usize = 7;
const MD5: Selection = Selection { md5: true, sha1: false, sha256: false, blake3: false };
/// Two digests, so that streams over the threshold are split.
const TWO: Selection = Selection { md5: true, sha1: true, sha256: false, blake3: false };
const BLAKE3: Selection = Selection { md5: false, sha1: false, sha256: false, blake3: true };

/// A volume of several extents of a medium.
struct Volume {
    medium: Arc<dyn Source>,
    extents: Vec<Extent>,
}

impl Source for Volume {
    fn len(&self) -> u64 {
        self.extents.iter().map(|extent| extent.length).sum()
    }

    fn grain(&self) -> u32 {
        self.medium.grain()
    }

    fn visit(
        &self,
        range: Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let mut start = 0;
        for extent in &self.extents {
            let from = range.start.max(start);
            let to = range.end.min(start + extent.length);
            if from < to {
                let first = extent.start + (from - start);
                self.medium.visit(first..first + (to - from), scratch, each)?;
            }
            start += extent.length;
        }
        match range.end.saturating_sub(range.start.max(start)) {
            0 => ControlFlow::Continue(()),
            beyond => each(Piece::Bad(beyond, BadReason::BeyondEnd)),
        }
    }
}

/// What is swept, and how.
struct Setup {
    medium: Arc<dyn Source>,
    extents: Vec<Extent>,
    streams: Vec<Stream>,
    selection: Selection,
    threads: usize,
    /// Windows that streams may lie behind the pass.
    horizon: u64,
}

impl Setup {
    fn new(medium: &Arc<dyn Source>, streams: Vec<Stream>) -> Self {
        let extents = vec![Extent { start: 0, length: medium.len() }];
        let medium = Arc::clone(medium);
        Self { medium, extents, streams, selection: MD5, threads: 2, horizon: 8 }
    }

    /// Sweeps to the end, after `change` was made to the sweep.
    fn sweep(&self, change: impl FnOnce(&mut Sweep<'_>)) -> (SweepResult, Vec<StreamResult>) {
        self.sweep_with(change, &|part| part)
    }

    fn sweep_with(
        &self,
        change: impl FnOnce(&mut Sweep<'_>),
        made: &(dyn Fn(usize) -> usize + Sync),
    ) -> (SweepResult, Vec<StreamResult>) {
        let windows = (self.medium.grain() > 1).then(|| {
            Arc::new(WindowedMedium::with_windows(Arc::clone(&self.medium), WINDOW_BYTES))
        });
        let source: Arc<dyn Source> = match &windows {
            Some(windows) => Arc::clone(windows) as Arc<dyn Source>,
            None => Arc::clone(&self.medium),
        };
        let volume = Volume { medium: Arc::clone(&source), extents: self.extents.clone() };
        let on_medium = OnMedium { extents: &self.extents };
        let planned = PlannedStreams::new(source.len(), Arc::new(Spill::in_memory()));
        for (part, streams) in self.streams.chunks(PART).enumerate() {
            planned.add(
                part,
                0,
                streams.iter().map(|stream| draft(stream, None, &on_medium)).collect(),
            );
        }
        let plan = SweepPlan {
            volumes: vec![SweepVolume { source: &volume, medium: on_medium }],
            streams: planned,
            medium_digests: BLAKE3,
            stream_digests: self.selection,
            analysers: analysers(),
            memory_bytes: 1 << 20,
            most_unstored_bytes: 8 << 40,
            restored: RestoredSweep::default(),
        };
        let mut sweep = Sweep::new(source.as_ref(), windows.as_deref(), &[], plan, &|_| {});
        sweep.window_bytes = WINDOW_BYTES;
        sweep.window_count = source.len().div_ceil(WINDOW_BYTES);
        sweep.horizon = self.horizon;
        change(&mut sweep);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build().unwrap();
        let (done, rows) = crossbeam_channel::unbounded();
        let rows_of = |part, results, _: &mut WorkerTools| Ok::<_, ()>((made(part), results));
        let mut all = Vec::new();
        let parts = pool.in_place_scope(|scope| {
            let _stop = StopOnDrop(&sweep);
            spawn_workers(scope, self.threads, &sweep, &rows_of, done);
            sweep.open_rows();
            write_in_order(&sweep, rows, 0, &mut |_,
                                                  (_, results): (
                usize,
                Vec<Option<StreamResult>>,
            )| {
                all.extend(results.into_iter().map(Option::unwrap));
                Ok(())
            })
        });
        assert_eq!(parts, Ok(self.streams.len().div_ceil(PART)));
        (sweep.finish(), all)
    }

    /// Every stream gives what reading it alone gives, and the medium has its digest.
    fn gives_what_reading_alone_gives(&self, what: &str) -> SweepResult {
        let (result, streams) = self.sweep(|_| {});
        assert_eq!(result.given_up, 0, "{what}");
        assert_eq!(result.digests, digests_of(self.medium.as_ref()), "{what}");
        let volume = Volume { medium: Arc::clone(&self.medium), extents: self.extents.clone() };
        assert_eq!(streams.len(), self.streams.len(), "{what}");
        for (number, (swept, stream)) in streams.iter().zip(&self.streams).enumerate() {
            let alone = read_by_itself(&volume, stream, self.selection);
            assert_eq!(
                format!("{swept:?}"),
                format!("{alone:?}"),
                "{what}, stream {number}: {stream:?}"
            );
        }
        result
    }
}

fn digests_of(medium: &dyn Source) -> case_model::Digests {
    let mut hasher = StreamHasher::new(BLAKE3);
    let _ = medium.visit(0..medium.len(), &mut Scratch::new(), &mut |piece| {
        match piece {
            Piece::Data { bytes, .. } => hasher.update(bytes),
            Piece::Zero(count) | Piece::Bad(count, _) => hasher.update_zeros(count),
        }
        ControlFlow::Continue(())
    });
    hasher.finish()
}

/// A direct medium and a coded one.
fn media() -> [Arc<dyn Source>; 2] {
    let mut random = Random(0x0dd5);
    let bytes: Vec<u8> = (0..MEDIUM_BYTES).map(|_| random.next(256) as u8).collect();
    [Arc::new(MemorySource::new(bytes.clone())), Arc::new(Units(bytes))]
}

/// A stream of one of the sizes around a threshold of the schedule, whose runs are of all kinds.
fn any_stream(random: &mut Random) -> Stream {
    const SIZES: [u64; 9] = [
        1,
        CLUSTER,
        256 << 10,
        (512 << 10) - 1,
        (512 << 10) + 1,
        (1 << 20) - 1,
        1 << 20,
        (1 << 20) + 1,
        1_064_960,
    ];
    let size =
        SIZES[random.next(SIZES.len() as u64) as usize] + random.next(3) * random.next(70_000);
    let pieces = 1 + random.next(6);
    let length = size.div_ceil(CLUSTER * pieces) * CLUSTER;
    let whole = random.next(3) == 0;
    let damaged = random.next(2) == 0;
    let first = random.next(MEDIUM_BYTES / CLUSTER) * CLUSTER;
    let mut runs: Vec<Run> = (0..pieces)
        .map(|piece| {
            let place = match random.next(12) {
                0 => Place::Hole,
                1 => Place::Unwritten(first),
                2 | 3 if damaged => Place::Unknown,
                4 if damaged => Place::At(u64::MAX - random.next(2) * random.next(MEDIUM_BYTES)),
                5 if damaged => Place::At(MEDIUM_BYTES - random.next(CLUSTER)),
                _ if whole => {
                    Place::At((first + piece * length) % MEDIUM_BYTES / CLUSTER * CLUSTER)
                }
                _ => Place::At(random.next(MEDIUM_BYTES / CLUSTER) * CLUSTER),
            };
            Run { length, place }
        })
        .collect();
    if damaged && random.next(4) == 0 {
        // The layout ends before the stream does.
        runs.pop();
    }
    let valid = if random.next(6) == 0 { random.next(size + 1) } else { size };
    stream(size, valid, runs)
}

#[test]
fn whatever_the_layouts_and_the_number_of_workers_the_sweep_ends_with_every_result() {
    let mut random = Random(0x5ca_1ab1e);
    let media = media();
    for round in 0..48_usize {
        let count = [1, 3, 15, 17, 40, 80][random.next(6) as usize];
        let streams = (0..count).map(|_| any_stream(&mut random)).collect();
        let mut setup = Setup::new(&media[round % 2], streams);
        setup.threads = 1 + round / 2 % 8;
        setup.horizon = 8 + random.next(3) * 20;
        if random.next(3) == 0 {
            // The volume's second half comes first on the medium.
            let half = MEDIUM_BYTES / 2;
            setup.extents = vec![
                Extent { start: half, length: half },
                Extent { start: 0, length: half - 1000 },
            ];
        }
        setup.gives_what_reading_alone_gives(&format!("round {round}"));
    }
}

#[test]
fn streams_that_are_split_over_two_workers_end_too_with_parts_unknown_or_past_every_end() {
    let length = 32 << 20;
    for medium in &media() {
        for size in [(64 << 20) - 1, 64 << 20, (64 << 20) + 1] {
            for place in [Place::Unknown, Place::At(u64::MAX), Place::Hole] {
                let runs = vec![
                    Run { length, place: Place::Hole },
                    Run { length: CLUSTER, place: Place::At(CLUSTER) },
                    Run { length, place },
                ];
                let mut setup = Setup::new(medium, vec![stream(size, size, runs)]);
                (setup.selection, setup.threads) = (TWO, 3);
                setup.gives_what_reading_alone_gives(&format!("{size} bytes, {place:?}"));
            }
        }
    }
}

#[test]
fn streams_that_wait_for_bytes_far_ahead_do_not_hold_the_pass_back_from_them() {
    // More big streams than may be on their way at once. Each begins at the start of the medium and goes on at its end.
    let far = (MEDIUM_BYTES - (1 << 20)) / CLUSTER * CLUSTER;
    let streams = (0..80).map(|number| {
        let runs = vec![
            Run { length: CLUSTER, place: Place::At(number * CLUSTER) },
            Run { length: 1 << 20, place: Place::At(far) },
        ];
        stream((1 << 20) + CLUSTER, (1 << 20) + CLUSTER, runs)
    });
    let streams: Vec<Stream> = streams.collect();
    for medium in &media() {
        for threads in [1, 4] {
            let mut setup = Setup::new(medium, streams.clone());
            setup.threads = threads;
            let result = setup.gives_what_reading_alone_gives(&format!("{threads} threads"));
            assert!(result.times_let_go > 0, "the layouts are such that the pass must be let go");
        }
    }
}

#[test]
fn a_run_over_two_parts_of_a_volume_that_lie_far_apart_is_read() {
    let size = 2 << 20;
    let half = 1 << 20;
    // The run goes over the seam: its first byte lies at the start of the medium, its last at the end.
    let extents = vec![
        Extent { start: 0, length: half },
        Extent { start: MEDIUM_BYTES / CLUSTER * CLUSTER - half, length: half },
    ];
    let streams = vec![stream(size, size, vec![Run { length: size, place: Place::At(0) }])];
    for medium in &media() {
        let setup = Setup { extents: extents.clone(), ..Setup::new(medium, streams.clone()) };
        setup.gives_what_reading_alone_gives("over the seam");
    }
}

/// Streams of 2 MiB in one piece.
fn big_streams(count: u64) -> Vec<Stream> {
    let of = |number: u64| {
        stream(2 << 20, 2 << 20, vec![Run { length: 2 << 20, place: Place::At(number * CLUSTER) }])
    };
    (0..count).map(of).collect()
}

/// Which streams were given up: all others have their digests.
fn given_up(streams: &[StreamResult]) -> Vec<usize> {
    let is_given_up = |stream: &StreamResult| {
        let is_it = stream.rule.as_ref().is_some_and(|rule| rule.is(STANDSTILL));
        assert_eq!(stream.disposition == Disposition::Unreadable, is_it, "{stream:?}");
        assert_eq!(stream.digests.is_empty(), is_it, "{stream:?}");
        is_it
    };
    streams
        .iter()
        .enumerate()
        .filter(|(_, stream)| is_given_up(stream))
        .map(|(number, _)| number)
        .collect()
}

#[test]
fn a_stream_that_is_in_no_list_any_more_is_named_and_the_sweep_ends() {
    for medium in &media() {
        let setup = Setup::new(medium, big_streams(9));
        let (result, streams) = setup.sweep(|sweep| drop(sweep.lock().big.take(1)));
        assert_eq!((given_up(&streams), result.given_up), (vec![0], 1));
        assert_eq!(result.digests, digests_of(setup.medium.as_ref()), "the medium is read");
    }
}

#[test]
fn streams_that_nobody_can_take_are_named_and_the_sweep_ends() {
    for medium in &media() {
        let setup = Setup::new(medium, big_streams(9));
        let (result, streams) = setup.sweep(|sweep| {
            let mut state = sweep.lock();
            let job = Arc::new(state.big.take(1).remove(0));
            let mut stuck = BigJob::new(job, reading(MD5));
            // As if a worker had it and never gave it back.
            stuck.take(0, CLUSTER, analysers()).unwrap();
            state.active.push(stuck);
        });
        assert_eq!((given_up(&streams), result.given_up), (vec![0], 1));
        assert_eq!(result.digests, digests_of(setup.medium.as_ref()), "the medium is read");
    }
}

#[test]
fn a_medium_whose_windows_nobody_can_take_is_named_as_unread_from_there_on() {
    let [direct, coded] = media();
    for (medium, stuck_at) in [(direct, 0), (coded, 3 * WINDOW_BYTES)] {
        let setup = Setup::new(&medium, big_streams(9));
        let (result, streams) = setup.sweep(|sweep| {
            let mut state = sweep.lock();
            // As if workers had the digest, or window 3, and never gave it back.
            match sweep.windows {
                None => state.chains[0].busy = true,
                Some(windows) => {
                    (0..3).for_each(|number| windows.decode(number, &mut Scratch::new()));
                    (state.decoded, state.next_decode) = (3, 4);
                }
            }
        });
        let [UnreadableRange { offset, length, why }] = &result.unreadable[..] else {
            panic!("{:?}", result.unreadable)
        };
        assert_eq!(
            (*offset, *length, why),
            (stuck_at, MEDIUM_BYTES - stuck_at, &words::Statement::from(STANDSTILL).encode())
        );
        assert!(!given_up(&streams).is_empty());
    }
}

#[test]
fn a_worker_that_panics_ends_the_sweep() {
    let [medium, _] = media();
    for threads in [1, 4] {
        // Many more parts than may wait for the writer: the others would wait for the part that never comes.
        let small = (0..7 * 200).map(|number| {
            stream(
                CLUSTER,
                CLUSTER,
                vec![Run { length: CLUSTER, place: Place::At(number * CLUSTER) }],
            )
        });
        let setup = Setup { threads, ..Setup::new(&medium, small.collect()) };
        let made = |part| {
            assert_ne!(part, 3, "a fault of the rows");
            part
        };
        let ended = catch_unwind(AssertUnwindSafe(|| setup.sweep_with(|_| {}, &made)));
        assert!(ended.is_err(), "the panic goes on");
    }
}
