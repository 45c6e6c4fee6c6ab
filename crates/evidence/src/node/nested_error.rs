//! Why an image inside another one is not read.

use disk_image::ImageError;
use thiserror::Error;

use crate::locator::Locator;

/// Why an image inside another one is not read.
#[derive(Debug, Error)]
pub enum NestedError {
    /// The image around it has no such file system, record or stream.
    #[error("{0}: the evidence does not hold it")]
    NotThere(Locator),
    /// The record cannot be read.
    #[error("{locator}: {why}")]
    Record {
        /// The place.
        locator: Locator,
        /// What is wrong.
        why: String,
    },
    /// The container cannot be opened.
    #[error("{name}: {error}")]
    Image {
        /// The file's name.
        name: String,
        /// What is wrong.
        #[source]
        error: Box<ImageError>,
    },
    /// A limit of evidence inside evidence.
    #[error("{name}: {limit}; it is listed and not read inside")]
    Limit {
        /// The file's name.
        name: String,
        /// The limit.
        limit: String,
    },
    /// The reader failed.
    #[error(
        "{0}: the reader failed when it opened the image (a fault of this program: please report it)"
    )]
    ReaderFailed(Locator),
}
