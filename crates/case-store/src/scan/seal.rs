//! The seal of a scan's checkpoint: nobody without the lab's key changes what a scan goes on from, neither the state nor the rows that are
//! written already.
//!
//! The seal stands behind the state: [`LENGTH`] bytes. Rows are chained as they come, so that each is read once for it.

use rusqlite::{Connection, OptionalExtension, Params, Row};
use sha2::{Digest, Sha256};

use super::checkpoint::ScanCheckpoint;
use super::owners::{OWNERS_OF_IMAGE, has_owners};
use crate::file::error::StoreError;
use crate::file::ids::ImageId;
use crate::file::row_bytes::{INTERNAL, append_row, bind_used};

/// The key of the seals. It is made from the lab's key, and is no key itself.
pub type ResumeKey = [u8; 32];

/// Bytes of a seal: [`CHAINS`] hashes, as many row numbers, and the authentication code.
const LENGTH: usize = CHAINS * 40 + 32;
const CHAINS: usize = 5;

/// Rows of an image that a scan writes one behind the other: `?1` is the image, `?2` and `?3` what the numbers of its entries and links are
/// above, `?4` the last number that is chained. The first column is the row's number.
const CHAINED: [&str; CHAINS] = [
    "SELECT e.id, d.path, e.* FROM entry e JOIN directory d ON d.id = e.directory WHERE e.id > max(?2, ?4) ORDER BY e.id",
    "SELECT l.id, d.path, l.* FROM link l JOIN directory d ON d.id = l.directory WHERE l.id > max(?3, ?4) ORDER BY l.id",
    "SELECT entry, * FROM unreadable_part WHERE entry > max(?2, ?4) ORDER BY entry, start",
    "SELECT h.entry, s.digest, h.* FROM hit h JOIN hash_set s ON s.id = h.hash_set WHERE h.entry > max(?2, ?4) \
     ORDER BY h.entry, h.hash_set, h.algorithm, h.label, h.disposition, h.class",
    "SELECT id, * FROM problem WHERE image = ?1 AND id > ?4 ORDER BY id",
];

/// What is written when an image is registered.
const REGISTERED: [&str; 6] = [
    "SELECT i.id, i.name, i.path, x.path, x.readable, i.container, i.reason, i.bytes, i.sector_bytes FROM image i \
     LEFT JOIN exhibit x ON x.id = i.exhibit WHERE i.id = ?1",
    "SELECT * FROM segment WHERE image = ?1 ORDER BY ordinal",
    "SELECT * FROM claim WHERE image = ?1 ORDER BY ordinal",
    "SELECT * FROM stored_digest WHERE image = ?1 ORDER BY algorithm, place, digest",
    "SELECT * FROM volume WHERE image = ?1 ORDER BY id",
    "SELECT f.id, f.volume, f.kind, f.reason, f.state, f.label, f.serial, f.block_bytes, f.blocks FROM file_system f \
     JOIN volume v ON v.id = f.volume WHERE v.image = ?1 ORDER BY f.id",
];

/// The image of the checkpoint of before, and the end of its state: the seal.
pub(super) type SealedBefore = (Option<ImageId>, Vec<u8>);

/// How far each kind of rows is chained.
#[derive(Clone, Copy, Debug, Default)]
struct Chains([([u8; 32], i64); CHAINS]);

/// Returns the state with its seal behind it. `before` is the sealed state that this one takes the place of.
pub(super) fn sealed(
    connection: &Connection,
    key: &ResumeKey,
    checkpoint: &ScanCheckpoint,
    id: i64,
    before: Option<&SealedBefore>,
) -> Result<Vec<u8>, StoreError> {
    let same_rows = before.filter(|(image, _)| *image == checkpoint.image);
    let mut chains = same_rows.and_then(|(_, state)| Chains::read(state)).unwrap_or_default();
    chains.go_on(connection, checkpoint)?;
    let mut state = checkpoint.state.clone();
    chains.write(&mut state);
    let code = code(connection, key, checkpoint, id, &chains)?;
    state.extend_from_slice(&code);
    Ok(state)
}

