//! A reader that fails costs what it failed on, and nothing else.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use words::term;

use byte_source::{Expected, Problem, ProblemKind, Scratch};
use filesystem::{FileSystem, Found};

/// Hears from the thread that scans records how far it is: for telling what takes long.
pub trait ScanWatch: Sync {
    /// The thread begins with these slots of a record table.
    fn begun(&self, file_system: &dyn FileSystem, slots: &Range<u64>);

    /// The record of this number came.
    fn came(&self, number: u64);

    /// The slots are done, or the reader failed on one of them.
    fn ended(&self);
}

/// Nobody watches.
#[derive(Clone, Copy, Debug)]
pub struct NoScanWatch;

impl ScanWatch for NoScanWatch {
    fn begun(&self, _: &dyn FileSystem, _: &Range<u64>) {}

    fn came(&self, _: u64) {}

    fn ended(&self) {}
}

/// Runs a reader; a panic in it becomes a problem and the rest goes on.
///
/// # Errors
/// The [`Problem`] that says that the reader failed.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Problem> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| {
        let kind = ProblemKind::Inconsistent(term!("evidence.reader-failed-here-fault-program"));
        Problem::damage("file system reader", 0, kind)
    })
}

/// Returns what `take` makes of the records of `range`, and the slots on which the reader failed: they are found by halves, and all others
/// are read. `new` gives a `T` that has taken nothing.
pub fn scan_isolated<T>(
    file_system: &dyn FileSystem,
    range: Range<u64>,
    scratch: &mut Scratch,
    watch: &dyn ScanWatch,
    new: &dyn Fn() -> T,
    take: &mut dyn FnMut(&mut T, Found),
) -> (T, Vec<Problem>) {
    let mut taken = new();
    let mut scan = |range: Range<u64>, scratch: &mut Scratch, taken: &mut T| {
        scan_watched(file_system, range, scratch, watch, &mut |found| take(taken, found))
    };
    if scan(range.clone(), scratch, &mut taken).is_ok() {
        return (taken, Vec::new());
    }
    let mut taken = new();
    let mut problems = Vec::new();
    // What was decoded half may be what the reader failed on.
    *scratch = Scratch::new();
    for (range, sound) in by_halves(file_system, range, scratch) {
        if !sound || scan(range.clone(), scratch, &mut taken).is_err() {
            problems.push(failed_on(range.start));
        }
    }
    (taken, problems)
}

/// Scans slots, and reports to `watch` how far the thread is.
fn scan_watched(
    file_system: &dyn FileSystem,
    range: Range<u64>,
    scratch: &mut Scratch,
    watch: &dyn ScanWatch,
    take: &mut dyn FnMut(Found),
) -> Result<(), Problem> {
    watch.begun(file_system, &range);
    let mut each = |found| {
        if let Found::Record(record) = &found {
            watch.came(record.id.number);
        }
        take(found);
    };
    let scanned = guarded(|| file_system.scan(range, scratch, &mut each));
    watch.ended();
    scanned
}

/// The slots in order: ranges that can be read, and single ones that cannot.
fn by_halves(
    file_system: &dyn FileSystem,
    range: Range<u64>,
    scratch: &mut Scratch,
) -> Vec<(Range<u64>, bool)> {
    let mut known = Vec::new();
    let mut open = vec![range];
    while let Some(range) = open.pop() {
        let sound = guarded(|| file_system.scan(range.clone(), scratch, &mut |_| {})).is_ok();
        let count = range.end.saturating_sub(range.start);
        if sound || count <= 1 {
            known.push((range, sound));
            continue;
        }
        *scratch = Scratch::new();
        let middle = range.start.saturating_add(count / 2);
        // The lower half is next.
        open.push(middle..range.end);
        open.push(range.start..middle);
    }
    known
}

fn failed_on(slot: u64) -> Problem {
    let kind = ProblemKind::Value {
        field: "record number",
        expected: Expected::Rule(term!("evidence.none-reader-failed-fault-program")),
        found: slot,
    };
    Problem::damage("file system reader", 0, kind)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use byte_source::{MemorySource, Source};
    use filesystem::{Census, Record, RecordId, RecordRef, RecordSpace, Summary};

    use super::*;

    /// Tells a problem for each slot, and fails on some.
    struct Failing {
        on: &'static [u64],
        volume: Arc<dyn Source>,
    }

    impl FileSystem for Failing {
        fn summary(&self) -> &Summary {
            unreachable!("not asked")
        }

        fn volume(&self) -> &Arc<dyn Source> {
            &self.volume
        }

        fn root(&self) -> RecordRef {
            unreachable!("not asked")
        }

        fn record_space(&self) -> RecordSpace {
            RecordSpace { slots: 100, part: 100 }
        }

        fn scan(&self, part: Range<u64>, _: &mut Scratch, each: &mut dyn FnMut(Found)) {
            for slot in part {
                assert!(!self.on.contains(&slot), "a fault of the reader");
                each(Found::Problem(Problem::note("slot", slot, ProblemKind::NotRead("a test"))));
            }
        }

        fn record(&self, _: RecordId, _: &mut Scratch) -> Result<Record, Problem> {
            unreachable!("not asked")
        }

        fn census(&self, _: &mut Scratch) -> Census {
            unreachable!("not asked")
        }

        fn unallocated(&self, _: &mut Scratch, _: &mut dyn FnMut(Range<u64>)) -> Vec<Problem> {
            unreachable!("not asked")
        }
    }

    #[test]
    fn only_the_records_are_lost_on_which_the_reader_fails_and_they_are_named() {
        for on in [&[][..], &[0], &[99], &[40, 41, 77]] {
            let file_system = Failing { on, volume: Arc::new(MemorySource::new(Vec::new())) };
            let (seen, problems) = scan_isolated(
                &file_system,
                0..100,
                &mut Scratch::new(),
                &NoScanWatch,
                &Vec::new,
                &mut |seen: &mut Vec<u64>, found| {
                    if let Found::Problem(problem) = found {
                        seen.push(problem.at);
                    }
                },
            );
            assert_eq!(seen, (0..100).filter(|slot| !on.contains(slot)).collect::<Vec<_>>());
            assert_eq!(problems.len(), on.len());
            for (problem, slot) in problems.iter().zip(on) {
                assert!(problem.to_string().contains(&slot.to_string()), "{problem}");
            }
        }
    }
}
