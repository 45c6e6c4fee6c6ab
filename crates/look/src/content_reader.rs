//! Streams of a case, read back out of the evidence one after the other.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use byte_source::Scratch;
use case_store::StoredEntry;
use evidence::{
    EvidenceError, EvidenceImage, FileSystemState, FolderItem, FolderList, ImageAddress, Spill,
    guarded, open_address, open_host_file, readable_folder_path, walk_folder,
};
use filesystem::{FileSystem, OpenOptions, Record, RecordId, slack};
use hash_engine::Selection;

use crate::cat_error::CatError;
use crate::cat_stream::cat_stream_hashed;
use crate::stream_copy::{CatReport, StreamCopy};

/// Pieces of evidence that are kept open: each holds the structures of its file systems in memory.
const OPEN_AT_ONCE: usize = 4;

/// What of a stream is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CatPart {
    /// Its content.
    Content,
    /// The slack of its allocation units.
    Slack,
}

/// Reads streams of a case back out of the evidence. It keeps the last pieces of evidence open: opening one costs more than reading a file.
pub struct ContentReader {
    code_page: u16,
    digests: Selection,
    /// The last ones, the latest at the end.
    open: Vec<(PathBuf, Opened)>,
    scratch: Scratch,
}

enum Opened {
    Image(Box<EvidenceImage>),
    Folder(Box<OpenFolder>),
}

struct OpenFolder {
    list: FolderList,
    /// Items by readable path: made when a file is not where the index says.
    by_path: Option<HashMap<String, usize>>,
}

impl ContentReader {
    /// Makes a reader. `code_page` is that of FAT short names; `digests` are computed of what is written, SHA-256 always.
    #[must_use]
    pub fn new(code_page: u16, digests: Selection) -> Self {
        let digests = Selection { sha256: true, ..digests };
        Self { code_page, digests, open: Vec::new(), scratch: Scratch::new() }
    }

    /// Writes the bytes of an entry to `out`, zeros in the place of what cannot be read.
    ///
    /// # Errors
    /// Why it cannot be read back or written. The caller compares the digests.
    pub fn read(
        &mut self,
        entry: &StoredEntry,
        part: CatPart,
        out: &mut dyn Write,
    ) -> Result<CatReport, CatError> {
        let path = entry.image_path.as_path();
        if entry.container == "folder" && part == CatPart::Slack {
            return Err(CatError::NoSlack(words::term!("scan.files-folder-seen-without-blocks")));
        }
        let digests = self.digests;
        let (opened, scratch) = self.opened(entry)?;
        match opened {
            Opened::Folder(folder) => {
                let item = folder.find(entry).ok_or_else(|| not_there(path, &entry.path))?;
                copy_file(&item, digests, scratch, out)
            }
            Opened::Image(image) => {
                let record = RecordOfEntry::find(image, entry, scratch)?;
                record.copy(part, digests, out)
            }
        }
    }

    /// Returns the evidence of an entry, opened.
    fn opened(&mut self, entry: &StoredEntry) -> Result<(&mut Opened, &mut Scratch), CatError> {
        let path = entry.image_path.as_path();
        let opened = match self.open.iter().position(|(open, _)| open == path) {
            Some(at) => self.open.remove(at),
            None if entry.container == "folder" => (path.to_owned(), OpenFolder::open(path)),
            None => (path.to_owned(), Opened::Image(Box::new(self.open_image(path)?))),
        };
        if self.open.len() >= OPEN_AT_ONCE {
            self.open.remove(0);
        }
        self.open.push(opened);
        let last = self.open.last_mut().ok_or_else(|| not_there(path, "the evidence"))?;
        Ok((&mut last.1, &mut self.scratch))
    }

    fn open_image(&mut self, path: &Path) -> Result<EvidenceImage, CatError> {
        let address = ImageAddress::of(path);
        let options = OpenOptions { code_page: self.code_page };
        let opened = guarded(|| open_address(&address, &options, &mut self.scratch));
        Ok(opened.map_err(CatError::Problem)??)
    }
}

