//! An export in one zip file, its members stored without compression: what is read is never longer than the file itself.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::rc::Rc;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::storage::{ExportInput, ExportOutput, is_plain};

/// Writes an export into a new zip file.
pub struct ZipOutput {
    zip: ZipWriter<Unfailing>,
    /// The storage's first error.
    failed: Rc<RefCell<Option<io::Error>>>,
    names: std::collections::BTreeSet<String>,
}

/// The file as the `zip` crate sees it. That crate panics when it is dropped after a failed write: it is told of none, and whoever calls
/// us is told of the first.
struct Unfailing {
    file: BufWriter<File>,
    position: u64,
    length: u64,
    failed: Rc<RefCell<Option<io::Error>>>,
}

impl ZipOutput {
    /// A new zip file, readable by the user alone as far as the system's mask says so.
    ///
    /// # Errors
    /// When it exists already, or the storage fails.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = BufWriter::new(File::create_new(path)?);
        let failed = Rc::default();
        let zip =
            ZipWriter::new(Unfailing { file, position: 0, length: 0, failed: Rc::clone(&failed) });
        Ok(Self { zip, failed, names: std::collections::BTreeSet::new() })
    }

    /// Writes the directory of the zip file.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn finish(self) -> io::Result<()> {
        let mut written = self.zip.finish().map_err(io::Error::other)?;
        written.flush()?;
        told(&self.failed)?;
        written.file.get_ref().sync_all()
    }
}

/// The first error, once; afterwards that there was one.
fn told(failed: &RefCell<Option<io::Error>>) -> io::Result<()> {
    let mut failed = failed.borrow_mut();
    let Some(error) = failed.take() else { return Ok(()) };
    *failed = Some(io::Error::new(error.kind(), "the zip file could not be written"));
    Err(error)
}

impl Unfailing {
    /// Does it unless something failed before; `position` is where the file then is.
    fn attempt(
        &mut self,
        position: u64,
        work: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) {
        let mut failed = self.failed.borrow_mut();
        if failed.is_none() {
            *failed = work(&mut self.file).err();
        }
        self.position = position;
        self.length = self.length.max(position);
    }
}

impl Write for Unfailing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let end = self.position.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        self.attempt(end, |file| file.write_all(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.attempt(self.position, BufWriter::flush);
        Ok(())
    }
}

impl Seek for Unfailing {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
        };
        let position = position.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        if position != self.position {
            self.attempt(position, |file| file.seek(SeekFrom::Start(position)).map(drop));
        }
        Ok(position)
    }
}

/// A member; its writer is told what the storage says.
struct Member<'z>(&'z mut ZipOutput);

impl Write for Member<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.0.zip.write(bytes)?;
        told(&self.0.failed)?;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.zip.flush()?;
        told(&self.0.failed)
    }
}

impl ExportOutput for ZipOutput {
    fn create(&mut self, path: &str) -> io::Result<Box<dyn Write + '_>> {
        if !is_plain(path) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "a path that may leave the export",
            ));
        }
        if !self.names.insert(path.to_owned()) {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "the export has that file already",
            ));
        }
        // `large_file`: how long a member becomes is not known before.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .large_file(true)
            .unix_permissions(0o600);
        self.zip.start_file(path, options).map_err(io::Error::other)?;
        told(&self.failed)?;
        Ok(Box::new(Member(self)))
    }
}

/// Reads an export out of a zip file.
pub struct ZipInput {
    archive: RefCell<ZipArchive<BufReader<File>>>,
    path: std::path::PathBuf,
    length: u64,
}

impl ZipInput {
    /// Opens a zip file.
    ///
    /// # Errors
    /// When the storage fails, or the file is no zip file.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let archive = ZipArchive::new(BufReader::new(file)).map_err(io::Error::other)?;
        Ok(Self { archive: RefCell::new(archive), path: path.to_owned(), length })
    }
}

impl ExportInput for ZipInput {
    fn paths(&self, limit: usize) -> io::Result<Vec<String>> {
        let archive = self.archive.borrow();
        if archive.len() > limit {
            return Err(io::Error::other(format!("more than {limit} files")));
        }
        let names: Result<Vec<String>, _> =
            archive.file_names().map(|name| name.map(|name| name.into_owned())).collect();
        let mut paths = names.map_err(io::Error::other)?;
        paths.retain(|name| !name.ends_with('/'));
        paths.sort_unstable();
        match paths.iter().find(|path| !is_plain(path)) {
            Some(path) => Err(io::Error::other(format!("{path:?} may leave the export"))),
            None => Ok(paths),
        }
    }

    fn open(&self, path: &str) -> io::Result<Box<dyn Read + '_>> {
        let at = self.archive.borrow().index_for_name(path);
        let at = at.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        // Members of one archive cannot be read side by side through one handle; each gets its own.
        let (start, length) = {
            let mut archive = self.archive.borrow_mut();
            let member = archive.by_index_raw(at).map_err(io::Error::other)?;
            if member.compression() != CompressionMethod::Stored
                || member.encrypted()
                || !member.is_file()
            {
                return Err(io::Error::other("no plain stored file; exports are not compressed"));
            }
            (member.data_start().unwrap_or(u64::MAX), member.size())
        };
        if start.checked_add(length).is_none_or(|end| end > self.length) {
            return Err(io::Error::other("it reaches beyond the end of the zip file"));
        }
        let mut file = File::open(&self.path)?;
        io::Seek::seek(&mut file, io::SeekFrom::Start(start))?;
        Ok(Box::new(BufReader::new(file.take(length))))
    }
}
