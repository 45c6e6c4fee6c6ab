//! What each worker is at, and whether the item as a whole goes on: what takes long is told while it does, and named in the ledger.
//!
//! A thread that is stuck cannot be ended from outside: it may hold locks, and Rust has no way to unwind it. So what ends a reader is the limit
//! that each of its loops has; this tells whoever waits where the time goes.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use words::{Statement, Term, term};

use crossbeam_channel::{RecvTimeoutError, bounded};

use crate::workers::work::{Slow, Work, stage_term};
use crate::{Event, Observer, Stage};

/// How often is looked.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Slow ones that are kept; a medium that is slow as a whole is told by its speed.
const MOST_KEPT: usize = 20;

struct WorkInProgress {
    work: Work,
    since: Instant,
    /// When it is told next.
    tell: Duration,
}

type Slot = Arc<Mutex<Option<WorkInProgress>>>;

/// Watches over one item and its workers.
pub(crate) struct Watch {
    slow_after: Duration,
    workers: Mutex<Vec<Slot>>,
    slow: Mutex<Vec<Slow>>,
    /// Pieces of work that were finished, of any size.
    finished: AtomicU64,
    item: Mutex<ItemWatch>,
}

/// What was seen of the item when it was looked at last.
struct ItemWatch {
    stage: Term,
    /// Pieces of work that were finished then.
    finished: u64,
    /// When their number changed.
    since: Instant,
    /// When it is told next that it does not change.
    tell: Duration,
    /// It was told.
    told: bool,
}

