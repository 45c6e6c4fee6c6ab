//! What is found again of what was stored.

use case_model::{Disposition, Exactness, HitDisposition, Times, Timestamp};
use case_store::{
    CaseFile, Filter, FoundRow, MediumRun, PathFilter, Sort, SortKey, TimeBound, TimeEdge,
    TimeField, decode_extents, extents_exactness,
};

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

fn below(pattern: &str) -> PathFilter {
    PathFilter { pattern: pattern.to_owned(), images: None }
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
    assert_eq!(
        (row.mode, row.uid, row.gid, row.links),
        (Some(0o100_644), Some(1000), Some(100), Some(2))
    );
    assert_eq!(row.target.as_deref(), Some("\u{fffd}/target"));
    assert_eq!(row.details.as_deref(), Some("{\"reparse\":\"0x1\"}"));
    assert_eq!(row.confidence.as_deref(), Some("[\"fs.contiguity\"]"));
    assert_eq!((row.disposition, row.rule.as_deref()), (Disposition::Hashed, None));
    assert_eq!(row.content_type.as_deref(), Some("image/jpeg"));
    assert_eq!(
        row.name_raw.as_deref(),
        Some(&[b'a', 0, 0, 0xd8][..]),
        "the readable name is not the raw one"
    );
    let digests =
        [&row.md5, &row.sha1, &row.sha256, &row.blake3].map(|digest| digest.clone().unwrap());
    assert_eq!(digests, [vec![1; 16], vec![2; 20], vec![3; 32], vec![4; 32]]);
}

#[test]
fn times_come_back_in_their_columns_and_as_they_are_on_the_medium() {
    let sample = Sample::new();
    let row = found(&sample.case, &Filter { deleted: true, ..Filter::default() }).remove(0);
    let time = |seconds: u64| Timestamp::filetime(132_000_000_000_000_000 + seconds * 10_000_000);
    let expected = Times {
        modified: time(1),
        accessed: time(2),
        changed: time(3),
        created: time(4),
        deleted: time(5),
    };
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
    assert_eq!(
        order,
        [(35, false), (36, false), (36, true)],
        "the gravest hit first, further names behind"
    );
    let extents = rows[0].extents.as_deref().unwrap();
    assert_eq!(extents_exactness(extents), Some(Exactness::Exact));
    let runs = [MediumRun { length: 4096, at: Some(81920) }, MediumRun { length: 904, at: None }];
    assert_eq!(decode_extents(extents).unwrap(), runs);
    let sets: Vec<_> = rows[0].hits.iter().map(|hit| (hit.set.as_str(), hit.severity)).collect();
    assert_eq!(
        sets,
        [("bad files", HitDisposition::Alert), ("known files", HitDisposition::Known)]
    );
    assert!(rows[0].unreadable.is_empty());
    assert_eq!(rows[1].unreadable.len(), 2);
}

#[test]
fn a_hard_link_is_found_by_its_own_name_with_the_content_of_its_record() {
    let sample = Sample::new();
    let rows =
        found(&sample.case, &Filter { names: vec!["ALSO*".to_owned()], ..Filter::default() });
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
    assert_eq!(paths(case, &Filter { paths: vec![below("/صور")], ..filter() }).len(), 2);
    assert_eq!(
        paths(case, &Filter { larger_than: Some(5000), ..filter() }),
        ["/صور/b.txt", "/also b.txt"]
    );
    assert_eq!(paths(case, &Filter { smaller_than: Some(1), ..filter() }), ["/"]);
    assert_eq!(
        paths(case, &Filter { names: vec!["B.TXT".to_owned()], ..filter() }),
        ["/صور/b.txt"]
    );
    assert_eq!(
        paths(case, &Filter { names: vec!["_.txt*".to_owned()], ..filter() }),
        Vec::<String>::new()
    );
    assert_eq!(paths(case, &Filter { types: vec!["image".to_owned()], ..filter() }).len(), 1);
    assert_eq!(paths(case, &Filter { types: vec!["directory".to_owned()], ..filter() }), ["/"]);
    let digest = Some(("sha256", vec![3; 32]));
    assert_eq!(paths(case, &Filter { digest, ..filter() }), ["/صور/a\u{fffd}:Zone.Identifier"]);
    assert_eq!(paths(case, &Filter { id: Some(sample.entries[0]), ..filter() }), ["/"]);
    assert_eq!(paths(case, &Filter { images: Some(vec![sample.image]), ..filter() }).len(), 4);
}

