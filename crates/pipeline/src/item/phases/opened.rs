//! An image whose container, volumes and file systems are open.

use std::path::Path;

use case_store::{ImageParent, ImageRow};
use evidence::EvidenceImage;

use crate::item::item_scan::ItemScan;
use crate::resume::checkpoints::Checkpoints;
use crate::resume::interrupted_scan::InterruptedScan;
use crate::sweep::WindowedMedium;

/// An image that was opened, and what an earlier scan left of it.
pub(crate) struct OpenedImage<'o> {
    pub(crate) scan: &'o ItemScan<'o>,
    pub(crate) path: &'o Path,
    pub(crate) image: &'o EvidenceImage,
    /// The row that registers it.
    pub(crate) row: &'o ImageRow,
    /// The entry that holds it, for an image inside another item.
    pub(crate) parent: Option<&'o ImageParent>,
    /// The decoded medium, when it must be decoded.
    pub(crate) windows: Option<&'o WindowedMedium>,
    pub(crate) earlier: Option<InterruptedScan>,
    pub(crate) checkpoints: Checkpoints<'o>,
}
