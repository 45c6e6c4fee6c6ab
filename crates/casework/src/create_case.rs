//! Creates a case: its file with the first entry of its ledger, and an entry of the lab's ledger that knows where the case's begins.

use case_model::{CaseId, RecordName};
use case_store::{CaseFile, StoreError};
use custody::content::CaseCreateContent;
use custody::{EntryView, Hash};
use lab::make_folder;

use crate::key_ring::missing_keys;
use crate::lab_knowledge::KnownCase;
use crate::open_ledger::OpenRecord;
use crate::{CaseworkError, Session};

/// Characters of an item's name that take part in the name of its case.
const NAME_CHARACTERS: usize = 40;
/// Numbers that are tried behind a name that is taken.
const MAX_NUMBER: u32 = 1_000_000;

impl Session {
    /// Creates a case.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when there is one; [`CaseworkError::CaseGone`] when the lab trusts a checkpoint of a case of that name whose
    /// file is gone; what the operating system or SQLite says.
    pub fn create_case(&mut self, id: &CaseId) -> Result<(), CaseworkError> {
        self.must_be_writable()?;
        make_folder(&self.lab().cases_folder())?;
        let name = RecordName::Case(id.clone());
        let path = self.lab().case_path(id);
        if let Some(trusted) = self.lab().trusted_checkpoint(&name)?.filter(|_| !path.exists()) {
            return Err(CaseworkError::CaseGone {
                case: id.clone(),
                entries: trusted.checkpoint().size(),
            });
        }
        let known = self.knowledge()?.and_then(|known| known.case(id.as_str()));
        if let Some(known) = known.filter(|_| !path.exists()) {
            let entries = known.last().map_or(1, |last| last.seq);
            return Err(CaseworkError::CaseGone { case: id.clone(), entries });
        }
        let first = self.author().entry(self.case_content(None)).case(id.as_str());
        let (case, _) = CaseFile::begin(&path, id, &first)?;
        self.adopt_case(case)?;
        self.finish_creation(id)
    }

    /// Opens a case for work; creates it when there is none. True when it was created.
    ///
    /// # Errors
    /// As [`Self::case`] and [`Self::create_case`].
    pub fn open_or_create_case(&mut self, id: &CaseId) -> Result<bool, CaseworkError> {
        match self.case(id).map(drop) {
            Err(CaseworkError::NoCase(_)) => self.create_case(id).map(|()| true),
            Err(other) => Err(other),
            Ok(()) => self.finish_creation(id).map(|()| false),
        }
    }

    /// Creates a case named by `day` and `item`, with a number where that name is taken.
    ///
    /// # Errors
    /// As [`Self::create_case`].
    pub fn create_named_case(&mut self, day: &str, item: &str) -> Result<CaseId, CaseworkError> {
        let plain =
            |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
        let stem: String = item.chars().map(plain).take(NAME_CHARACTERS).collect();
        let base = format!("{day}-{}", if stem.is_empty() { "scan" } else { &stem });
        for number in 1..=MAX_NUMBER {
            let name = if number == 1 { base.clone() } else { format!("{base}-{number}") };
            let id = case_id(&name)?;
            match self.create_case(&id) {
                Err(CaseworkError::Store(StoreError::Exists(_))) => {}
                other => return other.map(|()| id),
            }
        }
        Err(CaseworkError::Check("no free name for a case".to_owned()))
    }

    pub(crate) fn case_content(&self, first_entry: Option<Hash>) -> CaseCreateContent {
        CaseCreateContent { lab: self.lab().settings().origin.clone(), first_entry }
    }

    /// Writes what a case that was created here lacks in both ledgers: the program may have been stopped when the file was there.
    fn finish_creation(&mut self, id: &CaseId) -> Result<(), CaseworkError> {
        let name = RecordName::Case(id.clone());
        let author = self.author();
        let keys = self.lab_keys()?;
        let record = self.record(&name)?;
        let Some(first) = record.ledger.entry(1)? else { return Ok(()) };
        // The case's ledger names the keys itself: it must be verifiable without the lab's.
        let missing = missing_keys(&keys, record.verified.keys(), &author);
        let origin = EntryView::read(&first).and_then(|view| view.lab().map(str::to_owned));
        if origin.as_deref() != Some(self.lab().settings().origin.as_str()) {
            return Ok(());
        }
        if !missing.is_empty() {
            self.append_entries(&name, missing)?;
        }
        // The lab's ledger knows where the case's begins: a case file that was replaced as a whole does not fit it any more.
        if !self.knows_first_entry(id, &first.hash)? {
            let entry = author.entry(self.case_content(Some(first.hash))).case(id.as_str());
            self.append(&RecordName::Lab, entry)?;
        }
        Ok(())
    }

    fn knows_first_entry(&mut self, id: &CaseId, hash: &Hash) -> Result<bool, CaseworkError> {
        let OpenRecord { verified, .. } = self.record(&RecordName::Lab)?;
        let known = verified.knowledge().and_then(|known| known.case(id.as_str()));
        Ok(known.and_then(KnownCase::first) == Some(*hash))
    }
}

/// Checks a case's name.
///
/// # Errors
/// [`CaseworkError::Request`] when no case can be called so.
pub fn case_id(name: &str) -> Result<CaseId, CaseworkError> {
    CaseId::new(name).map_err(|error| CaseworkError::Request(error.to_string()))
}
