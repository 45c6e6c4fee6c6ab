//! Creates a lab: its folder, the first entry of its ledger, and its key.

use std::path::Path;

use case_model::RecordName;
use case_store::{LedgerFile, StoreError, refuse_network_share};
use custody::content::LabCreateContent;
use custody::{EntryBody, Head, KeyKind, KeyRole};
use lab::{Lab, LabSettings};

use crate::key_ring::{key_add, log_key_of, parse_key, random_key};
use crate::{Author, CaseworkError, KeyHolder, Session};

impl Session {
    /// Opens the lab in `folder`; creates it with `settings` on first use. The second value tells whether it was created.
    ///
    /// # Errors
    /// As [`Session::open`]; what keeps the lab from being created.
    pub fn open_or_create(
        folder: &Path,
        settings: impl FnOnce() -> LabSettings,
        author: Author,
        holder: Box<dyn KeyHolder>,
    ) -> Result<(Self, bool), CaseworkError> {
        refuse_network_share(folder)?;
        let (lab, created) = Lab::open_or_create(folder, settings)?;
        let mut session = Self::of_lab(lab, author, holder);
        session.begin_ledger()?;
        // Only a lab that an older version was making when it was stopped has no entry here.
        if session.record(&RecordName::Lab)?.ledger.head()? == Head::EMPTY {
            let first = session.first_entry();
            session.append_unsigned(&RecordName::Lab, vec![first])?;
        }
        create_lab_key(&mut session)?;
        Ok((session, created))
    }

    pub(crate) fn first_entry(&self) -> EntryBody {
        let settings = self.lab().settings();
        let content =
            LabCreateContent { lab: settings.name.clone(), origin: settings.origin.clone() };
        self.author().entry(content)
    }

    /// Makes the lab's own ledger with its first entry, unless it is there. A ledger that is gone is not made anew.
    fn begin_ledger(&self) -> Result<(), CaseworkError> {
        let path = self.lab().ledger_path();
        let traces = self.lab().traces()?;
        if path.exists() || !traces.is_empty() {
            return Ok(());
        }
        match LedgerFile::begin(&path, &self.first_entry()) {
            // Another program was first.
            Err(StoreError::Exists(_)) => Ok(()),
            other => Ok(other?),
        }
    }
}

/// Makes the lab's key on first need and names it in the lab's ledger.
pub(crate) fn create_lab_key(session: &mut Session) -> Result<(), CaseworkError> {
    if log_key_of(session.record(&RecordName::Lab)?.verified.keys()).is_some() {
        return Ok(());
    }
    // Another program may begin with the same lab at the same moment: there is one key, by whoever comes first.
    let lab = session.lab().clone();
    let _lock = lab.lock()?;
    let trusted = lab.trusted_checkpoint(&RecordName::Lab)?;
    let own = session.record(&RecordName::Lab)?;
    own.verified.catch_up(&RecordName::Lab, &own.ledger, trusted.as_ref())?;
    if log_key_of(own.verified.keys()).is_some() {
        return Ok(());
    }
    let origin = own.verified.origin().to_owned();
    let path = lab.log_key_path();
    // A key file without its entry: the program was stopped between the two.
    let key = match Lab::read_key(&path)? {
        Some((text, _)) => parse_key(&path, &text, session.signer.holder.as_ref())?,
        None => {
            let key = random_key(&origin)?;
            Lab::write_key(&path, &format!("{}\n", key.to_secret_text()), false)?;
            key
        }
    };
    let public = key.verifier(KeyKind::Note);
    let entry = key_add(&session.author(), &public, KeyRole::Log, &lab.settings().name);
    session.append_unsigned(&RecordName::Lab, vec![entry])
}
