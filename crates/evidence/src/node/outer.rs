//! An image that holds others, opened once for all of them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use byte_source::Scratch;
use filesystem::{OpenOptions, RecordId};

use super::address::ImageAddress;
use super::folders::Folders;
use super::limits::MOST_DEPTH;
use super::nested_error::NestedError;
use super::open::{NestedContainer, open_address, open_nested};
use crate::{EvidenceError, EvidenceImage, Locator};

/// An image, and the folders of the images in its files: record tables are read once for all of them.
pub struct OuterImage {
    /// The image.
    pub image: EvidenceImage,
    /// The folders, by volume and file system.
    folders: Vec<((u64, String), Folders)>,
}

impl OuterImage {
    /// Opens an image whose files at `places` are images that will be opened.
    ///
    /// # Errors
    /// When it, or an image around it, cannot be opened.
    pub fn open(
        address: &ImageAddress,
        places: &[Locator],
        options: &OpenOptions,
        scratch: &mut Scratch,
    ) -> Result<Self, EvidenceError> {
        let image = open_address(address, options, scratch)?;
        let mut folders = Vec::new();
        for readable in image.readable() {
            let of = readable.locator(RecordId { number: 0, generation: 0 });
            let here = |place: &&Locator| {
                (place.volume_offset, &place.file_system) == (of.volume_offset, &of.file_system)
            };
            let records: Vec<RecordId> =
                places.iter().filter(here).map(|place| place.record).collect();
            if records.is_empty() {
                continue;
            }
            let look =
                AssertUnwindSafe(|| Folders::of(readable.file_system, &records, &mut *scratch));
            let found = catch_unwind(look).unwrap_or_default();
            folders.push(((of.volume_offset, of.file_system.into_owned()), found));
        }
        Ok(Self { image, folders })
    }

    /// Opens the container in the stream that `locator` names.
    ///
    /// # Errors
    /// Why it cannot be opened, or is not read.
    pub fn open_inside(
        &self,
        locator: &Locator,
        scratch: &mut Scratch,
    ) -> Result<NestedContainer, NestedError> {
        if self.image.node.depth() >= MOST_DEPTH {
            let limit = format!("more than {MOST_DEPTH} images lie one in the other");
            return Err(NestedError::Limit { name: locator.to_string(), limit });
        }
        let there = || NestedError::NotThere(locator.clone());
        let readable = self.image.located(locator).ok_or_else(there)?;
        let is_here =
            |of: &(u64, String)| of.0 == locator.volume_offset && of.1 == locator.file_system;
        let folders = self.folders.iter().find(|(of, _)| is_here(of)).map(|(_, folders)| folders);
        open_nested(readable, locator, folders.ok_or_else(there)?, &self.image.watched, scratch)
    }
}
