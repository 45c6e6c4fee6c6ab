//! The ledger of a case, or the lab's, as it is: to be looked at and judged, whatever it is.

use case_model::{CaseId, RecordName};
use case_store::{CaseFile, Ledger, LedgerFile};
use lab::Lab;

use crate::case_past::RemovedCase;
use crate::{CaseworkError, Session};

/// A ledger that is looked at. Nothing is written into it.
pub struct JudgedLedger {
    pub(crate) lab: Lab,
    pub(crate) name: RecordName,
    pub(crate) scope: Scope,
    /// That the case was removed; only its record is looked at.
    pub(crate) removed: Option<RemovedCase>,
    file: File,
}

/// What can be compared.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// The checkpoint that the lab trusts: not with a copy, which may be older.
    pub trusted: bool,
    /// The index: not in an older layout, whose tables are others.
    pub index: bool,
}

enum File {
    Case(Box<CaseFile>),
    Lab(Box<LedgerFile>),
}

impl Session {
    /// Opens a ledger to look at it, whatever it is.
    ///
    /// # Errors
    /// What the operating system or SQLite says.
    pub fn look_at(&mut self, name: &RecordName) -> Result<JudgedLedger, CaseworkError> {
        if let RecordName::Case(id) = name
            && let Some(removed) = self.removed_as_it_is(id)
        {
            let path = self.lab().removed_folder().join(removed.file_name());
            let file = File::Lab(Box::new(LedgerFile::open(&path)?));
            let scope = Scope { trusted: false, index: false };
            return Ok(JudgedLedger {
                lab: self.lab().clone(),
                name: name.clone(),
                scope,
                removed: Some(removed),
                file,
            });
        }
        let file = match name {
            RecordName::Case(id) if !self.lab().case_path(id).exists() => {
                return Err(self.unknown_case(id)?);
            }
            RecordName::Case(id) => File::Case(Box::new(self.case_as_it_is(id)?)),
            RecordName::Lab => File::Lab(Box::new(self.own_ledger_as_it_is()?)),
        };
        let scope = Scope { trusted: !self.lab().is_lone_case(), index: true };
        Ok(JudgedLedger { lab: self.lab().clone(), name: name.clone(), scope, removed: None, file })
    }

    /// Returns the last removed case of this name, unless there is a file of that name or the lab's ledger cannot be read.
    fn removed_as_it_is(&mut self, id: &CaseId) -> Option<RemovedCase> {
        if self.lab().case_path(id).exists() {
            return None;
        }
        let known = self.knowledge().ok()??;
        known.case(id.as_str()).is_none().then(|| known.last_removed(id.as_str()).cloned())?
    }

    /// Returns the cases that were removed, in the order of their removal.
    ///
    /// # Errors
    /// What the operating system or SQLite says.
    pub fn removed_cases(&mut self) -> Result<Vec<RemovedCase>, CaseworkError> {
        Ok(self.knowledge()?.map_or_else(Vec::new, |known| known.removed().to_vec()))
    }
}

impl JudgedLedger {
    /// Takes a case that was opened to look at it.
    #[must_use]
    pub fn of_case(lab: &Lab, case: CaseFile, scope: Scope) -> Self {
        let name = RecordName::Case(case.id().clone());
        Self { lab: lab.clone(), name, scope, removed: None, file: File::Case(Box::new(case)) }
    }

    /// Returns the ledger.
    pub fn ledger(&mut self) -> Ledger<'_> {
        match &mut self.file {
            File::Case(case) => case.ledger(),
            File::Lab(ledger) => ledger.ledger(),
        }
    }

    /// Returns the case, unless it is the lab's own ledger.
    #[must_use]
    pub fn case(&self) -> Option<&CaseFile> {
        match &self.file {
            File::Case(case) => Some(case),
            File::Lab(_) => None,
        }
    }
}
