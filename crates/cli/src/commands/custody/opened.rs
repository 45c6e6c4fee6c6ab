//! The ledger of a case, or the lab's.

use case_store::{CaseFile, Connection, Lab, Ledger, LedgerFile, RecordName, StoreError};
use custody::{EntryBody, SignedCheckpoint};

use crate::arguments::Global;
use crate::exit::Failure;
use crate::open_lab::{case_id, open};

/// The ledger of a case, or the lab's.
pub(in crate::commands) struct Opened {
    pub(super) lab: Lab,
    pub(super) name: RecordName,
    pub(super) scope: Scope,
    file: File,
}

/// What can be compared.
#[derive(Clone, Copy)]
pub(in crate::commands) struct Scope {
    /// The checkpoint that the lab kept: not with a copy, which may be older.
    pub(in crate::commands) last_known: bool,
    /// The index: not in an older layout, whose tables are others.
    pub(in crate::commands) index: bool,
}

enum File {
    Case(Box<CaseFile>),
    Lab(LedgerFile),
}

impl Opened {
    /// Opens it for work: refused when it is not what was signed.
    pub(super) fn for_work(global: &Global, case: Option<&str>) -> Result<Self, Failure> {
        Self::by(global, case, Lab::open_case, Lab::ledger)
    }

    /// A case that is open already, to look at it.
    pub(in crate::commands) fn of(lab: &Lab, case: CaseFile, scope: Scope) -> Self {
        let name = RecordName::Case(case.id().clone());
        Self { lab: lab.clone(), name, scope, file: File::Case(Box::new(case)) }
    }

    /// Opens it whatever it is, to look at it.
    pub(super) fn as_it_is(global: &Global, case: Option<&str>) -> Result<Self, Failure> {
        Self::by(global, case, Lab::open_case_as_it_is, Lab::ledger_as_it_is)
    }

    fn by(
        global: &Global,
        case: Option<&str>,
        open_case: impl Fn(&Lab, &case_model::CaseId) -> Result<CaseFile, StoreError>,
        open_ledger: impl Fn(&Lab) -> Result<LedgerFile, StoreError>,
    ) -> Result<Self, Failure> {
        let lab = open(global)?;
        let (name, file) = match case {
            Some(case) => {
                let id = case_id(case)?;
                let file = File::Case(Box::new(open_case(&lab, &id)?));
                (RecordName::Case(id), file)
            }
            None => (RecordName::Lab, File::Lab(open_ledger(&lab)?)),
        };
        Ok(Self { lab, name, scope: Scope { last_known: true, index: true }, file })
    }

    pub(in crate::commands) fn ledger(&mut self) -> Ledger<'_> {
        match &mut self.file {
            File::Case(case) => case.ledger(),
            File::Lab(ledger) => ledger.ledger(),
        }
    }

    /// The case, unless it is the lab's own ledger.
    pub(in crate::commands) fn case(&self) -> Option<&CaseFile> {
        match &self.file {
            File::Case(case) => Some(case),
            File::Lab(_) => None,
        }
    }

    pub(super) fn transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Ledger<'_>, &Connection) -> Result<T, StoreError>,
    ) -> Result<T, Failure> {
        Ok(match &mut self.file {
            File::Case(case) => case.transaction(work)?,
            File::Lab(ledger) => ledger.transaction(work)?,
        })
    }

    /// An entry as this ledger holds it: a case's names the case.
    pub(super) fn named(&self, entry: EntryBody) -> EntryBody {
        match &self.name {
            RecordName::Case(id) => entry.case(id.as_str()),
            RecordName::Lab => entry,
        }
    }

    /// The last checkpoint, read.
    pub(super) fn last_checkpoint(&mut self) -> Result<SignedCheckpoint, Failure> {
        let name = self.name.clone();
        let last = self.ledger().last_checkpoint()?.ok_or_else(|| {
            Failure::Check(format!("{name}: nothing is signed yet; any command that writes an entry signs"))
        })?;
        let signed = SignedCheckpoint::from_bytes(&last.note);
        signed.map_err(|why| StoreError::Checkpoint { record: name, why }.into())
    }
}
