//! Where a sparse file stores bytes: its holes read as zero and need no reading.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::sync::{Mutex, PoisonError};

use rustix::fs::{SeekFrom, seek};
use rustix::io::Errno;

/// Ranges that are remembered of one file; when there are more, all are asked for again.
const MOST_RANGES: usize = 100_000;
/// Bytes of a block as `st_blocks` counts them (stat(2)).
const STAT_BLOCK_BYTES: u64 = 512;

/// The holes of a file, asked from the system (`SEEK_HOLE`, `SEEK_DATA`, lseek(2)) when they are needed.
///
/// The system knows them without reading. A file system that does not know holes says that all is data.
pub(crate) struct HoleMap {
    file: File,
    len: u64,
    /// Bytes that the file system stores of it.
    stored: u64,
    /// First byte of a range that was asked for, to its end and whether it is a hole.
    known: Mutex<BTreeMap<u64, Stretch>>,
}

/// What a file holds from a byte on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// The byte behind it.
    pub(crate) end: u64,
    /// Nothing is stored: the bytes read as zero.
    pub(crate) hole: bool,
}

impl HoleMap {
    /// Maps the holes of `file`, which is `len` bytes long; `None` when it has none, or the system cannot tell.
    pub(crate) fn of(file: &File, len: u64) -> Option<Self> {
        let metadata = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
        let stored = metadata.blocks().saturating_mul(STAT_BLOCK_BYTES);
        if stored >= len {
            return None;
        }
        // The clone shares the file's position with `file`: nobody uses it, all reading is by place.
        let map = Self { file: file.try_clone().ok()?, len, stored, known: Mutex::default() };
        let first = map.at(0);
        (first.hole || first.end < len).then_some(map)
    }

    /// Returns how many bytes the file system stores.
    pub(crate) fn stored(&self) -> u64 {
        self.stored
    }

