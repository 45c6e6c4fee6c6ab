//! One item of a run: what it is, and its way through the phases.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use case_store::{ImageId, ImageRow};
use crossbeam_channel::Sender;
use evidence::EvidenceImage;
use filesystem::OpenOptions;
use rayon::ThreadPool;

use crate::error::unless_stopped;
use crate::item::folder_rows::folder_row;
use crate::item::image_rows::image_row;
use crate::item::item_scan::ItemScan;
use crate::item::nested::{nested_of_folder, nested_of_image};
use crate::item::phases::certified::ItemEnd;
use crate::item::phases::opened::OpenedImage;
use crate::resume::checkpoints::Checkpoints;
use crate::resume::interrupted_scan::InterruptedScan;
use crate::run::batch::Batch;
use crate::run::nested::ScanItem;
use crate::sweep::WindowedMedium;
use crate::turn::commit_order::CommitOrder;
use crate::turn::deferred_events::DeferredEvents;
use crate::turn::item_turn::ItemTurn;
use crate::workers::isolation::guarded;
use crate::workers::pool::start_watched_pool;
use crate::workers::watch::Watch;
use crate::{Event, ItemResult, Observer, ScanError, Stage};

/// The largest medium that is taken in, in bytes. A container of some kilobytes can claim eight exabytes of zeros, which would take years to
/// hash; disk arrays of today stay below this.
const MAX_MEDIUM_BYTES: u64 = 256 << 40;

/// An image of an item that is open.
struct OpenItem<'i> {
    path: &'i Path,
    item: &'i ScanItem,
    image: &'i EvidenceImage,
    windows: Option<&'i WindowedMedium>,
    /// When work on the item began.
    clock: Instant,
}

