//! The digest of what is planned of one part of a record table.

use blake3::Hasher;
use filesystem::Run;

use crate::sweep::{Draft, JobLayout, place_numbers};

/// Returns the digest of the streams of a part, with their places.
pub(crate) fn plan_of_part(drafts: &[Draft]) -> [u8; 32] {
    let mut part = Hasher::new();
    for draft in drafts {
        numbers(&mut part, &[draft.size, draft.valid, draft.first, draft.last]);
        match &draft.layout {
            JobLayout::One(one) => run(&mut part, one),
            JobLayout::Runs(runs) => {
                numbers(&mut part, &[byte_source::length(runs.len())]);
                runs.iter().for_each(|one| run(&mut part, one));
            }
            // Its size and its first and last place tell it.
            JobLayout::Coded(_) => numbers(&mut part, &[u64::MAX]),
        }
    }
    *part.finalize().as_bytes()
}

fn run(hasher: &mut Hasher, run: &Run) {
    let (kind, at) = place_numbers(run.place);
    numbers(hasher, &[run.length, u64::from(kind), at]);
}

/// Hashes numbers, eight bytes each, the lowest first.
pub(crate) fn numbers(hasher: &mut Hasher, numbers: &[u64]) {
    for number in numbers {
        hasher.update(&number.to_le_bytes());
    }
}
