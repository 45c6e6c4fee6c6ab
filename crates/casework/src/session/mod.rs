//! A session in a lab: opens each ledger once, keeps its verified head, appends and signs.

mod act;
mod anchors;
mod reading;
mod signing;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use case_model::{CaseId, RecordName, StopToken};
use case_store::{CaseFile, LedgerFile, Migration, StoreError, is_read_only, refuse_network_share};
use custody::EntryBody;
use lab::{Lab, LabError};
use pipeline::EntryAuthor;

use self::anchors::Anchor;
use crate::lab_knowledge::{Broken, LabKnowledge, compare_with_lab, note_gone};
use crate::open_ledger::{OpenLedger, OpenRecord};
use crate::signer::{Signature, Signer};
use crate::{Author, CaseworkError, KeyHolder};

/// Somebody at work in a lab.
pub struct Session {
    lab: Lab,
    author: Arc<EntryAuthor>,
    pub(crate) signer: Signer,
    own: Option<OwnLedger>,
    cases: BTreeMap<CaseId, OpenLedger<CaseFile>>,
    signatures: BTreeMap<RecordName, Signature>,
    migrations: Vec<Migration>,
    /// Checkpoints of cases of which the lab's ledger is to be told at the end.
    anchors: BTreeMap<CaseId, Anchor>,
    stop: StopToken,
    /// Nothing can be written: questions are answered, and recorded nowhere.
    read_only: bool,
    /// Answers that are recorded nowhere.
    unrecorded: u64,
}

/// The lab's own ledger. Its keys are read even when it does not fit: cases are signed all the same.
struct OwnLedger {
    open: OpenLedger<LedgerFile>,
    refused: Option<CaseworkError>,
    /// It was asked for to work with it.
    at_work: bool,
}

impl Session {
    /// Lets long acts (scans, matches, imports, verifications) stop when `stop` is requested. They end with an error of which
    /// [`CaseworkError::is_stopped`] is true.
    pub fn stop_on(&mut self, stop: &StopToken) {
        self.stop = stop.clone();
    }

    pub(crate) const fn stop(&self) -> &StopToken {
        &self.stop
    }

    /// Opens the lab in `folder`.
    ///
    /// # Errors
    /// [`LabError::NoLab`] when there is none; that the folder is on another machine; what the operating system says.
    pub fn open(
        folder: &Path,
        author: Author,
        holder: Box<dyn KeyHolder>,
    ) -> Result<Self, CaseworkError> {
        refuse_network_share(folder)?;
        Ok(Self::of_lab(Lab::open(folder)?, author, holder))
    }

    pub(crate) fn of_lab(lab: Lab, author: Author, holder: Box<dyn KeyHolder>) -> Self {
        let author = Arc::new(author.in_zone(&lab.settings().zone));
        let read_only =
            lab.is_lone_case() || is_read_only(lab.folder()) || is_read_only(&lab.cases_folder());
        Self {
            lab,
            author,
            signer: Signer::new(holder),
            own: None,
            cases: BTreeMap::new(),
            signatures: BTreeMap::new(),
            migrations: Vec::new(),
            anchors: BTreeMap::new(),
            stop: StopToken::new(),
            read_only,
            unrecorded: 0,
        }
    }

    /// Returns the lab.
    #[must_use]
    pub const fn lab(&self) -> &Lab {
        &self.lab
    }

    /// Returns the writer of this session's entries.
    #[must_use]
    pub fn author(&self) -> Arc<EntryAuthor> {
        Arc::clone(&self.author)
    }

    /// Returns the files that were brought to a newer layout by this session.
    #[must_use]
    pub fn migrations(&self) -> &[Migration] {
        &self.migrations
    }

    /// Returns what became of signing each ledger that this session worked with.
    #[must_use]
    pub const fn signatures(&self) -> &BTreeMap<RecordName, Signature> {
        &self.signatures
    }

    /// Opens a case for work, unless it is open.
    ///
    /// # Errors
    /// [`CaseworkError::Refused`] when its ledger does not fit the trusted checkpoint: it was cut off, rewritten, or the file is an older
    /// copy. Else as [`CaseFile::open`].
    pub fn case(&mut self, id: &CaseId) -> Result<&mut CaseFile, CaseworkError> {
        Ok(&mut self.open_case(id)?.file)
    }

    /// Opens a case whatever the trusted checkpoint says, only to look at it. The session does not keep it.
    ///
    /// # Errors
    /// As [`CaseFile::open`].
    pub fn case_as_it_is(&mut self, id: &CaseId) -> Result<CaseFile, CaseworkError> {
        let path = self.lab.case_path(id);
        let case = match self.lab.is_lone_case() {
            true => CaseFile::open_alone(&path)?,
            false => CaseFile::open(&path, id)?,
        };
        self.migrations.extend(case.migration().cloned());
        Ok(case)
    }

    /// Opens the lab's own ledger whatever the trusted checkpoint says, only to look at it. The session does not keep it.
    ///
    /// # Errors
    /// [`LabError::NoLab`] when the lab was never begun; what the operating system or SQLite says.
    pub fn own_ledger_as_it_is(&self) -> Result<LedgerFile, CaseworkError> {
        own_ledger_as_it_is(&self.lab)
    }

