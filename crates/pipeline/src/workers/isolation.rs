//! Records are scanned as [`evidence::scan_isolated`] does it, and the worker says what it is at.

use std::ops::Range;

use byte_source::{Problem, Scratch};
use evidence::ScanWatch;
pub(crate) use evidence::guarded;
use filesystem::{FileSystem, Found};

use crate::workers::watch;
use crate::workers::work::Work;

/// The notes of the calling worker.
pub(crate) struct WorkerNotes;

impl ScanWatch for WorkerNotes {
    fn begun(&self, file_system: &dyn FileSystem, slots: &Range<u64>) {
        watch::begin(|| Work::Records {
            file_system: file_system.summary().kind.name(),
            slots: slots.clone(),
            after: None,
        });
    }

    fn came(&self, number: u64) {
        watch::came(number);
    }

    fn ended(&self) {
        watch::end();
    }
}

/// As [`evidence::scan_isolated`], with the worker's notes.
pub(crate) fn scan_isolated<T>(
    file_system: &dyn FileSystem,
    range: Range<u64>,
    scratch: &mut Scratch,
    new: &dyn Fn() -> T,
    take: &mut dyn FnMut(&mut T, Found),
) -> (T, Vec<Problem>) {
    evidence::scan_isolated(file_system, range, scratch, &WorkerNotes, new, take)
}
