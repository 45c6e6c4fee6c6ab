//! Sorts more records than memory holds: sorted runs on disk, then merged.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use byte_source::{index, length};

/// Bytes read at once from each run while merging: with 1,000 runs, 64 MiB.
const CURSOR_BYTES: usize = 64 << 10;
/// Memory of a record beside its bytes.
const ITEM_BYTES: usize = size_of::<Item>();

/// Takes records in any order and gives them back sorted as bytes, duplicates kept, within a memory budget.
pub(crate) struct Sorter {
    arena: Vec<u8>,
    items: Vec<Item>,
    budget_bytes: usize,
    folder: PathBuf,
    spill: Option<Spill>,
}

/// A record in the arena; the first eight bytes decide most comparisons without touching it.
pub(crate) struct Item {
    prefix: u64,
    start: usize,
    length: usize,
}

struct Spill {
    file: File,
    end: u64,
    /// First byte of each run; a run ends where the next begins.
    runs: Vec<u64>,
}

impl Sorter {
    /// A sorter that uses `budget_bytes` of memory and spills into an unnamed file in `folder`.
    pub(crate) fn new(folder: &Path, budget_bytes: usize) -> Self {
        let folder = folder.to_path_buf();
        Self { arena: Vec::new(), items: Vec::new(), budget_bytes, folder, spill: None }
    }

    /// Takes a record.
    pub(crate) fn push(&mut self, record: &[u8]) -> io::Result<()> {
        self.push_parts([record])
    }

    /// Takes a record that comes in parts.
    pub(crate) fn push_parts<'r>(
        &mut self,
        parts: impl IntoIterator<Item = &'r [u8]>,
    ) -> io::Result<()> {
        let start = self.arena.len();
        parts.into_iter().for_each(|part| self.arena.extend_from_slice(part));
        let record = self.arena.get(start..).unwrap_or_default();
        self.items.push(Item { prefix: prefix(record), start, length: record.len() });
        let items = self.items.len().saturating_mul(ITEM_BYTES);
        if self.arena.len().saturating_add(items) >= self.budget_bytes {
            self.spill_run()?;
        }
        Ok(())
    }

    /// All records, sorted.
    pub(crate) fn into_sorted(mut self) -> io::Result<Sorted> {
        if self.spill.is_some() && !self.items.is_empty() {
            self.spill_run()?;
        }
        match self.spill.take() {
            None => {
                self.sort();
                Ok(Sorted::Memory { arena: self.arena, items: self.items.into_iter() })
            }
            Some(spill) => Merge::new(spill).map(Sorted::Merge),
        }
    }

    fn sort(&mut self) {
        let arena = &self.arena;
        let bytes = |item: &Item| record_of(arena, item);
        self.items
            .sort_unstable_by(|a, b| a.prefix.cmp(&b.prefix).then_with(|| bytes(a).cmp(bytes(b))));
    }

    fn spill_run(&mut self) -> io::Result<()> {
        self.sort();
        let spill = match &mut self.spill {
            Some(spill) => spill,
            none => none.insert(Spill {
                file: tempfile::tempfile_in(&self.folder)?,
                end: 0,
                runs: Vec::new(),
            }),
        };
        spill.runs.push(spill.end);
        for item in &self.items {
            spill.end = spill
                .end
                .saturating_add(length(record_of(&self.arena, item).len()))
                .saturating_add(4);
        }
        let records = self.items.iter().map(|item| record_of(&self.arena, item));
        write_records(records, &spill.file)?;
        self.arena.clear();
        self.items.clear();
        Ok(())
    }
}

fn record_of<'a>(arena: &'a [u8], item: &Item) -> &'a [u8] {
    arena.get(item.start..item.start.saturating_add(item.length)).unwrap_or_default()
}

/// The first eight bytes, big-endian, zeros behind a shorter record: orders as the bytes do, equal prefixes decide nothing.
fn prefix(record: &[u8]) -> u64 {
    let mut first = [0; 8];
    first.iter_mut().zip(record).for_each(|(to, from)| *to = *from);
    u64::from_be_bytes(first)
}

/// Sorted records.
pub(crate) enum Sorted {
    /// They fitted into memory.
    Memory { arena: Vec<u8>, items: std::vec::IntoIter<Item> },
    /// They come from runs on disk.
    Merge(Merge),
}

impl Sorted {
    /// Puts the next record into `record`; false at the end.
    pub(crate) fn next(&mut self, record: &mut Vec<u8>) -> io::Result<bool> {
        match self {
            Self::Memory { arena, items } => Ok(items.next().is_some_and(|item| {
                record.clear();
                record.extend_from_slice(record_of(arena, &item));
                true
            })),
            Self::Merge(merge) => merge.next(record),
        }
    }
}

