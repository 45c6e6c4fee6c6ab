//! The images inside the items of a run, round by round: each round scans what lies in the images of the one before.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use case_store::{CaseFile, ImageId, ImageParent, NestedReport};
use evidence::node::limits::{MOST_IMAGES, MOST_MEDIA_BYTES};
use evidence::{ImageAddress, Locator};
use words::{Statement, term};

use crate::{ItemResult, ScanError};

/// An item of evidence: a file or folder of the host, or an image inside another item.
#[derive(Clone, Debug)]
pub(crate) struct ScanItem {
    /// Its path; of an image inside another one its address as a path.
    pub(crate) path: PathBuf,
    /// What it lies in.
    pub(crate) inside: Option<Inside>,
}

/// What an item lies in.
#[derive(Clone, Debug)]
pub(crate) struct Inside {
    /// The entry that holds it, and the way to it.
    pub(crate) parent: ImageParent,
    /// Its name: that of the image around it, its path there, and `!`.
    pub(crate) name: String,
    /// For an image inside an image: that one.
    pub(crate) outer: Option<Outer>,
}

/// The image around an image.
#[derive(Clone, Debug)]
pub(crate) struct Outer {
    /// Its address.
    pub(crate) address: ImageAddress,
    /// The places of all images in it: its record tables are read once for all.
    pub(crate) places: Arc<Vec<Locator>>,
    /// The place of this one.
    pub(crate) step: Locator,
}

impl ScanItem {
    pub(crate) fn of_host(path: &Path) -> Self {
        Self { path: path.to_owned(), inside: None }
    }

    /// Returns the path under which the case keeps it.
    ///
    /// # Errors
    /// What the host says of its file.
    pub(crate) fn place(&self) -> std::io::Result<PathBuf> {
        match &self.inside {
            Some(Inside { outer: Some(_), .. }) => Ok(self.path.clone()),
            _ => self.path.canonicalize(),
        }
    }
}

/// What is counted of the images below one exhibit.
#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    images: usize,
    media_bytes: u64,
}

/// The digests of media that are read inside already: that of the surrounding image, and those of files in it.
struct Copies<'n> {
    of_medium: Option<&'n [u8]>,
    /// SHA-256 and path of images that are one file.
    of_files: HashMap<&'n [u8], &'n str>,
}

impl<'n> Copies<'n> {
    /// Returns where the bytes of an image are read, when they are.
    fn where_read(&self, found: &NestedReport) -> Option<Statement> {
        let sha256 = sha256_of_one_file(found)?;
        if self.of_medium == Some(sha256) {
            return Some(term!("nested.same-as-medium").into());
        }
        let other = self.of_files.get(sha256)?;
        Some(term!("nested.same-as-file").with(*other))
    }

    /// Adds an image that is read inside.
    fn add(&mut self, found: &'n NestedReport) {
        if let Some(sha256) = sha256_of_one_file(found) {
            self.of_files.insert(sha256, &found.path);
        }
    }
}

/// Returns the SHA-256 of an image that consists of one file.
fn sha256_of_one_file(found: &NestedReport) -> Option<&[u8]> {
    found.sha256.as_deref().filter(|_| found.row.files.len() == 1)
}

/// What the next round scans, and what it leaves out.
#[derive(Debug, Default)]
pub(crate) struct Round {
    pub(crate) items: Vec<ScanItem>,
    pub(crate) left_out: Vec<ItemResult>,
}

/// Goes from the items of a run to the images inside them.
#[derive(Debug, Default)]
pub(crate) struct Rounds {
    /// The exhibit of each image.
    exhibits: HashMap<ImageId, ImageId>,
    spent: HashMap<ImageId, Spent>,
}

impl Rounds {
    /// Plans the round that follows one with these results.
    ///
    /// # Errors
    /// What the case file says.
    pub(crate) fn next(
        &mut self,
        case: &CaseFile,
        results: &[ItemResult],
    ) -> Result<Round, ScanError> {
        let mut round = Round::default();
        let mut seen = Vec::new();
        for result in results {
            let (ItemResult::Scanned(image, ..) | ItemResult::AlreadyThere(image, _)) = result
            else {
                continue;
            };
            // Named twice, or by two ways.
            if seen.contains(image) {
                continue;
            }
            seen.push(*image);
            self.of_image(case, *image, &mut round)?;
        }
        Ok(round)
    }

