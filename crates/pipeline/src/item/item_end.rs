//! The end of an item: its verdict, and what the ledger says of it.

use std::path::Path;
use std::sync::PoisonError;
use words::term;

use case_model::{Algorithm, path_text, to_hex};
use case_store::{CaseFile, ImageId, ImageOutcome};
use custody::content::{DecimalText, IndexContent, SlowWork};
use evidence::WatchedFile;

use crate::error::unless_stopped;
use crate::item::changed_evidence::changes_of_image;
use crate::item::image_item::ScannedImage;
use crate::item::nested::FoundNested;
use crate::run::batch::{Batch, shortened};
use crate::workers::watch::{self, Slow, Watch, Work};
use crate::{Event, ItemResult, Observer, ScanError, Stage};

/// What is known at the end of an item beside its scan.
pub(crate) struct End<'e> {
    /// The item's name.
    pub(crate) name: &'e str,
    /// The images in its files.
    pub(crate) nested: FoundNested,
    pub(crate) watched: &'e [WatchedFile],
    pub(crate) watch: &'e Watch,
    pub(crate) observer: &'e dyn Observer,
}

impl Batch<'_> {
    /// The verdict, the medium's digests and the manifest root commit together with their ledger entry: the item is done, or it is not.
    pub(crate) fn finish(
        &self,
        case: &mut CaseFile,
        row: ImageId,
        path: &Path,
        mut scanned: ScannedImage,
        end: End<'_>,
    ) -> Result<ItemResult, ScanError> {
        unless_stopped(self.stop)?;
        end.observer.event(&Event::Stage(Stage::Certify));
        let mut changes = changes_of_image(end.watched);
        changes.extend(end.nested.problems);
        watch::progressed();
        let slow = end.watch.slow();
        scanned.verdict.damages += changes.len() as u64;
        let state = scanned.verdict.state();
        let outcome = ImageOutcome {
            state,
            medium_complete: scanned.medium_complete,
            digests: scanned.digests,
            unreadable: scanned.unreadable,
            scan_ns: scanned.scan_ns,
            error: None,
            problems: changes,
        };
        let verdict = scanned.verdict;
        let slow = match slow.is_empty() {
            true => None,
            false => Some(self.slow_in_words(case, row, &slow, end.observer)?),
        };
        let medium = |algorithm| outcome.digests.get(algorithm).map(to_hex);
        let mut content = IndexContent {
            exhibit: end.name.to_owned(),
            image: path_text(path),
            result: state.key(),
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
        };
        // A stop takes the verdict back; the last checkpoint, of all rows, remains.
        let manifest = case.transaction_unless_stopped(self.stop, |transaction| {
            transaction.finish_image(row, &outcome)?;
            for nested in &end.nested.rows {
                transaction.insert_nested(row, nested)?;
            }
            transaction.remove_scan_checkpoint(path)?;
            let digests = transaction.image_digests(row, scanned.above)?;
            content.manifest = digests.manifest;
            content.frame = Some(digests.frame);
            transaction.ledger().append(&self.scribe.entry(content).case(self.case_id.as_str()))?;
            Ok(digests.manifest)
        })?;
        self.manifests.lock().unwrap_or_else(PoisonError::into_inner).insert(row, manifest);
        Ok(ItemResult::Scanned(row, state))
    }

    /// What took long, by name where the index has one. Not in the index: it depends on the machine.
    fn slow_in_words(
        &self,
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
}
