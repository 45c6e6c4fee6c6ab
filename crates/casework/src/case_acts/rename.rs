//! Gives a case another name.

use case_model::{CaseId, RecordName};
use case_store::StoreError;
use custody::content::CaseRenameContent;

use super::close::must_say_why;
use crate::{CaseworkError, Session};

impl Session {
    /// Gives a case another name: its file moves, both ledgers say so. The record keeps the origin of its first entry, so that what was
    /// printed, exported or witnessed before stays true. A renaming that was stopped half way is finished.
    ///
    /// # Errors
    /// [`CaseworkError::Request`] when the new name is taken, the case is being scanned or no reason is given: nothing was done. What keeps
    /// the entries from being written or the file from being moved.
    pub fn rename_case(
        &mut self,
        from: &CaseId,
        to: &CaseId,
        reason: &str,
    ) -> Result<(), CaseworkError> {
        must_say_why(reason)?;
        self.refuse_taken(from, to)?;
        if !self.lab().case_path(from).exists() {
            return Err(self.unknown_case(from)?);
        }
        let _turn = self.turn_for_act(from)?;
        let is_stopped_half_way = self.is_renamed(from, to)?;
        if !is_stopped_half_way {
            // Before anything is recorded: another program that has the case open keeps it from being moved.
            self.case(from)?;
            self.settle_file(from)?;
            let content = |_| CaseRenameContent { from: from.to_string(), to: to.to_string() };
            self.append_to_both(from, reason, content)?;
        }
        self.settle_file(from)?;
        self.forget(&RecordName::Case(from.clone()));
        self.lab().move_case(from, to)?;
        self.case(to).map(drop)
    }

    /// A name is taken while a case has it, there or gone.
    fn refuse_taken(&mut self, from: &CaseId, to: &CaseId) -> Result<(), CaseworkError> {
        let taken = |why: &str| {
            Err(CaseworkError::Request(format!(
                "case {from} cannot be called {to}: {why}; nothing was done"
            )))
        };
        if from == to {
            return taken("that is its name");
        }
        if self.lab().case_path(to).exists() {
            return taken("there is a case of that name");
        }
        let is_known = self.knowledge()?.is_some_and(|known| known.case(to.as_str()).is_some());
        match is_known && !self.is_renamed(from, to)? {
            true => taken("the lab's ledger knows a case of that name, whose file is gone"),
            false => Ok(()),
        }
    }

    /// Returns true when the lab's ledger says that the case got this name.
    fn is_renamed(&mut self, from: &CaseId, to: &CaseId) -> Result<bool, CaseworkError> {
        let former = self.knowledge()?.and_then(|known| known.renamed(from.as_str()));
        Ok(former.is_some_and(|former| former.to == to.as_str()))
    }

    /// Signs what is not signed, closes the case's file, and brings its log into it: it can be moved then.
    pub(super) fn settle_file(&mut self, id: &CaseId) -> Result<(), CaseworkError> {
        self.close_case(id)?;
        let path = self.lab().case_path(id);
        match case_store::settle_alone(&path) {
            Err(busy) if busy.is_busy() => Err(CaseworkError::Request(format!(
                "case {id}: another program has it open; end that program, then say this again"
            ))),
            Err(StoreError::NotFound(_)) => Err(self.unknown_case(id)?),
            other => Ok(other?),
        }
    }
}
