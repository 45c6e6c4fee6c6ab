//! What is found again of what was stored.

use case_model::{Exactness, HitDisposition, Times, Timestamp};
use case_store::{CaseFile, Filter, FoundRow, MediumRun, decode_extents, extents_exactness};

use crate::harness::Sample;

fn found(case: &CaseFile, filter: &Filter) -> Vec<FoundRow> {
    let mut rows = Vec::new();
    case.find(filter, &mut |row| {
        rows.push(row);
        true
    })
    .unwrap();
    rows
}

fn paths(case: &CaseFile, filter: &Filter) -> Vec<String> {
    found(case, filter).into_iter().map(|row| row.path).collect()
}

#[test]
fn every_column_of_a_stream_comes_back_as_it_was_stored() {
    let sample = Sample::new();
    let row = found(&sample.case, &Filter { deleted: true, ..Filter::default() }).remove(0);
    assert_eq!(row.id, sample.entries[1]);
    assert_eq!(
        (row.image.as_str(), row.volume_offset, row.file_system.as_str()),
        ("disk.raw", 32768, "NTFS")
    );
    assert_eq!(row.path, "/صور/a\u{fffd}:Zone.Identifier");
    assert_eq!((row.number, row.generation), (35, u64::MAX));
    assert_eq!(
        (row.kind.as_str(), row.state.as_str(), row.stream_kind.as_str()),
        ("file", "deleted", "alternate")
    );
    assert_eq!((row.orphan, row.metadata, row.further_name), (true, false, false));
    assert_eq!((row.size, row.attributes), (5000, 0x20));
    assert_eq!((row.mode, row.uid, row.gid, row.links), (Some(0o100_644), Some(1000), Some(100), Some(2)));
    assert_eq!(row.target.as_deref(), Some("\u{fffd}/target"));
    assert_eq!(row.details.as_deref(), Some("{\"reparse\":\"0x1\"}"));
    assert_eq!(row.confidence.as_deref(), Some("[\"fs.contiguity\"]"));
    assert_eq!((row.disposition.as_str(), row.rule.as_deref()), ("hashed", None));
    assert_eq!(row.content_type.as_deref(), Some("image/jpeg"));
    assert_eq!(
        row.name_raw.as_deref(),
        Some(&[b'a', 0, 0, 0xd8][..]),
        "the readable name is not the raw one"
    );
    let digests = [&row.md5, &row.sha1, &row.sha256, &row.blake3].map(|digest| digest.clone().unwrap());
    assert_eq!(digests, [vec![1; 16], vec![2; 20], vec![3; 32], vec![4; 32]]);
}

#[test]
fn times_come_back_in_their_columns_and_as_they_are_on_the_medium() {
    let sample = Sample::new();
    let row = found(&sample.case, &Filter { deleted: true, ..Filter::default() }).remove(0);
    let time = |seconds: u64| Timestamp::filetime(132_000_000_000_000_000 + seconds * 10_000_000);
    let expected =
        Times { modified: time(1), accessed: time(2), changed: time(3), created: time(4), deleted: time(5) };
    assert_eq!(row.times(), expected);
    let columns = [row.modified, row.accessed, row.changed, row.created, row.deleted];
    assert_eq!(columns, [1, 2, 3, 4, 5].map(|seconds| time(seconds).unwrap().unix_ns));
    let of_name = case_model::unpack_times(row.name_times_raw.as_deref().unwrap());
    assert_eq!(of_name, Times { modified: time(6), ..Times::default() });
}

#[test]
fn extents_hits_and_unreadable_ranges_belong_to_their_stream() {
    let sample = Sample::new();
    let rows = found(&sample.case, &Filter { hit: true, ..Filter::default() });
    let order: Vec<_> = rows.iter().map(|row| (row.number, row.further_name)).collect();
    assert_eq!(order, [(35, false), (36, false), (36, true)], "the gravest hit first, further names behind");
    let extents = rows[0].extents.as_deref().unwrap();
    assert_eq!(extents_exactness(extents), Some(Exactness::Exact));
    let runs = [MediumRun { length: 4096, at: Some(81920) }, MediumRun { length: 904, at: None }];
    assert_eq!(decode_extents(extents).unwrap(), runs);
    let sets: Vec<_> = rows[0].hits.iter().map(|hit| (hit.set.clone(), hit.severity.to_string())).collect();
    let alert = ("bad files".to_owned(), HitDisposition::Alert.key().to_owned());
    assert_eq!(sets, [alert, ("known files".to_owned(), HitDisposition::Known.key().to_owned())]);
    assert!(rows[0].unreadable.is_empty());
    assert_eq!(rows[1].unreadable.len(), 2);
}

#[test]
fn a_hard_link_is_found_by_its_own_name_with_the_content_of_its_record() {
    let sample = Sample::new();
    let rows = found(&sample.case, &Filter { name: Some("ALSO*".to_owned()), ..Filter::default() });
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!((row.path.as_str(), row.further_name), ("/also b.txt", true));
    assert_eq!((row.id, row.sha256.as_deref()), (sample.entries[2], Some(&[9; 32][..])));
}

#[test]
fn each_condition_of_a_filter_narrows_what_is_found() {
    let sample = Sample::new();
    let case = &sample.case;
    let filter = Filter::default;
    assert_eq!(paths(case, &filter()).len(), 4, "three entries, one of them under two names");
    assert_eq!(case.count_matching(&Filter { limit: Some(1), ..filter() }).unwrap(), 4);
    assert_eq!(paths(case, &Filter { limit: Some(1), ..filter() }).len(), 1);
    assert_eq!(paths(case, &Filter { path: Some("/صور".to_owned()), ..filter() }).len(), 2);
    assert_eq!(paths(case, &Filter { larger_than: Some(5000), ..filter() }), ["/صور/b.txt", "/also b.txt"]);
    assert_eq!(paths(case, &Filter { smaller_than: Some(1), ..filter() }), ["/"]);
    assert_eq!(paths(case, &Filter { name: Some("B.TXT".to_owned()), ..filter() }), ["/صور/b.txt"]);
    assert_eq!(paths(case, &Filter { name: Some("_.txt*".to_owned()), ..filter() }), Vec::<String>::new());
    assert_eq!(paths(case, &Filter { content_type: Some("image".to_owned()), ..filter() }).len(), 1);
    assert_eq!(paths(case, &Filter { content_type: Some("directory".to_owned()), ..filter() }), ["/"]);
    let digest = Some(("sha256", vec![3; 32]));
    assert_eq!(paths(case, &Filter { digest, ..filter() }), ["/صور/a\u{fffd}:Zone.Identifier"]);
    assert_eq!(paths(case, &Filter { id: Some(sample.entries[0]), ..filter() }), ["/"]);
    assert_eq!(paths(case, &Filter { image: Some(sample.image), ..filter() }).len(), 4);
}
