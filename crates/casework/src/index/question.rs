//! Questions to the index.

use case_model::{CaseId, RecordName};
use case_store::{Filter, FoundRow};
use custody::content::{DecimalText, QueryContent};

use crate::{CaseworkError, Session};

/// Rows that were handed out. `E` is why whoever takes them stopped.
#[derive(Debug)]
pub struct HandedOut<E> {
    /// Their number.
    pub rows: u64,
    /// Rows that match: more than were handed out when the filter has a limit.
    pub matching: u64,
    /// Whether all were taken.
    pub taken: Result<(), E>,
}

impl Session {
    /// Hands out the rows of a case that match a filter, and records the question. `query` is the question in words. Also when `each` stops
    /// early: what was seen was asked for.
    ///
    /// # Errors
    /// What SQLite says. That `each` stopped is in the answer.
    pub fn find<E>(
        &mut self,
        id: &CaseId,
        filter: &Filter,
        query: String,
        each: &mut dyn FnMut(&FoundRow) -> Result<(), E>,
    ) -> Result<HandedOut<E>, CaseworkError> {
        let author = self.author();
        let started = author.now();
        let handed_out = self.rows(id, filter, each)?;
        let content = QueryContent { query, rows: DecimalText(handed_out.rows) };
        self.record_answer(&RecordName::Case(id.clone()), author.entry_since(content, started))?;
        Ok(handed_out)
    }

    pub(super) fn rows<E>(
        &mut self,
        id: &CaseId,
        filter: &Filter,
        each: &mut dyn FnMut(&FoundRow) -> Result<(), E>,
    ) -> Result<HandedOut<E>, CaseworkError> {
        let mut handed_out = HandedOut { rows: 0, matching: 0, taken: Ok(()) };
        let filter = &Filter { zones: self.exhibit_zones(id)?, ..filter.clone() };
        let case = self.case(id)?;
        case.find(filter, &mut |row| {
            handed_out.rows += 1;
            handed_out.taken = each(&row);
            handed_out.taken.is_ok()
        })?;
        handed_out.matching = handed_out.rows;
        let is_cut = filter.limit.is_some_and(|limit| limit <= handed_out.rows);
        if is_cut && handed_out.taken.is_ok() {
            // A scan may have added rows meanwhile.
            handed_out.matching = case.count_matching(filter)?.max(handed_out.rows);
        }
        Ok(handed_out)
    }
}
