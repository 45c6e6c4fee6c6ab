//! The digest of what is shown of an image beside its canonical digest: ledgers of years ago hold it.

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};

use crate::harness::Sample;

/// Version 1 of the frame, table after table, as its entries in ledgers were made.
const FRAME_OF_IMAGE: [&str; 8] = [
    "SELECT i.id, i.run, i.name, i.path, i.exhibit, x.path, x.readable, i.reason, i.bytes, i.scan_ns, i.error, \
     i.digest_version, i.parent, i.place FROM image i LEFT JOIN exhibit x ON x.id = i.exhibit WHERE i.id = ?1",
    "SELECT a.name, a.version FROM image_analyser i JOIN analyser a ON a.id = i.analyser WHERE i.image = ?1 ORDER BY a.name, a.version",
    "SELECT ordinal, name, bytes FROM segment WHERE image = ?1 ORDER BY ordinal",
    "SELECT id, ordinal FROM volume WHERE image = ?1 ORDER BY id",
    "SELECT f.id, f.volume, f.reason FROM file_system f JOIN volume v ON v.id = f.volume WHERE v.image = ?1 ORDER BY f.id",
    "SELECT id, severity, at FROM problem WHERE image = ?1 ORDER BY id",
    "SELECT e.id, e.file_system, e.number, e.generation, e.at, e.stream FROM entry e JOIN file_system f ON f.id = e.file_system \
     JOIN volume v ON v.id = f.volume WHERE v.image = ?1 ORDER BY e.id",
    "SELECT l.id, l.file_system, l.number, l.at FROM link l JOIN file_system f ON f.id = l.file_system \
     JOIN volume v ON v.id = f.volume WHERE v.image = ?1 ORDER BY l.id",
];

fn hash_value(hasher: &mut Sha256, value: ValueRef<'_>) {
    let mut sized = |kind: u8, bytes: &[u8]| {
        hasher.update([kind]);
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    };
    match value {
        ValueRef::Null => hasher.update(b"n"),
        ValueRef::Integer(number) => {
            hasher.update(b"i");
            hasher.update(number.to_be_bytes());
        }
        ValueRef::Text(bytes) => sized(b't', bytes),
        ValueRef::Blob(bytes) => sized(b'b', bytes),
        ValueRef::Real(_) => panic!("no column is real"),
    }
}

#[test]
fn the_frame_is_what_ledgers_recorded_before_and_read_with_the_canonical_digest() {
    let sample = Sample::new();
    let connection = Connection::open(sample.folder.path().join("c.db")).unwrap();
    let mut hasher = Sha256::new_with_prefix(b"athar-image-frame/v1\0");
    for query in FRAME_OF_IMAGE {
        let mut select = connection.prepare(query).unwrap();
        let columns = select.column_count();
        let mut rows = select.query([sample.image.number()]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            hasher.update([1]);
            (0..columns).for_each(|column| hash_value(&mut hasher, row.get_ref(column).unwrap()));
        }
        hasher.update([0]);
    }
    let digests = sample.case.image_digests(sample.image).unwrap();
    assert_eq!(digests.frame[..], hasher.finalize()[..]);
    assert_eq!(digests.manifest, sample.case.image_digest(sample.image).unwrap());
}

#[test]
fn a_row_number_that_was_changed_changes_the_frame_and_not_the_canonical_digest() {
    let sample = Sample::new();
    let before = sample.case.image_digests(sample.image).unwrap();
    let connection = Connection::open(sample.folder.path().join("c.db")).unwrap();
    connection.execute("UPDATE link SET id = id + 1", []).unwrap();
    let after = sample.case.image_digests(sample.image).unwrap();
    assert_eq!(after.manifest, before.manifest);
    assert_ne!(after.frame, before.frame);
}