thread_local! {
    static MINE: RefCell<Option<(Arc<Watch>, Slot)>> = const { RefCell::new(None) };
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Watch {
    pub(crate) fn new(slow_after: Duration) -> Arc<Self> {
        let item = ItemWatch {
            stage: stage_term(Stage::Open),
            finished: 0,
            since: Instant::now(),
            tell: slow_after,
            told: false,
        };
        Arc::new(Self {
            slow_after,
            workers: Mutex::default(),
            slow: Mutex::default(),
            finished: AtomicU64::new(0),
            item: Mutex::new(item),
        })
    }

    /// Notes that a piece of work of the item was finished.
    pub(crate) fn progressed(&self) {
        self.finished.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes that the item comes to a stage.
    pub(crate) fn enter_stage(&self, stage: Stage) {
        // First: no progress until now belongs to the stage before.
        self.progressed();
        self.look_at_item();
        lock(&self.item).stage = stage_term(stage);
    }

    /// The calling thread works for the item from here on.
    pub(crate) fn enter(self: &Arc<Self>) {
        let slot = Slot::default();
        lock(&self.workers).push(Arc::clone(&slot));
        MINE.set(Some((Arc::clone(self), slot)));
    }

    /// Does `work`, and tells `observer` meanwhile what takes long.
    pub(crate) fn over<T>(&self, observer: &dyn Observer, work: impl FnOnce() -> T) -> T {
        let (done, is_done) = bounded::<()>(0);
        std::thread::scope(|scope| {
            let look = move || {
                while is_done.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                    let slow = self.look_at_workers().into_iter().chain(self.look_at_item());
                    slow.for_each(|what| observer.event(&Event::Slow(&what)));
                }
            };
            // Without this thread the scan goes on: what was slow is in the ledger all the same.
            let _ = std::thread::Builder::new().spawn_scoped(scope, look);
            // Dropped also when the work panics: the looking ends then.
            let _done = done;
            work()
        })
    }

    /// What has been worked on for long and was not told lately.
    fn look_at_workers(&self) -> Vec<Statement> {
        let told = |slot: &Slot| {
            let mut at = lock(slot);
            let at = at.as_mut()?;
            let took = at.since.elapsed();
            if took < at.tell {
                return None;
            }
            at.tell = took.saturating_mul(2).max(LOOK_EVERY);
            Some(term!("event.slow-so-far").with(took.as_secs()).with(at.work.statement()))
        };
        lock(&self.workers).iter().filter_map(told).collect()
    }

    /// Returns what to tell when nothing of the item was finished for long and that was not told lately. Keeps it as slow when the item
    /// goes on.
    fn look_at_item(&self) -> Option<Statement> {
        let finished = self.finished.load(Ordering::Relaxed);
        let mut item = lock(&self.item);
        let at =
            WorkInProgress { work: Work::Item(item.stage), since: item.since, tell: item.tell };
        if finished != item.finished {
            if item.told {
                self.note(&at);
            }
            (item.finished, item.since) = (finished, Instant::now());
            (item.tell, item.told) = (self.slow_after, false);
            return None;
        }
        let took = item.since.elapsed();
        if took < item.tell {
            return None;
        }
        item.tell = took.saturating_mul(2).max(LOOK_EVERY);
        item.told = true;
        Some(term!("event.slow-so-far").with(took.as_secs()).with(at.work.statement()))
    }

    /// What took long, the slowest first.
    pub(crate) fn slow(&self) -> Vec<Slow> {
        self.look_at_item();
        let mut slow = lock(&self.slow).clone();
        slow.sort_by_key(|slow| std::cmp::Reverse(slow.took));
        slow
    }

    fn note(&self, at: &WorkInProgress) {
        let took = at.since.elapsed();
        if took < self.slow_after {
            return;
        }
        let mut slow = lock(&self.slow);
        slow.push(Slow { work: at.work.clone(), took });
        if slow.len() > MOST_KEPT {
            let least = (0..slow.len()).min_by_key(|at| slow.get(*at).map(|slow| slow.took));
            least.map(|least| slow.swap_remove(least));
        }
    }
}

/// Notes that the calling thread finished a piece of work of its item.
pub(crate) fn progressed() {
    MINE.with_borrow(|mine| {
        if let Some((watch, _)) = mine {
            watch.progressed();
        }
    });
}

/// The calling thread begins with `work`, and ends when what is given is dropped.
pub(crate) fn at(work: impl FnOnce() -> Work) -> WorkEnd {
    begin(work);
    WorkEnd
}

/// The calling thread begins with `work`, until [`end`].
pub(crate) fn begin(work: impl FnOnce() -> Work) {
    each_of(|watch, slot| {
        *slot =
            Some(WorkInProgress { work: work(), since: Instant::now(), tell: watch.slow_after });
    });
}

/// The calling thread ends with what it began.
pub(crate) fn end() {
    each_of(|watch, slot| {
        if let Some(at) = slot.take() {
            watch.note(&at);
        }
        watch.progressed();
    });
}

/// A record came of the records that the calling thread is at.
pub(crate) fn came(number: u64) {
    each_of(|watch, slot| {
        let Some(at) = slot else { return };
        watch.note(at);
        watch.progressed();
        if let Work::Records { after, .. } = &mut at.work {
            *after = Some(number);
        }
        at.since = Instant::now();
        at.tell = watch.slow_after;
    });
}

/// Ends the work.
pub(crate) struct WorkEnd;

impl Drop for WorkEnd {
    fn drop(&mut self) {
        end();
    }
}

/// Nothing happens on a thread that nobody watches over.
fn each_of(what: impl FnOnce(&Watch, &mut Option<WorkInProgress>)) {
    MINE.with_borrow(|mine| {
        if let Some((watch, slot)) = mine {
            what(watch, &mut lock(slot));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_words(said: Vec<Statement>) -> Vec<String> {
        said.iter().map(Statement::to_string).collect()
    }

    fn records(after: Option<u64>) -> Work {
        Work::Records { file_system: "NTFS", slots: 1024..2048, after }
    }

    #[test]
    fn what_takes_long_is_told_by_its_place_while_it_does_and_kept_afterwards() {
        let watch = Watch::new(Duration::ZERO);
        watch.enter();
        assert_eq!(in_words(watch.look_at_workers()), Vec::<String>::new());
        {
            let _at = at(|| records(None));
            assert_eq!(
                in_words(watch.look_at_workers()),
                ["slow: 0 s so far on NTFS: a record of slots 1024 to 2048"]
            );
            assert_eq!(
                in_words(watch.look_at_workers()),
                Vec::<String>::new(),
                "it was told just now"
            );
            came(1030);
            assert_eq!(
                in_words(watch.look_at_workers()),
                ["slow: 0 s so far on NTFS: a record behind 1030, before slot 2048"]
            );
        }
        assert_eq!(in_words(watch.look_at_workers()), Vec::<String>::new());
        let kept: Vec<Work> = watch.slow().into_iter().map(|slow| slow.work).collect();
        assert_eq!(kept.len(), 2);
        assert!(kept.contains(&records(None)) && kept.contains(&records(Some(1030))), "{kept:?}");
        MINE.set(None);
    }

    #[test]
    fn what_does_not_take_long_is_not_told_and_the_slowest_are_kept() {
        let watch = Watch::new(Duration::from_secs(3600));
        watch.enter();
        drop(at(|| records(None)));
        assert!(watch.slow().is_empty() && in_words(watch.look_at_workers()).is_empty());
        MINE.set(None);
        let watch = Watch::new(Duration::ZERO);
        for hours in 0..2 * MOST_KEPT as u64 {
            let since = Instant::now().checked_sub(Duration::from_secs(hours)).unwrap();
            watch.note(&WorkInProgress {
                work: Work::Stream(hours, 1),
                since,
                tell: Duration::ZERO,
            });
        }
        let kept = watch.slow();
        assert_eq!(
            (kept.len(), &kept[0].work),
            (MOST_KEPT, &Work::Stream(2 * MOST_KEPT as u64 - 1, 1))
        );
    }

    #[test]
    fn an_item_of_which_nothing_is_finished_is_told_with_its_stage_and_kept_when_it_goes_on() {
        let watch = Watch::new(Duration::ZERO);
        watch.enter_stage(Stage::Gather);
        let told = watch.look_at_item().map(|what| what.to_string()).unwrap();
        assert!(
            told.starts_with("slow: 0 s so far on the whole item, while reading its record"),
            "{told}"
        );
        assert_eq!(watch.look_at_item().map(|what| what.to_string()), None, "it was told just now");
        assert!(watch.slow().is_empty(), "it lasts");
        watch.progressed();
        let kept: Vec<Work> = watch.slow().into_iter().map(|slow| slow.work).collect();
        assert_eq!(kept, [Work::Item(stage_term(Stage::Gather))]);
        let watch = Watch::new(Duration::from_secs(3600));
        assert_eq!(watch.look_at_item().map(|what| what.to_string()), None);
        watch.enter_stage(Stage::Certify);
        assert!(watch.slow().is_empty());
    }
}
