//! A file read with `pread`: for media that may fail, where a map would raise SIGBUS.

use std::fs::File;
use std::io;
use std::ops::{ControlFlow, Range};
use std::os::unix::fs::FileExt;

use crate::hole_map::HoleMap;
use crate::read::{inside, visit_beyond};
use crate::{BadReason, Piece, Scratch, Source, SourceId, Visitor, index};

/// Bytes read at once.
const BLOCK_BYTES: u32 = 256 << 10;
/// When a block fails it is read again in pieces of this size, so that only what is really
/// unreadable is lost.
const RETRY_BYTES: u64 = 4 << 10;

/// A file or device read with `pread`. Read errors become [`Piece::Bad`] of 4 KiB grain, holes of a
/// sparse file [`Piece::Zero`].
pub struct PositionedFile {
    file: File,
    len: u64,
    /// `None` for a file without holes.
    holes: Option<HoleMap>,
    id: SourceId,
}

impl PositionedFile {
    /// Reads `file`, `len` bytes long (the size of a device is not in its metadata).
    #[must_use]
    pub fn new(file: File, len: u64) -> Self {
        let holes = HoleMap::of(&file, len);
        Self { file, len, holes, id: SourceId::new() }
    }

    /// Visits `part` of the block of that number, which is read as a whole.
    #[inline]
    fn visit_block(
        &self,
        number: u64,
        block: &Range<u64>,
        part: Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let bytes = scratch.unit(self.id, number, |out, _| {
            out.resize(index(block.end.saturating_sub(block.start)), 0);
            read_fully(&self.file, out, block.start)
        });
        let Ok(bytes) = bytes else { return self.visit_slowly(part, each) };
        let from = index(part.start.saturating_sub(block.start));
        let to = index(part.end.saturating_sub(block.start));
        each(Piece::Data { bytes: bytes.get(from..to).unwrap_or_default(), at: part.start })
    }

    /// Reads a block that failed as a whole in small pieces.
    fn visit_slowly(&self, range: Range<u64>, each: &mut Visitor<'_>) -> ControlFlow<()> {
        let mut at = range.start;
        let mut buffer = vec![0; index(RETRY_BYTES)];
        while at < range.end {
            let aligned_end = at
                .checked_div(RETRY_BYTES)
                .unwrap_or(0)
                .saturating_add(1)
                .saturating_mul(RETRY_BYTES);
            let end = aligned_end.min(range.end);
            let count = end.saturating_sub(at);
            let bytes = buffer.get_mut(..index(count)).unwrap_or_default();
            match read_fully(&self.file, bytes, at) {
                Ok(()) => each(Piece::Data { bytes, at })?,
                Err(os_error) => each(Piece::Bad(count, BadReason::Io { os_error }))?,
            }
            at = end;
        }
        ControlFlow::Continue(())
    }
}

/// Fills `buffer`; a file that has become shorter than it was is an input/output error, not zeros.
fn read_fully(file: &File, buffer: &mut [u8], start: u64) -> Result<(), i32> {
    const EIO: i32 = 5;
    file.read_exact_at(buffer, start)
        .map_err(|error: io::Error| error.raw_os_error().unwrap_or(EIO))
}

impl Source for PositionedFile {
    fn len(&self) -> u64 {
        self.len
    }

    fn stored_len(&self) -> u64 {
        self.holes.as_ref().map_or(self.len(), HoleMap::stored)
    }

    /// A block is read for whoever asks for a byte of it: those who share a medium should read it
    /// once.
    fn grain(&self) -> u32 {
        BLOCK_BYTES
    }

    fn visit(
        &self,
        range: Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let block_bytes = u64::from(BLOCK_BYTES);
        let within = inside(&range, self.len);
        let mut at = within.start;
        while at < within.end {
            let stretch = self.holes.as_ref().map(|holes| holes.at(at));
            if let Some(hole) = stretch.filter(|stretch| stretch.hole) {
                let end = hole.end.min(within.end);
                each(Piece::Zero(end.saturating_sub(at)))?;
                at = end;
                continue;
            }
            let data_end = stretch.map_or(u64::MAX, |data| data.end).min(within.end);
            let number = at.checked_div(block_bytes).unwrap_or(0);
            let start = number.saturating_mul(block_bytes);
            let block = start..start.saturating_add(block_bytes).min(self.len);
            let end = block.end.min(data_end);
            self.visit_block(number, &block, at..end, scratch, each)?;
            at = end;
        }
        visit_beyond(&range, &within, each)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::{length, read_vec};

    #[test]
    fn reads_across_blocks_and_reports_a_file_that_shrank() {
        let bytes: Vec<u8> = (0..600_000_u32).map(|n| u8::try_from(n % 251).unwrap()).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        let source = PositionedFile::new(file.try_clone().unwrap(), length(bytes.len()));
        let mut scratch = Scratch::new();
        assert_eq!(
            read_vec(&source, 262_000, 300_000, &mut scratch).unwrap(),
            &bytes[262_000..562_000]
        );

        file.set_len(300_000).unwrap();
        let fault = read_vec(&source, 299_000, 5_000, &mut Scratch::new()).unwrap_err();
        assert!(matches!(fault, BadReason::Io { .. }), "{fault}");
    }
}
