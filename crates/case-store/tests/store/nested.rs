//! Images in files: what is recorded of them takes part in the digest, and what became of them is told.

use case_store::{CandidateRule, EntryId, ImageParent, NestedRow, RowsAbove, RunState};

use crate::harness::{Sample, image_row, outcome};

fn nested(entry: EntryId) -> NestedRow {
    NestedRow {
        entry,
        name: "vm.vmdk".to_owned(),
        locator: Some("@32768:ntfs:35-2".to_owned()),
        container: Some("vmdk".to_owned()),
        reason: "KDMV signature".to_owned(),
        readable: true,
        bytes: Some(1 << 30),
        stored_bytes: 4096,
        files: vec![("vm.vmdk".to_owned(), Some("@32768:ntfs:35-2".to_owned()), 4096)],
    }
}

#[test]
fn a_nested_image_takes_part_in_the_digest_with_every_column() {
    let digest = |change: &dyn Fn(&mut NestedRow)| {
        let mut sample = Sample::new();
        let mut row = nested(sample.entries[1]);
        change(&mut row);
        sample
            .case
            .transaction(|transaction| transaction.insert_nested(sample.image, &row))
            .unwrap();
        sample.case.digest().unwrap()
    };
    let same = digest(&|_| {});
    assert_ne!(same, Sample::new().case.digest().unwrap());
    assert_eq!(same, digest(&|_| {}));
    let changes: [&dyn Fn(&mut NestedRow); 8] = [
        &|row| row.name.push('x'),
        &|row| row.locator = None,
        &|row| row.container = None,
        &|row| row.reason.push('x'),
        &|row| row.readable = false,
        &|row| row.bytes = Some(1),
        &|row| row.stored_bytes = 1,
        &|row| row.files.clear(),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        assert_ne!(digest(change), same, "column {number}");
    }
}

#[test]
fn an_image_inside_is_told_as_read_when_its_scan_has_come_to_its_end() {
    let mut sample = Sample::new();
    let entry = sample.entries[1];
    sample
        .case
        .transaction(|transaction| transaction.insert_nested(sample.image, &nested(entry)))
        .unwrap();
    let read_as = |sample: &Sample| sample.case.nested_of(sample.image).unwrap()[0].read_as;
    assert_eq!(read_as(&sample), None);
    let place = Some("@32768:ntfs:35-2/image".to_owned());
    let parent = ImageParent { entry, place };
    let inside = sample
        .case
        .transaction(|transaction| {
            let run = transaction.insert_run(1, "{}")?;
            let image = transaction
                .insert_image(run, &image_row("/evidence/disk.raw!@32768:ntfs:35-2/image"))?;
            transaction.set_image_parent(image, &parent)?;
            Ok(image)
        })
        .unwrap();
    assert_eq!(read_as(&sample), None, "its scan has no end yet");
    sample.case.transaction(|transaction| transaction.finish_image(inside, &outcome())).unwrap();
    assert_eq!(read_as(&sample), Some(inside));
    assert_eq!(sample.case.image_parent(inside).unwrap(), Some(parent));
    assert_eq!(sample.case.image_parent(sample.image).unwrap(), None);
    assert_eq!(sample.case.image_of_entry(entry).unwrap(), Some(sample.image));
    assert_eq!(outcome().state, RunState::Incomplete);
}

#[test]
fn candidates_are_named_by_type_or_by_name_and_those_beyond_are_counted() {
    let sample = Sample::new();
    let found = |rule: &CandidateRule<'_>| {
        let (found, left_out) =
            sample.case.image_candidates(sample.image, RowsAbove::default(), rule).unwrap();
        (
            found.into_iter().map(|found| (found.entry, found.volume_offset)).collect::<Vec<_>>(),
            left_out,
        )
    };
    let file = (sample.entries[1], 32768);
    let by_type = CandidateRule {
        content_types: &["image/jpeg"],
        name_endings: &[],
        least_bytes: 512,
        most: 9,
    };
    assert_eq!(found(&by_type), (vec![file], 0));
    let by_name =
        CandidateRule { content_types: &[], name_endings: &[".dmg", "\u{fffd}"], ..by_type };
    assert!(found(&by_name).0.contains(&file));
    assert_eq!(found(&CandidateRule { most: 0, ..by_type }), (vec![], 1));
    assert_eq!(found(&CandidateRule { least_bytes: 1 << 40, ..by_type }), (vec![], 0));
    assert_eq!(found(&CandidateRule { content_types: &["image/png"], ..by_type }), (vec![], 0));
}
