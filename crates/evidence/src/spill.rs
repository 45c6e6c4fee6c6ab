//! Working memory with a limit: what goes beyond it lies in a temporary file.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// A pile of fewer bytes than this stays in memory, however much is held: the file would be full of crumbs.
const LEAST_BLOCK_BYTES: usize = 4 << 10;

/// What a working set may hold in memory, and the file that takes the rest. The file has no name: the system removes it with the process.
#[derive(Debug, Default)]
pub struct Spill {
    folder: Option<PathBuf>,
    most_bytes: u64,
    held_bytes: AtomicU64,
    file: OnceLock<Option<File>>,
    end: Mutex<u64>,
    written_failed: OnceLock<String>,
    read_failed: OnceLock<String>,
}

impl Spill {
    /// Holds up to `most_bytes` in memory, and the rest in a file in `folder`.
    #[must_use]
    pub fn new(folder: PathBuf, most_bytes: u64) -> Self {
        Self { folder: Some(folder), most_bytes, ..Self::default() }
    }

    /// Holds everything in memory.
    #[must_use]
    pub fn in_memory() -> Self {
        Self { most_bytes: u64::MAX, ..Self::default() }
    }

    /// Bytes that lie in the file.
    #[must_use]
    pub fn spilled_bytes(&self) -> u64 {
        *self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why nothing more can be put into the file: it stays in memory then, beyond the limit.
    #[must_use]
    pub fn over_limit(&self) -> Option<&str> {
        self.written_failed.get().map(String::as_str)
    }

    /// Why something could not be read back. What was given since then lacks it: nothing of it may be used.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.read_failed.get().map(String::as_str)
    }

    fn is_full(&self) -> bool {
        self.held_bytes.load(Ordering::Relaxed) > self.most_bytes
            && self.written_failed.get().is_none()
    }

    fn hold(&self, bytes: usize) {
        self.held_bytes.fetch_add(byte_source::length(bytes), Ordering::Relaxed);
    }

    fn let_go(&self, bytes: usize) {
        self.held_bytes.fetch_sub(byte_source::length(bytes), Ordering::Relaxed);
    }

    fn failed(&self, what: &str, error: &std::io::Error) -> String {
        let folder = self.folder.as_deref().unwrap_or_else(|| std::path::Path::new("/")).display();
        format!("a temporary file in {folder} cannot be {what}: {error}")
    }

    fn file(&self) -> Option<&File> {
        let make = || {
            let folder = self.folder.as_deref()?;
            let made = tempfile::tempfile_in(folder);
            made.map_err(|error| self.written_failed.get_or_init(|| self.failed("made", &error)))
                .ok()
        };
        self.file.get_or_init(make).as_ref()
    }

    /// Where the bytes lie in the file; `None` when it does not take them.
    fn write(&self, bytes: &[u8]) -> Option<u64> {
        let file = self.file()?;
        let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        let at = *end;
        match file.write_all_at(bytes, at) {
            Ok(()) => {
                *end = at.saturating_add(byte_source::length(bytes.len()));
                Some(at)
            }
            Err(error) => {
                self.written_failed.get_or_init(|| self.failed("written", &error));
                None
            }
        }
    }

    fn read(&self, at: u64, bytes: &mut [u8]) {
        let read = match self.file.get() {
            Some(Some(file)) => file.read_exact_at(bytes, at),
            _ => Err(std::io::Error::from(std::io::ErrorKind::NotFound)),
        };
        if let Err(error) = read {
            self.read_failed.get_or_init(|| self.failed("read", &error));
        }
    }
}

/// Bytes that are only ever appended to, and read from some point to the end.
#[derive(Debug, Default)]
pub struct Pile {
    /// What lies in the file: first byte there, length.
    blocks: Vec<(u64, usize)>,
    spilled_bytes: usize,
    tail: Vec<u8>,
}

impl Pile {
    /// Bytes in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spilled_bytes.saturating_add(self.tail.len())
    }

    /// True when nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts bytes on top.
    pub fn append(&mut self, bytes: &[u8], spill: &Spill) {
        spill.hold(bytes.len());
        self.tail.extend_from_slice(bytes);
        if self.tail.len() >= LEAST_BLOCK_BYTES
            && spill.is_full()
            && let Some(at) = spill.write(&self.tail)
        {
            let tail = std::mem::take(&mut self.tail);
            spill.let_go(tail.len());
            self.spilled_bytes = self.spilled_bytes.saturating_add(tail.len());
            self.blocks.push((at, tail.len()));
        }
    }

    /// Hands over the bytes from `from` on, in pieces as they lie. After a failure of the file ([`Spill::failure`]) they are wrong.
    pub fn read_from(&self, from: usize, spill: &Spill) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len().saturating_sub(from));
        let mut start = 0_usize;
        for (at, length) in &self.blocks {
            let end = start.saturating_add(*length);
            if end > from {
                let skipped = from.saturating_sub(start);
                let before = bytes.len();
                bytes.resize(before.saturating_add(length.saturating_sub(skipped)), 0);
                let place = at.saturating_add(byte_source::length(skipped));
                spill.read(place, bytes.get_mut(before..).unwrap_or_default());
            }
            start = end;
        }
        bytes.extend_from_slice(self.tail.get(from.saturating_sub(start)..).unwrap_or_default());
        bytes
    }

    /// All bytes.
    #[must_use]
    pub fn read(&self, spill: &Spill) -> Vec<u8> {
        self.read_from(0, spill)
    }

    /// Takes all bytes off. (What lay in the file stays there unused.)
    pub fn clear(&mut self, spill: &Spill) {
        spill.let_go(self.tail.len());
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_wherever_they_lie() {
        let folder = tempfile::tempdir().unwrap();
        for most in [0, 10_000, u64::MAX] {
            let spill = Spill::new(folder.path().to_owned(), most);
            let mut piles: Vec<(Pile, Vec<u8>)> = (0..5).map(|_| Default::default()).collect();
            for step in 0..3000_usize {
                let bytes = vec![step as u8; step % 37];
                let (pile, all) = &mut piles[step * 7 % 5];
                pile.append(&bytes, &spill);
                all.extend(bytes);
            }
            for (pile, all) in &piles {
                assert_eq!(pile.read(&spill), *all);
                for from in [1, 4095, 4096, 5000, all.len()] {
                    assert_eq!(
                        pile.read_from(from, &spill),
                        all[from..],
                        "most {most}, from {from}"
                    );
                }
            }
            assert_eq!(spill.spilled_bytes() > 0, most < u64::MAX);
            assert!(
                spill.held_bytes.load(Ordering::Relaxed)
                    <= most.max(5 * LEAST_BLOCK_BYTES as u64 + 40)
            );
            piles.iter_mut().for_each(|(pile, _)| pile.clear(&spill));
            assert_eq!(spill.held_bytes.load(Ordering::Relaxed), 0);
            assert!(spill.failure().is_none() && spill.over_limit().is_none());
        }
    }

    #[test]
    fn what_no_file_takes_stays_in_memory_and_says_so() {
        let spill = Spill::new(PathBuf::from("/proc/nowhere"), 0);
        let mut pile = Pile::default();
        pile.append(&[7; 9000], &spill);
        pile.append(&[8; 9000], &spill);
        assert_eq!(pile.read(&spill), [[7; 9000], [8; 9000]].concat());
        assert!(spill.over_limit().unwrap().contains("/proc/nowhere"));
        assert!(spill.failure().is_none());
    }
}
