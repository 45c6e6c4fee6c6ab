//! Matching a set against the index.

use case_model::{Algorithm, CaseId, Hit, HitClass, HitDisposition};
use case_store::{CaseFile, EntryId, StoreError};
use rusqlite::Connection;

const ENTRY: EntryId = EntryId::from_number(1);

fn hit(disposition: HitDisposition) -> Hit {
    Hit {
        set_digest: [7; 32],
        set_name: "set".to_owned(),
        set_version: "1".to_owned(),
        algorithm: Algorithm::Md5,
        digest: vec![1; 16],
        disposition,
        class: HitClass::Full,
        label: String::new(),
    }
}

/// A case as the first version of the program left it, with one entry and one hit.
fn case_of_version_1(path: &std::path::Path) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch(include_str!("../../src/file/schema/v1.sql")).unwrap();
    connection.execute_batch(include_str!("../../src/file/schema/ledger.sql")).unwrap();
    connection
        .execute_batch(
            "PRAGMA application_id = 0x41544843; PRAGMA user_version = 1; PRAGMA foreign_keys = OFF;
             INSERT INTO entry (id, file_system, number, generation, stream, stream_kind, stream_name, directory, name, encoding, kind, state,
               orphan, metadata, at, size, valid, attributes, disposition, md5) VALUES (1, 1, 1, 1, 0, 'data', '', 1, 'a', 'bytes', 'file',
               'allocated', 0, 0, 0, 3, 3, 0, 'hashed', x'01010101010101010101010101010101');
             INSERT INTO hash_set VALUES (1, zeroblob(32), 'old', '');
             INSERT INTO hit VALUES (1, 1, 'md5', x'01010101010101010101010101010101', 'known', 'full', 'a label');",
        )
        .unwrap();
}

#[test]
fn a_case_of_the_first_version_keeps_its_hits_and_takes_new_ones() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.db");
    case_of_version_1(&path);
    let mut case = CaseFile::open(&path, &CaseId::new("c").unwrap()).unwrap();
    assert_eq!(case.entries_hit_by(&[0; 32]).unwrap(), 1);
    let added = case.transaction(|transaction| {
        let index = transaction.matching_index();
        assert_eq!(index.stream(ENTRY)?.unwrap().1, 3);
        let added = [HitDisposition::Known, HitDisposition::Alert, HitDisposition::Known]
            .map(|disposition| index.insert_hit(ENTRY, &hit(disposition)).unwrap());
        let older = index.sets()?.remove(0);
        let by = (&[7; 32], "set", "1");
        Ok((added, index.withdraw(ENTRY, older.id, by)?, index.withdraw(ENTRY, older.id, by)?))
    });
    assert_eq!(added.unwrap(), ([true, true, false], true, false));
    assert_eq!(case.hit_entries(&[[0; 32], [7; 32]]).unwrap(), [ENTRY]);
}

#[test]
fn digests_come_sorted_and_lead_back_to_their_entries() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.db");
    case_of_version_1(&path);
    let case = CaseFile::open(&path, &CaseId::new("c").unwrap()).unwrap();
    let index = case.matching_index();
    let mut seen = Vec::new();
    index
        .digests::<StoreError>(Algorithm::Md5, |digest, entry| {
            seen.push((digest.to_vec(), entry));
            Ok(())
        })
        .unwrap();
    assert_eq!(seen, [(vec![1; 16], ENTRY)]);
    let mut entries = Vec::new();
    let mut take = |entry| {
        entries.push(entry);
        Ok::<_, StoreError>(())
    };
    index.entries_of(Algorithm::Md5, &[1; 16], &mut take).unwrap();
    index.entries_of(Algorithm::Md5, &[2; 16], &mut take).unwrap();
    index.entries_hit(index.sets().unwrap()[0].id, &mut take).unwrap();
    assert_eq!(entries, [ENTRY, ENTRY]);
    assert_eq!(index.size().unwrap(), (1, ENTRY));
}
