//! The imported file: read once, and hashed by the way.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use byte_source::length;
use sha2::{Digest, Sha256};

use super::digest_beside::DigestBeside;
use super::{Encoding, Utf16Reader};
use crate::{Beside, ImportError};

/// Bytes at the beginning by which a format is recognised.
const HEAD_BYTES: u64 = 64 << 10;
/// Bytes hashed between two calls of the progress function.
const STEP_BYTES: u64 = 64 << 20;
/// Bytes read at once.
const BUFFER_BYTES: usize = 256 << 10;

/// An open file to import.
pub(crate) struct SourceFile {
    path: PathBuf,
    file: File,
    head: Vec<u8>,
    meter: Meter,
    beside: Option<DigestBeside>,
}

impl SourceFile {
    /// Opens a regular file.
    pub(crate) fn open(path: &Path) -> Result<Self, ImportError> {
        let error = |error| ImportError::read(path)(error);
        let metadata = std::fs::metadata(path).map_err(error)?;
        // Asked before it is opened: opening a pipe would wait for a writer.
        if !metadata.is_file() {
            return Err(error(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")));
        }
        let mut file = File::open(path).map_err(error)?;
        let mut head = Vec::new();
        (&mut file).take(HEAD_BYTES).read_to_end(&mut head).map_err(error)?;
        file.seek(SeekFrom::Start(0)).map_err(error)?;
        Ok(Self {
            path: path.to_path_buf(),
            file,
            head,
            meter: Meter::new(metadata.len()),
            beside: None,
        })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Its first bytes.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// Its first characters, as UTF-8 bytes.
    pub(crate) fn head_text(&self) -> Vec<u8> {
        let mut text = Vec::new();
        // Reading from memory cannot fail.
        let _ = decoded(Box::new(self.head.as_slice()), Encoding::of(&self.head))
            .read_to_end(&mut text);
        text
    }

    /// Begins to hash it on another thread.
    pub(crate) fn hash_beside(&mut self, beside: Beside) -> Result<(), ImportError> {
        let file = self.file.try_clone().map_err(ImportError::read(&self.path))?;
        self.beside =
            Some(DigestBeside::begin(file, beside).map_err(ImportError::read(&self.path))?);
        Ok(())
    }

    /// Its bytes, to be read once.
    pub(crate) fn bytes(&self) -> Result<BufReader<impl Read + use<>>, ImportError> {
        let file = self.file.try_clone().map_err(ImportError::read(&self.path))?;
        Ok(BufReader::with_capacity(BUFFER_BYTES, Metered { file, meter: self.meter.clone() }))
    }

    /// Its text as UTF-8 without byte order mark, to be read once.
    pub(crate) fn text(&self) -> Result<Box<dyn BufRead>, ImportError> {
        Ok(decoded(Box::new(self.bytes()?), Encoding::of(&self.head)))
    }

    /// Name without folder.
    pub(crate) fn file_name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Name without folder and extension.
    pub(crate) fn stem(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// How much has been read.
    pub(crate) fn meter(&self) -> Meter {
        self.meter.clone()
    }

    /// Reads what is left, and gives length in bytes and SHA-256 of the file; tells `each` meanwhile how many bytes are done.
    pub(crate) fn finish(self, each: &mut dyn FnMut(u64)) -> Result<(u64, [u8; 32]), ImportError> {
        if let Some(beside) = self.beside {
            let (bytes, digest) = beside.result(each).map_err(ImportError::read(&self.path))?;
            return unchanged(self.path, self.meter.total(), bytes).map(|bytes| (bytes, digest));
        }
        // Clones share their position: this goes on where the reader stopped.
        let mut rest = Metered { file: self.file, meter: self.meter.clone() };
        let mut read_step = || io::copy(&mut (&mut rest).take(STEP_BYTES), &mut io::sink());
        while read_step().map_err(ImportError::read(&self.path))? > 0 {
            each(self.meter.bytes());
        }
        let bytes = unchanged(self.path, self.meter.total(), self.meter.bytes())?;
        Ok((bytes, self.meter.digest()))
    }
}

/// The length of a file, which must be the same before and after.
fn unchanged(path: PathBuf, before: u64, after: u64) -> Result<u64, ImportError> {
    match before == after {
        true => Ok(after),
        false => Err(ImportError::Changed { path, before, after }),
    }
}

/// A decoder for `encoding` on `bytes`; a byte order mark is left out.
fn decoded<'a>(mut bytes: Box<dyn BufRead + 'a>, encoding: Encoding) -> Box<dyn BufRead + 'a> {
    match encoding {
        Encoding::Utf8 { mark } => {
            if mark {
                bytes.consume_mark();
            }
            bytes
        }
        Encoding::Utf16 { big_endian } => Box::new(Utf16Reader::new(bytes, big_endian)),
    }
}

trait ConsumeMark {
    /// Skips the three bytes of a UTF-8 byte order mark.
    fn consume_mark(&mut self);
}

impl ConsumeMark for Box<dyn BufRead + '_> {
    fn consume_mark(&mut self) {
        // A read error comes again at the next read.
        let _ = self.read_exact(&mut [0; 3]);
    }
}

/// Counts and hashes what is read.
#[derive(Clone)]
pub(crate) struct Meter(Rc<RefCell<Metering>>);

struct Metering {
    bytes: u64,
    total: u64,
    hasher: Sha256,
}

impl Meter {
    fn new(total: u64) -> Self {
        Self(Rc::new(RefCell::new(Metering { bytes: 0, total, hasher: Sha256::new() })))
    }

    /// Bytes read so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.0.borrow().bytes
    }

    /// Length of the file when it was opened.
    pub(crate) fn total(&self) -> u64 {
        self.0.borrow().total
    }

    fn digest(&self) -> [u8; 32] {
        self.0.borrow().hasher.clone().finalize().into()
    }
}

/// A file whose bytes are counted and hashed as they are read.
struct Metered {
    file: File,
    meter: Meter,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        let mut meter = self.meter.0.borrow_mut();
        meter.hasher.update(buffer.get(..count).unwrap_or_default());
        meter.bytes = meter.bytes.saturating_add(length(count));
        Ok(count)
    }
}
