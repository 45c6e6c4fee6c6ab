//! Exports of the index.

use case_model::{CaseId, RecordName};
use case_store::{Filter, FoundRow};
use custody::content::{DecimalText, ExportContent};

use super::HandedOut;
use crate::{CaseworkError, Session};

/// An export of the index.
#[derive(Clone, Debug)]
pub struct IndexExport {
    /// What leaves the case.
    pub what: String,
    /// Where to.
    pub to: String,
    /// Why.
    pub reason: String,
}

impl Session {
    /// Hands out the rows of a case that match a filter, and records that they left it. Also when `each` or `finish` stops early: what was handed out is
    /// recorded.
    ///
    /// # Errors
    /// What SQLite says. That `each` or `finish` stopped is in the answer.
    pub fn export_index<E>(
        &mut self,
        id: &CaseId,
        filter: &Filter,
        export: IndexExport,
        each: &mut dyn FnMut(&FoundRow) -> Result<(), E>,
        finish: impl FnOnce() -> Result<(), E>,
    ) -> Result<HandedOut<E>, CaseworkError> {
        let author = self.author();
        let started = author.now();
        let mut handed_out = self.rows(id, filter, each)?;
        handed_out.taken = handed_out.taken.and_then(|()| finish());
        let content =
            ExportContent { what: export.what, to: export.to, rows: DecimalText(handed_out.rows) };
        let entry = author.entry_since(content, started).reason(export.reason);
        self.record_answer(&RecordName::Case(id.clone()), entry)?;
        Ok(handed_out)
    }
}
