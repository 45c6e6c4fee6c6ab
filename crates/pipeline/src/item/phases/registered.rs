//! An image whose turn has come and which has its row.

use analysis::Analysers;
use case_store::{ImageId, ImageParent, ImageRow};
use evidence::{EvidenceImage, ReadableFileSystem};

use crate::ScanError;
use crate::item::first_look::FirstLook;
use crate::item::item_scan::ItemScan;
use crate::item::row_maker::RowMaker;
use crate::resume::checkpoints::Checkpoints;
use crate::resume::earlier_scan::EarlierScan;
use crate::resume::interrupted_scan::InterruptedScan;
use crate::sweep::Sweep;
use crate::turn::commit_order::CommitTurn;
use crate::turn::item_turn::ItemTurn;

/// An image that waits for its turn, while workers sweep its medium.
pub(crate) struct WaitingImage<'r, 'o> {
    pub(crate) scan: &'o ItemScan<'o>,
    pub(crate) image: &'o EvidenceImage,
    /// The row that registers it, and the entry that holds it.
    pub(crate) row: (&'o ImageRow, Option<&'o ImageParent>),
    pub(crate) earlier: &'r EarlierScan<'r>,
    pub(crate) file_systems: Vec<(ReadableFileSystem<'o>, FirstLook)>,
}

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

impl<'r, 'o> WaitingImage<'r, 'o> {
    /// Waits for the item's turn, and writes its row. Meanwhile checkpoints go to whoever has the turn.
    ///
    /// # Errors
    /// [`ScanError::Stopped`] after a stop; what the case file says.
    pub(crate) fn register<'s, 't, 'c>(
        self,
        turn: &ItemTurn<'t, 'c>,
        sweep: &'s Sweep<'s>,
        maker: &'s RowMaker<'s, 'o>,
        checkpoints: &Checkpoints<'_>,
    ) -> Result<RegisteredImage<'s, 'o, 't, 'c>, ScanError>
    where
        'r: 's,
        'o: 's,
    {
        let mut turn = turn.wait(&|| checkpoints.without_rows(sweep))?;
        let row = self.scan.record.begin_item(turn.case(), self.earlier, self.row)?;
        let (image, file_systems) = (self.image, self.file_systems);
        let (earlier, analysers) = (self.earlier.rows(), self.scan.config.analysers.as_ref());
        Ok(RegisteredImage { turn, row, image, file_systems, earlier, analysers, sweep, maker })
    }
}
