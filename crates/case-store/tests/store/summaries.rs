//! An image in numbers, and what it lacks.

use case_model::{Disposition, HitDisposition, UnreadableRange};
use case_store::LostStreams;

use crate::harness::Sample;

#[test]
fn an_image_is_summed_up_by_what_became_of_its_streams() {
    let sample = Sample::new();
    let report = sample.case.image_report(sample.image).unwrap();
    let streams: Vec<_> = report
        .streams
        .iter()
        .map(|count| (count.disposition, count.allocated, count.deleted))
        .collect();
    let expected =
        [(Disposition::Hashed, 0, 1), (Disposition::Partial, 1, 0), (Disposition::Skipped, 1, 0)];
    assert_eq!(streams, expected);
    assert_eq!(report.hashed_bytes, 5000);
    assert_eq!((report.damages, report.notes), (2, 1));
    assert_eq!(report.first_damages.len(), 2);
    let range = UnreadableRange { offset: 4096, length: 512, why: "input/output error".to_owned() };
    assert_eq!(report.first_unreadable, [range]);
    assert_eq!((report.unreadable_ranges, report.unreadable_bytes), (1, 512));
    let file_system = &report.volumes[0].file_systems[0];
    assert_eq!((file_system.kind.as_str(), file_system.unallocated_bytes), ("NTFS", Some(4096)));
    assert_eq!((file_system.tallies[0].expected, file_system.tallies[0].found), (3, 3));
}

#[test]
fn hits_are_counted_the_gravest_first() {
    let sample = Sample::new();
    let report = sample.case.image_report(sample.image).unwrap();
    let hits: Vec<_> = report.hits.iter().map(|hit| (hit.severity, hit.entries)).collect();
    let expected = [HitDisposition::Alert, HitDisposition::Notable, HitDisposition::Known];
    assert_eq!(hits, expected.map(|severity| (severity, 1)));
    assert_eq!(
        sample
            .case
            .hit_entries(&[crate::harness::hit(expected[0], "bad files").set_digest])
            .unwrap(),
        [sample.entries[1]]
    );
}

#[test]
fn a_stored_digest_agrees_or_does_not_and_the_gaps_say_so() {
    let sample = Sample::new();
    let report = sample.case.image_report(sample.image).unwrap();
    let agrees: Vec<_> = report
        .stored
        .iter()
        .map(|(algorithm, _, _, agrees)| (algorithm.as_str(), *agrees))
        .collect();
    assert_eq!(agrees, [("md5", Some(true)), ("sha1", Some(false))]);
    let gaps = sample.case.image_gaps(sample.image).unwrap();
    assert_eq!((gaps.wrong_digests, gaps.damages, gaps.unreconciled), (1, 2, 0));
    assert_eq!(
        gaps.lost,
        [LostStreams { disposition: Disposition::Partial, in_use: 1, deleted: 0 }]
    );
}
