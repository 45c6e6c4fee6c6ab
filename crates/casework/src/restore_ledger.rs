//! Goes on with an older copy of a case file, or of the lab's ledger, that somebody put in its place.

use case_model::RecordName;
use case_store::{Ledger, LedgerFile};
use custody::content::RestoreContent;
use custody::{Checkpoint, EntryBody, Head, SignedCheckpoint};

use crate::create_lab::create_lab_key;
use crate::ledger_check::last_checkpoint;
use crate::session::named;
use crate::{CaseworkError, LedgerReading, Session};

impl Session {
    /// Takes an older copy as the present state, after that and why is on record. Returns the last entry of the copy.
    ///
    /// # Errors
    /// [`CaseworkError::Request`] when the ledger is not refused; [`CaseworkError::Check`] when it was changed, or is another record.
    pub fn restore_ledger(
        &mut self,
        name: &RecordName,
        reason: &str,
        from: &str,
    ) -> Result<Head, CaseworkError> {
        if self.must_be_refused(name)? {
            return self.new_own_ledger(reason, from);
        }
        let trusted = self.lab().trusted_checkpoint(name)?;
        let (head, own) = whole(name, &self.look_at(name)?.ledger())?;
        let given_up = trusted.as_ref().map(SignedCheckpoint::checkpoint);
        match name {
            RecordName::Case(_) => {
                // First the lab's ledger: what is given up is on record before it is given up.
                let entry = self.restore_entry(name, reason, from, head, given_up);
                self.append(&RecordName::Lab, entry)?;
                self.lab().replace_trusted_checkpoint(name, &own)?;
            }
            RecordName::Lab => {
                let entry = self.restore_entry(name, reason, from, head, given_up);
                self.own_ledger_as_it_is()?.append(&entry)?;
                self.lab().replace_trusted_checkpoint(name, &own)?;
            }
        }
        self.forget(name);
        // Whatever the copy holds is taken over by this act, signed or not.
        self.record(name)?.verified.take_as_own();
        if name.case().is_some() {
            let entry = self.restore_entry(name, reason, from, head, given_up);
            self.append(name, entry)?;
        } else {
            self.sign(name)?;
        }
        Ok(head)
    }

    /// Only what the program refuses to work with is restored. Returns true when the lab's ledger is not there at all.
    fn must_be_refused(&mut self, name: &RecordName) -> Result<bool, CaseworkError> {
        match self.record(name).map(drop) {
            Err(CaseworkError::LedgerGone { .. }) if *name == RecordName::Lab => Ok(true),
            // Another record is no older copy of this one.
            Err(CaseworkError::NotContinued { why, .. }) if !why.is_older_copy() => {
                Err(CaseworkError::not_continued(name, *why))
            }
            Err(refusal) if refusal.is_refusal() => Ok(false),
            Err(other) => Err(other),
            Ok(()) => Err(CaseworkError::Request(format!(
                "{name} is not an older copy: it fits its last checkpoint"
            ))),
        }
    }

    /// Makes a new ledger of the lab where the old one is gone for good. It says so, and with which entry each case that is there begins.
    fn new_own_ledger(&mut self, reason: &str, from: &str) -> Result<Head, CaseworkError> {
        let name = RecordName::Lab;
        let trusted = self.lab().trusted_checkpoint(&name)?;
        let given_up = trusted.as_ref().map(SignedCheckpoint::checkpoint);
        let restored = self.restore_entry(&name, reason, from, Head::EMPTY, given_up);
        let author = self.author();
        let mut entries = vec![restored];
        for id in self.lab().cases()? {
            // What cannot be read is not vouched for: the case stays unknown, and says so.
            let Ok(mut case) = self.case_as_it_is(&id) else { continue };
            let Some(first) = case.ledger().entry(1)? else { continue };
            let content = self.case_content(Some(first.hash));
            entries.push(named(&RecordName::Case(id), author.entry(content)));
        }
        LedgerFile::begin(&self.lab().ledger_path(), &self.first_entry())?;
        self.lab().forget_trusted_checkpoint(&name)?;
        self.forget(&name);
        self.append_unsigned(&name, entries)?;
        self.record(&name)?.verified.take_as_own();
        create_lab_key(self)?;
        self.sign(&name)?;
        Ok(self.record(&name)?.verified.head())
    }

    fn restore_entry(
        &self,
        name: &RecordName,
        reason: &str,
        from: &str,
        head: Head,
        given_up: Option<&Checkpoint>,
    ) -> EntryBody {
        let content = RestoreContent {
            from: from.to_owned(),
            head: head.hash,
            entries: head.seq,
            given_up_entries: given_up.map(Checkpoint::size),
            given_up_root: given_up.map(|given_up| *given_up.root()),
        };
        named(name, self.author().entry(content).reason(reason))
    }
}

/// Returns the head and the last checkpoint of an older copy, which is whole in itself. A changed ledger is not.
fn whole(
    name: &RecordName,
    ledger: &Ledger<'_>,
) -> Result<(Head, SignedCheckpoint), CaseworkError> {
    let reading = LedgerReading::of(ledger, &[])?;
    if let Some(fault) = &reading.record.chain.fault {
        return Err(CaseworkError::Check(format!(
            "{name}: its chain is broken ({fault}): this is no older copy but a changed one, and is not worked with"
        )));
    }
    let own = last_checkpoint(name, ledger)?.ok_or_else(|| {
        CaseworkError::Check(format!(
            "{name}: nothing is signed yet; any command that writes an entry signs"
        ))
    })?;
    let judged = reading.record.judge_checkpoint(&reading.origin, &own, &[]);
    judged.map_err(|fault| {
        CaseworkError::Check(format!("{name}: this copy does not fit its own checkpoint: {fault}"))
    })?;
    Ok((reading.head(), own))
}