/// Runs being merged.
pub(crate) struct Merge {
    file: File,
    cursors: Vec<Cursor>,
    /// The next record of each run: its prefix, itself, its run.
    heads: BinaryHeap<Reverse<(u64, Vec<u8>, usize)>>,
}

impl Merge {
    fn new(spill: Spill) -> io::Result<Self> {
        let ends = spill.runs.iter().copied().skip(1).chain([spill.end]);
        let cursors = spill.runs.iter().zip(ends).map(|(&at, end)| Cursor::new(at, end)).collect();
        let mut merge = Self { file: spill.file, cursors, heads: BinaryHeap::new() };
        for (run, cursor) in merge.cursors.iter_mut().enumerate() {
            let mut record = Vec::new();
            if cursor.next(&merge.file, &mut record)? {
                merge.heads.push(Reverse((prefix(&record), record, run)));
            }
        }
        Ok(merge)
    }

    fn next(&mut self, record: &mut Vec<u8>) -> io::Result<bool> {
        let Some(mut top) = self.heads.peek_mut() else {
            return Ok(false);
        };
        let Reverse((first, head, run)) = &mut *top;
        std::mem::swap(record, head);
        let more = match self.cursors.get_mut(*run) {
            Some(cursor) => cursor.next(&self.file, head)?,
            None => false,
        };
        *first = prefix(head);
        // The heap is put in order once, when `top` goes.
        if !more {
            PeekMut::pop(top);
        }
        Ok(true)
    }
}

/// The reading place in one run.
struct Cursor {
    at: u64,
    end: u64,
    buffer: Vec<u8>,
    used: usize,
}

impl Cursor {
    fn new(at: u64, end: u64) -> Self {
        Self { at, end, buffer: Vec::new(), used: 0 }
    }

    fn next(&mut self, file: &File, record: &mut Vec<u8>) -> io::Result<bool> {
        record.clear();
        let mut length_prefix = [0; 4];
        if self.at >= self.end && self.used >= self.buffer.len() {
            return Ok(false);
        }
        self.fill(file, &mut length_prefix)?;
        record.resize(
            usize::try_from(u32::from_le_bytes(length_prefix)).map_err(io::Error::other)?,
            0,
        );
        self.fill(file, record)?;
        Ok(true)
    }

    /// Reads the next bytes of the run into the buffer.
    fn read_buffer(&mut self, file: &File) -> io::Result<()> {
        let left = index(self.end.saturating_sub(self.at)).min(CURSOR_BYTES);
        if left == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.buffer.resize(left, 0);
        file.read_exact_at(&mut self.buffer, self.at)?;
        self.at = self.at.saturating_add(length(left));
        self.used = 0;
        Ok(())
    }

    fn fill(&mut self, file: &File, out: &mut [u8]) -> io::Result<()> {
        let mut out = out;
        while !out.is_empty() {
            if self.used >= self.buffer.len() {
                self.read_buffer(file)?;
            }
            let there = self.buffer.get(self.used..).unwrap_or_default();
            let count = there.len().min(out.len());
            let (now, later) = std::mem::take(&mut out).split_at_mut(count);
            now.copy_from_slice(there.get(..count).unwrap_or_default());
            self.used = self.used.saturating_add(count);
            out = later;
        }
        Ok(())
    }
}

/// Writes each record after its length.
fn write_records<'r>(records: impl Iterator<Item = &'r [u8]>, file: &File) -> io::Result<()> {
    let mut writer = io::BufWriter::with_capacity(1 << 20, file);
    for record in records {
        let length_prefix = u32::try_from(record.len()).map_err(io::Error::other)?;
        writer.write_all(&length_prefix.to_le_bytes())?;
        writer.write_all(record)?;
    }
    writer.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(budget_bytes: usize, records: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        let mut sorter = Sorter::new(folder.path(), budget_bytes);
        records.iter().for_each(|record| sorter.push(record).unwrap());
        let mut sorted = sorter.into_sorted().unwrap();
        let mut all = Vec::new();
        let mut record = Vec::new();
        while sorted.next(&mut record).unwrap() {
            all.push(record.clone());
        }
        all
    }

    #[test]
    fn runs_on_disk_give_the_same_order_as_memory_and_as_the_standard_library() {
        let mut state = 1_u64;
        let mut random = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state >> 33
        };
        let mut records: Vec<Vec<u8>> = (0..5_000)
            .map(|_| (0..random() % 40).map(|_| u8::try_from(random() % 3).unwrap()).collect())
            .collect();
        records.push(vec![1; 200_000]);
        let in_memory = sorted(usize::MAX, &records);
        let on_disk = sorted(2_000, &records);
        records.sort();
        assert_eq!(in_memory, records);
        assert_eq!(on_disk, records);
    }
}
