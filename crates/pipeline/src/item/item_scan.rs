//! What every phase of an item's scan needs.

use std::path::Path;
use std::sync::Arc;

use case_model::StopToken;
use evidence::Spill;
use hash_set::Library;
use rayon::ThreadPool;
use words::{Statement, Term, term};

use crate::item::case_record::CaseRecord;
use crate::resume::checkpoints::Checkpoints;
use crate::resume::earlier_scan::EarlierScan;
use crate::sweep::SweepResult;
use crate::{Event, Observer, ScanConfig};

/// Of the memory, the part for names, jobs and results: a quarter, as for decoded windows. The rest is for SQLite, rows on their way and the
/// workers.
const NAMES_SHARE: u64 = 4;

/// The means of a scan of one item.
pub(crate) struct ItemScan<'s> {
    pub(crate) pool: &'s ThreadPool,
    pub(crate) config: &'s ScanConfig,
    pub(crate) library: &'s Library,
    pub(crate) observer: &'s dyn Observer,
    pub(crate) stop: &'s StopToken,
    /// The folder of temporary files.
    pub(crate) temporary: &'s Path,
    /// The lab's own folder: no evidence.
    pub(crate) own_lab: Option<&'s Path>,
    pub(crate) record: &'s CaseRecord<'s>,
}

impl ItemScan<'_> {
    /// Returns memory for names, jobs and results. After it failed, checkpoints commit nothing.
    pub(crate) fn spill(&self, checkpoints: &mut Checkpoints<'_>) -> Arc<Spill> {
        let most_bytes = self.config.memory_bytes / NAMES_SHARE;
        let spill = Arc::new(Spill::new(self.temporary.to_owned(), most_bytes));
        checkpoints.spill = Some(Arc::clone(&spill));
        spill
    }

    /// Reports what becomes of an earlier scan of the item.
    pub(crate) fn report_earlier_scan(&self, earlier: &EarlierScan<'_>) {
        let what = match earlier {
            EarlierScan::None => return,
            EarlierScan::Resumes(earlier) => term!("event.goes-on")
                .with(earlier.item.sweep.describe())
                .with(earlier.checkpoint.parts),
            EarlierScan::OtherEvidence(_) => term!("event.other-evidence").into(),
        };
        self.observer.event(&Event::BrokenOff(&what));
        for what in earlier.read_from_start() {
            self.observer.event(&Event::BrokenOff(&what));
        }
    }

    /// Returns what the summary of an item says of its checkpoints: streams that they did without, now or before, and those that did
    /// not fit.
    pub(crate) fn checkpoint_notes(
        &self,
        earlier: &EarlierScan<'_>,
        checkpoints: &Checkpoints<'_>,
        not_restored: u64,
    ) -> Vec<Statement> {
        let mut notes = earlier.read_from_start();
        if not_restored > 0 {
            let what = term!("checkpoint.not-restored").with(not_restored);
            self.observer.event(&Event::Checkpoint(&what));
            notes.push(what);
        }
        notes.extend(checkpoints.unsaved.borrow().statements());
        notes
    }

    /// Reports names and plans that memory had no room for.
    pub(crate) fn report_spill(&self, spill: &Spill) {
        if let Some(why) = spill.over_limit() {
            self.observer.event(&Event::Memory(&term!("memory.over-limit").with(why), true));
        }
        let bytes = spill.spilled_bytes();
        if bytes > 0 {
            let what = term!("memory.spilled").with(bytes).with(self.temporary.as_os_str());
            self.observer.event(&Event::Memory(&what, false));
        }
    }

    /// Reports streams without a way to them, and bytes that were read more than once.
    pub(crate) fn report_sweep(&self, medium: &SweepResult, coded: bool) {
        let report = |how: Term, value: u64| {
            if value > 0 {
                self.observer.event(&Event::Reading(&how.with(value)));
            }
        };
        report(term!("reading.given-up"), medium.given_up);
        report(term!("reading.let-go"), medium.times_let_go);
        let again =
            if coded { term!("reading.decoded-again") } else { term!("reading.read-again") };
        report(again, medium.read_again);
    }
}
