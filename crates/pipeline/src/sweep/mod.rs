//! One pass over the medium: its own digests in order, the streams right behind on the same bytes.

mod big;
mod chain;
mod collect;
mod frontier;
mod horizon;
mod job;
mod left_out;
mod packed_job;
mod pass;
mod plan;
mod planned;
mod queue;
mod ready_streams;
mod restore;
mod run;
mod saved;
mod schedule;
mod sharing;
mod slots;
mod small;
mod standstill;
mod volume;
mod windows;
mod work;
mod worker;
mod worker_loop;

#[cfg(test)]
mod limit_tests;
#[cfg(test)]
mod standstill_tests;
#[cfg(test)]
mod tests;

pub(crate) use collect::Collector;
pub(crate) use job::{
    Draft, JobLayout, MOST_BARE_ZEROS, ONLY_ZEROS, Slot, StreamClass, classify, draft,
    place_numbers,
};
pub(crate) use left_out::unstored_rule;
pub(crate) use pass::{Sweep, SweepResult};
pub(crate) use plan::SweepPlan;
pub(crate) use planned::PlannedStreams;
pub(crate) use restore::{RestoredSweep, Snapshot, unsaved_results};
pub(crate) use saved::{SavedSweep, load_results};
pub(crate) use slots::PartSlots;
pub(crate) use small::hash_collected;
pub(crate) use volume::SweepVolume;
pub(crate) use windows::WindowedMedium;
pub(crate) use worker::WorkerTools;
pub(crate) use worker_loop::{StopOnDrop, spawn_workers, write_in_order};