    /// Plans the images inside one image.
    fn of_image(
        &mut self,
        case: &CaseFile,
        image: ImageId,
        round: &mut Round,
    ) -> Result<(), ScanError> {
        let report = case.image_report(image)?;
        let address = match case.image_parent(image)? {
            Some(ImageParent { place: Some(_), .. }) => ImageAddress::of(&report.file),
            _ => ImageAddress::exhibit(&report.file),
        };
        let exhibit = self.exhibits.get(&image).copied().unwrap_or(image);
        let nested = case.nested_of(image)?;
        let places: Arc<Vec<Locator>> = Arc::new(nested.iter().filter_map(place_of).collect());
        let mut copies = Copies { of_medium: report.sha256.as_deref(), of_files: HashMap::new() };
        for found in nested.iter().filter(|found| found.row.readable) {
            let item = item_of(&report.name, &report.container, &address, found, &places);
            let Some(item) = item else { continue };
            if let Some(where_read) = copies.where_read(found) {
                round.left_out.push(ItemResult::Same(item.path, where_read));
            } else if let Some(limit) = self.spend(exhibit, found) {
                round.left_out.push(ItemResult::LeftOut(item.path, limit));
            } else {
                copies.add(found);
                round.items.push(item);
            }
        }
        Ok(())
    }

    /// Counts an image against the limits of its exhibit; returns the limit that it would pass.
    fn spend(&mut self, exhibit: ImageId, found: &NestedReport) -> Option<Statement> {
        let spent = self.spent.entry(exhibit).or_default();
        let media_bytes = spent.media_bytes.saturating_add(found.row.bytes.unwrap_or(0));
        if spent.images >= MOST_IMAGES {
            let most = u64::try_from(MOST_IMAGES).unwrap_or(u64::MAX);
            return Some(term!("nested.limit-images").with(most));
        }
        if media_bytes > MOST_MEDIA_BYTES {
            return Some(term!("nested.limit-media").with(media_bytes).with(MOST_MEDIA_BYTES));
        }
        *spent = Spent { images: spent.images.saturating_add(1), media_bytes };
        None
    }

    /// Keeps whose exhibit's images these results are, for the round behind them.
    ///
    /// # Errors
    /// What the case file says.
    pub(crate) fn keep(
        &mut self,
        case: &CaseFile,
        results: &[ItemResult],
    ) -> Result<(), ScanError> {
        for result in results {
            let (ItemResult::Scanned(image, ..) | ItemResult::AlreadyThere(image, _)) = result
            else {
                continue;
            };
            let Some(parent) = case.image_parent(*image)? else { continue };
            let Some(around) = case.image_of_entry(parent.entry)? else { continue };
            let exhibit = self.exhibits.get(&around).copied().unwrap_or(around);
            self.exhibits.insert(*image, exhibit);
        }
        Ok(())
    }
}

fn place_of(found: &NestedReport) -> Option<Locator> {
    found.row.locator.as_deref()?.parse().ok()
}

/// The item of an image that was found.
fn item_of(
    name: &str,
    container: &str,
    around: &ImageAddress,
    found: &NestedReport,
    places: &Arc<Vec<Locator>>,
) -> Option<ScanItem> {
    let entry = found.row.entry;
    let colon = if name.ends_with('!') { "" } else { ":" };
    let name = format!("{name}{colon}{}!", found.path);
    if container == "folder" {
        let path = around.host.join(found.path.trim_start_matches('/'));
        let parent = ImageParent { entry, place: None };
        return Some(ScanItem { path, inside: Some(Inside { parent, name, outer: None }) });
    }
    let step = place_of(found)?;
    let address =
        ImageAddress { host: around.host.clone(), place: around.place.inside(step.clone()) };
    let parent = ImageParent { entry, place: Some(address.place.to_string()) };
    let outer = Some(Outer { address: around.clone(), places: Arc::clone(places), step });
    Some(ScanItem { path: address.as_path(), inside: Some(Inside { parent, name, outer }) })
}
