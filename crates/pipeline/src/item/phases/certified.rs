//! An item with its verdict, and what the ledger says of it.

use std::path::Path;

use case_model::{Algorithm, path_text, to_hex};
use case_store::{CaseFile, ImageId, ImageOutcome, NestedRow, RowsAbove, RunState};
use custody::content::{DecimalText, IndexContent, SlowWork};
use evidence::WatchedFile;
use words::{Statement, term};

use crate::error::unless_stopped;
use crate::item::case_record::{count, shortened};
use crate::item::changed_evidence::changes_of_image;
use crate::item::item_scan::ItemScan;
use crate::item::nested::FoundNested;
use crate::item::phases::indexed::{IndexedItem, ItemContents};
use crate::verdict::Verdict;
use crate::workers::watch::{self, Watch};
use crate::workers::work::{Slow, Work};
use crate::{Event, Observer, ScanError, Stage};

/// An item that is done.
pub(crate) struct CertifiedItem {
    pub(crate) row: ImageId,
    pub(crate) state: RunState,
    pub(crate) checkpoint_notes: Vec<Statement>,
}

/// What is known at the end of an item besides its scan.
pub(crate) struct ItemEnd<'e> {
    pub(crate) path: &'e Path,
    /// The item's name.
    pub(crate) name: &'e str,
    /// The images in its files.
    pub(crate) nested: FoundNested,
    pub(crate) watched: &'e [WatchedFile],
    pub(crate) watch: &'e Watch,
}

impl IndexedItem<'_, '_> {
    /// Commits the verdict, the medium's digests and the manifest root together with their ledger entry: the item is done, or it is not.
    ///
    /// # Errors
    /// [`ScanError::Stopped`] after a stop: the last checkpoint, of all rows, remains. What the case file says.
    pub(crate) fn certify(
        mut self,
        scan: &ItemScan<'_>,
        end: ItemEnd<'_>,
    ) -> Result<CertifiedItem, ScanError> {
        unless_stopped(scan.stop)?;
        scan.observer.event(&Event::Stage(Stage::Certify));
        let mut changes = changes_of_image(end.watched);
        changes.extend(end.nested.problems);
        watch::progressed();
        let slow = end.watch.slow();
        let ItemContents {
            mut verdict,
            medium_complete,
            digests,
            unreadable,
            above,
            scan_ns,
            checkpoint_notes,
        } = self.contents;
        verdict.damages = verdict.damages.saturating_add(count(changes.len()));
        let state = verdict.state();
        let problems = changes;
        let outcome = ImageOutcome {
            state,
            medium_complete,
            digests,
            unreadable,
            scan_ns,
            error: None,
            problems,
        };
        let case = self.turn.case();
        let row = self.row;
        let slow = match slow.is_empty() {
            true => None,
            false => Some(slow_in_words(case, row, &slow, scan.observer)?),
        };
        let content = index_content((end.path, end.name), &verdict, &outcome, slow);
        let verdict =
            CommittedVerdict { row, above, path: end.path, nested: &end.nested.rows, outcome };
        let manifest = verdict.commit(case, scan, content)?;
        scan.record.add_manifest(row, manifest);
        Ok(CertifiedItem { row, state, checkpoint_notes })
    }
}

/// What the transaction of an item's verdict writes.
struct CommittedVerdict<'v> {
    row: ImageId,
    above: RowsAbove,
    path: &'v Path,
    nested: &'v [NestedRow],
    outcome: ImageOutcome,
}

impl CommittedVerdict<'_> {
    /// Commits it with its ledger entry. Returns the manifest root. A stop takes it back; the last checkpoint, of all rows, remains.
    fn commit(
        &self,
        case: &mut CaseFile,
        scan: &ItemScan<'_>,
        mut content: IndexContent,
    ) -> Result<[u8; 32], ScanError> {
        let row = self.row;
        let record = scan.record;
        Ok(case.transaction_unless_stopped(scan.stop, |transaction| {
            transaction.finish_image(row, &self.outcome)?;
            for nested in self.nested {
                transaction.insert_nested(row, nested)?;
            }
            transaction.remove_scan_checkpoint(self.path)?;
            let digests = transaction.image_digests(row, self.above)?;
            content.manifest = digests.manifest;
            content.frame = Some(digests.frame);
            transaction
                .ledger()
                .append(&record.author.entry(content).case(record.case_id.as_str()))?;
            Ok(digests.manifest)
        })?)
    }
}

/// Returns the content of the item's ledger entry, but for the manifest.
fn index_content(
    (path, name): (&Path, &str),
    verdict: &Verdict,
    outcome: &ImageOutcome,
    slow: Option<Vec<SlowWork>>,
) -> IndexContent {
    let medium = |algorithm| outcome.digests.get(algorithm).map(to_hex);
    IndexContent {
        exhibit: name.to_owned(),
        image: path_text(path),
        result: outcome.state.key(),
        files: DecimalText(verdict.entries),
        lost_streams: DecimalText(verdict.lost_streams),
        damages: DecimalText(verdict.damages),
        unreconciled_counts: DecimalText(verdict.unreconciled),
        unreadable_bytes: DecimalText(verdict.unreadable_bytes),
        wrong_stored_digests: DecimalText(verdict.wrong_digests),
        medium_md5: medium(Algorithm::Md5),
        medium_sha1: medium(Algorithm::Sha1),
        medium_sha256: medium(Algorithm::Sha256),
        medium_blake3: medium(Algorithm::Blake3),
        slow,
        manifest: [0; 32],
        frame: None,
    }
}

/// Describes what took long, by name where the index has one. It is not in the index: it depends on the machine.
fn slow_in_words(
    case: &CaseFile,
    image: ImageId,
    slow: &[Slow],
    observer: &dyn Observer,
) -> Result<Vec<SlowWork>, ScanError> {
    let mut list = Vec::new();
    for slow in slow {
        let mut what = slow.work.statement();
        if let Work::Stream(at, size) = slow.work
            && let Some(named) = case.stream_at(image, at, size)?
        {
            what = term!("work.stream-named")
                .with(named.path)
                .with(named.file_system)
                .with(named.number)
                .with(named.generation)
                .with(what);
        }
        let slow_work = term!("event.slow").with(slow.took.as_secs()).with(what.clone());
        observer.event(&Event::Slow(&slow_work));
        let seconds = format!("{:.1}", slow.took.as_secs_f64());
        list.push(SlowWork { what: shortened(&what.to_string()), seconds });
    }
    Ok(list)
}