impl Batch<'_> {
    /// Scans one item. Drops `opened` when the item's container is open.
    pub(crate) fn item(
        &self,
        turns: &CommitOrder<'_>,
        at: usize,
        item: &ScanItem,
        opened: Sender<()>,
    ) -> Result<ItemResult, ScanError> {
        let watch = Watch::new(self.config.slow_after);
        watch.enter();
        let observer = DeferredEvents::new(self.observer, Arc::clone(&watch));
        let turn =
            ItemTurn { order: turns, at, count: self.count, item: &item.path, observer: &observer };
        watch.over(&observer, || self.watched_item(item, &turn, opened, &watch))
    }

    fn watched_item(
        &self,
        item: &ScanItem,
        turn: &ItemTurn<'_, '_>,
        opened: Sender<()>,
        watch: &Arc<Watch>,
    ) -> Result<ItemResult, ScanError> {
        let path = match item.place() {
            Ok(path) => path,
            Err(error) => {
                let text = format!("{}: {error}", item.path.display());
                turn.wait(&|| ())?;
                return Ok(ItemResult::Failed(item.path.clone(), text));
            }
        };
        if let Some(result) = self.known(&path, item, turn)? {
            return Ok(result);
        }
        if path.is_dir() {
            drop(opened);
            return self.folder(&path, watch, turn);
        }
        self.image((&path, item), opened, watch, turn)
    }

    /// Returns the result of an item that needs no scan: a segment, an item of the case, or one that the run names twice.
    fn known(
        &self,
        path: &Path,
        item: &ScanItem,
        turn: &ItemTurn<'_, '_>,
    ) -> Result<Option<ItemResult>, ScanError> {
        // Images inside others are listed without their segments.
        let is_segment = item.inside.is_none()
            && self.segments.lock().unwrap_or_else(PoisonError::into_inner).contains(path);
        if is_segment {
            turn.wait(&|| ())?;
            return Ok(Some(ItemResult::Segment(path.to_owned())));
        }
        if let Some(row) = self.earlier.scanned.get(path) {
            turn.wait(&|| ())?;
            return Ok(Some(ItemResult::AlreadyThere(*row, path.to_owned())));
        }
        if self.begun.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned()) {
            return Ok(None);
        }
        let image = turn.wait(&|| ())?.case().image_at(path)?;
        let row = image.map_or(ImageId::NONE, |(row, _)| row);
        Ok(Some(ItemResult::AlreadyThere(row, path.to_owned())))
    }

    /// Scans an image. Drops `is_open` when its container is open.
    fn image(
        &self,
        (path, item): (&Path, &ScanItem),
        is_open: Sender<()>,
        watch: &Arc<Watch>,
        turn: &ItemTurn<'_, '_>,
    ) -> Result<ItemResult, ScanError> {
        let clock = Instant::now();
        unless_stopped(self.stop)?;
        turn.observer.event(&Event::Stage(Stage::Open));
        let (image, windows) = match self.open_or_refuse(path, item, &self.options()) {
            Ok(opened) => opened,
            Err(why) => {
                turn.wait(&|| ())?;
                return Ok(ItemResult::Failed(path.to_owned(), why));
            }
        };
        if item.inside.is_none() {
            self.note_segments(path, &image);
        }
        drop(is_open);
        let opened = OpenItem { path, item, image: &image, windows: windows.as_deref(), clock };
        self.scan_opened(&opened, watch, turn)
    }

    /// Takes an open image through its phases.
    fn scan_opened(
        &self,
        opened: &OpenItem<'_>,
        watch: &Arc<Watch>,
        turn: &ItemTurn<'_, '_>,
    ) -> Result<ItemResult, ScanError> {
        let OpenItem { path, item, image, windows, clock } = *opened;
        let pool = start_watched_pool(self.config.threads, watch)?;
        let scan = self.item_scan(&pool, turn.observer);
        let row = registering_row(path, item, image);
        let earlier = self.earlier.take_interrupted(path);
        let opened = OpenedImage {
            scan: &scan,
            path,
            image,
            row: &row,
            parent: item.inside.as_ref().map(|inside| &inside.parent),
            windows,
            checkpoints: self.checkpoints(path, earlier.as_ref(), clock, turn.observer),
            earlier,
        };
        let mut indexed = opened.gather()?.plan().sweep(turn)?;
        let above = indexed.contents.above;
        let options = self.options();
        let nested =
            nested_of_image(indexed.turn.case(), indexed.row, above, image, &options, self.stop)?;
        let end = ItemEnd { path, name: &row.name, nested, watched: &image.watched, watch };
        Ok(indexed.certify(&scan, end)?.into())
    }

    fn options(&self) -> OpenOptions {
        OpenOptions { code_page: self.config.code_page }
    }

    /// Opens an image.
    ///
    /// # Errors
    /// Why it cannot be taken in, in words.
    fn open_or_refuse(
        &self,
        path: &Path,
        item: &ScanItem,
        options: &OpenOptions,
    ) -> Result<(EvidenceImage, Option<Arc<WindowedMedium>>), String> {
        let opened = guarded(|| self.open(path, item, options));
        let opened = opened.map_err(|problem| format!("{}: {problem}", path.display()))?;
        let (image, windows) = opened.map_err(|error| error.to_string())?;
        match too_large(path, &image) {
            Some(refusal) => Err(refusal),
            None => Ok((image, windows)),
        }
    }

    fn folder(
        &self,
        path: &Path,
        watch: &Arc<Watch>,
        turn: &ItemTurn<'_, '_>,
    ) -> Result<ItemResult, ScanError> {
        let commit_turn = turn.wait(&|| ())?;
        let clock = Instant::now();
        let pool = start_watched_pool(self.config.threads, watch)?;
        let earlier = self.earlier.take_interrupted(path);
        let checkpoints = self.checkpoints(path, earlier.as_ref(), clock, turn.observer);
        let scan = self.item_scan(&pool, turn.observer);
        let mut indexed = scan.index_folder(commit_turn, path, earlier, checkpoints)?;
        let options = self.options();
        let place = (path, self.own_lab.as_deref());
        let above = indexed.contents.above;
        let nested =
            nested_of_folder(indexed.turn.case(), indexed.row, above, place, &options, self.stop)?;
        let name = folder_row(path).name;
        Ok(indexed
            .certify(&scan, ItemEnd { path, name: &name, nested, watched: &[], watch })?
            .into())
    }

    /// Notes the further segments of an image: as items of the run they are read with it.
    fn note_segments(&self, path: &Path, opened: &EvidenceImage) {
        let Some(folder) = path.parent() else { return };
        let further =
            opened.image.segments.iter().skip(1).map(|segment| folder.join(&segment.name));
        self.segments.lock().unwrap_or_else(PoisonError::into_inner).extend(further);
    }

    fn checkpoints<'b>(
        &'b self,
        path: &Path,
        earlier: Option<&InterruptedScan>,
        began: Instant,
        observer: &'b dyn Observer,
    ) -> Checkpoints<'b> {
        Checkpoints {
            mailbox: &self.mailbox,
            path: path.to_owned(),
            conditions: self.conditions.clone(),
            plan: [0; 32],
            spill: None,
            every: self.config.checkpoint_every,
            before_ns: earlier.map_or(0, |earlier| earlier.checkpoint.elapsed_ns),
            began,
            last: Cell::new(began),
            written: Default::default(),
            observer,
            unsaved: RefCell::default(),
        }
    }

    fn item_scan<'s>(&'s self, pool: &'s ThreadPool, observer: &'s dyn Observer) -> ItemScan<'s> {
        ItemScan {
            pool,
            config: &self.config,
            library: self.library,
            observer,
            stop: self.stop,
            temporary: &self.temporary,
            own_lab: self.own_lab.as_deref(),
            record: &self.record,
        }
    }
}

/// Returns the row that registers an image. One inside another item has the name that tells its place.
fn registering_row(path: &Path, item: &ScanItem, image: &EvidenceImage) -> ImageRow {
    let mut row = image_row(path, image);
    if let Some(inside) = &item.inside {
        row.name.clone_from(&inside.name);
    }
    row
}

/// Returns why a medium is refused, if it is. A medium that its files cannot bear is cut when it is opened: its claim decides.
fn too_large(path: &Path, opened: &EvidenceImage) -> Option<String> {
    let image = &opened.image;
    let claimed = image.stated_bytes.unwrap_or(0).max(image.medium.len());
    (claimed > MAX_MEDIUM_BYTES).then(|| {
        format!(
            "{}: the container claims a medium of {claimed} bytes, at most {MAX_MEDIUM_BYTES} are taken in",
            path.display()
        )
    })
}
