//! Several runs in a few numbers.

use std::time::Duration;

use super::contender::SCAN;
use super::measured_run::Run;
use super::side_by_side::{Measured, SideBySide};

/// The middle one; of an even number, the lower of the two in the middle.
pub(super) fn median(runs: &[Run], of: fn(&Run) -> Duration) -> Option<Duration> {
    let mut times: Vec<Duration> = runs.iter().map(of).collect();
    times.sort_unstable();
    times.get(times.len().checked_sub(1)? / 2).copied()
}

/// Wall time.
pub(super) fn wall(run: &Run) -> Duration {
    run.wall
}

/// Time on processors.
pub(super) fn processor(run: &Run) -> Duration {
    run.processor
}

impl SideBySide {
    /// What was measured of the program called `name`.
    pub(super) fn of(&self, name: &str) -> Option<&Measured> {
        self.results.iter().find(|measured| measured.name == name && !measured.runs.is_empty())
    }

    /// How many times the median wall time of athar's scan a program needs; at least so many where it was cut off.
    pub(super) fn times_scan(&self, name: &str, of: fn(&Run) -> Duration) -> Option<f64> {
        let own = self.of(SCAN)?;
        let other = self.of(name)?;
        let own = median(&own.runs, of)?.as_secs_f64();
        (own > 0.0).then_some(median(&other.runs, of)?.as_secs_f64() / own)
    }

    /// Rows of the index a second of athar's scan.
    pub(super) fn entries_a_second(&self) -> Option<f64> {
        let seconds = median(&self.of(SCAN)?.runs, wall)?.as_secs_f64();
        let entries = self.scanned.as_ref()?.entries;
        (seconds > 0.0).then_some(entries as f64 / seconds)
    }
}

impl Measured {
    /// Whether the time of a run is only a lower bound.
    pub(super) fn is_cut_off(&self) -> bool {
        self.runs.iter().any(|run| run.cut_off)
    }

    pub(super) fn least(&self) -> Option<Duration> {
        self.runs.iter().map(|run| run.wall).min()
    }

    /// The most memory of all runs, in bytes: with the pages of files, and without.
    pub(super) fn peaks(&self) -> (u64, u64) {
        let runs = self.runs.iter().chain(&self.cold);
        runs.fold((0, 0), |most, run| (most.0.max(run.peak_bytes), most.1.max(run.own_peak_bytes)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::measured_run::Run;
    use super::{median, wall};

    fn run(seconds: u64) -> Run {
        Run {
            wall: Duration::from_secs(seconds),
            processor: Duration::ZERO,
            peak_bytes: 0,
            own_peak_bytes: 0,
            device_bytes: 0,
            exit: Some(0),
            cut_off: false,
        }
    }

    #[test]
    fn the_median_is_the_middle_one() {
        let of =
            |seconds: &[u64]| median(&seconds.iter().copied().map(run).collect::<Vec<_>>(), wall);
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[5]), Some(Duration::from_secs(5)));
        assert_eq!(of(&[9, 1, 4]), Some(Duration::from_secs(4)));
        assert_eq!(of(&[9, 1, 4, 3]), Some(Duration::from_secs(3)));
    }
}
