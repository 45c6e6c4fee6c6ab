//! Lookups in a set of `HASH_SET_MILLIONS` (default 2) million SHA-256, beside SQLite and The Sleuth Kit's hfind, on one core, warm.
//!
//! Times are for a sample of many lookups; the item counter gives lookups a second. To reach: a miss 60 ns, a hit 150 ns, a sorted batch 60 ns each, 200
//! times as fast as hfind; a set opened in 5 ms.
#![allow(clippy::expect_used, reason = "a benchmark that cannot go on fails")]

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use benches::{HashSetBench, digest_of, sha256_stream};
use case_model::Algorithm;
use divan::Bencher;
use divan::counter::ItemsCount;
use hash_set::{Library, SetLookup};

/// Lookups of one sample: a millisecond or less, so that on a busy machine the fastest samples were not interrupted.
const BATCH: usize = 10_000;
/// Different lookups; each sample takes the next of them, so that none finds its memory warm from the one before.
const POOL: u64 = 2_000_000;
/// Lookups of one sample for those that take microseconds.
const SMALL_BATCH: u64 = 5_000;
/// Lookups that one process of hfind is asked for: its start does not count then.
const HFIND_BATCH: u64 = 100_000;

fn main() {
    println!("{} million SHA-256", millions());
    divan::main();
}

fn millions() -> u64 {
    std::env::var("HASH_SET_MILLIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(2)
}

/// The set; made once a run, or found in `HASH_SET_FOLDER`.
fn bench() -> &'static HashSetBench {
    static BENCH: OnceLock<HashSetBench> = OnceLock::new();
    BENCH.get_or_init(|| {
        let kept = std::env::var_os("HASH_SET_FOLDER").map(PathBuf::from);
        HashSetBench::make(millions() * 1_000_000, kept.as_deref()).expect("a set")
    })
}

fn library() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| Library::open(&bench().sets()).expect("the sets"))
}

/// Digests that are in the set (even numbers), or in none (odd), in no order.
fn queries(hit: bool, count: u64) -> Vec<[u8; 32]> {
    let all = millions() * 1_000_000;
    (0..count)
        .map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % all * 2 + u64::from(!hit))
        .map(digest_of)
        .collect()
}

/// The samples' queries in turn.
struct Turns {
    queries: Vec<[u8; 32]>,
    at: usize,
}

impl Turns {
    fn new(hit: bool, sorted: bool) -> Self {
        let mut queries = queries(hit, POOL);
        if sorted {
            queries.chunks_mut(BATCH).for_each(<[[u8; 32]]>::sort_unstable);
        }
        Self { queries, at: 0 }
    }

    /// Asks everything once, so that the pages are mapped: a long-running scan pays that once, and it is not what is measured.
    fn warm(&self, set: &SetLookup<'_>) {
        let all = self.queries.iter().map(<[u8; 32]>::as_slice);
        set.contains_many(Algorithm::Sha256, all, &mut |_| ());
    }

    fn next(&mut self) -> &[[u8; 32]] {
        let at = self.at;
        self.at = (at + BATCH) % self.queries.len();
        &self.queries[at..at + BATCH]
    }
}

fn contains(bencher: Bencher<'_, '_>, hit: bool) {
    let set = library().one(&library().sets()[0].digest).expect("the set");
    let mut turns = Turns::new(hit, false);
    turns.warm(&set);
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| {
        let found =
            turns.next().iter().filter(|query| set.contains(Algorithm::Sha256, *query)).count();
        assert_eq!(found, if hit { BATCH } else { 0 });
    });
}

/// As a scan and a match ask: many at once, sorted.
fn contains_many(bencher: Bencher<'_, '_>, hit: bool, sorted: bool) {
    let set = library().one(&library().sets()[0].digest).expect("the set");
    let mut turns = Turns::new(hit, sorted);
    turns.warm(&set);
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| {
        let mut found = 0;
        let batch = turns.next().iter().map(<[u8; 32]>::as_slice);
        set.contains_many(Algorithm::Sha256, batch, &mut |_| found += 1);
        assert_eq!(found, if hit { BATCH } else { 0 });
    });
}

#[divan::bench(sample_count = 400, sample_size = 1)]
fn athar_miss(bencher: Bencher<'_, '_>) {
    contains(bencher, false);
}

#[divan::bench(sample_count = 400, sample_size = 1)]
fn athar_hit(bencher: Bencher<'_, '_>) {
    contains(bencher, true);
}

#[divan::bench(sample_count = 400, sample_size = 1)]
fn athar_sorted_miss(bencher: Bencher<'_, '_>) {
    contains_many(bencher, false, true);
}

#[divan::bench(sample_count = 400, sample_size = 1)]
fn athar_sorted_hit(bencher: Bencher<'_, '_>) {
    contains_many(bencher, true, true);
}

#[divan::bench(sample_count = 400, sample_size = 1)]
fn athar_many_hit(bencher: Bencher<'_, '_>) {
    contains_many(bencher, true, false);
}

