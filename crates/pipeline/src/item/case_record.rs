//! What the case and its ledger record of an item: registered, resumed, discarded.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use case_model::{path_text, to_hex};
use case_store::{CaseFile, ImageId, ImageParent, ImageRow, RunId};
use custody::content::{
    Claim, DecimalText, ItemDiscardedContent, ItemResumedContent, RegisterContent, StoredDigest,
};

use crate::resume::earlier_scan::EarlierScan;
use crate::resume::interrupted_scan::InterruptedScan;
use crate::{EntryAuthor, ScanError};

/// Names of one list that an entry of the ledger spells out; the rest is counted. Entries are limited to 63 KiB.
pub(crate) const MAX_LISTED: usize = 100;

/// Characters of a text that an entry spells out. Texts that a container claims may have any length.
const MAX_TEXT_CHARACTERS: usize = 200;

/// What is registered: the row of an item, and the entry that holds it, for an image inside another item.
pub(crate) type Registered<'r> = (&'r ImageRow, Option<&'r ImageParent>);

/// Records items of one run.
pub(crate) struct CaseRecord<'b> {
    pub(crate) run: RunId,
    pub(crate) case_id: String,
    pub(crate) author: &'b EntryAuthor,
    /// The manifest of each image that this run finished.
    manifests: Mutex<HashMap<ImageId, [u8; 32]>>,
}

impl<'b> CaseRecord<'b> {
    pub(crate) fn new(run: RunId, case_id: String, author: &'b EntryAuthor) -> Self {
        Self { run, case_id, author, manifests: Mutex::default() }
    }

    /// Returns the row of an item: that of the scan which resumes, or a new one.
    ///
    /// # Errors
    /// What the case file says.
    pub(crate) fn begin_item(
        &self,
        case: &mut CaseFile,
        earlier: &EarlierScan<'_>,
        image: Registered<'_>,
    ) -> Result<ImageId, ScanError> {
        match earlier {
            EarlierScan::None => self.register(case, image),
            EarlierScan::OtherEvidence(earlier) => {
                let cause = "the evidence is not the same as then";
                discard(case, earlier.checkpoint.image, &image.0.path, cause, self.author)?;
                case.transaction(|transaction| transaction.remove_scan_checkpoint(&image.0.path))?;
                self.register(case, image)
            }
            EarlierScan::Resumes(earlier) => self.resume(case, earlier, image),
        }
    }

    fn resume(
        &self,
        case: &mut CaseFile,
        earlier: &InterruptedScan,
        image: Registered<'_>,
    ) -> Result<ImageId, ScanError> {
        let content = ItemResumedContent {
            image: path_text(&image.0.path),
            cause: "an earlier scan of this item was broken off",
            outcome: "it goes on from its last checkpoint",
            medium_bytes_done: DecimalText(earlier.item.sweep.position()),
            stream_bytes_done: DecimalText(earlier.item.sweep.stream_bytes()),
            parts_done: DecimalText(earlier.checkpoint.parts),
        };
        case.append(&self.author.entry(content).case(self.case_id.as_str()))?;
        earlier.checkpoint.image.map_or_else(|| self.register(case, image), Ok)
    }

    fn register(
        &self,
        case: &mut CaseFile,
        (image, parent): Registered<'_>,
    ) -> Result<ImageId, ScanError> {
        let content = register_content(image);
        let entry = self.author.entry(content).case(self.case_id.as_str());
        Ok(case.transaction(|transaction| {
            let row = transaction.insert_image(self.run, image)?;
            if let Some(parent) = parent {
                transaction.set_image_parent(row, parent)?;
            }
            transaction.ledger().append(&entry)?;
            Ok(row)
        })?)
    }

    /// Notes the manifest of an item that is done.
    pub(crate) fn add_manifest(&self, row: ImageId, manifest: [u8; 32]) {
        self.manifests.lock().unwrap_or_else(PoisonError::into_inner).insert(row, manifest);
    }

    /// Returns the manifests of all items that this run finished.
    pub(crate) fn into_manifests(self) -> HashMap<ImageId, [u8; 32]> {
        self.manifests.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns what the ledger says of an item that is registered.
fn register_content(image: &ImageRow) -> RegisterContent {
    let claims = image.claims.iter().take(MAX_LISTED);
    let claims =
        claims.map(|(field, value)| Claim { field: field.clone(), value: shortened(value) });
    let stored = image.stored_digests.iter().map(|(algorithm, digest, place)| StoredDigest {
        algorithm,
        digest: to_hex(digest),
        place,
    });
    RegisterContent {
        exhibit: image.name.clone(),
        image: path_text(&image.path),
        format: image.container,
        recognised_by: image.reason.clone(),
        size_bytes: image.bytes.map_or("not a medium".to_owned(), |bytes| bytes.to_string()),
        segments: count(image.segments.len()),
        claimed_by_container: claims.collect(),
        stored_digests: stored.collect(),
    }
}

/// Discards the rows of an interrupted scan that cannot resume, and records it in the ledger.
///
/// # Errors
/// What the case file says.
pub(crate) fn discard(
    case: &mut CaseFile,
    image: Option<ImageId>,
    path: &Path,
    cause: &str,
    author: &EntryAuthor,
) -> Result<(), ScanError> {
    let content = ItemDiscardedContent {
        image: path_text(path),
        cause: format!("an earlier scan of this item was broken off; {cause}"),
        outcome: "what it had written was discarded; the item is scanned from its start",
    };
    let entry = author.entry(content).case(case.id().as_str());
    case.transaction(|transaction| {
        if let Some(row) = image {
            transaction.discard_image(row)?;
        }
        transaction.ledger().append(&entry)
    })?;
    Ok(())
}

/// Returns the start of a text, as far as an entry spells it out.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(MAX_TEXT_CHARACTERS).collect()
}

/// Returns a length as the ledger counts.
pub(crate) fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
