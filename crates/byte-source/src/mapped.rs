//! A memory-mapped evidence file. The only `unsafe` of the reading side.

use std::fs::File;
use std::io;
use std::ops::{ControlFlow, Range};

use crate::hole_map::HoleMap;
use crate::read::{inside, visit_beyond, visit_slice};
use crate::readable_pages::ReadablePages;
use crate::{BadReason, Piece, Scratch, Source, Visitor, index};

/// A multiple of the page size of all systems that this runs on.
const PAGE_BYTES: usize = 64 << 10;

/// `errno` of a read that failed: the map does not tell another.
const EIO: i32 = 5;
/// Bytes that are visited as one piece at most: they are brought into memory together.
const STEP_BYTES: u64 = 8 << 20;
/// Slices of more bytes are not lent: their pages would all have to be in memory together.
const MOST_LENT_BYTES: u64 = 64 << 20;

/// A regular file mapped read-only: lends its pages without a copy.
///
/// A page that cannot be read raises SIGBUS when it is touched. So every page of evidence is
/// brought into memory first by a call that fails instead (`MADV_POPULATE_READ`, madvise(2), Linux
/// 5.14); what fails is [`Piece::Bad`] of 4 KiB grain, as with [`crate::PositionedFile`].
pub struct MappedFile {
    map: memmap2::Mmap,
    /// `None` for an index of ours, whose pages are touched in no order.
    proven: Option<ReadablePages>,
    /// `None` for a file without holes: they are not brought into memory.
    holes: Option<HoleMap>,
}

impl MappedFile {
    /// Maps `file`, which must have been opened for reading only.
    ///
    /// # Errors
    /// What the operating system says when it cannot map the file, or cannot tell beforehand
    /// whether a page can be read.
    pub fn new(file: &File) -> io::Result<Self> {
        const EFAULT: i32 = 14;
        let mut mapped = Self::with_advice(file, memmap2::Advice::Sequential)?;
        let first =
            mapped.map.advise_range(memmap2::Advice::PopulateRead, 0, mapped.map.len().min(1));
        match first {
            // A first page that cannot be read is no reason: reading says so.
            Err(error) if error.raw_os_error() != Some(EFAULT) => return Err(error),
            _ => mapped.proven = Some(ReadablePages::new(mapped.len())),
        }
        mapped.holes = HoleMap::of(file, mapped.len());
        Ok(mapped)
    }

    /// Maps `file`, which must have been opened for reading only, for accesses in no order (an
    /// index): no read-ahead.
    ///
    /// # Errors
    /// What the operating system says when it cannot map the file.
    pub fn for_lookup(file: &File) -> io::Result<Self> {
        Self::with_advice(file, memmap2::Advice::Random)
    }

    /// Asks that `range` be read and mapped in large pages (2 MiB, where file system and kernel
    /// can): accesses in no order then wait much less for the tables of pages, but the first one
    /// reads 2 MiB. For what is read often, and fits into memory.
    pub fn prefer_large_pages(&self, range: Range<u64>) {
        let end = index(range.end).min(self.map.len());
        let start = index(range.start).min(end);
        // Advice only: a refusal changes nothing.
        #[cfg(target_os = "linux")]
        let _ = self.map.advise_range(memmap2::Advice::HugePage, start, end.saturating_sub(start));
    }

    fn with_advice(file: &File, advice: memmap2::Advice) -> io::Result<Self> {
        // SAFETY: the map is read-only and private to this process. Evidence files are sealed while
        // a scan runs; another process that shortens or rewrites one would change bytes under the
        // map (or raise SIGBUS), which no reader can prevent. Bytes are only ever read as `u8`, for
        // which every value is valid.
        #[expect(unsafe_code)]
        let map = unsafe { memmap2::Mmap::map(file)? };
        // Advice only: a refusal changes nothing.
        let _ = map.advise(advice);
        Ok(Self { map, proven: None, holes: None })
    }

    /// The end of the hole that holds byte `at`; `None` when the byte is stored.
    fn hole_at(&self, at: u64) -> Option<u64> {
        let stretch = self.holes.as_ref()?.at(at);
        stretch.hole.then_some(stretch.end)
    }

    /// The end of what is stored from byte `at` on.
    fn data_end(&self, at: u64) -> u64 {
        self.holes.as_ref().map_or(u64::MAX, |holes| holes.at(at).end)
    }

    fn prove(&self, proven: &ReadablePages, range: &Range<u64>) {
        proven.prove(range, &|part| {
            let start = index(part.start);
            let count = index(part.end).saturating_sub(start);
            self.map.advise_range(memmap2::Advice::PopulateRead, start, count).is_ok()
        });
    }

