//! What is to be reached, and whether it was.

use super::contender::SCAN;
use super::figures::wall;
use super::side_by_side::SideBySide;

/// Files from which on an image tells how fast metadata goes.
const MANY_ENTRIES: u64 = 500_000;
/// Bytes of files below which an image of many files tells nothing of digests.
const FEW_BYTES_EACH: u64 = 1_000;

/// A goal on one image.
pub(super) struct Goal {
    pub(super) image: String,
    pub(super) what: &'static str,
    pub(super) wanted: String,
    pub(super) found: String,
    pub(super) reached: bool,
}

/// The goals that a comparison can tell something about.
pub(super) fn goals(comparison: &SideBySide) -> Vec<Goal> {
    let mut goals = Vec::new();
    if comparison.subject.coded {
        at_least(comparison, &mut goals, "ewfverify", "time of ewfverify / time of the scan", 2.0);
    } else if has_many_small(comparison) {
        goals.extend(entries_a_second(comparison));
    } else {
        at_least(comparison, &mut goals, "fiwalk -X", "time of fiwalk -X / time of the scan", 6.0);
        at_least(comparison, &mut goals, "hashdeep", "time of hashdeep / time of the scan", 8.0);
        goals.extend(against_openssl(comparison));
    }
    goals.extend(memory(comparison));
    goals.extend(device(comparison));
    goals
}

fn has_many_small(comparison: &SideBySide) -> bool {
    comparison.scanned.as_ref().is_some_and(|scanned| {
        scanned.entries >= MANY_ENTRIES
            && scanned.hashed_bytes / scanned.entries.max(1) < FEW_BYTES_EACH
    })
}

fn at_least(
    comparison: &SideBySide,
    goals: &mut Vec<Goal>,
    name: &str,
    what: &'static str,
    least: f64,
) {
    let Some(times) = comparison.times_scan(name, wall) else { return };
    let cut_off = comparison.of(name).is_some_and(|measured| measured.is_cut_off());
    goals.push(Goal {
        image: comparison.subject.name(),
        what,
        wanted: format!("≥ {least}"),
        found: format!("{}{times:.1}", if cut_off { "> " } else { "" }),
        reached: times >= least,
    });
}

fn against_openssl(comparison: &SideBySide) -> Option<Goal> {
    let times = 1.0 / comparison.times_scan("openssl dgst -sha256", wall)?;
    Some(Goal {
        image: comparison.subject.name(),
        what: "time of the scan / time of openssl dgst -sha256",
        wanted: "≤ 1.3".to_owned(),
        found: format!("{times:.2}"),
        reached: times <= 1.3,
    })
}

fn entries_a_second(comparison: &SideBySide) -> Option<Goal> {
    let found = comparison.entries_a_second()?;
    Some(Goal {
        image: comparison.subject.name(),
        what: "files indexed a second",
        wanted: "≥ 100000".to_owned(),
        found: format!("{found:.0}"),
        reached: found >= 100_000.0,
    })
}

fn memory(comparison: &SideBySide) -> Option<Goal> {
    let (peak, _) = comparison.of(SCAN)?.peaks();
    Some(Goal {
        image: comparison.subject.name(),
        what: "peak memory of the scan, pages of files included",
        wanted: "≤ 1024 MiB".to_owned(),
        found: format!("{} MiB", peak >> 20),
        reached: peak <= 1 << 30,
    })
}

fn device(comparison: &SideBySide) -> Option<Goal> {
    let cold = comparison.of(SCAN)?.cold?;
    let share = cold.device_bytes as f64 / comparison.subject.disk_bytes.max(1) as f64;
    Some(Goal {
        image: comparison.subject.name(),
        what: "bytes read from the device / bytes of the image on it, cold",
        wanted: "≤ 1.05".to_owned(),
        found: format!("{share:.3}"),
        reached: share <= 1.05,
    })
}
