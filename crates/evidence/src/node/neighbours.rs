//! The files beside a nested image, which lie in the evidence and nowhere else: no name of evidence is ever looked up on the host.

use std::cell::RefCell;
use std::io;
use std::sync::Arc;

use byte_source::{Scratch, Source};
use disk_image::Neighbours;
use filesystem::RecordId;

use super::folders::Folders;
use super::limits::MOST_FILES;
use super::stream_source::StreamSource;
use crate::{Locator, ReadableFileSystem, StreamChoice};

/// A file that a nested image is made of.
#[derive(Clone)]
pub struct NestedFile {
    /// Its name.
    pub name: String,
    /// Its place in the image around it.
    pub locator: Locator,
    /// Its bytes.
    pub source: Arc<dyn Source>,
}

/// The folder of a nested image.
pub(crate) struct EvidenceFolder<'f> {
    pub(crate) readable: ReadableFileSystem<'f>,
    pub(crate) folders: &'f Folders,
    pub(crate) file: RecordId,
    pub(crate) opened: RefCell<Vec<NestedFile>>,
}

impl EvidenceFolder<'_> {
    /// Opens a file of the folder that no one asked for before.
    fn open_record(&self, name: &str, record: RecordId) -> io::Result<Option<Arc<dyn Source>>> {
        if self.opened.borrow().len() >= MOST_FILES {
            let text = format!(
                "the image is made of more than {MOST_FILES} files, of which no more are read"
            );
            return Err(io::Error::new(io::ErrorKind::QuotaExceeded, text));
        }
        let locator = self.readable.locator(record);
        let source =
            content(&self.readable, &locator, &mut Scratch::new()).map_err(io::Error::other)?;
        let Some(source) = source else { return Ok(None) };
        let file = NestedFile { name: name.to_owned(), locator, source: Arc::clone(&source) };
        self.opened.borrow_mut().push(file);
        Ok(Some(source))
    }
}

impl Neighbours for EvidenceFolder<'_> {
    fn open(&self, name: &str) -> io::Result<Option<Arc<dyn Source>>> {
        if let Some(known) = self.opened.borrow().iter().find(|file| file.name == name) {
            return Ok(Some(Arc::clone(&known.source)));
        }
        let beside = self.folders.beside(self.file);
        let Some((_, record)) = beside.iter().find(|(beside, _)| *beside == name) else {
            return if self.folders.is_limited() { Err(too_many()) } else { Ok(None) };
        };
        self.open_record(name, *record)
    }

    fn names(&self) -> io::Result<Vec<String>> {
        if self.folders.is_limited() {
            return Err(too_many());
        }
        Ok(self.folders.beside(self.file).into_iter().map(|(name, _)| name.to_owned()).collect())
    }
}

fn too_many() -> io::Error {
    io::Error::new(
        io::ErrorKind::QuotaExceeded,
        "the folder in the evidence has more names than are kept",
    )
}

/// The bytes of the stream that a locator names; `None` when the record has no such stream.
///
/// # Errors
/// What is wrong with the record, in words.
pub(crate) fn content(
    readable: &ReadableFileSystem<'_>,
    locator: &Locator,
    scratch: &mut Scratch,
) -> Result<Option<Arc<dyn Source>>, String> {
    let file_system = readable.file_system;
    let record = file_system.record(locator.record, scratch);
    let record = record.map_err(|problem| readable.on_medium().place(problem).to_string())?;
    let ordinal = match &locator.stream {
        StreamChoice::Main => StreamChoice::Main.find(&record, case_model::NameEncoding::Bytes),
        choice => choice.find(&record, readable.stream_encoding()),
    };
    let stream = ordinal.and_then(|ordinal| record.streams.get(ordinal));
    Ok(stream.map(|stream| -> Arc<dyn Source> {
        Arc::new(StreamSource::new(Arc::clone(file_system.volume()), stream.clone()))
    }))
}
