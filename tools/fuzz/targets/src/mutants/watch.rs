//! Ends the program when a mutant takes too much of the processor: how busy the machine is must not decide what a hang is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::processor::{Thread, processor_time};

/// Time of the processor after which a mutant hangs; a sound image takes some milliseconds.
const MOST_TIME: Duration = Duration::from_secs(60);
/// Looks at a mutant, one every half second, after which one hangs that needs no time of the processor: it waits for something that
/// does not come. The fraction of a processor that a mutant has on the busiest machine is larger.
const MOST_LOOKS: u32 = 7200;
/// Time between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Exit code of a hang.
const HANG: i32 = 9;

/// Watches the thread that started it.
pub(super) struct Watch {
    thread: Thread,
    /// Which mutant it is, counted from 1; 0 between two of them.
    begun: Arc<AtomicU64>,
    count: u64,
    before: Duration,
}

impl Watch {
    pub(super) fn start() -> Self {
        let begun = Arc::new(AtomicU64::new(0));
        let thread = Thread::this();
        std::thread::spawn({
            let begun = Arc::clone(&begun);
            let thread = thread.clone();
            move || look(&begun, &thread)
        });
        Self { thread, begun, count: 0, before: Duration::ZERO }
    }

    /// A mutant is read from now on.
    pub(super) fn begin(&mut self) {
        self.before = processor_time(&self.thread);
        self.count += 1;
        self.begun.store(self.count, Ordering::Relaxed);
    }

    /// It was read; returns the time of the processor that it took.
    pub(super) fn end(&mut self) -> Duration {
        self.begun.store(0, Ordering::Relaxed);
        processor_time(&self.thread).saturating_sub(self.before)
    }
}

fn look(begun: &AtomicU64, thread: &Thread) {
    let mut seen = 0;
    let mut before = Duration::ZERO;
    let mut looks = 0;
    loop {
        std::thread::sleep(LOOK_EVERY);
        let now = begun.load(Ordering::Relaxed);
        let time = processor_time(thread);
        if now == 0 || now != seen {
            (seen, before, looks) = (now, time, 0);
            continue;
        }
        looks += 1;
        if time.saturating_sub(before) > MOST_TIME || looks > MOST_LOOKS {
            std::process::exit(HANG);
        }
    }
}