/// What a scan asks: whole streams, all sets, sorted by the library itself.
#[divan::bench(sample_count = 30, sample_size = 1)]
fn athar_batch_of_streams_miss(bencher: Bencher<'_, '_>) {
    let streams: Vec<_> = queries(false, 10 * SMALL_BATCH).into_iter().map(sha256_stream).collect();
    bencher.counter(ItemsCount::new(streams.len())).bench_local(|| {
        let hits = library().lookup_batch(&streams).expect("an answer");
        assert!(hits.iter().all(Vec::is_empty));
    });
}

/// A hit with everything that is recorded of it: entry, name, meaning.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn athar_batch_of_streams_hit(bencher: Bencher<'_, '_>) {
    let streams: Vec<_> = queries(true, SMALL_BATCH).into_iter().map(sha256_stream).collect();
    bencher.counter(ItemsCount::new(streams.len())).bench_local(|| {
        let hits = library().lookup_batch(&streams).expect("an answer");
        assert!(hits.iter().all(|hits| hits.len() == 1));
    });
}

/// The sets are opened, as at the start of every command.
#[divan::bench(sample_count = 30, sample_size = 1)]
fn athar_open(bencher: Bencher<'_, '_>) {
    bench();
    bencher.bench_local(|| Library::open(&bench().sets()).expect("the sets").sets().len());
}

fn sqlite(bencher: Bencher<'_, '_>, hit: bool, sorted: bool) {
    let connection = bench().sqlite().expect("the table");
    let mut queries = queries(hit, SMALL_BATCH);
    if sorted {
        queries.sort_unstable();
    }
    let mut select = connection.prepare("SELECT 1 FROM known WHERE digest = ?1").expect("a query");
    bencher.counter(ItemsCount::new(queries.len())).bench_local(|| {
        let found = queries
            .iter()
            .filter(|query| select.exists([query.as_slice()]).expect("an answer"))
            .count();
        assert_eq!(found, if hit { queries.len() } else { 0 });
    });
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn sqlite_miss(bencher: Bencher<'_, '_>) {
    sqlite(bencher, false, false);
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn sqlite_hit(bencher: Bencher<'_, '_>) {
    sqlite(bencher, true, false);
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn sqlite_sorted_hit(bencher: Bencher<'_, '_>) {
    sqlite(bencher, true, true);
}

/// What hfind is asked for, in the list that it has, too: MD5, all of [`HFIND_BATCH`] in one sample.
fn contains_md5(bencher: Bencher<'_, '_>, hit: bool, many: bool, sorted: bool) {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    let library = LIBRARY.get_or_init(|| bench().md5_library().expect("a set of MD5"));
    let set = library.one(&library.sets()[0].digest).expect("the set");
    let mut queries = queries(hit, HFIND_BATCH);
    if sorted {
        queries.sort_unstable();
    }
    let digests = || queries.iter().map(|query| &query[..16]);
    set.contains_many(Algorithm::Md5, digests(), &mut |_| ());
    bencher.counter(ItemsCount::new(queries.len())).bench_local(|| {
        let mut found = 0;
        match many {
            true => set.contains_many(Algorithm::Md5, digests(), &mut |_| found += 1),
            false => {
                found = digests().filter(|digest| set.contains(Algorithm::Md5, digest)).count()
            }
        }
        assert_eq!(found, if hit { queries.len() } else { 0 });
    });
}

#[divan::bench(sample_count = 100, sample_size = 1)]
fn md5_miss(bencher: Bencher<'_, '_>) {
    contains_md5(bencher, false, false, false);
}

#[divan::bench(sample_count = 100, sample_size = 1)]
fn md5_hit(bencher: Bencher<'_, '_>) {
    contains_md5(bencher, true, false, false);
}

#[divan::bench(sample_count = 100, sample_size = 1)]
fn md5_many_miss(bencher: Bencher<'_, '_>) {
    contains_md5(bencher, false, true, false);
}

#[divan::bench(sample_count = 100, sample_size = 1)]
fn md5_many_hit(bencher: Bencher<'_, '_>) {
    contains_md5(bencher, true, true, false);
}

#[divan::bench(sample_count = 100, sample_size = 1)]
fn md5_sorted_miss(bencher: Bencher<'_, '_>) {
    contains_md5(bencher, false, true, true);
}

#[divan::bench(sample_count = 100, sample_size = 1)]
fn md5_sorted_hit(bencher: Bencher<'_, '_>) {
    contains_md5(bencher, true, true, true);
}

/// hfind knows MD5 and SHA-1 only: it is asked for the first half of each digest, in a list of as many, with its own index.
/// (Not with `-q`: then it answers the first question of the file only.)
fn hfind(bencher: Bencher<'_, '_>, hit: bool) {
    let Some((list, ask)) = bench().hfind(&queries(hit, HFIND_BATCH)).expect("the list") else {
        println!("skipped: hfind is not there");
        return;
    };
    bencher.counter(ItemsCount::new(HFIND_BATCH)).bench_local(|| {
        let mut hfind = Command::new("hfind");
        let status = hfind.arg("-f").arg(&ask).arg(&list).stdout(Stdio::null()).status();
        assert!(status.expect("hfind").success());
    });
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn hfind_miss(bencher: Bencher<'_, '_>) {
    hfind(bencher, false);
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn hfind_hit(bencher: Bencher<'_, '_>) {
    hfind(bencher, true);
}
