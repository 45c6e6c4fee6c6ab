//! Proof for the outside: single entries, witnesses, time stamps.

mod prove;
mod timestamp;
mod witness;

pub use timestamp::TakenStamp;
pub use witness::{AskedWitness, Cosigned, WitnessFolder};

use custody::{Hash, leaf_hash};

use crate::CaseworkError;
use crate::open_ledger::OpenRecord;

/// Returns the leaves of the first `size` entries.
fn leaves(record: &OpenRecord<'_>, size: u64) -> Result<Vec<Hash>, CaseworkError> {
    let mut leaves = Vec::new();
    record.ledger.each(&mut |entry| {
        let wanted = entry.seq <= size;
        if wanted {
            leaves.push(leaf_hash(&entry.body));
        }
        wanted
    })?;
    Ok(leaves)
}