    /// Brings stored pages into memory and visits them; what cannot be read is bad.
    fn visit_pages(
        &self,
        proven: &ReadablePages,
        range: Range<u64>,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let end = range.end;
        self.prove(proven, &range);
        let mut at = range.start;
        while at < end {
            let bad = proven.first_bad(&(at..end)).unwrap_or(end..end);
            if at < bad.start {
                visit_slice(&self.map, at..bad.start, each)?;
            }
            if !bad.is_empty() {
                let count = bad.end.saturating_sub(bad.start);
                each(Piece::Bad(count, BadReason::Io { os_error: EIO }))?;
            }
            at = bad.end;
        }
        ControlFlow::Continue(())
    }
}

impl Source for MappedFile {
    fn len(&self) -> u64 {
        crate::length(self.map.len())
    }

    fn stored_len(&self) -> u64 {
        self.holes.as_ref().map_or(self.len(), HoleMap::stored)
    }

    fn slice(&self, range: Range<u64>) -> Option<&[u8]> {
        if let Some(proven) = &self.proven {
            if range.end.saturating_sub(range.start) > MOST_LENT_BYTES || range.end > self.len() {
                return None;
            }
            self.prove(proven, &range);
            if proven.first_bad(&range).is_some() {
                return None;
            }
        }
        self.map.get(index(range.start)..index(range.end))
    }

    fn prefetch(&self, range: Range<u64>) {
        if self.hole_at(range.start).is_some_and(|end| end >= range.end) {
            return;
        }
        let end = index(range.end).min(self.map.len());
        let start = index(range.start).min(end);
        // Advice only: a refusal changes nothing.
        let _ = self.map.advise_range(memmap2::Advice::WillNeed, start, end.saturating_sub(start));
    }

    fn release(&self, range: Range<u64>) {
        // Whole pages inside the range; the rest stays.
        let start = index(range.start).div_ceil(PAGE_BYTES).saturating_mul(PAGE_BYTES);
        let end = index(range.end).min(self.map.len()) & !PAGE_BYTES.saturating_sub(1);
        if start >= end {
            return;
        }
        if let Some(proven) = &self.proven {
            proven.forget(&(crate::length(start)..crate::length(end)));
        }
        // SAFETY: the map is of a file, shared and read-only: pages that are dropped are read from
        // the file again when they are touched. Slices that are lent stay valid: address and
        // content do not change.
        #[expect(unsafe_code)]
        let _ = unsafe {
            self.map.unchecked_advise_range(
                memmap2::UncheckedAdvice::DontNeed,
                start,
                end.saturating_sub(start),
            )
        };
    }

    fn visit(&self, range: Range<u64>, _: &mut Scratch, each: &mut Visitor<'_>) -> ControlFlow<()> {
        let Some(proven) = &self.proven else { return visit_slice(&self.map, range, each) };
        let within = inside(&range, self.len());
        let mut at = within.start;
        while at < within.end {
            if let Some(end) = self.hole_at(at) {
                let end = end.min(within.end);
                each(Piece::Zero(end.saturating_sub(at)))?;
                at = end;
                continue;
            }
            let end = at.saturating_add(STEP_BYTES).min(within.end).min(self.data_end(at));
            self.visit_pages(proven, at..end, each)?;
            at = end;
        }
        visit_beyond(&range, &within, each)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::read_available;

    #[test]
    fn pages_that_cannot_be_read_are_told_and_do_not_end_the_program() {
        let bytes: Vec<u8> = (0..1_000_000_u32).map(|n| u8::try_from(n % 251).unwrap()).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        let source = MappedFile::new(&file).unwrap();
        assert_eq!(source.slice(0..100), bytes.get(0..100));
        // Pages behind the end of a file raise SIGBUS, as pages on a bad disk do.
        file.set_len(300_000).unwrap();
        let mut good = 0;
        let mut bad = Vec::new();
        let _ = source.visit(0..1_000_100, &mut Scratch::new(), &mut |piece| {
            match piece {
                Piece::Data { bytes: found, at } => {
                    assert_eq!(Some(&found[..1000]), bytes.get(index(at)..index(at) + 1000));
                    good += piece.len();
                }
                Piece::Zero(_) => panic!("no zeros are stored"),
                Piece::Bad(count, why) => bad.push((count, why)),
            }
            ControlFlow::Continue(())
        });
        // The page in which the file ends is readable, with zeros behind the end.
        assert_eq!(good, 303_104);
        assert_eq!(bad.iter().map(|(count, _)| count).sum::<u64>(), 1_000_100 - 303_104);
        assert!(bad.iter().any(|(_, why)| matches!(why, BadReason::Io { os_error: EIO })));
        assert_eq!(bad.last().unwrap(), &(100, BadReason::BeyondEnd));
        assert!(source.slice(400_000..400_010).is_none());
        let mut buffer = [1; 8192];
        let (readable, fault) = read_available(&source, 299_008, &mut buffer, &mut Scratch::new());
        assert_eq!((readable, fault), (4096, Some(BadReason::Io { os_error: EIO })));
    }
}
