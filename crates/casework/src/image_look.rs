//! An image that is looked at without a case: nothing is recorded, for nothing of a lab is touched.

use std::path::{Path, PathBuf};

use byte_source::Scratch;
use evidence::{EvidenceImage, Locator, NoLocator, ReadableFileSystem, open_image};
use filesystem::OpenOptions;
use look::{PathTarget, look_up};

use crate::CaseworkError;

/// An image that was opened to look at it.
pub struct ImageLook {
    path: PathBuf,
    /// What it holds.
    pub image: EvidenceImage,
}

/// Which of an image's volumes are meant; all that fit.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChosenVolume {
    /// The number among the volumes.
    pub number: Option<usize>,
    /// The first byte on the medium.
    pub offset: Option<u64>,
}

impl ChosenVolume {
    /// Returns whether this is one of the file systems that are meant.
    #[must_use]
    pub fn includes(&self, readable: &ReadableFileSystem<'_>) -> bool {
        self.number.is_none_or(|number| number == readable.volume.ordinal)
            && self.offset.is_none_or(|offset| offset == readable.volume.volume.start())
    }
}

impl ImageLook {
    /// Opens an image; `code_page` is that of FAT short names.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub fn open(path: &Path, code_page: u16) -> Result<Self, CaseworkError> {
        let image = open_image(path, &OpenOptions { code_page }, &mut Scratch::new())?;
        Ok(Self { path: path.to_owned(), image })
    }

    /// Returns the locators that a user means: one as typed (`@…`), or those of a path.
    ///
    /// # Errors
    /// [`CaseworkError::Request`] for a locator that is none; that there is no such file.
    pub fn locate(
        &self,
        chosen: &ChosenVolume,
        file: &str,
        threads: usize,
    ) -> Result<Vec<Locator>, CaseworkError> {
        if file.starts_with('@') {
            let locator = file.parse().map_err(|error: NoLocator| CaseworkError::Request(error.to_string()));
            return Ok(vec![locator?]);
        }
        if !self.image.readable().any(|readable| chosen.includes(&readable)) {
            return Err(self.no_file_system());
        }
        let path = rooted(file);
        let found = look_up(&self.image, &path, threads, &|readable| chosen.includes(readable))?;
        let mut locators: Vec<Locator> = Vec::new();
        for PathTarget { locator, name_alone, .. } in found {
            if !name_alone && !locators.contains(&locator) {
                locators.push(locator);
            }
        }
        match locators.is_empty() {
            false => Ok(locators),
            true => Err(CaseworkError::Check(format!("{}: no file {path}", self.path.display()))),
        }
    }

    /// Returns the file system that a locator names.
    ///
    /// # Errors
    /// That there is none.
    pub fn file_system_of(&self, locator: &Locator) -> Result<ReadableFileSystem<'_>, CaseworkError> {
        self.image.located(locator).ok_or_else(|| {
            let (path, at, kind) = (self.path.display(), locator.volume_offset, &locator.file_system);
            CaseworkError::Check(format!(
                "{path}: no {kind} file system at byte {at}; `athar volumes {path}` shows those there are"
            ))
        })
    }

    /// Returns why there is nothing to look at.
    #[must_use]
    pub fn no_file_system(&self) -> CaseworkError {
        let path = self.path.display();
        CaseworkError::Check(format!(
            "{path}: no file system that can be read there; `athar volumes {path}` shows what the image holds"
        ))
    }
}

/// Returns a path as file systems are asked for it: one slash before, none behind.
#[must_use]
pub fn rooted(path: &str) -> String {
    format!("/{}", path.trim_matches('/'))
}