impl OpenFolder {
    fn open(path: &Path) -> Opened {
        let list = walk_folder(path, Arc::new(Spill::in_memory()));
        Opened::Folder(Box::new(Self { list, by_path: None }))
    }

    /// Finds the file of an entry. The readable path may be that of several items when names are not valid; the ordinal in the sorted
    /// listing tells them apart.
    fn find(&mut self, entry: &StoredEntry) -> Option<FolderItem> {
        let at = usize::try_from(entry.number).unwrap_or(usize::MAX);
        if let Some(item) =
            self.list.item(at).filter(|item| readable_folder_path(&item.relative) == entry.path)
        {
            return Some(item);
        }
        let list = &self.list;
        let by_path = self.by_path.get_or_insert_with(|| {
            let mut by_path = HashMap::with_capacity(list.len());
            for (at, item) in list.items().enumerate() {
                by_path.entry(readable_folder_path(&item.relative)).or_insert(at);
            }
            by_path
        });
        list.item(*by_path.get(&entry.path)?)
    }
}

/// The record of an entry, with its file system.
struct RecordOfEntry<'o> {
    file_system: &'o dyn FileSystem,
    record: Record,
    entry: &'o StoredEntry,
}

impl<'o> RecordOfEntry<'o> {
    fn find(
        image: &'o EvidenceImage,
        entry: &'o StoredEntry,
        scratch: &mut Scratch,
    ) -> Result<Self, CatError> {
        let lost = || not_there(&entry.image_path, "its file system");
        let file_system = find_file_system(image, entry).ok_or_else(lost)?;
        let id = RecordId { number: entry.number, generation: entry.generation };
        let record = file_system.record(id, scratch).map_err(CatError::Problem)?;
        Ok(Self { file_system, record, entry })
    }

    /// Writes what is wanted of the entry's stream.
    fn copy(
        &self,
        part: CatPart,
        digests: Selection,
        out: &mut dyn Write,
    ) -> Result<CatReport, CatError> {
        let ordinal = usize::try_from(self.entry.stream).unwrap_or(usize::MAX);
        let lost = || not_there(&self.entry.image_path, "the stream");
        let stream = self.record.streams.get(ordinal).ok_or_else(lost)?;
        match part {
            CatPart::Content => cat_stream_hashed(self.file_system, stream, digests, out),
            CatPart::Slack => {
                let slack = slack(stream).map_err(CatError::NoSlack)?.stream;
                cat_stream_hashed(self.file_system, &slack, digests, out)
            }
        }
    }
}

/// Writes the bytes of a file of a folder.
fn copy_file(
    item: &FolderItem,
    digests: Selection,
    scratch: &mut Scratch,
    out: &mut dyn Write,
) -> Result<CatReport, CatError> {
    let io = |error| EvidenceError::Io { path: item.path.clone(), error };
    let file = open_host_file(&item.path).map_err(io)?;
    let mut copy = StreamCopy::new(out, digests);
    let _ = file.source.visit(0..file.source.len(), scratch, &mut |piece| copy.take(piece));
    Ok(copy.finish()?)
}

fn not_there(path: &Path, what: &str) -> CatError {
    CatError::NotThere(path.to_owned(), what.to_owned())
}

fn find_file_system<'o>(
    opened: &'o EvidenceImage,
    entry: &StoredEntry,
) -> Option<&'o dyn FileSystem> {
    let ordinal = usize::try_from(entry.volume_ordinal).ok()?;
    let volume = opened.volumes.iter().find(|volume| volume.ordinal == ordinal)?;
    volume.file_systems.iter().find_map(|file_system| match &file_system.state {
        FileSystemState::Open(open) if open.summary().kind.name() == entry.file_system => {
            Some(open.as_ref())
        }
        _ => None,
    })
}
