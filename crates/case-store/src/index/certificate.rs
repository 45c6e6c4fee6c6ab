//! Both digests of an image at once: each row is read once for them.

use rusqlite::Connection;

use super::digest::image_digest;
use super::frame::ImageFrame;
use crate::case::case_file::CaseFile;
use crate::case::transaction::CaseTransaction;
use crate::file::error::StoreError;
use crate::file::ids::{ImageId, RowsAbove};

/// The digests that the ledger records of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageDigests {
    /// The canonical digest of its rows: the manifest root.
    pub manifest: [u8; 32],
    /// The digest of what is shown of it and is not in the canonical digest.
    pub frame: [u8; 32],
}

impl CaseFile {
    /// Returns both digests of an image.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn image_digests(&self, image: ImageId) -> Result<ImageDigests, StoreError> {
        image_digests(&self.connection, image, RowsAbove::default())
    }
}

impl CaseTransaction<'_> {
    /// Returns both digests of an image, as this transaction sees its rows. Its entries and links are `above` these rows.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn image_digests(
        &self,
        image: ImageId,
        above: RowsAbove,
    ) -> Result<ImageDigests, StoreError> {
        image_digests(self.connection, image, above)
    }
}

fn image_digests(
    connection: &Connection,
    image: ImageId,
    above: RowsAbove,
) -> Result<ImageDigests, StoreError> {
    let mut frame = ImageFrame::begin(connection, image)?;
    let manifest = image_digest(connection, image, above, Some(&mut frame))?;
    Ok(ImageDigests { manifest, frame: frame.finish() })
}
