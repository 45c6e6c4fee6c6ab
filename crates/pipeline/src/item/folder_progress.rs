//! How far the files of a folder have come: results whose part is not written yet, and files on their way.

use std::ops::ControlFlow;
use std::sync::Arc;

use analysis::{Analysers, RecordFacts, StreamFacts};
use byte_source::Scratch;
use case_model::{Disposition, StopToken};
use case_store::{PartResults, ProblemRow};
use evidence::{FolderItem, FolderList, Spill, open_folder_file, os_reason};
use filesystem::{Allocation, StreamKind};

use crate::ScanConfig;
use crate::item::folder_sparse::LeftOutFiles;
use crate::stream::reader::{Reading, StreamResult};
use crate::stream::unbatched::UnbatchedStreams;
use crate::sweep::{PartSlots, RestoredSweep, SavedSweep, Slot, unsaved_results};
use crate::workers::isolation::guarded;

/// Results of files that were read alone, until the rows of their part are written, and how far such files have come.
pub(crate) struct FolderProgress {
    slots: Vec<PartSlots>,
    alone: UnbatchedStreams,
    left_out: LeftOutFiles,
}

/// Returns what analysers are told of a file at its first byte.
pub(crate) fn facts_of(item: &FolderItem, analysers: &Analysers) -> StreamFacts {
    analysers.facts(item.size, || FILE_OF_FOLDER)
}

/// What a folder says of its files: they are there.
pub(crate) const FILE_OF_FOLDER: RecordFacts =
    RecordFacts { kind: StreamKind::Data, state: Allocation::Allocated, is_assumed: false };

impl FolderProgress {
    /// Of the files of `items`, from where an earlier scan of the same folder was broken off.
    pub(crate) fn new(
        items: &FolderList,
        config: &ScanConfig,
        spill: &Arc<Spill>,
        mut restored: RestoredSweep,
        stop: &StopToken,
    ) -> Self {
        let slots: Vec<PartSlots> = (0..items.parts())
            .map(|part| PartSlots::new(items.items_of(part), Arc::clone(spill)))
            .collect();
        restored.fill(&slots);
        slots.iter().for_each(PartSlots::all_saved);
        let mut alone = UnbatchedStreams::after(restored.alone(&slots));
        alone.stop_on(stop);
        let left_out = LeftOutFiles::of(items, config.digests, config.max_unstored_bytes);
        Self { slots, alone, left_out }
    }

    /// Why a file is not hashed that could be read: it keeps the folder from being complete.
    pub(crate) fn problem_of(&self, slot: Slot) -> Option<ProblemRow> {
        self.left_out.problem_of(slot)
    }

    /// The results that are known of a part, in the order of its items.
    pub(crate) fn known(&self, part: usize) -> Vec<Option<StreamResult>> {
        self.slots.get(part).map(PartSlots::results).unwrap_or_default()
    }

    /// Reads a file from its stored place; its result is kept for the checkpoints. `None` after a stop.
    pub(crate) fn read(
        &self,
        (part, index): Slot,
        item: &FolderItem,
        reading: Reading<'_>,
        scratch: &mut Scratch,
    ) -> Option<StreamResult> {
        if let Some(result) = self.left_out.result_of((part, index)) {
            return Some(result);
        }
        let read = || match open_folder_file(&item.path) {
            Err(error) => {
                Some(StreamResult::without_content(Disposition::Unreadable, os_reason(&error)))
            }
            Ok(file) => {
                self.alone.read(
                    (part, index),
                    reading,
                    facts_of(item, reading.analysers),
                    |from, each| {
                        // The size that was listed decides: a file that shrank since is partial, one that grew is read as far as listed.
                        let _: ControlFlow<()> = file.visit(from..item.size, scratch, each);
                    },
                )
            }
        };
        let result = guarded(read).unwrap_or_else(|_| Some(StreamResult::reader_failed()))?;
        if let Some(slots) = self.slots.get(part) {
            slots.put(index, &result);
        }
        self.alone.done((part, index));
        Some(result)
    }

    /// Returns the number of files whose stored place did not fit: they were read from their start.
    pub(crate) fn not_restored(&self) -> u64 {
        self.alone.not_restored()
    }

    /// The rows of a part are written.
    pub(crate) fn written(&self, part: usize) {
        if let Some(slots) = self.slots.get(part) {
            slots.clear();
        }
    }

    /// As it can be stored when so many parts are written.
    pub(crate) fn save(&self, written: usize) -> (SavedSweep, Vec<PartResults>) {
        // In this order: a file that is done meanwhile is among the results, or was not yet when it was looked at.
        let sweep = SavedSweep::of_folder(self.alone.save());
        (sweep, unsaved_results(&self.slots, written))
    }
}
