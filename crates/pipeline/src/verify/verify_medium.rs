//! A container against its own digests.

use case_model::{Algorithm, Digests, StopToken, UnreadableRange};
use disk_image::OpenedImage;
use hash_engine::Selection;

use crate::verify::read_medium::read_medium;
use crate::workers::pool::start_pool;
use crate::{Event, Observer, ScanConfig, ScanError, Stage};

/// What reading a whole medium gave.
#[derive(Clone, Debug)]
pub struct MediumVerdict {
    /// SHA-256, and what the container stores; of zeros in the place of unreadable ranges.
    pub digests: Digests,
    /// Unreadable ranges of the medium: first byte, length, why.
    pub unreadable: Vec<UnreadableRange>,
    /// For each digest that the container stores, in its order: does it agree with the bytes?
    pub agrees: Vec<bool>,
}

/// Reads a whole medium, checks every unit of its container, and compares every digest that the container stores.
///
/// # Errors
/// [`ScanError::Stopped`] after a stop: nothing is known of the medium then. When threads cannot be started.
pub fn verify_medium(
    image: &OpenedImage,
    threads: usize,
    observer: &dyn Observer,
    stop: &StopToken,
) -> Result<MediumVerdict, ScanError> {
    let stores =
        |algorithm| image.stored_digests.iter().any(|stored| stored.algorithm == algorithm);
    let selection = Selection {
        md5: stores(Algorithm::Md5),
        sha1: stores(Algorithm::Sha1),
        sha256: true,
        blake3: stores(Algorithm::Blake3),
    };
    observer.event(&Event::Stage(Stage::Hash(image.medium.len())));
    let advanced = |bytes| observer.event(&Event::Advanced(bytes));
    let pool = start_pool(threads)?;
    let memory = ScanConfig::default().memory_bytes;
    let result = read_medium(&pool, &image.medium, selection, memory, &advanced, stop)?;
    let agrees = image
        .stored_digests
        .iter()
        .map(|stored| {
            result.digests.get(stored.algorithm).is_some_and(|digest| digest == stored.digest)
        })
        .collect();
    Ok(MediumVerdict { digests: result.digests, unreadable: result.unreadable, agrees })
}