#[test]
fn names_and_paths_are_patterns_that_know_alternate_streams_and_hard_links() {
    let sample = Sample::new();
    let stream = "/صور/a\u{fffd}:Zone.Identifier";
    let name = |pattern: &str| {
        let mut found =
            paths(&sample.case, &Filter { names: vec![pattern.to_owned()], ..Filter::default() });
        found.sort();
        found
    };
    assert_eq!(name("*zone*"), [stream]);
    assert_eq!(name("a\u{fffd}:Zone.*"), [stream]);
    assert_eq!(name("{b,also b}.txt"), ["/also b.txt", "/صور/b.txt"]);
    assert_eq!(name("[a-b].TXT"), ["/صور/b.txt"]);
    let path = |pattern: &str| {
        let mut found =
            paths(&sample.case, &Filter { paths: vec![below(pattern)], ..Filter::default() });
        found.sort();
        found
    };
    assert_eq!(path("/صور/*"), [stream, "/صور/b.txt"]);
    assert_eq!(path("صور"), [stream, "/صور/b.txt"]);
    assert_eq!(path("/صور/a?:zone.identifier"), [stream]);
    assert_eq!(path("a?:zone.*"), [stream], "at any depth");
    assert_eq!(path("*b.txt"), ["/also b.txt", "/صور/b.txt"]);
    assert_eq!(path("/*b.txt"), ["/also b.txt"], "a hard link in another directory");
    assert_eq!(path("/").len(), 4);
}

#[test]
fn a_value_of_a_list_is_enough_and_what_is_not_wanted_is_left_out() {
    let sample = Sample::new();
    let case = &sample.case;
    let filter = Filter::default;
    let two = vec!["b.txt".to_owned(), "also*".to_owned()];
    assert_eq!(paths(case, &Filter { names: two.clone(), ..filter() }).len(), 2);
    assert_eq!(paths(case, &Filter { not_names: two, ..filter() }).len(), 2);
    assert_eq!(
        paths(case, &Filter { not_paths: vec![below("/صور")], ..filter() }),
        ["/", "/also b.txt"]
    );
    // Rows without a content type are not of it.
    assert_eq!(paths(case, &Filter { not_types: vec!["image".to_owned()], ..filter() }).len(), 3);
    assert_eq!(paths(case, &Filter { types: vec!["mage".to_owned()], ..filter() }).len(), 0);
    assert_eq!(
        paths(case, &Filter { types: vec!["directory".to_owned(), "jpeg".to_owned()], ..filter() })
            .len(),
        2
    );
    assert_eq!(paths(case, &Filter { sets: vec!["BAD*".to_owned()], ..filter() }).len(), 1);
    assert_eq!(
        paths(case, &Filter { severities: vec![HitDisposition::Alert], ..filter() }).len(),
        1
    );
    // The volume is NTFS: the number of its rows is a security id, and no user.
    assert_eq!(paths(case, &Filter { uids: vec![1000], ..filter() }).len(), 0);
    assert_eq!(paths(case, &Filter { images: Some(Vec::new()), ..filter() }).len(), 0);
    assert!(case.has_matching(&Filter { names: vec!["b.*".to_owned()], ..filter() }).unwrap());
    assert!(!case.has_matching(&Filter { names: vec!["c.*".to_owned()], ..filter() }).unwrap());
}

#[test]
fn every_time_has_bounds_and_rows_come_in_the_order_that_is_asked_for() {
    let sample = Sample::new();
    let case = &sample.case;
    let row = found(case, &Filter { deleted: true, ..Filter::default() }).remove(0);
    let columns = [row.modified, row.accessed, row.changed, row.created, row.deleted];
    for (field, ns) in TimeField::ALL.into_iter().zip(columns) {
        let ns = ns.unwrap();
        let count = |edge, ns| {
            let times = vec![TimeBound { field, edge, ns }];
            found(case, &Filter { times, deleted: true, ..Filter::default() }).len()
        };
        assert_eq!([count(TimeEdge::From, ns), count(TimeEdge::From, ns + 1)], [1, 0], "{field:?}");
        assert_eq!(
            [count(TimeEdge::Before, ns), count(TimeEdge::Before, ns + 1)],
            [0, 1],
            "{field:?}"
        );
    }
    let sorted = |key, reversed| {
        let sort = Some(Sort { key, reversed });
        let sizes: Vec<u64> =
            found(case, &Filter { sort, ..Filter::default() }).iter().map(|row| row.size).collect();
        sizes
    };
    let biggest = sorted(SortKey::Size, false);
    assert!(biggest.is_sorted_by(|one, other| one >= other), "{biggest:?}");
    assert!(sorted(SortKey::Size, true).is_sorted());
    for (field, reversed) in
        TimeField::ALL.into_iter().flat_map(|field| [(field, false), (field, true)])
    {
        let sort = Some(Sort { key: SortKey::Time(field), reversed });
        let rows = found(case, &Filter { sort, ..Filter::default() });
        assert!(
            rows.last().is_none_or(|row| row.id != sample.entries[1]),
            "rows without the time are last"
        );
    }
    let sort = Some(Sort { key: SortKey::Path, reversed: false });
    let paths = paths(case, &Filter { sort, ..Filter::default() });
    assert_eq!(paths[..2], ["/", "/also b.txt"]);
}