    /// Returns a ledger that is open for work, opened if need be, and verified up to its present end.
    ///
    /// # Errors
    /// [`CaseworkError::Refused`] when it does not fit; what the operating system or SQLite says.
    pub fn record(&mut self, name: &RecordName) -> Result<OpenRecord<'_>, CaseworkError> {
        let trusted = self.lab.trusted_checkpoint(name)?;
        let OpenRecord { ledger, verified } = self.open_record(name)?;
        verified.catch_up(name, &ledger, trusted.as_ref())?;
        Ok(OpenRecord { ledger, verified })
    }

    fn open_record(&mut self, name: &RecordName) -> Result<OpenRecord<'_>, CaseworkError> {
        match name {
            RecordName::Case(id) => Ok(self.open_case(id)?.record()),
            RecordName::Lab => Ok(self.own_for_work()?.record()),
        }
    }

    /// Returns what the lab's own ledger says of its cases.
    pub(crate) fn knowledge(&mut self) -> Result<Option<&LabKnowledge>, CaseworkError> {
        if self.lab.is_lone_case() {
            return Ok(None);
        }
        Ok(self.own()?.open.verified.knowledge())
    }

    /// Takes a case file that was just made with its first entry.
    pub(crate) fn adopt_case(&mut self, case: CaseFile) -> Result<(), CaseworkError> {
        let id = case.id().clone();
        let name = RecordName::Case(id.clone());
        if self.lab.is_lone_case() {
            let (open, fits) = OpenLedger::verify(&name, case, None)?;
            fits?;
            self.cases.insert(id, open);
            return Ok(());
        }
        // The lab's ledger is read first: what it then knows of the case is in the file, whoever appends to both meanwhile.
        self.own()?;
        let trusted = self.lab.trusted_checkpoint(&name)?;
        let (mut open, fits) = OpenLedger::verify(&name, case, trusted.as_ref())?;
        fits?;
        let ledger = open.file.ledger();
        let path = self.lab.trusted_checkpoint_path(&name);
        if let Some(why) = note_gone(&ledger, trusted.is_some(), &path)? {
            return Err(CaseworkError::not_continued(&name, why));
        }
        let own = self.own()?;
        let known = own.open.verified.knowledge();
        let keys = own.open.verified.keys();
        if let Some(known) = known {
            compare_with_lab(&name, &ledger, &open.verified, (known, keys)).map_err(|broken| {
                match broken {
                    Broken::Store(error) => error.into(),
                    Broken::Past(why) => CaseworkError::not_continued(&name, why),
                }
            })?;
        }
        self.cases.insert(id, open);
        Ok(())
    }

    /// Signs a case if it grew, and closes its file: for work that goes through many cases.
    ///
    /// # Errors
    /// As [`Self::sign`]; the file is closed all the same.
    pub fn close_case(&mut self, id: &CaseId) -> Result<(), CaseworkError> {
        let signed = match self.cases.contains_key(id) {
            true if !self.read_only => self.sign(&RecordName::Case(id.clone())).map(drop),
            _ => Ok(()),
        };
        self.cases.remove(id);
        signed
    }

    /// Closes the file of a case that is about to be replaced, without signing.
    pub(crate) fn forget(&mut self, name: &RecordName) {
        match name {
            RecordName::Case(id) => {
                self.cases.remove(id);
                self.anchors.remove(id);
            }
            RecordName::Lab => self.own = None,
        }
    }

    fn open_case(&mut self, id: &CaseId) -> Result<&mut OpenLedger<CaseFile>, CaseworkError> {
        if !self.cases.contains_key(id) {
            let case = match self.case_as_it_is(id) {
                Err(CaseworkError::Store(StoreError::NotFound(path))) => {
                    // A lab whose own ledger is gone says that instead.
                    drop(path);
                    let known = self.knowledge()?.and_then(|known| known.case(id.as_str()));
                    return Err(match known.map(|known| known.last().map_or(1, |last| last.seq)) {
                        Some(entries) => CaseworkError::CaseGone { case: id.clone(), entries },
                        None => self.unknown_case(id)?,
                    });
                }
                other => other?,
            };
            self.adopt_case(case)?;
        }
        self.cases.get_mut(id).ok_or_else(|| CaseworkError::Check(format!("case {id} is not open")))
    }

    fn own(&mut self) -> Result<&mut OwnLedger, CaseworkError> {
        if self.own.is_none() {
            let file = self.own_ledger_as_it_is()?;
            self.migrations.extend(file.migration().cloned());
            let trusted = self.lab.trusted_checkpoint(&RecordName::Lab)?;
            let (mut open, fits) = OpenLedger::verify(&RecordName::Lab, file, trusted.as_ref())?;
            let path = self.lab.trusted_checkpoint_path(&RecordName::Lab);
            let gone = note_gone(&open.file.ledger(), trusted.is_some(), &path)?;
            let gone = gone.map(|why| CaseworkError::not_continued(&RecordName::Lab, why));
            self.own = Some(OwnLedger { open, refused: fits.err().or(gone), at_work: false });
        }
        self.own
            .as_mut()
            .ok_or_else(|| CaseworkError::Check("the lab's ledger is not open".to_owned()))
    }

    fn own_for_work(&mut self) -> Result<&mut OpenLedger<LedgerFile>, CaseworkError> {
        if let Some(refused) = self.own()?.refused.take() {
            // Looked at anew the next time.
            self.own = None;
            return Err(refused);
        }
        let own = self.own()?;
        own.at_work = true;
        Ok(&mut own.open)
    }
}

pub(crate) fn own_ledger_as_it_is(lab: &Lab) -> Result<LedgerFile, CaseworkError> {
    let path = lab.ledger_path();
    if !path.exists() {
        let traces = lab.traces()?;
        return Err(match traces.is_empty() {
            true => LabError::NoLab(lab.folder().to_owned()).into(),
            false => CaseworkError::LedgerGone { path, traces: traces.join(", ") },
        });
    }
    Ok(LedgerFile::open_or_create(&path)?)
}

/// Returns an entry as this ledger holds it: one of a case names the case.
pub(crate) fn named(name: &RecordName, entry: EntryBody) -> EntryBody {
    match name {
        RecordName::Case(id) => entry.case(id.as_str()),
        RecordName::Lab => entry,
    }
}
