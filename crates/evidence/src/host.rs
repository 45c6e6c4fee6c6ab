//! Evidence files on the host: opened read-only, mapped where that is safe.

use std::fs::{File, OpenOptions};
use std::io;
use std::io::{Seek, SeekFrom};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use words::{Term, term};

use byte_source::{MappedFile, MemorySource, PositionedFile, Source};
use disk_image::Neighbours;

use crate::file_fingerprint::{FileFingerprint, WatchedFile};

/// An evidence file of the host.
pub struct HostFile {
    /// Its bytes.
    pub source: Arc<dyn Source>,
    /// How they are read: "mapped" or "pread", with the reason.
    pub reading: Term,
    /// What it was when it was opened; a device has no state that tells of changes.
    pub watched: Option<WatchedFile>,
}

/// Opens an evidence file read-only.
///
/// # Errors
/// What the operating system says.
pub fn open_host_file(path: &Path) -> io::Result<HostFile> {
    let file = open_untouched(path)?;
    let metadata = file.metadata()?;
    let file_type = metadata.file_type();
    if file_type.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    if file_type.is_block_device() {
        return device(file);
    }
    if file_type.is_fifo() || file_type.is_char_device() || file_type.is_socket() {
        return Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "not a regular file or block device",
        ));
    }
    let watched = WatchedFile { path: path.to_owned(), opened: FileFingerprint::of(&metadata) };
    Ok(regular_file(file, metadata.len(), watched))
}

/// Reads a device with `pread`: its pages must not be mapped, since a fault of the medium would end the program.
fn device(file: File) -> io::Result<HostFile> {
    let len = (&file).seek(SeekFrom::End(0))?;
    let source = Arc::new(PositionedFile::new(file, len));
    Ok(HostFile { source, reading: term!("reading.device"), watched: None })
}

/// Maps a regular file, or reads it with `pread` where that fails.
fn regular_file(file: File, len: u64, watched: WatchedFile) -> HostFile {
    let watched = Some(watched);
    if len == 0 {
        let source = Arc::new(MemorySource::new(Vec::new()));
        return HostFile { source, reading: term!("reading.empty"), watched };
    }
    match MappedFile::new(&file) {
        Ok(map) => HostFile { source: Arc::new(map), reading: term!("reading.mapped"), watched },
        Err(_) => HostFile {
            source: Arc::new(PositionedFile::new(file, len)),
            reading: term!("reading.not-mapped"),
            watched,
        },
    }
}

/// Opens a file of a folder that is evidence, read-only. It is not mapped: others may write to the folder, and a file that is cut short while it
/// is mapped would end the program.
///
/// # Errors
/// What the operating system says; anything but a regular file is unsupported.
pub fn open_folder_file(path: &Path) -> io::Result<Arc<dyn Source>> {
    let file = open_untouched(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::Unsupported, "not a regular file any more"));
    }
    Ok(Arc::new(PositionedFile::new(file, metadata.len())))
}

/// Opens for reading without setting the access time where the system allows it (owner or root), else plainly read-only. Never waits for
/// the other end of a pipe.
fn open_untouched(path: &Path) -> io::Result<File> {
    let no_atime = rustix::fs::OFlags::NOATIME.bits().cast_signed();
    let non_block = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let open = |flags| OpenOptions::new().read(true).custom_flags(flags).open(path);
    match open(no_atime | non_block) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => open(non_block),
        other => other,
    }
}

/// Files of a folder that are listed, for a parent that is known by an identifier only and for names in another letter case.
const MOST_NAMES: usize = 100_000;

/// A file as it is read, and what it was when it was opened.
pub type OpenedFile = (Arc<dyn Source>, Option<WatchedFile>);

/// The folder of an image: where its other segments are.
pub struct Folder {
    path: PathBuf,
    opened: Mutex<Vec<OpenedFile>>,
}

impl Folder {
    /// The folder at `path`.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path, opened: Mutex::default() }
    }

    /// The files that were opened in it, in the order they were asked for, with what they were then.
    #[must_use]
    pub fn opened(self) -> Vec<OpenedFile> {
        self.opened.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Neighbours for Folder {
    fn open(&self, name: &str) -> io::Result<Option<Arc<dyn Source>>> {
        // Names come from evidence: nothing but a plain file name may be looked up.
        if name.is_empty() || name == "." || name == ".." || name.contains(['/', '\0']) {
            return Ok(None);
        }
        match open_host_file(&self.path.join(name)) {
            Ok(file) => {
                let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
                opened.push((Arc::clone(&file.source), file.watched));
                Ok(Some(file.source))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for item in std::fs::read_dir(&self.path)? {
            let item = item?;
            let kind = item.file_type()?;
            if kind.is_file() || kind.is_symlink() {
                // A name that is no UTF-8 is none that an image can ask for.
                names.extend(item.file_name().into_string());
            }
            if names.len() > MOST_NAMES {
                let text = format!("{} has more than {MOST_NAMES} files", self.path.display());
                return Err(io::Error::new(io::ErrorKind::QuotaExceeded, text));
            }
        }
        names.sort_unstable();
        Ok(names)
    }
}
