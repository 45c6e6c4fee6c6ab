//! Time of the processor: what a limit against hangs counts, so that a busy machine makes no finding.

use std::time::Duration;

/// A thread of this process, for the system's own statistics of it.
#[derive(Clone, Debug)]
pub struct Thread(String);

impl Thread {
    /// The thread that asks.
    #[must_use]
    pub fn this() -> Self {
        let place = std::fs::read_link("/proc/thread-self").unwrap_or_default();
        Self(format!("/proc/{}/schedstat", place.display()))
    }
}

/// Returns the processor's time that a thread used; zero where the system does not tell (there is no `/proc`).
#[must_use]
pub fn processor_time(thread: &Thread) -> Duration {
    let stat = std::fs::read_to_string(&thread.0).unwrap_or_default();
    let nanoseconds = stat.split_whitespace().next().and_then(|word| word.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_takes_time_of_the_processor() {
        let thread = Thread::this();
        if !std::path::Path::new(&thread.0).exists() {
            return eprintln!("skipped: this system has no {}", thread.0);
        }
        // At the latest the next tick of the scheduler counts what ran.
        let before = processor_time(&thread);
        while processor_time(&thread) == before {}
    }
}
