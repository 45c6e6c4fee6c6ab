//! The parts of an item, worked on in parallel, written in order.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use case_store::{EntryRow, LinkRow, ProblemRow};
use crossbeam_channel::{bounded, unbounded};
use rayon::ThreadPool;

/// Finished parts that may wait for an earlier one, for each worker. Keeps memory bounded when one part takes long.
const WAITING_PARTS: usize = 16;

/// What working on a part gave.
#[derive(Default)]
pub(crate) struct FinishedPart {
    pub(crate) entries: Vec<EntryRow>,
    pub(crate) links: Vec<LinkRow>,
    pub(crate) problems: Vec<ProblemRow>,
}

/// Does `work` for every part of `parts` on the pool and hands the results to `write` on this thread, in the order of the parts.
/// `beside` runs on the pool at the same time.
///
/// # Errors
/// The first error of `work` (in the order of the parts) or of `write`; workers stop then.
pub(crate) fn in_order<T: Send, B: Send, E: Send>(
    pool: &ThreadPool,
    parts: Range<usize>,
    work: &(dyn Fn(usize) -> Result<T, E> + Sync),
    beside: impl FnOnce() -> B + Send,
    mut write: impl FnMut(usize, T) -> Result<(), E>,
) -> Result<B, E> {
    let workers = pool.current_num_threads().max(1);
    let next = AtomicUsize::new(parts.start);
    let stop = AtomicBool::new(false);
    let (permits, permit) = bounded(WAITING_PARTS * workers);
    for _ in 0..WAITING_PARTS * workers {
        // OK to ignore: the channel has room for exactly these.
        let _ = permits.send(());
    }
    let (done, finished) = unbounded();
    let mut aside = None;
    let written = pool.in_place_scope(|scope| {
        let (next, stop, aside) = (&next, &stop, &mut aside);
        scope.spawn(move |_| *aside = Some(beside()));
        for _ in 0..workers {
            let (permit, done) = (permit.clone(), done.clone());
            scope.spawn(move |_| {
                // A permit first, a part then: whoever holds the lowest part can always finish it.
                while !stop.load(Ordering::Relaxed) && permit.recv().is_ok() {
                    let part = next.fetch_add(1, Ordering::Relaxed);
                    if part >= parts.end || done.send((part, work(part))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(done);
        let mut waiting = BTreeMap::new();
        let mut turn = parts.start;
        let mut result = Ok(());
        for (part, rows) in finished {
            waiting.insert(part, rows);
            while let Some(rows) = waiting.remove(&turn) {
                if result.is_ok() {
                    result = rows.and_then(|rows| write(turn, rows));
                    if result.is_err() {
                        stop.store(true, Ordering::Relaxed);
                    }
                }
                turn += 1;
                // OK to ignore: workers may all have ended.
                let _ = permits.try_send(());
            }
        }
        drop(permits);
        result
    });
    written?;
    // OK to unwrap: the scope has ended, so `beside` has run (or its panic has been passed on).
    #[expect(clippy::expect_used, reason = "see above")]
    Ok(aside.expect("the task beside has run"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_written_in_order_and_an_error_stops_the_work() {
        for threads in [1, 2, 5] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let mut seen = Vec::new();
            let beside = in_order(
                &pool,
                20..500,
                &|_| Ok(FinishedPart::default()),
                || 7,
                |part, _| {
                    seen.push(part);
                    Ok::<_, ()>(())
                },
            );
            assert_eq!(beside.unwrap(), 7);
            assert_eq!(seen, (20..500).collect::<Vec<_>>());

            let failed = in_order(
                &pool,
                0..100_000,
                &|_| Ok(FinishedPart::default()),
                || (),
                |part, _| match part {
                    3 => Err("full"),
                    _ => Ok(()),
                },
            );
            assert!(failed.is_err());
        }
    }
}
