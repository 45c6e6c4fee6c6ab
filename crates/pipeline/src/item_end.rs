//! The end of an item: its verdict, and what the ledger says of it.

use std::path::Path;
use std::sync::PoisonError;

use case_model::{Algorithm, to_hex};
use case_store::{CaseFile, ImageOutcome, ScanCheckpoint};
use custody::{Act, Json};
use evidence::WatchedFile;

use crate::batch::{Batch, shortened};
use crate::changed_evidence::changes_of_image;
use crate::image_item::ImageScanned;
use crate::watch::{self, Slow, Watch, Work};
use crate::{Event, ItemResult, Observer, ScanError, Stage};

/// What is known at the end of an item beside its scan.
pub(crate) struct End<'e> {
    pub(crate) watched: &'e [WatchedFile],
    pub(crate) watch: &'e Watch,
    pub(crate) observer: &'e dyn Observer,
}

impl Batch<'_> {
    /// The verdict, the medium's digests and the manifest root commit together with their ledger entry: the item is done, or it is not.
    pub(crate) fn finish(
        &self,
        case: &mut CaseFile,
        row: i64,
        path: &Path,
        mut scanned: ImageScanned,
        end: &End<'_>,
    ) -> Result<ItemResult, ScanError> {
        end.observer.event(&Event::Stage(Stage::Certify));
        let changes = changes_of_image(end.watched);
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
        let mut entry = self
            .scribe
            .entry(Act::Index)
            .case(self.case_id.as_str())
            .field("exhibit", path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned())
            .field("image", path.to_string_lossy().into_owned())
            .field("result", state.key())
            .field("files", verdict.entries.to_string())
            .field("lost_streams", verdict.lost_streams.to_string())
            .field("damages", verdict.damages.to_string())
            .field("unreconciled_counts", verdict.unreconciled.to_string())
            .field("unreadable_bytes", verdict.unreadable_bytes.to_string())
            .field("wrong_stored_digests", verdict.wrong_digests.to_string());
        for algorithm in Algorithm::ALL {
            if let Some(digest) = outcome.digests.get(algorithm) {
                entry = entry.field(format!("medium_{}", algorithm.key()), to_hex(digest));
            }
        }
        if !slow.is_empty() {
            entry = entry.field("slow", self.slow_in_words(case, row, &slow, end.observer)?);
        }
        let manifest = case.transaction(|ledger, connection| {
            CaseFile::finish_image(connection, row, &outcome)?;
            ScanCheckpoint::remove(connection, &path.to_string_lossy())?;
            let manifest = case_store::image_digest(connection, row, scanned.above)?;
            ledger.append(&entry.field("manifest", to_hex(&manifest)))?;
            Ok(manifest)
        })?;
        self.manifests.lock().unwrap_or_else(PoisonError::into_inner).insert(row, manifest);
        Ok(ItemResult::Scanned(row, state))
    }

    /// What took long, by name where the index has one. Not in the index: it depends on the machine.
    fn slow_in_words(
        &self,
        case: &CaseFile,
        image: i64,
        slow: &[Slow],
        observer: &dyn Observer,
    ) -> Result<Json, ScanError> {
        let mut list = Vec::new();
        for slow in slow {
            let mut what = slow.work.to_string();
            if let Work::Stream(at, size) = slow.work
                && let Some(named) = case.stream_at(image, at, size)?
            {
                what = format!(
                    "{} ({} record {}-{}): {what}",
                    named.path, named.file_system, named.number, named.generation
                );
            }
            observer.event(&Event::Slow(&format!("slow: {} s on {what}", slow.took.as_secs())));
            let seconds = format!("{:.1}", slow.took.as_secs_f64());
            list.push(Json::from([("what", Json::from(shortened(&what))), ("seconds", Json::from(seconds))]));
        }
        Ok(Json::List(list))
    }
}
