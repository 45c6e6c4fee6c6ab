//! An image whose turn has come and which has its row.

use analysis::Analysers;
use case_store::ImageId;
use evidence::{EvidenceImage, ReadableFileSystem};

use crate::item::first_look::FirstLook;
use crate::item::row_maker::RowMaker;
use crate::resume::interrupted_scan::InterruptedScan;
use crate::sweep::Sweep;
use crate::turn::commit_order::CommitTurn;

/// An image that has its row in the case, while workers sweep its medium.
pub(crate) struct RegisteredImage<'r, 'o, 't, 'c> {
    pub(crate) turn: CommitTurn<'t, 'c>,
    pub(crate) row: ImageId,
    pub(crate) image: &'o EvidenceImage,
    pub(crate) file_systems: Vec<(ReadableFileSystem<'o>, FirstLook)>,
    /// The earlier scan, when its rows remain.
    pub(crate) earlier: Option<&'r InterruptedScan>,
    pub(crate) analysers: &'r Analysers,
    pub(crate) sweep: &'r Sweep<'r>,
    pub(crate) maker: &'r RowMaker<'r, 'o>,
}
