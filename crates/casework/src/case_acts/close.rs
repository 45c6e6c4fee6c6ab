//! Closes a case, and opens it again.

use case_model::{CaseId, RecordName};
use custody::StoredEntry;
use custody::content::{CaseCloseContent, CaseReopenContent};

use crate::case_past::ClosedCase;
use crate::{CaseworkError, Session};

impl Session {
    /// Closes a case: nothing is scanned into it until it is opened again. Questions, matches and acts of people continue. Returns the entry of
    /// the lab's ledger.
    ///
    /// # Errors
    /// [`CaseworkError::Request`] when it is closed, is being scanned, or no reason is given; what keeps the entries from being written.
    pub fn close_case_for_scans(
        &mut self,
        id: &CaseId,
        reason: &str,
    ) -> Result<StoredEntry, CaseworkError> {
        must_say_why(reason)?;
        self.case(id)?;
        if let Some(closed) = self.closed(id)? {
            return Err(CaseworkError::Request(format!(
                "case {id} is closed: entry {} of the lab's ledger, {}: {}; nothing was done",
                closed.said_by, closed.time, closed.reason
            )));
        }
        let _turn = self.turn_for_act(id)?;
        self.append_to_both(id, reason, |head| CaseCloseContent {
            head: head.hash,
            entries: head.seq,
        })
    }

    /// Opens a closed case again. Returns the entry of the lab's ledger.
    ///
    /// # Errors
    /// [`CaseworkError::Request`] when it is not closed, or no reason is given; what keeps the entries from being written.
    pub fn reopen_case(&mut self, id: &CaseId, reason: &str) -> Result<StoredEntry, CaseworkError> {
        must_say_why(reason)?;
        self.case(id)?;
        let Some(closed) = self.closed(id)? else {
            return Err(CaseworkError::Request(format!(
                "case {id} is not closed; nothing was done"
            )));
        };
        self.append_to_both(id, reason, |_| CaseReopenContent { closed_by: Some(closed.said_by) })
    }

    /// Returns that a case is closed, if the lab's ledger says so.
    ///
    /// # Errors
    /// What the operating system or SQLite says.
    pub fn closed(&mut self, id: &CaseId) -> Result<Option<ClosedCase>, CaseworkError> {
        let known = self.knowledge()?.and_then(|known| known.case(id.as_str()));
        Ok(known.and_then(|known| known.closed().cloned()))
    }

    /// Refuses to scan into a closed case.
    ///
    /// # Errors
    /// [`CaseworkError::Closed`]; what the operating system or SQLite says.
    pub fn refuse_closed(&mut self, id: &CaseId) -> Result<(), CaseworkError> {
        match self.closed(id)? {
            Some(closed) => Err(CaseworkError::Closed { case: id.clone(), closed }),
            None => Ok(()),
        }
    }

    /// Appends an entry to the case's ledger, then one to the lab's. Each is made from the last entry of the case's ledger at that moment.
    pub(super) fn append_to_both<C: custody::content::EntryContent>(
        &mut self,
        id: &CaseId,
        reason: &str,
        content: impl Fn(custody::Head) -> C,
    ) -> Result<StoredEntry, CaseworkError> {
        let name = RecordName::Case(id.clone());
        let author = self.author();
        let head = self.record(&name)?.ledger.head()?;
        self.append(&name, author.entry(content(head)).reason(reason))?;
        let head = self.record(&name)?.ledger.head()?;
        let entry = author.entry(content(head)).case(id.as_str()).reason(reason);
        self.append(&RecordName::Lab, entry)
    }

    /// Takes the right to scan, so that nobody scans while the case is closed, renamed or removed.
    pub(super) fn turn_for_act(&mut self, id: &CaseId) -> Result<std::fs::File, CaseworkError> {
        self.must_be_writable()?;
        self.lab().lock_for_scan(id)?.ok_or_else(|| {
            CaseworkError::Request(format!(
                "case {id}: a program is scanning into it right now; nothing was done. Wait for its end"
            ))
        })
    }
}

/// Refuses an empty reason.
pub(super) fn must_say_why(reason: &str) -> Result<(), CaseworkError> {
    match reason.trim().is_empty() {
        true => Err(CaseworkError::Request("--reason is empty: say why".to_owned())),
        false => Ok(()),
    }
}
