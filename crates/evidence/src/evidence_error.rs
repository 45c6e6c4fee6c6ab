//! Why an image cannot be taken in at all.

use std::io;
use std::path::PathBuf;

use disk_image::ImageError;
use thiserror::Error;

use crate::node::NestedError;

/// Why an image cannot be taken in at all.
#[derive(Debug, Error)]
pub enum EvidenceError {
    /// The file cannot be opened.
    #[error("{path}: {error}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        error: io::Error,
    },
    /// The container cannot be opened.
    #[error("{path}: {error}", path = path.display())]
    Image {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        error: Box<ImageError>,
    },
    /// An image inside another one cannot be opened.
    #[error("{path}: {error}", path = path.display())]
    Nested {
        /// Its address.
        path: PathBuf,
        /// What is wrong.
        #[source]
        error: Box<NestedError>,
    },
}
