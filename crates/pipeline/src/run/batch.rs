//! The items of a run: read side by side, written one after the other.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use case_model::StopToken;
use case_store::CaseFile;
use crossbeam_channel::{Sender, bounded};
use evidence::{ImageAddress, OuterImage};
use hash_set::Library;

use crate::item::case_record::CaseRecord;
use crate::resume::checkpoints::Mailbox;
use crate::run::earlier_scans::EarlierScans;
use crate::run::item_result::{ItemResult, all_done};
use crate::run::nested::ScanItem;
use crate::turn::commit_order::CommitOrder;
use crate::{Observer, ScanConfig, ScanError};

/// Items that are read at the same time: while one waits for a digest that is serial, or has its index finished, another fills the lanes.
pub(crate) const ITEMS_AT_ONCE: usize = 2;

/// One run while it goes through its items.
pub(crate) struct Batch<'b> {
    pub(crate) record: CaseRecord<'b>,
    pub(crate) library: &'b Library,
    pub(crate) config: ScanConfig,
    pub(crate) observer: &'b dyn Observer,
    pub(crate) stop: &'b StopToken,
    pub(crate) count: usize,
    pub(crate) earlier: EarlierScans,
    /// What the rows depend on besides the evidence.
    pub(crate) conditions: String,
    /// The folder of temporary files.
    pub(crate) temporary: PathBuf,
    /// The lab's own folder: no evidence.
    pub(crate) own_lab: Option<PathBuf>,
    /// The image around the images that are read now.
    pub(crate) outer: Mutex<Option<(ImageAddress, Arc<OuterImage>)>>,
    /// Checkpoints of items that wait for their turn.
    pub(crate) mailbox: Mailbox,
    /// Items of this run so far.
    pub(crate) begun: Mutex<HashSet<PathBuf>>,
    /// Files that are segments of images opened so far.
    pub(crate) segments: Mutex<HashSet<PathBuf>>,
}

impl Batch<'_> {
    /// Reads items side by side, writes them in order.
    pub(crate) fn run(
        &self,
        case: &mut CaseFile,
        items: &[ScanItem],
    ) -> Result<Vec<ItemResult>, ScanError> {
        let turns = CommitOrder::new(case, self.stop);
        let (begun, may_begin) = bounded::<()>(ITEMS_AT_ONCE);
        std::thread::scope(|scope| {
            let mut working = Vec::with_capacity(items.len());
            for (at, item) in items.iter().enumerate() {
                // OK to ignore: the receiver is here as long as the sender is.
                let _ = begun.send(());
                if self.stop.is_requested() {
                    break;
                }
                let (opened, is_open) = bounded::<()>(1);
                let turns = &turns;
                let may_begin = may_begin.clone();
                working.push(scope.spawn(move || {
                    let result = self.guarded_item(turns, at, item, opened);
                    let _ = may_begin.recv();
                    result
                }));
                // Whether the next item is a segment of this one is known when this one is open (or over: the sender is gone then).
                let _ = is_open.recv();
            }
            let results =
                working.into_iter().map(|item| item.join().unwrap_or(Err(ScanError::GivenUp)));
            all_done(results.collect(), items.len())
        })
    }

    /// Scans one item. After an error or a panic no further item gets a turn.
    fn guarded_item(
        &self,
        turns: &CommitOrder<'_>,
        at: usize,
        item: &ScanItem,
        opened: Sender<()>,
    ) -> Result<ItemResult, ScanError> {
        let work = AssertUnwindSafe(|| self.item(turns, at, item, opened));
        let result = catch_unwind(work).unwrap_or(Err(ScanError::GivenUp));
        if result.is_err() {
            turns.fail();
        }
        result
    }
}