/// Takes the seal off the stored state. False when it is not the one of these rows, results and values.
pub(super) fn unsealed(
    connection: &Connection,
    key: &ResumeKey,
    checkpoint: &mut ScanCheckpoint,
    id: i64,
) -> Result<bool, StoreError> {
    let Some(at) = checkpoint.state.len().checked_sub(LENGTH) else { return Ok(false) };
    let seal = checkpoint.state.split_off(at);
    let Some(said) = Chains::read(&seal) else { return Ok(false) };
    let mut found = Chains::default();
    found.go_on(connection, checkpoint)?;
    let expected = code(connection, key, checkpoint, id, &found)?;
    Ok(said.0 == found.0 && seal.ends_with(&expected))
}

impl Chains {
    /// Reads the chains of a sealed state.
    fn read(state: &[u8]) -> Option<Self> {
        let seal = state.get(state.len().checked_sub(LENGTH)?..)?;
        let mut chains = Self::default();
        for (chain, bytes) in chains.0.iter_mut().zip(seal.chunks_exact(40)) {
            let (hash, last) = bytes.split_at_checked(32)?;
            *chain = (hash.try_into().ok()?, i64::from_be_bytes(last.try_into().ok()?));
        }
        Some(chains)
    }

    fn write(&self, state: &mut Vec<u8>) {
        for (hash, last) in &self.0 {
            state.extend_from_slice(hash);
            state.extend_from_slice(&last.to_be_bytes());
        }
    }

    /// Chains the rows that were written since.
    fn go_on(&mut self, connection: &Connection, checkpoint: &ScanCheckpoint) -> Result<(), StoreError> {
        let Some(image) = checkpoint.image else { return Ok(()) };
        let mut row_bytes = Vec::new();
        for ((hash, last), query) in self.0.iter_mut().zip(CHAINED) {
            let values = [number(image), checkpoint.above.entry, checkpoint.above.link, *last];
            let mut statement = connection.prepare_cached(query)?;
            bind_used(&mut statement, &values)?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                *last = row.get(0)?;
                let mut next = Sha256::new_with_prefix(*hash);
                hash_row(&mut next, row, &mut row_bytes)?;
                *hash = next.finalize().into();
            }
        }
        Ok(())
    }
}

/// The number of an image's row.
fn number(image: ImageId) -> i64 {
    image.number()
}

/// HMAC-SHA-256 (RFC 2104) over everything that the scan goes on from.
fn code(
    connection: &Connection,
    key: &ResumeKey,
    checkpoint: &ScanCheckpoint,
    id: i64,
    chains: &Chains,
) -> Result<[u8; 32], StoreError> {
    const BLOCK: usize = 64;
    let mut pad = [0x36; BLOCK];
    pad.iter_mut().zip(key).for_each(|(pad, key)| *pad ^= key);
    let mut inner = Sha256::new_with_prefix(pad);
    inner.update(b"athar-scan-checkpoint/v1\0");
    let numbers = [
        checkpoint.image.map_or(-1, number),
        checkpoint.above.entry,
        checkpoint.above.link,
        checkpoint.parts.cast_signed(),
        checkpoint.elapsed_ns.cast_signed(),
    ];
    numbers.iter().for_each(|number| inner.update(number.to_be_bytes()));
    for bytes in [
        checkpoint.path.as_os_str().as_encoded_bytes(),
        checkpoint.conditions.as_bytes(),
        &checkpoint.plan,
        &checkpoint.state,
    ] {
        inner.update((bytes.len() as u64).to_be_bytes());
        inner.update(bytes);
    }
    let mut chained = Vec::new();
    chains.write(&mut chained);
    inner.update(&chained);
    hash_rows(
        &mut inner,
        connection,
        "SELECT part, results FROM scan_result WHERE checkpoint = ?1 ORDER BY rowid",
        [id],
    )?;
    if let Some(image) = checkpoint.image {
        for query in REGISTERED {
            hash_rows(&mut inner, connection, query, [image])?;
        }
        // Only where there are some: seals of programs that knew no owners still fit.
        if has_owners(connection, number(image))? {
            hash_rows(&mut inner, connection, OWNERS_OF_IMAGE, [image])?;
        }
    }
    let mut pad = [0x5c; BLOCK];
    pad.iter_mut().zip(key).for_each(|(pad, key)| *pad ^= key);
    Ok(Sha256::new_with_prefix(pad).chain_update(inner.finalize()).finalize().into())
}

