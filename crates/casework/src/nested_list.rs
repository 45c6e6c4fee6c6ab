//! The images in files of an image, found without a case.

use std::panic::{AssertUnwindSafe, catch_unwind};

use byte_source::Scratch;
use evidence::node::limits::MOST_CANDIDATES;
use evidence::{ImageAddress, NestedEvidence, find_nested, image_candidates};

use crate::{CaseworkError, ImageLook};

/// The images in files of an image.
#[derive(Clone, Debug)]
pub struct NestedList {
    /// Those that were found, by the place of their file.
    pub found: Vec<NestedEvidence>,
    /// Files that begin as images do and were not looked at, because there are too many.
    pub left_out: u64,
}

impl ImageLook {
    /// Finds the images that lie in files of this one, by content.
    ///
    /// # Errors
    /// That a reader failed.
    pub fn nested(&self) -> Result<NestedList, CaseworkError> {
        let mut scratch = Scratch::new();
        let look =
            AssertUnwindSafe(|| image_candidates(&self.image, MOST_CANDIDATES, &mut scratch));
        let candidates = catch_unwind(look).map_err(|_| {
            CaseworkError::Check(format!(
                "{}: a reader failed while it looked for images (a fault of this program: please report it)",
                self.address()
            ))
        })?;
        let found = find_nested(
            &self.image,
            &candidates.locators,
            &self.options(),
            &mut Scratch::new(),
            &|| true,
        );
        Ok(NestedList { found, left_out: candidates.left_out })
    }

    /// Returns the address of an image that lies in this one.
    #[must_use]
    pub fn address_of(&self, nested: &NestedEvidence) -> ImageAddress {
        let place = self.image.node.place().inside(nested.locator.clone());
        ImageAddress { host: self.address().host, place }
    }
}
