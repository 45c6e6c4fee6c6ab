//! The parts of an item, worked on in parallel, written in order.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use case_store::{EntryRow, LinkRow, ProblemRow};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use rayon::ThreadPool;

use crate::workers::watch;

/// Finished parts that may wait for an earlier one, for each worker. Keeps memory bounded when one part takes long.
const WAITING_PARTS: usize = 16;

/// What working on a part gave.
#[derive(Default)]
pub(crate) struct FinishedPart {
    pub(crate) entries: Vec<EntryRow>,
    pub(crate) links: Vec<LinkRow>,
    pub(crate) problems: Vec<ProblemRow>,
}

/// Takes what was made of the parts.
pub(crate) trait PartWriter<T, E> {
    /// Takes a part; they come in order.
    fn write(&mut self, part: usize, made: T) -> Result<(), E>;

    /// Called after each part, and when none has come for a while.
    fn between_parts(&mut self) -> Result<(), E>;
}

impl<T, E, F: FnMut(usize, T) -> Result<(), E>> PartWriter<T, E> for F {
    fn write(&mut self, part: usize, made: T) -> Result<(), E> {
        self(part, made)
    }

    fn between_parts(&mut self) -> Result<(), E> {
        Ok(())
    }
}

/// How long to wait for a part before the writer is asked whether it has something else to do.
const PATIENCE: Duration = Duration::from_secs(1);

/// Hands what was made of each part from `first` on to `writer`, in the order of the parts, until all who send have ended. `taken` is called
/// for each part, `stop` after an error. Returns the part that would have come next: fewer parts than there are when a worker ended early.
///
/// # Errors
/// The first error of making (in the order of the parts) or of `writer`.
pub(crate) fn take_in_order<T, E>(
    made: &Receiver<(usize, Result<T, E>)>,
    first: usize,
    writer: &mut dyn PartWriter<T, E>,
    taken: &dyn Fn(),
    stop: &dyn Fn(),
) -> Result<usize, E> {
    let mut waiting = BTreeMap::new();
    let mut turn = first;
    let mut result = Ok(());
    loop {
        match made.recv_timeout(PATIENCE) {
            Ok((part, made)) => {
                watch::progressed();
                waiting.insert(part, made);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return result.map(|()| turn),
        }
        while let Some(made) = waiting.remove(&turn) {
            if result.is_ok() {
                result = made.and_then(|made| writer.write(turn, made));
            }
            turn = turn.saturating_add(1);
            taken();
        }
        if result.is_ok() {
            result = writer.between_parts();
        }
        if result.is_err() {
            stop();
        }
    }
}

/// Does `work` for every part of `parts` on the pool and hands the results to `writer` on this thread, in the order of the parts. Returns
/// the part behind the last one that was written: the end of `parts`, or a worker ended early. A worker ends when `work` gives `None`: a
/// stop was requested.
///
/// # Errors
/// The first error of `work` (in the order of the parts) or of `writer`; workers stop then.
pub(crate) fn in_order<T: Send, E: Send>(
    pool: &ThreadPool,
    parts: Range<usize>,
    work: &(dyn Fn(usize) -> Result<Option<T>, E> + Sync),
    writer: &mut dyn PartWriter<T, E>,
) -> Result<usize, E> {
    let workers = pool.current_num_threads().max(1);
    let next = AtomicUsize::new(parts.start);
    let stop = AtomicBool::new(false);
    let waiting = WAITING_PARTS.saturating_mul(workers);
    let (permits, permit) = bounded(waiting);
    // OK to ignore: the channel has room for as many, and the workers may all have ended.
    let allow = || _ = permits.try_send(());
    (0..waiting).for_each(|_| allow());
    let (done, made) = unbounded();
    pool.in_place_scope(|scope| {
        let next = &next;
        let stop = &stop;
        let allow = &allow;
        for _ in 0..workers {
            let permit = permit.clone();
            let done = done.clone();
            scope.spawn(move |_| {
                let wake = || (0..workers).for_each(|_| allow());
                let end = EndAll { stop, wake: &wake };
                let _on_panic = WakeOnPanic(&end);
                make_parts(&permit, (next, parts.end), work, &done, &end);
            });
        }
        drop(done);
        take_in_order(&made, parts.start, writer, allow, &|| stop.store(true, Ordering::Relaxed))
    })
}

/// Takes parts from `next` up to `end`, and sends what `work` makes of them, until the work ends.
fn make_parts<T, E>(
    permit: &Receiver<()>,
    (next, end): (&AtomicUsize, usize),
    work: &(dyn Fn(usize) -> Result<Option<T>, E> + Sync),
    done: &Sender<(usize, Result<T, E>)>,
    all: &EndAll<'_>,
) {
    // A permit first, a part then: whoever holds the lowest part can always finish it.
    while !all.stop.load(Ordering::Relaxed) && permit.recv().is_ok() {
        let part = next.fetch_add(1, Ordering::Relaxed);
        if part >= end {
            return;
        }
        let Some(made) = work(part).transpose() else { return all.now() };
        if done.send((part, made)).is_err() {
            return;
        }
    }
}

/// Ends the work when the part of a worker never comes: the others would use up all permits behind it and wait for ever.
struct EndAll<'w> {
    stop: &'w AtomicBool,
    wake: &'w dyn Fn(),
}

impl EndAll<'_> {
    fn now(&self) {
        self.stop.store(true, Ordering::Relaxed);
        (self.wake)();
    }
}

/// Ends the work when a worker panics.
struct WakeOnPanic<'w>(&'w EndAll<'w>);

impl Drop for WakeOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.now();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_written_in_order_and_an_error_stops_the_work() {
        for threads in [1, 2, 5] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let mut seen = Vec::new();
            let done =
                in_order(&pool, 20..500, &|_| Ok(Some(FinishedPart::default())), &mut |part, _| {
                    seen.push(part);
                    Ok::<_, ()>(())
                });
            assert_eq!(done, Ok(500));
            assert_eq!(seen, (20..500).collect::<Vec<_>>());

            let failed = in_order(
                &pool,
                0..100_000,
                &|_| Ok(Some(FinishedPart::default())),
                &mut |part, _| match part {
                    3 => Err("full"),
                    _ => Ok(()),
                },
            );
            assert!(failed.is_err());
        }
    }

    #[test]
    fn a_worker_that_panics_ends_the_work_and_nobody_waits_for_its_part() {
        for threads in [1, 2, 5] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let work = |part| {
                assert_ne!(part, 7, "a fault of the work");
                Ok::<_, ()>(Some(FinishedPart::default()))
            };
            let mut written = 0;
            // More parts than permits: without an end, the other workers use them up behind part 7.
            let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                in_order(&pool, 0..100_000, &work, &mut |_, _| {
                    written += 1;
                    Ok(())
                })
            }));
            assert!(ended.is_err(), "the panic goes on");
            assert!(written <= 7, "{written} parts");
        }
    }
}
