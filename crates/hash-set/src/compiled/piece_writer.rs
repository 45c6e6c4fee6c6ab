//! Writing a long file in pieces that a large page holds.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use byte_source::{index, length};

/// Length and alignment of a piece: those of a large page. Where the system has room, it keeps what is written so in one, and the first lookups
/// find it there.
const PIECE_BYTES: u64 = 2 << 20;

/// Writes a file from its first byte on. Neither uses nor changes its position.
pub(super) struct PieceWriter {
    file: File,
    /// Bytes written.
    at: u64,
    /// Bytes behind them.
    piece: Vec<u8>,
}

impl PieceWriter {
    pub(super) fn new(file: File) -> Self {
        Self { file, at: 0, piece: Vec::with_capacity(index(PIECE_BYTES)) }
    }

    pub(super) fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        loop {
            let room = index(self.room());
            let Some((now, later)) = bytes.split_at_checked(room) else {
                self.piece.extend_from_slice(bytes);
                return Ok(());
            };
            self.piece.extend_from_slice(now);
            self.flush()?;
            bytes = later;
        }
    }

    /// Writes what waits, so that it can be read.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.file.write_all_at(&self.piece, self.at)?;
        self.at = self.at.saturating_add(length(self.piece.len()));
        self.piece.clear();
        Ok(())
    }

    /// The file, for reading what was flushed.
    pub(super) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Bytes until the piece is full; never 0, for then it is written.
    fn room(&self) -> u64 {
        let used =
            self.at.saturating_add(length(self.piece.len())) & (PIECE_BYTES.saturating_sub(1));
        PIECE_BYTES.saturating_sub(used)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_in_parts_of_any_length_stands_in_the_file_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut writer = PieceWriter::new(File::create_new(&path).unwrap());
        let mut expected = Vec::new();
        let mut state = 1_usize;
        for count in [0, 1, 4096, 100_003, (2 << 20) - 104_100, 0, 2 << 20, 5 << 20, 20, 3] {
            let bytes: Vec<u8> = (0..count)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    state.to_le_bytes()[7]
                })
                .collect();
            writer.write_all(&bytes).unwrap();
            expected.extend_from_slice(&bytes);
            if count == 20 {
                writer.flush().unwrap();
                assert_eq!(std::fs::read(&path).unwrap(), expected);
            }
        }
        writer.flush().unwrap();
        assert!(std::fs::read(&path).unwrap() == expected);
    }
}
