//! When a case was created and scanned.

use case_store::CaseFile;
use custody::{Act, EntryView};

use crate::{CaseworkError, Session};

/// How the bodies of entries begin that end a scan.
const SCAN_END: &[u8] = br#"{"act":"scan_finish""#;

/// When a case was created and scanned, as its ledger writes it: RFC 3339 in UTC.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseDates {
    /// The time of its first entry.
    pub created: Option<String>,
    /// The end of the last scan that came to its end.
    pub scanned: Option<String>,
}

impl Session {
    /// Returns when a case was created and scanned.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn case_dates(case: &mut CaseFile) -> Result<CaseDates, CaseworkError> {
        let mut dates = CaseDates::default();
        case.ledger().each(&mut |entry| {
            if entry.seq == 1 {
                dates.created =
                    EntryView::read(&entry).and_then(|view| view.written().map(str::to_owned));
            } else if entry.body.starts_with(SCAN_END) {
                let view =
                    EntryView::read(&entry).filter(|view| view.act() == Some(Act::ScanFinish));
                dates.scanned = view
                    .and_then(|view| view.written().map(str::to_owned))
                    .or(dates.scanned.take());
            }
            true
        })?;
        Ok(dates)
    }
}
