//! An image that is looked at without a case: nothing is recorded, for nothing of a lab is touched.

use std::path::{Path, PathBuf};

use byte_source::Scratch;
use evidence::{
    ChainedLocator, EvidenceImage, ImageAddress, Locator, NoChain, NoLocator, OpenContainer,
    ReadableFileSystem, open_address, open_container_at, open_inside,
};
use filesystem::OpenOptions;
use look::{PathTarget, look_up};

use crate::CaseworkError;
use crate::quantities::counted;

/// An image that was opened to look at it.
pub struct ImageLook {
    path: PathBuf,
    options: OpenOptions,
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
    /// Opens an image; `code_page` is that of FAT short names. The path may go on into images inside it: `disk.raw!/Users/vm.vmdk`, or as a
    /// case names them, `disk.raw!@1048576:ntfs:35-2/image`.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub fn open(path: &Path, code_page: u16, threads: usize) -> Result<Self, CaseworkError> {
        let options = OpenOptions { code_page };
        let (path, inside) = match ways_in(path) {
            Some((host, inside)) => (host, Some(inside)),
            None => (path.to_owned(), None),
        };
        let address = ImageAddress::of(&path);
        let image = open_address(&address, &options, &mut Scratch::new())?;
        let look = Self { path, options, image };
        match inside {
            None => Ok(look),
            Some(inside) => {
                // All of it names an image.
                let (look, file) = look.enter(&format!("{inside}!/"), threads)?;
                match file.as_str() {
                    "/" => Ok(look),
                    left => Err(CaseworkError::Check(format!(
                        "{}: no file {}",
                        look.path.display(),
                        left.trim_end_matches("!/")
                    ))),
                }
            }
        }
    }

    /// Goes through the images that a file's name leads through, and returns the innermost one with the name there: of
    /// `@0:ext4:12-0/image:@0:fat12:5-0`, or of `/Users/vm.vmdk!/Windows/notes.txt`.
    ///
    /// # Errors
    /// [`CaseworkError::Request`] for a chain that is none, or a path of several files; that an image on the way cannot be opened.
    pub fn enter(self, file: &str, threads: usize) -> Result<(Self, String), CaseworkError> {
        if file.starts_with('@') {
            if !file.contains("/image:@") {
                return Ok((self, file.to_owned()));
            }
            let chain: ChainedLocator =
                file.parse().map_err(|error: NoChain| CaseworkError::Request(error.to_string()))?;
            let mut look = self;
            for step in chain.image.steps() {
                look = look.descend(step)?;
            }
            return Ok((look, chain.locator.to_string()));
        }
        let mut look = self;
        let mut from = file.to_owned();
        while let Some((locator, rest)) = look.image_on_way(&from, threads)? {
            look = look.descend(&locator)?;
            from = rest;
        }
        Ok((look, from))
    }

    /// The first file on a path with `!/` behind it, and the rest of the path. A name may hold a `!`, too.
    fn image_on_way(
        &self,
        path: &str,
        threads: usize,
    ) -> Result<Option<(Locator, String)>, CaseworkError> {
        for (at, _) in path.match_indices("!/") {
            let (Some(file), Some(rest)) = (path.get(..at), path.get(at.saturating_add(1)..))
            else {
                continue;
            };
            let found = self.at_path(&ChosenVolume::default(), file, threads)?;
            match found.as_slice() {
                [] => {}
                [one] => return Ok(Some((one.clone(), rest.to_owned()))),
                several => {
                    let list: Vec<String> =
                        several.iter().take(10).map(ToString::to_string).collect();
                    return Err(CaseworkError::Request(format!(
                        "{file} is the path of {}; name one by its locator: {}",
                        counted(several.len(), "file", "files"),
                        list.join("  ")
                    )));
                }
            }
        }
        Ok(None)
    }

    fn descend(self, step: &Locator) -> Result<Self, CaseworkError> {
        let mut scratch = Scratch::new();
        let place = self.image.node.place().inside(step.clone());
        let path = ImageAddress { host: ImageAddress::of(&self.path).host, place }.as_path();
        let failed =
            |error| evidence::EvidenceError::Nested { path: path.clone(), error: Box::new(error) };
        let nested = open_inside(&self.image, step, &mut scratch).map_err(failed)?;
        let image = nested.look_inside(&self.image, step, &self.options, &mut scratch);
        Ok(Self { path, options: self.options, image })
    }

    pub(crate) const fn options(&self) -> OpenOptions {
        self.options
    }

    /// Returns the address of the image: of one inside others with the way to it.
    #[must_use]
    pub fn address(&self) -> ImageAddress {
        ImageAddress::of(&self.path)
    }

    /// Returns a locator of this image as it is typed for the exhibit: with the images on the way.
    #[must_use]
    pub fn chained(&self, locator: &Locator) -> ChainedLocator {
        ChainedLocator { image: self.image.node.place(), locator: locator.clone() }
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
            let locator =
                file.parse().map_err(|error: NoLocator| CaseworkError::Request(error.to_string()));
            return Ok(vec![locator?]);
        }
        let locators = self.at_path(chosen, file, threads)?;
        match locators.is_empty() {
            false => Ok(locators),
            true => Err(CaseworkError::Check(format!(
                "{}: no file {}",
                self.path.display(),
                rooted(file)
            ))),
        }
    }

    fn at_path(
        &self,
        chosen: &ChosenVolume,
        file: &str,
        threads: usize,
    ) -> Result<Vec<Locator>, CaseworkError> {
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
        Ok(locators)
    }

    /// Returns the file system that a locator names.
    ///
    /// # Errors
    /// That there is none.
    pub fn file_system_of(
        &self,
        locator: &Locator,
    ) -> Result<ReadableFileSystem<'_>, CaseworkError> {
        self.image.located(locator).ok_or_else(|| {
            let path = self.path.display();
let at = locator.volume_offset;
let kind = &locator.file_system;
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

/// Opens the container of an image alone. The path may go on into images inside it, as in [`ImageLook::open`].
///
/// # Errors
/// Why it cannot be opened.
pub fn open_container_of(path: &Path, threads: usize) -> Result<OpenContainer, CaseworkError> {
    let options = OpenOptions::default();
    let address = match ways_in(path) {
        Some(_) => ImageLook::open(path, options.code_page, threads)?.address(),
        None => ImageAddress::of(path),
    };
    Ok(open_container_at(&address, &options, &mut Scratch::new())?)
}

/// The image file of the host at the beginning of a path that goes on inside it, and the rest: `disk.raw` and `/Users/vm.vmdk`.
fn ways_in(path: &Path) -> Option<(PathBuf, String)> {
    let text = path.to_str().filter(|_| !path.exists())?;
    text.match_indices("!/").find_map(|(at, _)| {
        let host = PathBuf::from(text.get(..at)?);
        let address = ImageAddress::of(&host);
        address
            .host
            .is_file()
            .then(|| Some((host, text.get(at.saturating_add(1)..)?.to_owned())))?
    })
}

/// Returns a path as file systems are asked for it: one slash before, none behind.
#[must_use]
pub fn rooted(path: &str) -> String {
    format!("/{}", path.trim_matches('/'))
}
