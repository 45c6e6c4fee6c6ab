//! What an earlier, interrupted scan of an item is to the scan of today.

use words::{Statement, term};

use crate::resume::interrupted_scan::InterruptedScan;
use crate::resume::unsaved_streams::UnsavedStreams;

/// An earlier scan of the item.
pub(crate) enum EarlierScan<'k> {
    /// None was interrupted.
    None,
    /// It resumes.
    Resumes(&'k InterruptedScan),
    /// It was a scan of other evidence: its plan is another one.
    OtherEvidence(&'k InterruptedScan),
}

impl<'k> EarlierScan<'k> {
    /// Names what becomes of `earlier`, which had the same plan or not.
    pub(crate) fn of(earlier: Option<&'k InterruptedScan>, same_plan: bool) -> Self {
        match earlier {
            None => Self::None,
            Some(earlier) if same_plan => Self::Resumes(earlier),
            Some(earlier) => Self::OtherEvidence(earlier),
        }
    }

    /// Returns the scan that resumes.
    pub(crate) fn resumed(&self) -> Option<&'k InterruptedScan> {
        match self {
            Self::Resumes(earlier) => Some(earlier),
            _ => None,
        }
    }

    /// Returns which streams its checkpoint did without, one statement for each reason: they are read from their start.
    pub(crate) fn read_from_start(&self) -> Vec<Statement> {
        let unsaved = self.resumed().map(|earlier| earlier.item.sweep.unsaved.as_slice());
        let reasons = UnsavedStreams::of(unsaved.unwrap_or_default()).statements();
        reasons.into_iter().map(|why| term!("checkpoint.read-from-start").with(why)).collect()
    }

    /// Returns the scan that resumes when it has rows in the case.
    pub(crate) fn rows(&self) -> Option<&'k InterruptedScan> {
        match self {
            Self::Resumes(earlier) if earlier.checkpoint.image.is_some() => Some(earlier),
            _ => None,
        }
    }
}
