//! Opens an image that lies in a file of another image.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use words::{Term, term};

use byte_source::Scratch;
use disk_image::OpenedImage;
use filesystem::OpenOptions;

use super::address::ImageAddress;
use super::chain::ImagePlace;
use super::folders::Folders;
use super::limits::{self, MOST_DEPTH};
use super::neighbours::{EvidenceFolder, NestedFile, content};
use super::nested_error::NestedError;
use super::tree::NodeKind;
use crate::look_inside::look_inside_at;
use crate::{
    EvidenceError, EvidenceImage, Locator, OpenContainer, ReadableFileSystem, WatchedFile,
    look_inside, open_container,
};

/// How a nested image is read.
const READING: Term = term!("reading.nested");

/// A container in a file of another image, opened; and the files that it consists of.
pub struct NestedContainer {
    /// The container.
    pub container: OpenContainer,
    /// Its files, the one that was named first.
    pub files: Vec<NestedFile>,
}

/// Opens the container in the stream that `locator` names. Its other files are looked for beside it, by `folders`, and nowhere else.
///
/// # Errors
/// Why it cannot be opened, or is not read.
pub fn open_nested(
    readable: ReadableFileSystem<'_>,
    locator: &Locator,
    folders: &Folders,
    watched: &[WatchedFile],
    scratch: &mut Scratch,
) -> Result<NestedContainer, NestedError> {
    let failed = || NestedError::ReaderFailed(locator.clone());
    let open = AssertUnwindSafe(|| nested(readable, locator, folders, watched, scratch));
    catch_unwind(open).unwrap_or_else(|_| Err(failed()))
}

fn nested(
    readable: ReadableFileSystem<'_>,
    locator: &Locator,
    folders: &Folders,
    watched: &[WatchedFile],
    scratch: &mut Scratch,
) -> Result<NestedContainer, NestedError> {
    let source = content(&readable, locator, scratch)
        .map_err(|why| NestedError::Record { locator: locator.clone(), why })?
        .ok_or_else(|| NestedError::NotThere(locator.clone()))?;
    let name = folders.name_of(locator.record).map_or_else(|| locator.to_string(), str::to_owned);
    let first =
        NestedFile { name: name.clone(), locator: locator.clone(), source: Arc::clone(&source) };
    let folder = EvidenceFolder {
        readable,
        folders,
        file: locator.record,
        // The image itself is not its own neighbour twice.
        opened: RefCell::new(vec![first]),
    };
    let image = disk_image::open(&name, source, &folder, scratch)
        .map_err(|error| NestedError::Image { name: name.clone(), error: Box::new(error) })?;
    let files = folder.opened.into_inner();
    if let Some(limit) = expansion_limit(&image, &files) {
        return Err(NestedError::Limit { name, limit });
    }
    let sources = files.iter().map(|file| Arc::clone(&file.source)).collect();
    let container =
        OpenContainer { image, reading: READING, files: sources, watched: watched.to_vec() };
    Ok(NestedContainer { container, files })
}

/// Returns the limit that a medium passes which is too large for its files.
fn expansion_limit(image: &OpenedImage, files: &[NestedFile]) -> Option<String> {
    let claimed = image.stated_bytes.unwrap_or(0).max(image.medium.len());
    let stored = files.iter().fold(0_u64, |sum, file| sum.saturating_add(file.source.len()));
    limits::too_large(claimed, stored)
}

/// Opens the image in the stream that `locator` names, container alone, in an image that was opened.
///
/// # Errors
/// Why it cannot be opened, or is not read.
pub fn open_inside(
    outer: &EvidenceImage,
    locator: &Locator,
    scratch: &mut Scratch,
) -> Result<NestedContainer, NestedError> {
    let readable = outer.located(locator).ok_or_else(|| NestedError::NotThere(locator.clone()))?;
    if outer.node.depth() >= MOST_DEPTH {
        let limit = format!("more than {MOST_DEPTH} images lie one in the other");
        return Err(NestedError::Limit { name: locator.to_string(), limit });
    }
    let look =
        AssertUnwindSafe(|| Folders::of(readable.file_system, &[locator.record], &mut *scratch));
    let folders = catch_unwind(look).map_err(|_| NestedError::ReaderFailed(locator.clone()))?;
    open_nested(readable, locator, &folders, &outer.watched, scratch)
}

impl NestedContainer {
    /// Looks into the image: volumes, file systems. `outer` and `locator` are those it was opened with.
    #[must_use]
    pub fn look_inside(
        self,
        outer: &EvidenceImage,
        locator: &Locator,
        options: &OpenOptions,
        scratch: &mut Scratch,
    ) -> EvidenceImage {
        let around = outer.located(locator).map_or_else(
            || Arc::clone(&outer.node),
            |readable| {
                let kind = NodeKind::FileSystem(readable.file_system.summary().kind);
                let volume = Arc::clone(readable.file_system.volume());
                readable.volume.node.inside(kind, volume)
            },
        );
        let source = self.files.first().map_or_else(
            || Arc::clone(&self.container.image.medium),
            |file| Arc::clone(&file.source),
        );
        let file = around.inside(NodeKind::File(locator.clone()), source);
        look_inside_at(Some(&file), self.container, options, scratch)
    }
}

/// Opens the container of an image at any depth, without a look at what its medium holds.
///
/// # Errors
/// When it, or an image around it, cannot be opened.
pub fn open_container_at(
    address: &ImageAddress,
    options: &OpenOptions,
    scratch: &mut Scratch,
) -> Result<OpenContainer, EvidenceError> {
    let Some((last, around)) = address.place.steps().split_last() else {
        return open_container(&address.host, scratch);
    };
    let place = around.iter().fold(ImagePlace::exhibit(), |place, step| place.inside(step.clone()));
    let outer =
        open_address(&ImageAddress { host: address.host.clone(), place }, options, scratch)?;
    let nested = open_inside(&outer, last, scratch);
    nested.map(|nested| nested.container).map_err(|error| at(address, error))
}

/// Opens an image at any depth: container, volumes, file systems.
///
/// # Errors
/// When it, or an image around it, cannot be opened.
pub fn open_address(
    address: &ImageAddress,
    options: &OpenOptions,
    scratch: &mut Scratch,
) -> Result<EvidenceImage, EvidenceError> {
    let mut image = look_inside(open_container(&address.host, scratch)?, options, scratch);
    for step in address.place.steps() {
        let nested = open_inside(&image, step, scratch).map_err(|error| at(address, error))?;
        image = nested.look_inside(&image, step, options, scratch);
    }
    Ok(image)
}

fn at(address: &ImageAddress, error: NestedError) -> EvidenceError {
    EvidenceError::Nested { path: address.as_path(), error: Box::new(error) }
}