fn hash_rows(
    hasher: &mut Sha256,
    connection: &Connection,
    query: &str,
    values: impl Params,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query(values)?;
    let mut count = 0_u64;
    let mut row_bytes = Vec::new();
    while let Some(row) = rows.next()? {
        hash_row(hasher, row, &mut row_bytes)?;
        count = count.saturating_add(1);
    }
    hasher.update(count.to_be_bytes());
    Ok(())
}

/// Hashes the values of a row ([`append_row`]).
fn hash_row(hasher: &mut Sha256, row: &Row<'_>, row_bytes: &mut Vec<u8>) -> Result<(), StoreError> {
    row_bytes.clear();
    append_row(row_bytes, row, &INTERNAL)?;
    hasher.update(&*row_bytes);
    Ok(())
}

/// The sealed state that a checkpoint of this path has, with its image.
pub(super) fn stored_before(connection: &Connection, path: &str) -> Result<Option<SealedBefore>, StoreError> {
    // Only the end of the state is needed.
    let query = format!("SELECT image, substr(state, -{LENGTH}) FROM scan_checkpoint WHERE path = ?1");
    let found = connection.prepare_cached(&query)?.query_row([path], |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(found.optional()?)
}

#[cfg(test)]
mod tests {
    use case_model::CaseId;

    use crate::index::digest::RowsAbove;
    use crate::{CaseFile, ScanCheckpoint};

    fn checkpoint(parts: u64) -> ScanCheckpoint {
        ScanCheckpoint {
            path: "/evidence/disk.raw".into(),
            image: None,
            conditions: "{}".to_owned(),
            plan: [7; 32],
            parts,
            elapsed_ns: 9,
            above: RowsAbove::default(),
            state: vec![1, 2, 3],
        }
    }

    fn case(folder: &std::path::Path) -> CaseFile {
        let id = CaseId::new("c").unwrap();
        let mut case = CaseFile::create(&folder.join("c.db"), &id).unwrap();
        case.set_resume_key([5; 32]);
        for parts in 0..2 {
            case.transaction(|transaction| {
                transaction.store_scan_checkpoint(&checkpoint(parts), &[(parts, vec![9, 9])])
            })
            .unwrap();
        }
        case
    }

    fn is_sealed(case: &CaseFile) -> bool {
        case.scan_checkpoint(std::path::Path::new("/evidence/disk.raw")).unwrap().unwrap().2
    }

    #[test]
    fn what_was_stored_comes_back_without_its_seal() {
        let folder = tempfile::tempdir().unwrap();
        let (found, results, whole) =
            case(folder.path()).scan_checkpoint(std::path::Path::new("/evidence/disk.raw")).unwrap().unwrap();
        assert!(whole);
        assert_eq!((found, results), (checkpoint(1), vec![(1, vec![9, 9])]));
    }

    #[test]
    fn a_value_that_was_changed_breaks_the_seal() {
        for change in [
            "UPDATE scan_result SET results = x'0908' WHERE part = 1",
            "UPDATE scan_result SET part = 2 WHERE part = 1",
            "DELETE FROM scan_result WHERE part = 1",
            "INSERT INTO scan_result SELECT * FROM scan_result",
            "UPDATE scan_checkpoint SET parts = 0",
            "UPDATE scan_checkpoint SET elapsed_ns = 1",
            "UPDATE scan_checkpoint SET conditions = '[]'",
            "UPDATE scan_checkpoint SET plan = zeroblob(32)",
            "UPDATE scan_checkpoint SET above_entry = 4",
            "UPDATE scan_checkpoint SET state = CAST(x'010204' || substr(state, 4) AS BLOB)",
            "UPDATE scan_checkpoint SET state = x'010203'",
        ] {
            let folder = tempfile::tempdir().unwrap();
            let case = case(folder.path());
            assert!(is_sealed(&case));
            case.connection.execute_batch(change).unwrap();
            assert!(!is_sealed(&case), "{change}");
        }
    }

    #[test]
    fn another_key_does_not_take_it_for_whole() {
        let folder = tempfile::tempdir().unwrap();
        let mut case = case(folder.path());
        case.set_resume_key([6; 32]);
        assert!(!is_sealed(&case));
    }
}
