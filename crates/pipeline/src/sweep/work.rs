//! What reading a stream costs, and how much of it one pass does: hostile records can claim the whole medium each, or exabytes of holes.

use filesystem::{Place, Run};
use hash_engine::Selection;

use super::collect::leading_zeros;
use super::job::Job;
use super::volume::SweepVolume;
use crate::stream::reader::MAX_SUBSTITUTED_BYTES;
use crate::stream::zeros::free_zeros;

/// How often the bytes of a region of the medium are read for streams. On real file systems streams do not overlap, save deleted ones and
/// shared extents.
pub(crate) const MOST_TIMES: u64 = 32;
/// Bytes that streams may claim of a medium of any size: a small one is read soon.
const ALWAYS_BYTES: u64 = 1 << 30;
/// Regions of a medium, at most.
const MOST_REGIONS: u64 = 16 << 10;
/// Bytes of a region, at least.
const REGION_BYTES: u64 = 64 << 10;

/// What reading a stream costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Work {
    /// Bytes that are read from the medium.
    pub(super) stored: u64,
    /// Bytes that are hashed without being on the medium: zeros of holes, what decoding adds, substitutes of what is missing.
    pub(super) unstored: u64,
}

impl Work {
    pub(super) fn of(job: &Job, selection: Selection) -> Self {
        let runs = job.runs();
        let valid = job.draft.valid;
        let size = job.draft.size;
        let stored = bytes_of(runs, |place| matches!(place, Place::At(_))).min(size);
        if job.plain_runs().is_none() {
            return Self { stored, unstored: decoded_bytes(job, selection, stored) };
        }
        let zeros =
            bytes_of(runs, |place| matches!(place, Place::Hole | Place::Unwritten(_))).min(valid);
        let missing = valid.saturating_sub(stored.saturating_add(zeros)).min(MAX_SUBSTITUTED_BYTES);
        let free = free_zeros(selection, leading_zeros(runs, valid, size));
        let zeros = zeros.saturating_add(size.saturating_sub(valid)).saturating_sub(free);
        Self { stored, unstored: zeros.saturating_add(missing) }
    }

    /// Both together.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            stored: self.stored.saturating_add(other.stored),
            unstored: self.unstored.saturating_add(other.unstored),
        }
    }

    /// Streams of less work come first: this number is that of their class.
    pub(super) fn class(self) -> u32 {
        u64::BITS.saturating_sub(self.stored.saturating_add(self.unstored).leading_zeros())
    }
}

/// Returns the bytes of the runs whose places are wanted.
fn bytes_of(runs: &[Run], wanted: fn(Place) -> bool) -> u64 {
    let runs = runs.iter().filter(|run| wanted(run.place));
    runs.fold(0_u64, |sum, run| sum.saturating_add(run.length))
}

/// Returns the bytes that decoding adds: what a decoder makes is as long as the stream, holes of whole units among it.
fn decoded_bytes(job: &Job, selection: Selection, stored: u64) -> u64 {
    let first = job.runs().get(..1).unwrap_or_default();
    let free = free_zeros(selection, leading_zeros(first, job.draft.valid, job.draft.size));
    job.draft.size.saturating_sub(stored).saturating_sub(free)
}

/// The limit that a stream reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    /// Other streams, none of more work, claim its bytes of the medium too often.
    Claimed,
    /// Bytes that are not on the medium.
    Unstored,
}

/// What is left of the work that a pass does.
///
/// A stream is left out because of what it claims only when both hold: all streams before it claim the medium [`MOST_TIMES`] times, and those
/// before it claim one of its own regions as often. Streams of less work come before those of more, so that nobody can cost an ordinary file
/// its digests but by as many records of no more bytes over the very same place.
pub(super) struct WorkBudget {
    region_bytes: u64,
    /// Bytes that may still be claimed of each region, and of what lies past the end.
    regions: Vec<u64>,
    /// Bytes that may still be claimed wherever they lie.
    stored: u64,
    unstored: u64,
}

