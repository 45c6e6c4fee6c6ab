//! Extents that are called exact: the bytes that they name give the exported digest.

use faults::Outcome;
use serde_json::Value;

use super::Verdict;
use super::content::bytes_of;
use crate::disk::Disk;
use crate::truth::digest;

/// A stream of more bytes is not hashed here: it has holes that are bigger than the disk.
const MOST_HASHED: u64 = 64 << 20;

/// Hashes the extents of all streams, live and deleted.
///
/// # Errors
/// None today: what cannot be read is a difference.
pub(super) fn compare(disk: &Disk, rows: &[Value], verdict: &mut Verdict) -> Outcome<()> {
    let is_exact = |row: &&Value| row["extents_exact"] == true && row["disposition"] == "hashed";
    for row in rows.iter().filter(is_exact) {
        let size = row["size"].as_u64().unwrap_or(0);
        let Some(sha256) = row["sha256"].as_str().filter(|_| size <= MOST_HASHED) else { continue };
        verdict.extents += 1;
        let path = row["path"].as_str().unwrap_or_default();
        match bytes_of(&disk.image, row, 0, size).and_then(|bytes| digest(&mut bytes.as_slice())) {
            Ok((found, _)) if found == sha256 => {}
            Ok((found, _)) => verdict.differ(
                "extents",
                path,
                format!("sha256 {sha256}, the extents give {found}"),
            ),
            Err(error) => verdict.differ("extents", path, error.to_string()),
        }
    }
    Ok(())
}
