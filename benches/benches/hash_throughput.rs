//! MD5, SHA-1, SHA-256 and all three of many messages of one length, on one core: the crates one after the other, one stream, and lanes.
//!
//! `-- --ratios` runs them alternately instead and prints medians and ratios of the processor's time for this thread: what a machine that
//! others use can tell.

use std::hint::black_box;
use std::sync::OnceLock;

use divan::Bencher;
use divan::counter::BytesCount;
use hash_engine::{Engine, Lanes, MessageState, Selection};
use rustix::time::{ClockId, clock_gettime};
use sha2::Digest;

/// Bytes hashed in a sample.
const TOTAL_BYTES: usize = 16 << 20;
/// Bytes of a message.
const SIZES: [usize; 6] = [100, 512, 4 << 10, 16 << 10, 64 << 10, 1 << 20];
/// Alternating runs of which the median is printed.
const ROUNDS: usize = 7;

const NONE: Selection = Selection { md5: false, sha1: false, sha256: false, blake3: false };
const MD5: Selection = Selection { md5: true, ..NONE };
const SHA1: Selection = Selection { sha1: true, ..NONE };
const SHA256: Selection = Selection { sha256: true, ..NONE };

fn main() {
    if std::env::args().any(|argument| argument == "--ratios") {
        print_ratios();
    } else {
        divan::main();
    }
}

/// Bytes that do not repeat; made once.
fn data() -> &'static [u8] {
    static DATA: OnceLock<Vec<u8>> = OnceLock::new();
    DATA.get_or_init(|| {
        (0..TOTAL_BYTES).map(|at| (at.wrapping_mul(0x9e37_79b1) >> 13) as u8).collect()
    })
}

fn messages(size: usize) -> impl Iterator<Item = &'static [u8]> {
    data().chunks_exact(size)
}

fn by_crates(selection: Selection, size: usize) {
    for message in messages(size) {
        if selection.md5 {
            black_box(md5::Md5::digest(message));
        }
        if selection.sha1 {
            black_box(sha1::Sha1::digest(message));
        }
        if selection.sha256 {
            black_box(sha2::Sha256::digest(message));
        }
    }
}

fn by_stream(selection: Selection, size: usize) {
    for message in messages(size) {
        let mut state = MessageState::new(selection);
        state.update(message);
        black_box(state.finish());
    }
}

fn by_lanes(selection: Selection, size: usize, path: Engine) {
    let Some(mut lanes) = Lanes::with_engine(selection, path) else { return };
    let segments: Vec<[&[u8]; 1]> = messages(size).map(|message| [message]).collect();
    let segments: Vec<&[&[u8]]> = segments.iter().map(<[&[u8]; 1]>::as_slice).collect();
    lanes.digest_many(&segments, |_, digests| {
        black_box(digests);
    });
}

/// Seconds of the processor for this thread.
fn now() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// Seconds of the processor.
fn time(run: impl FnOnce()) -> f64 {
    let start = now();
    run();
    now() - start
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

fn print_ratios() {
    println!(
        "medians of {ROUNDS} alternating runs over {} MiB, MB/s (times the crates)",
        TOTAL_BYTES >> 20
    );
    let paths: Vec<Engine> = Engine::available().filter(|path| *path != Engine::Portable).collect();
    for size in SIZES {
        for (name, selection) in
            [("MD5", MD5), ("SHA-1", SHA1), ("SHA-256", SHA256), ("all three", Selection::FILES)]
        {
            let mut seconds = vec![Vec::new(); 2 + paths.len()];
            for _ in 0..ROUNDS {
                seconds[0].push(time(|| by_crates(selection, size)));
                seconds[1].push(time(|| by_stream(selection, size)));
                for (path, seconds) in paths.iter().zip(&mut seconds[2..]) {
                    seconds.push(time(|| by_lanes(selection, size, *path)));
                }
            }
            let bytes = (TOTAL_BYTES / size * size) as f64;
            let ways = ["stream".to_owned()].into_iter().chain(paths.iter().map(Engine::to_string));
            print!(
                "{size:>8} B  {name:<9}  crates {:6.0}",
                bytes / median(seconds[0].clone()) / 1e6
            );
            for (way, times) in ways.zip(&seconds[1..]) {
                let ratios =
                    seconds[0].iter().zip(times).map(|(crates, ours)| crates / ours).collect();
                let rate = bytes / median(times.clone()) / 1e6;
                let ratio = median(ratios);
                print!("   {way} {rate:6.0} ({ratio:5.2} ×)");
            }
            println!();
        }
    }
}

macro_rules! digests {
    ($($name:ident $selection:expr;)*) => { $(
        mod $name {
            use super::*;

            #[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
            fn crates_in_turn(bencher: Bencher<'_, '_>, size: usize) {
                bencher.counter(BytesCount::new(TOTAL_BYTES)).bench_local(|| by_crates($selection, size));
            }

            #[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
            fn stream(bencher: Bencher<'_, '_>, size: usize) {
                bencher.counter(BytesCount::new(TOTAL_BYTES)).bench_local(|| by_stream($selection, size));
            }

            #[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
            fn lanes(bencher: Bencher<'_, '_>, size: usize) {
                bencher.counter(BytesCount::new(TOTAL_BYTES)).bench_local(|| by_lanes($selection, size, Engine::best()));
            }
        }
    )* };
}

digests! {
    only_md5 MD5;
    only_sha1 SHA1;
    only_sha256 SHA256;
    all_three Selection::FILES;
}