impl WorkBudget {
    /// The whole budget of a medium.
    pub(super) fn new(medium_bytes: u64, most_unstored: u64) -> Self {
        let region_bytes = medium_bytes.div_ceil(MOST_REGIONS).max(REGION_BYTES);
        let stored = medium_bytes.saturating_mul(MOST_TIMES).max(ALWAYS_BYTES);
        let count = usize::try_from(medium_bytes.div_ceil(region_bytes)).unwrap_or(0);
        let region = region_bytes.saturating_mul(MOST_TIMES);
        Self {
            region_bytes,
            regions: vec![region; count.saturating_add(1)],
            stored,
            unstored: most_unstored,
        }
    }

    /// True when so much work cannot reach any limit, wherever it lies: so it is with nearly every medium.
    pub(super) fn holds(&self, all: Work) -> bool {
        all.stored <= self.stored && all.unstored <= self.unstored
    }

    /// Takes the work of a stream out of the budget, all of it or nothing.
    ///
    /// # Errors
    /// The limit that it would go beyond.
    pub(super) fn take(
        &mut self,
        job: &Job,
        work: Work,
        volumes: &[SweepVolume<'_>],
    ) -> Result<(), Limit> {
        let unstored = self.unstored.checked_sub(work.unstored).ok_or(Limit::Unstored)?;
        let anyway = work.stored <= self.stored;
        let region_bytes = self.region_bytes;
        let regions = &mut self.regions;
        let mut steps = 0_usize;
        let all = each_region(job, volumes, region_bytes, regions.len(), &mut |region, bytes| {
            let Some(left) = regions.get_mut(region) else { return true };
            if !anyway && *left < bytes {
                return false;
            }
            *left = left.saturating_sub(bytes);
            steps = steps.saturating_add(1);
            true
        });
        if !all {
            self.give_back(job, volumes, steps);
            return Err(Limit::Claimed);
        }
        self.stored = self.stored.saturating_sub(work.stored);
        self.unstored = unstored;
        Ok(())
    }
}

/// Returns the bytes from `place` to the end of its region, one at least.
fn left_in_region(place: u64, region_bytes: u64) -> u64 {
    region_bytes.saturating_sub(place.checked_rem(region_bytes).unwrap_or(0)).max(1)
}

impl WorkBudget {
    /// Gives back what the first `steps` regions of a stream took.
    fn give_back(&mut self, job: &Job, volumes: &[SweepVolume<'_>], mut steps: usize) {
        let regions = &mut self.regions;
        each_region(job, volumes, self.region_bytes, regions.len(), &mut |region, bytes| {
            if steps == 0 {
                return false;
            }
            steps = steps.saturating_sub(1);
            regions.get_mut(region).into_iter().for_each(|left| *left = left.saturating_add(bytes));
            true
        });
    }
}

/// Calls `each` with every region that a stream claims bytes of, and how many, until it returns false; false then.
fn each_region(
    job: &Job,
    volumes: &[SweepVolume<'_>],
    region_bytes: u64,
    regions: usize,
    each: &mut dyn FnMut(usize, u64) -> bool,
) -> bool {
    let Some(volume) = volumes.get(job.volume) else { return true };
    let past_the_end = regions.saturating_sub(1);
    let mut left = job.draft.size;
    for run in job.runs() {
        let mut count = run.length.min(left);
        left = left.saturating_sub(count);
        let Place::At(mut at) = run.place else { continue };
        while count > 0 {
            let place = volume.medium.at(at);
            let region =
                byte_source::index(place.checked_div(region_bytes).unwrap_or(0)).min(past_the_end);
            let here = match region == past_the_end {
                true => count,
                false => count.min(left_in_region(place, region_bytes)),
            };
            if !each(region, here) {
                return false;
            }
            count = count.saturating_sub(here);
            at = at.saturating_add(here);
        }
    }
    true
}

#[cfg(test)]
#[path = "work_tests.rs"]
mod tests;
