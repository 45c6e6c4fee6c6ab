//! A memory-mapped evidence file. The only `unsafe` of the reading side.

use std::fs::File;
use std::io;
use std::ops::{ControlFlow, Range};

use crate::read::visit_slice;
use crate::{Scratch, Source, Visitor, index};

/// A multiple of the page size of all systems that this runs on.
const PAGE_BYTES: usize = 64 << 10;

/// A regular file mapped read-only: lends its pages without a copy.
///
/// A medium that fails under a map raises SIGBUS; use [`crate::PositionedFile`] for devices and files on failing storage.
pub struct MappedFile {
    map: memmap2::Mmap,
}

impl MappedFile {
    /// Maps `file`, which must have been opened for reading only.
    ///
    /// # Errors
    /// What the operating system says when it cannot map the file.
    pub fn new(file: &File) -> io::Result<Self> {
        Self::with_advice(file, memmap2::Advice::Sequential)
    }

    /// Maps `file`, which must have been opened for reading only, for accesses in no order (an index): no read-ahead.
    ///
    /// # Errors
    /// What the operating system says when it cannot map the file.
    pub fn for_lookup(file: &File) -> io::Result<Self> {
        Self::with_advice(file, memmap2::Advice::Random)
    }

    /// Asks that `range` be read and mapped in large pages (2 MiB, where file system and kernel can): accesses in no order then wait much less for
    /// the tables of pages, but the first one reads 2 MiB. For what is read often, and fits into memory.
    pub fn prefer_large_pages(&self, range: Range<u64>) {
        let end = index(range.end).min(self.map.len());
        let start = index(range.start).min(end);
        // Advice only: a refusal changes nothing.
        #[cfg(target_os = "linux")]
        let _ = self.map.advise_range(memmap2::Advice::HugePage, start, end.saturating_sub(start));
    }

    fn with_advice(file: &File, advice: memmap2::Advice) -> io::Result<Self> {
        // SAFETY: the map is read-only and private to this process. Evidence files are sealed while a scan runs; another process
        // that shortens or rewrites one would change bytes under the map (or raise SIGBUS), which no reader can prevent. Bytes
        // are only ever read as `u8`, for which every value is valid.
        #[expect(unsafe_code)]
        let map = unsafe { memmap2::Mmap::map(file)? };
        // Advice only: a refusal changes nothing.
        let _ = map.advise(advice);
        Ok(Self { map })
    }
}

impl Source for MappedFile {
    fn len(&self) -> u64 {
        crate::length(self.map.len())
    }

    fn slice(&self, range: Range<u64>) -> Option<&[u8]> {
        self.map.get(index(range.start)..index(range.end))
    }

    fn prefetch(&self, range: Range<u64>) {
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
        // SAFETY: the map is of a file, shared and read-only: pages that are dropped are read from the file again when they are
        // touched. Slices that are lent stay valid: address and content do not change.
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
        visit_slice(&self.map, range, each)
    }
}

/// Memory of this machine in bytes (`MemTotal` in `/proc/meminfo`, proc(5)), 0 when it cannot be told.
#[must_use]
pub fn machine_memory_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.map_or(0, |kib| kib.saturating_mul(1024))
}
