//! Removes the index of a case. Its record stays, in a file of its own, and the lab's ledger tells of it.

use case_model::{CaseId, RecordName};
use case_store::LedgerFile;
use custody::content::{CaseRemoveContent, DecimalText};
use lab::make_folder;

use super::close::must_say_why;
use crate::case_past::{RemovedCase, kept_name};
use crate::quantities::counted;
use crate::{CaseworkError, Session};

/// What is to be removed, and why.
#[derive(Clone, Copy, Debug)]
pub struct RemovalRequest<'r> {
    /// Why; goes into both ledgers.
    pub reason: &'r str,
    /// Also when evidence is in the index.
    pub with_index: bool,
}

impl Session {
    /// Removes a case: its index is deleted, its record is kept in the lab's folder of removed cases. Both ledgers say so first. A removal that
    /// was stopped half way is finished. Copies of the case elsewhere (`case backup`) stay.
    ///
    /// # Errors
    /// [`CaseworkError::Request`] when evidence is in the index and [`RemovalRequest::with_index`] is not set, the case is being scanned, or no
    /// reason is given: nothing was done. What keeps the record from being kept.
    pub fn remove_case(
        &mut self,
        id: &CaseId,
        request: RemovalRequest<'_>,
    ) -> Result<RemovedCase, CaseworkError> {
        must_say_why(request.reason)?;
        let half = self.knowledge()?.filter(|known| known.case(id.as_str()).is_none());
        let half = half.and_then(|known| known.last_removed(id.as_str())).cloned();
        let is_there = self.lab().case_path(id).exists();
        if !is_there && half.is_some() {
            return Err(self.unknown_case(id)?);
        }
        if let Some(removed) = half.filter(|_| is_there) {
            self.must_be_the_removed(id, &removed)?;
            let _turn = self.turn_for_act(id)?;
            return self.take_away(id, removed);
        }
        let exhibits = self.case(id)?.images()?.len();
        if exhibits > 0 && !request.with_index {
            return Err(CaseworkError::Request(format!(
                "case {id} holds the index of {}; nothing was done. To delete that, too: --index (`athar case backup` makes a copy \
                 first)",
                counted(exhibits, "exhibit", "exhibits")
            )));
        }
        let _turn = self.turn_for_act(id)?;
        let first =
            self.record(&RecordName::Case(id.clone()))?.ledger.entry(1)?.map(|first| first.hash);
        let case = self.case(id)?;
        let exhibits = DecimalText(exhibits as u64);
        let manifest = case.digest()?;
        let content = |head: custody::Head, first_entry| CaseRemoveContent {
            exhibits,
            manifest,
            head: head.hash,
            entries: head.seq,
            first_entry,
        };
        let name = RecordName::Case(id.clone());
        let author = self.author();
        let head = self.record(&name)?.ledger.head()?;
        self.append(&name, author.entry(content(head, None)).reason(request.reason))?;
        let kept = self.lab().removed_folder().join(kept_name(id.as_str(), first.as_ref()));
        make_folder(&self.lab().removed_folder())?;
        let record = self.record(&name)?;
        LedgerFile::keep(&kept, &record.ledger)?;
        let head = record.ledger.head()?;
        let entry = author.entry(content(head, first)).case(id.as_str()).reason(request.reason);
        self.append(&RecordName::Lab, entry)?;
        let removed = self.knowledge()?.and_then(|known| known.last_removed(id.as_str())).cloned();
        let removed = removed.ok_or_else(|| {
            CaseworkError::Check(format!("case {id} is not on record as removed"))
        })?;
        self.take_away(id, removed)
    }

    /// Deletes the case's file and what belongs to it.
    fn take_away(
        &mut self,
        id: &CaseId,
        removed: RemovedCase,
    ) -> Result<RemovedCase, CaseworkError> {
        self.forget(&RecordName::Case(id.clone()));
        let kept = self.lab().removed_folder().join(removed.file_name());
        if !kept.exists() {
            return Err(CaseworkError::Check(format!(
                "case {id}: its record is not in {}, so its file is not deleted",
                kept.display()
            )));
        }
        self.settle_file(id)?;
        self.lab().delete_case(id)?;
        Ok(removed)
    }

    /// An older copy that somebody put there later is not what was removed.
    fn must_be_the_removed(
        &mut self,
        id: &CaseId,
        removed: &RemovedCase,
    ) -> Result<(), CaseworkError> {
        let mut case = self.case_as_it_is(id)?;
        let head = case.ledger().head()?;
        match removed.head == Some(head.hash) {
            true => Ok(()),
            false => Err(CaseworkError::Check(format!(
                "case {id}: entry {} of the lab's ledger removed it with {}, and the file that is there has {}: it is another one; \
                 nothing was done. Move it away",
                removed.said_by,
                counted(removed.entries, "entry", "entries"),
                head.seq
            ))),
        }
    }
}
