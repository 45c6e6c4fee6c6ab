//! A person's own key, with which they sign their entries.

use std::path::{Path, PathBuf};

use case_model::{RecordName, to_hex};
use case_store::StoreError;
use custody::{KeyKind, KeyRole, SignedNote, SigningKey, StoredEntry, VerifierKey, sign_entry};

use crate::key_ring::{examiner_key_path, find_key, key_add, read_key};
use crate::{CaseworkError, Session};

/// A private key that the lab's ledger names as an examiner's.
pub(crate) struct PersonalKey {
    key: SigningKey,
    public: VerifierKey,
    holder: String,
}

impl PersonalKey {
    /// Returns the key in this file, or the one of the lab's that is called so.
    pub(crate) fn find(session: &mut Session, wanted: &str) -> Result<Self, CaseworkError> {
        let keys = session.record(&RecordName::Lab)?.verified.keys().clone();
        let path = match Path::new(wanted).is_file() {
            true => PathBuf::from(wanted),
            false => examiner_key_path(session.lab(), &find_key(&keys, wanted)?.key),
        };
        let key = read_key(&path, session.signer.holder.as_ref())?.ok_or_else(|| {
            CaseworkError::Request(format!(
                "{}: the private key is not there; give its file to --sign-with",
                path.display()
            ))
        })?;
        let public = key.verifier(KeyKind::Note);
        let record = keys.find(&public).filter(|record| record.role == KeyRole::Examiner);
        let record = record.ok_or_else(|| {
            CaseworkError::Request(format!(
                "{}: the lab does not know this key as an examiner's; `athar key add FILE.vkey --role examiner --holder NAME`",
                path.display()
            ))
        })?;
        if record.revoked_by.is_some() {
            return Err(CaseworkError::Check(format!(
                "key {} was revoked; its signatures no longer count",
                to_hex(&public.id())
            )));
        }
        Ok(Self { holder: record.holder.clone().unwrap_or_default(), key, public })
    }

    /// The key's name.
    pub(crate) fn name(&self) -> &str {
        self.key.name()
    }

    /// The key's id, in hexadecimal digits.
    pub(crate) fn id(&self) -> String {
        to_hex(&self.public.id())
    }

    /// Names the key in the ledger that is about to be signed in: its signatures count from there on.
    pub(crate) fn name_in(
        &self,
        session: &mut Session,
        name: &RecordName,
    ) -> Result<(), CaseworkError> {
        if session.record(name)?.verified.keys().find(&self.public).is_none() {
            let entry = key_add(&session.author(), &self.public, KeyRole::Examiner, &self.holder);
            session.append_entries(name, vec![entry])?;
        }
        Ok(())
    }

    /// Signs an entry.
    pub(crate) fn sign(&self, origin: &str, entry: &StoredEntry) -> Result<SignedNote, StoreError> {
        Ok(sign_entry(origin, entry, &self.key)?)
    }
}
