//! The seal of a scan's checkpoint: nobody without the lab's key changes what a scan continues from, neither the state nor the rows that are
//! written already.
//!
//! The seal stands behind the state: [`LENGTH`] bytes. Rows are chained as they are written; what nobody chained is read once.

use case_model::path_text;
use rusqlite::{Connection, OptionalExtension, ToSql};

use super::saved_scan::ScanCheckpoint;
use super::sealed_rows::{Chains, Rows, hash_registered};
use crate::file::error::StoreError;
use crate::file::ids::{ImageId, RowsAbove};
use crate::file::integers::length;
use crate::file::row_chain::{CHAINS, ResumeKey, RowChain, WrittenRows};

/// First bytes of what is authenticated.
const DOMAIN: &[u8] = b"athar-scan-checkpoint/v2\0";
/// Bytes of an authentication code: BLAKE3 in keyed mode.
const CODE: usize = 32;
/// Bytes of a seal: how far each chain is folded, and the authentication code.
const LENGTH: usize = CHAINS * RowChain::STORED + CODE;

/// A seal as it is stored behind a state.
#[derive(Clone, Debug)]
pub(super) struct Seal {
    /// The image whose rows it covers.
    image: Option<ImageId>,
    bytes: Vec<u8>,
}

impl Seal {
    /// Returns the seal that the checkpoint of this path has.
    pub(super) fn of_path(connection: &Connection, path: &str) -> Result<Option<Self>, StoreError> {
        Self::read(connection, "path", path)
    }

    /// Returns the seal of the checkpoint that covers the rows of an image.
    fn of_image(connection: &Connection, image: ImageId) -> Result<Option<Self>, StoreError> {
        Self::read(connection, "image", image)
    }

    /// Reads the seal of the checkpoint that has a value in a column. Only the end of its state is needed.
    fn read(
        connection: &Connection,
        column: &str,
        value: impl ToSql,
    ) -> Result<Option<Self>, StoreError> {
        let query = format!(
            "SELECT image, substr(state, -{LENGTH}) FROM scan_checkpoint WHERE {column} = ?1"
        );
        let mut select = connection.prepare_cached(&query)?;
        let seal =
            select.query_row([value], |row| Ok(Self { image: row.get(0)?, bytes: row.get(1)? }));
        Ok(seal.optional()?)
    }

    /// Returns how far the rows are chained, and the authentication code.
    fn parts(&self) -> Option<(Chains, [u8; CODE])> {
        let (chained, code) = self.bytes.split_at_checked(LENGTH - CODE)?;
        let mut chains = Chains::default();
        for (chain, stored) in chains.iter_mut().zip(chained.chunks_exact(RowChain::STORED)) {
            *chain = RowChain::from_stored(stored)?;
        }
        Some((chains, code.try_into().ok()?))
    }
}

impl WrittenRows {
    /// Begins with the rows of an image that are written already, as far as their checkpoint chained them; of a checkpoint without a seal,
    /// and without one, with the first row.
    pub(super) fn begin(
        connection: &Connection,
        image: ImageId,
        above: RowsAbove,
    ) -> Result<Self, StoreError> {
        let sealed = Seal::of_image(connection, image)?.and_then(|seal| seal.parts());
        let mut written = Self::new(image);
        if let Some((chains, code)) = sealed {
            (written.chains, written.code) = (chains, Some(code));
        }
        // The chain of results continues with their checkpoint.
        let rows = Rows { image: Some(image), above, checkpoint: None };
        rows.chain(connection, &mut written.chains)?;
        Ok(written)
    }
}

/// Returns the seal of a checkpoint. `before` is the seal that this one takes the place of; `written` is what the writer of the rows has chained.
pub(super) fn sealed(
    connection: &Connection,
    key: &ResumeKey,
    checkpoint: &ScanCheckpoint,
    id: i64,
    before: Option<&Seal>,
    written: Option<&mut WrittenRows>,
) -> Result<Vec<u8>, StoreError> {
    let before = before.filter(|before| before.image == checkpoint.image).and_then(Seal::parts);
    let (chains_before, code_before) =
        before.map_or_else(Default::default, |(chains, code)| (chains, Some(code)));
    let mut without_writer = WrittenRows::new(ImageId::NONE);
    let written = written.unwrap_or(&mut without_writer);
    // A match may have added its hits meanwhile, and sealed all anew.
    if written.code != code_before {
        written.chains = chains_before;
    }
    Rows::of(checkpoint, id).chain(connection, &mut written.chains)?;
    let code = code(connection, key, checkpoint, &written.chains)?;
    written.code = Some(code);
    Ok(written.chains.iter().flat_map(RowChain::stored).chain(code).collect())
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
    let mut select = connection.prepare_cached("SELECT path FROM scan_checkpoint WHERE id = ?1")?;
    let readable: String = select.query_row([id], |row| row.get(0))?;
    if readable != path_text(&checkpoint.path) {
        return Ok(false);
    }
    let expected = sealed(connection, key, checkpoint, id, None, None)?;
    // Comparing hashes of BLAKE3 takes the same time whatever they are.
    Ok(blake3::hash(&seal) == blake3::hash(&expected))
}

/// BLAKE3 in keyed mode over everything that the scan continues from.
fn code(
    connection: &Connection,
    key: &ResumeKey,
    checkpoint: &ScanCheckpoint,
    chains: &Chains,
) -> Result<[u8; CODE], StoreError> {
    let mut hasher = blake3::Hasher::new_keyed(key);
    hasher.update(DOMAIN);
    let numbers = [
        checkpoint.image.map_or(-1, |image| image.number()),
        checkpoint.above.entry,
        checkpoint.above.link,
        checkpoint.parts.cast_signed(),
        checkpoint.elapsed_ns.cast_signed(),
    ];
    for number in numbers.into_iter().chain(chains.iter().map(RowChain::last)) {
        hasher.update(&number.to_be_bytes());
    }
    for chain in chains {
        hasher.update(&chain.hash());
    }
    let path = checkpoint.path.as_os_str().as_encoded_bytes();
    for bytes in [path, checkpoint.conditions.as_bytes(), &checkpoint.plan, &checkpoint.state] {
        hasher.update(&length(bytes.len()).to_be_bytes());
        hasher.update(bytes);
    }
    if let Some(image) = checkpoint.image {
        hash_registered(&mut hasher, connection, image)?;
    }
    Ok(*hasher.finalize().as_bytes())
}

#[cfg(test)]
mod tests {
    use case_model::CaseId;

    use crate::file::ids::RowsAbove;
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
        let (found, results, whole) = case(folder.path())
            .scan_checkpoint(std::path::Path::new("/evidence/disk.raw"))
            .unwrap()
            .unwrap();
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
