//! Whose claims cost what: ordinary streams are hashed whatever hostile or sparse ones claim.

use evidence::OnMedium;
use filesystem::{Codec, Coded, Layout, Place, Run, Stream};
use volume::Extent;

use super::super::job::draft;
use super::super::tests::stream;
use super::*;

const MIB: u64 = 1 << 20;
const MEDIUM: [Extent; 1] = [Extent { start: 0, length: 64 * MIB }];

fn job(index: usize, stream: &Stream) -> Job {
    let draft = draft(stream, None, &OnMedium { extents: &MEDIUM });
    Job { volume: 0, part: 0, index, draft, twins: Vec::new() }
}

fn at(length: u64, at: u64) -> Run {
    Run { length, place: Place::At(at) }
}

fn hole(length: u64) -> Run {
    Run { length, place: Place::Hole }
}

#[test]
fn a_hole_is_no_claim_and_zeros_at_the_start_are_no_work() {
    let work = |stream: &Stream, selection| Work::of(&job(0, stream), selection);
    let both = |stored, unstored| Work { stored, unstored };
    let behind = stream(70 * MIB, 70 * MIB, vec![at(MIB, 0), hole(69 * MIB)]);
    assert_eq!(work(&behind, Selection::FILES), both(MIB, 69 * MIB));
    let before = stream(70 * MIB, 70 * MIB, vec![hole(69 * MIB), at(MIB, 0)]);
    assert_eq!(work(&before, Selection::FILES), both(MIB, 5 * MIB), "64 MiB are in the table");
    let with_blake3 = Selection { blake3: true, ..Selection::FILES };
    assert_eq!(work(&before, with_blake3), both(MIB, 69 * MIB), "BLAKE3 has no table");
    let never_written = stream(1 << 40, MIB, vec![at(2 * MIB, 0)]);
    assert_eq!(work(&never_written, Selection::FILES).unstored, (1 << 40) - MIB);
    let missing = stream(1 << 60, 1 << 60, vec![at(MIB, 0)]);
    assert_eq!(work(&missing, Selection::FILES), both(MIB, MAX_SUBSTITUTED_BYTES));
    let runs = vec![at(64 << 10, 0), hole(2 << 30), at(4096, 65536), hole(61440)];
    let coded = Coded { codec: Codec::Lznt1, unit_bytes: 64 << 10, coded_bytes: 0, runs };
    let compressed =
        Stream { layout: Layout::Coded(coded), ..stream((2 << 30) + 5, (2 << 30) + 5, Vec::new()) };
    assert_eq!(
        work(&compressed, Selection::FILES).stored,
        68 << 10,
        "what is read, not what comes of it"
    );
}

/// Which of the streams are left out, in this order.
fn left_out(streams: &[Stream], most_unstored: u64) -> Vec<Option<Limit>> {
    let source = byte_source::MemorySource::new(Vec::new());
    let volumes = [SweepVolume { source: &source, medium: OnMedium { extents: &MEDIUM } }];
    let mut budget = WorkBudget::new(64 * MIB, most_unstored);
    let take = |(index, stream)| {
        let job = job(index, stream);
        budget.take(&job, Work::of(&job, Selection::FILES), &volumes).err()
    };
    streams.iter().enumerate().map(take).collect()
}

#[test]
fn who_claims_the_medium_again_and_again_does_not_cost_what_lies_elsewhere() {
    // Eighty records claim the first half of the medium: 40 times the medium in all.
    let greedy = (0..80).map(|number| stream(32 * MIB, 32 * MIB, vec![at(32 * MIB, number * 512)]));
    let elsewhere = (0..20).map(|number| stream(MIB, MIB, vec![at(MIB, (40 + number) * MIB)]));
    let same = stream(MIB, MIB, vec![at(MIB, 5 * MIB)]);
    let streams: Vec<Stream> = greedy.chain(elsewhere).chain([same]).collect();
    let limits = left_out(&streams, 0);
    let whole = limits.iter().take(80).filter(|limit| limit.is_none()).count();
    assert_eq!(whole, 64, "32 times the medium");
    assert!(limits[80..100].iter().all(Option::is_none), "{limits:?}");
    assert_eq!(limits[100], Some(Limit::Claimed), "its bytes were read 32 times");
}

#[test]
fn a_stream_over_itself_and_one_past_the_end_are_bounded_and_what_was_taken_for_them_goes_back() {
    let over_itself = stream(6400 * MIB, 6400 * MIB, vec![at(64 * MIB, 0); 100]);
    let past_the_end = stream(1 << 50, 1 << 50, vec![at(1 << 50, 1 << 40)]);
    let ordinary = (0..64).map(|number| stream(MIB, MIB, vec![at(MIB, number * MIB)]));
    let streams: Vec<Stream> = [over_itself, past_the_end].into_iter().chain(ordinary).collect();
    let limits = left_out(&streams, 1 << 40);
    assert_eq!(limits[..2], [Some(Limit::Claimed); 2]);
    assert!(limits[2..].iter().all(Option::is_none));
}

#[test]
fn holes_have_a_budget_of_their_own() {
    let sparse = |zeros| stream(zeros + MIB, zeros + MIB, vec![at(MIB, 0), hole(zeros)]);
    let plain = stream(MIB, MIB, vec![at(MIB, 7 * MIB)]);
    let limits = left_out(&[sparse(3 << 30), sparse(6 << 30), plain, sparse(2 << 30)], 5 << 30);
    assert_eq!(limits, [None, Some(Limit::Unstored), None, None]);
}
