//! Writes an `.hset` file from sorted pairs of digest and row.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use byte_source::length;
use case_model::Algorithm;
use sha2::{Digest, Sha256};

use super::hset_header::{HEADER_BYTES, HsetHeader, MOST_DIGESTS, Version, bit_of, key_of, place_of};
use super::piece_writer::PieceWriter;

/// Buffer for reading, and of the temporary file.
const BUFFER_BYTES: usize = 1 << 20;

/// Writes the digests of one algorithm with their rows as they come, then index and header: a file of version 3.
pub(super) struct HsetWriter {
    algorithm: Algorithm,
    file: PieceWriter,
    /// The prefix index, until it is whole.
    index: File,
    /// Of the data so far.
    hasher: Sha256,
    digests: u64,
}

impl HsetWriter {
    /// Begins `path`, which must not exist; the index is kept in an unnamed file in `folder` until it is whole.
    pub(super) fn create(path: &Path, folder: &Path, algorithm: Algorithm) -> io::Result<Self> {
        let file = File::options().read(true).write(true).create_new(true).open(path)?;
        let mut file = PieceWriter::new(file);
        file.write_all(&[0; HEADER_BYTES])?;
        let index = tempfile::tempfile_in(folder)?;
        Ok(Self { algorithm, file, index, hasher: Sha256::new(), digests: 0 })
    }

    /// Takes the next digest, greater than all before.
    pub(super) fn push(&mut self, digest: &[u8], row: u32) -> io::Result<()> {
        if self.digests >= MOST_DIGESTS {
            return Err(io::Error::other("more digests than row numbers"));
        }
        for part in [digest, &row.to_le_bytes()] {
            self.file.write_all(part)?;
            self.hasher.update(part);
        }
        self.digests = self.digests.saturating_add(1);
        Ok(())
    }

    /// Writes the rest and makes it durable. Returns the number of digests.
    pub(super) fn finish(self, set: &[u8; 32]) -> io::Result<u64> {
        let mut file = self.file;
        file.flush()?;
        let mut header = HsetHeader {
            version: Version::Three,
            algorithm: self.algorithm,
            digests: self.digests,
            prefix_bits: HsetHeader::prefix_bits_for(self.digests),
            set: *set.first_chunk().unwrap_or(&[0; 16]),
            data_digest: [0; 32],
        };
        let mut hasher = self.hasher;
        let mut index = BufWriter::with_capacity(BUFFER_BYTES, self.index);
        write_index(file.file(), &header, &mut index)?;
        let mut index = index.into_inner().map_err(io::IntoInnerError::into_error)?;
        index.seek(SeekFrom::Start(0))?;
        copy_hashed(&mut index, &mut file, &mut hasher)?;
        file.flush()?;
        header.data_digest = hasher.finalize().into();
        file.file().write_all_at(&header.encode(), 0)?;
        file.file().sync_all()?;
        Ok(self.digests)
    }
}

/// Reads the digests back and writes the prefix index.
fn write_index(file: &mut File, header: &HsetHeader, index: &mut impl Write) -> io::Result<()> {
    file.seek(SeekFrom::Start(length(HEADER_BYTES)))?;
    let mut reader = BufReader::with_capacity(BUFFER_BYTES, &mut *file);
    let mut record = vec![0; header.record_bytes()];
    // The cell that is being filled: its number, the digests before it, and its marks.
    let mut cell = 0;
    let mut before = 0_u64;
    let mut marks = 0_u64;
    for number in 0..header.digests {
        reader.read_exact(&mut record)?;
        let (prefix, mark) = place_of(key_of(&record), header.prefix_bits);
        while cell < prefix {
            index.write_all(&(before | marks).to_le_bytes())?;
            (cell, before, marks) = (cell.saturating_add(1), number, 0);
        }
        marks |= bit_of(mark);
    }
    while cell < header.index_cells() {
        index.write_all(&(before | marks).to_le_bytes())?;
        (cell, before, marks) = (cell.saturating_add(1), header.digests, 0);
    }
    Ok(())
}

fn copy_hashed(from: &mut impl Read, to: &mut PieceWriter, hasher: &mut Sha256) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let count = from.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else {
            return Ok(());
        };
        hasher.update(bytes);
        to.write_all(bytes)?;
    }
}
