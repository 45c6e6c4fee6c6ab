//! Every question of `athar find` on a case of one million files.
#![allow(clippy::expect_used, reason = "a benchmark that cannot go on fails")]

use std::sync::OnceLock;

use benches::{make_case, sha256_of};
use case_store::{CaseFile, Filter, PathFilter, Sort, SortKey, TimeBound, TimeEdge, TimeField};
use divan::Bencher;

/// Files in the case.
const FILES: u64 = 1_000_000;

fn main() {
    divan::main();
}

/// The folder of the case; made once a run.
fn folder() -> &'static tempfile::TempDir {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        make_case(folder.path(), FILES).expect("a case");
        folder
    })
}

fn ask(bencher: Bencher<'_, '_>, filter: &Filter, expected: u64) {
    let id = case_model::CaseId::new("bench").expect("a name");
    let case = CaseFile::open(&folder().path().join("bench.db"), &id).expect("the case");
    bencher.bench_local(|| {
        let mut rows = 0;
        case.find(filter, &mut |_| {
            rows += 1;
            true
        })
        .expect("an answer");
        assert_eq!(rows, expected);
    });
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn sha256(bencher: Bencher<'_, '_>) {
    ask(
        bencher,
        &Filter { digest: Some(("sha256", sha256_of(777_777).to_vec())), ..Filter::default() },
        1,
    );
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn exact_name(bencher: Bencher<'_, '_>) {
    ask(bencher, &Filter { names: vec!["file 0123456.jpg".to_owned()], ..Filter::default() }, 1);
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn name_pattern_first_hundred(bencher: Bencher<'_, '_>) {
    ask(
        bencher,
        &Filter { names: vec!["*.jpg".to_owned()], limit: Some(100), ..Filter::default() },
        100,
    );
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn name_pattern_rare(bencher: Bencher<'_, '_>) {
    ask(bencher, &Filter { names: vec!["*99999*".to_owned()], ..Filter::default() }, 19);
}

fn below(pattern: &str) -> PathFilter {
    PathFilter { pattern: pattern.to_owned(), images: None }
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn folder_at_any_depth(bencher: Bencher<'_, '_>) {
    ask(bencher, &Filter { paths: vec![below("u7/*/folder 57")], ..Filter::default() }, 40);
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn biggest_hundred(bencher: Bencher<'_, '_>) {
    let sort = Some(Sort { key: SortKey::Size, reversed: false });
    ask(bencher, &Filter { sort, limit: Some(100), ..Filter::default() }, 100);
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn folder_path(bencher: Bencher<'_, '_>) {
    ask(
        bencher,
        &Filter { paths: vec![below("/Users/u7/Documents/folder 57")], ..Filter::default() },
        40,
    );
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn hits_none(bencher: Bencher<'_, '_>) {
    ask(bencher, &Filter { hit: true, ..Filter::default() }, 0);
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn larger_than_first_hundred(bencher: Bencher<'_, '_>) {
    ask(
        bencher,
        &Filter { larger_than: Some(990_000), limit: Some(100), ..Filter::default() },
        100,
    );
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn modified_after(bencher: Bencher<'_, '_>) {
    // The last hundred files: one each 1,000 seconds.
    let first = 132_000_000_000_000_000_i64 - 116_444_736_000_000_000 + 999_900 * 10_000_000_000;
    ask(
        bencher,
        &Filter {
            times: vec![TimeBound {
                field: TimeField::Modified,
                edge: TimeEdge::From,
                ns: first * 100,
            }],
            ..Filter::default()
        },
        100,
    );
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn content_type_first_hundred(bencher: Bencher<'_, '_>) {
    ask(
        bencher,
        &Filter { types: vec!["jpeg".to_owned()], limit: Some(100), ..Filter::default() },
        100,
    );
}

/// Any image of the case: its times are UTC on the medium, and each must be looked at to know that.
fn with_zone(filter: Filter) -> Filter {
    let zone = case_model::Zone::named("Africa/Cairo").expect("a zone");
    let zone = std::sync::Arc::new(case_model::ExhibitZone { zone, source: "a trial".to_owned() });
    Filter { zones: vec![(case_store::ImageId::from_number(1), zone)], ..filter }
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn newest_hundred_in_a_zone(bencher: Bencher<'_, '_>) {
    let sort = Some(Sort { key: SortKey::Time(TimeField::Modified), reversed: false });
    ask(bencher, &with_zone(Filter { sort, limit: Some(100), ..Filter::default() }), 100);
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn owner_first_hundred(bencher: Bencher<'_, '_>) {
    ask(
        bencher,
        &Filter { sids: vec!["S-1-5-21-9".to_owned()], limit: Some(100), ..Filter::default() },
        0,
    );
}