    /// What the file holds from byte `at` on. Ends behind `at`, always.
    pub(crate) fn at(&self, at: u64) -> Stretch {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, stretch)) =
            known.range(..=at).next_back().filter(|(_, stretch)| stretch.end > at)
        {
            return *stretch;
        }
        let stretch = self.ask(at);
        if known.len() >= MOST_RANGES {
            known.clear();
        }
        known.insert(at, stretch);
        stretch
    }

    fn ask(&self, at: u64) -> Stretch {
        let all_data = Stretch { end: self.len.max(at.saturating_add(1)), hole: false };
        match seek(&self.file, SeekFrom::Data(at)) {
            Ok(data) if data > at => Stretch { end: data, hole: true },
            // Nothing is stored from here to the end, unless the file was cut short: reading it says so.
            Err(Errno::NXIO) if at < self.len && self.is_as_long_as_it_was() => {
                Stretch { end: self.len, hole: true }
            }
            Ok(_) => match seek(&self.file, SeekFrom::Hole(at)) {
                Ok(hole) if hole > at => Stretch { end: hole, hole: false },
                _ => all_data,
            },
            Err(_) => all_data,
        }
    }

    fn is_as_long_as_it_was(&self) -> bool {
        self.file.metadata().is_ok_and(|metadata| metadata.len() >= self.len)
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;
    use std::os::unix::fs::FileExt;

    use super::*;
    use crate::{MappedFile, Piece, PositionedFile, Scratch, Source};

    /// Bytes of the test file: more than fit into memory, or that could be read in a test.
    const LEN: u64 = 3 << 40;

    /// A file of 3 TiB with 5 bytes at 1 MiB and 3 at its end; `None` where the file system keeps no holes.
    fn sparse() -> Option<File> {
        let file = tempfile::tempfile().unwrap();
        file.set_len(LEN).ok()?;
        file.write_all_at(b"start", 1 << 20).unwrap();
        file.write_all_at(b"end", LEN - 3).unwrap();
        if HoleMap::of(&file, LEN).is_none() {
            eprintln!("skipped: the file system of the temporary folder keeps no holes");
            return None;
        }
        Some(file)
    }

    /// Visits all of a source: bytes of data, zeros that were not read, and the text that is not zero, with its places.
    fn visited(source: &dyn Source) -> (u64, u64, Vec<(u64, u8)>) {
        let mut data = 0;
        let mut zeros = 0;
        let mut at = 0;
        let mut text = Vec::new();
        let _ = source.visit(0..source.len(), &mut Scratch::new(), &mut |piece| {
            match piece {
                Piece::Data { bytes, at: place } => {
                    assert_eq!(place, at);
                    data += piece.len();
                    let set = bytes.iter().enumerate().filter(|(_, byte)| **byte != 0);
                    text.extend(set.map(|(number, byte)| (place + crate::length(number), *byte)));
                }
                Piece::Zero(count) => zeros += count,
                Piece::Bad(..) => panic!("all is readable"),
            }
            at += piece.len();
            ControlFlow::Continue(())
        });
        assert_eq!(at, source.len());
        (data, zeros, text)
    }

    #[test]
    fn holes_of_terabytes_come_as_zeros_without_being_read_mapped_or_not() {
        let Some(file) = sparse() else { return };
        let expected: Vec<(u64, u8)> =
            ((1 << 20)..).zip(*b"start").chain((LEN - 3..).zip(*b"end")).collect();
        let positioned = PositionedFile::new(file.try_clone().unwrap(), LEN);
        let mapped = MappedFile::new(&file).unwrap();
        for source in [&positioned as &dyn Source, &mapped] {
            let (data, zeros, text) = visited(source);
            assert_eq!(text, expected);
            assert_eq!(data + zeros, LEN);
            assert!((1..=2 << 20).contains(&source.stored_len()), "{}", source.stored_len());
            // A file system stores whole blocks; no more of the file is read.
            assert!(data <= 2 << 20, "{data} bytes were read");
        }
    }

    #[test]
    fn a_file_without_holes_has_no_map_and_a_device_neither() {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(&[1; 100_000], 0).unwrap();
        file.sync_all().unwrap();
        assert!(HoleMap::of(&file, 100_000).is_none());
        let device = File::open("/dev/null").unwrap();
        assert!(HoleMap::of(&device, 1 << 40).is_none());
    }

    #[test]
    fn a_sparse_file_that_is_cut_short_is_unreadable_there_and_no_hole() {
        let Some(file) = sparse() else { return };
        let positioned = PositionedFile::new(file.try_clone().unwrap(), LEN);
        let mapped = MappedFile::new(&file).unwrap();
        file.set_len(1 << 21).unwrap();
        for source in [&positioned as &dyn Source, &mapped] {
            let read = crate::read_vec(source, 1 << 30, 4096, &mut Scratch::new());
            assert!(matches!(read, Err(crate::BadReason::Io { .. })), "{read:?}");
        }
    }

    #[test]
    fn every_range_of_a_sparse_file_is_what_reading_it_gives() {
        let file = tempfile::tempfile().unwrap();
        let len = 3_000_000_u64;
        file.set_len(len).unwrap();
        for at in [0_u64, 4096, 700_000, 1_500_000, 2_999_990] {
            file.write_all_at(&[7; 10], at).unwrap();
        }
        let mut whole = vec![0; crate::index(len)];
        file.read_exact_at(&mut whole, 0).unwrap();
        let positioned = PositionedFile::new(file.try_clone().unwrap(), len);
        let mapped = MappedFile::new(&file).unwrap();
        for source in [&positioned as &dyn Source, &mapped] {
            for range in
                [0..len, 1..5, 4_000..4_200, 699_999..700_011, 65_536..1_500_001, 2_999_995..len]
            {
                let read = crate::read_vec(
                    source,
                    range.start,
                    range.end - range.start,
                    &mut Scratch::new(),
                );
                let expected = &whole[crate::index(range.start)..crate::index(range.end)];
                assert!(read.unwrap() == expected, "{range:?}");
            }
        }
    }
}
