//! A person's own key, with which they sign their entries.

use std::path::{Path, PathBuf};

use case_model::to_hex;
use case_store::{Lab, StoreError};
use custody::{KeyKind, KeyRole, SignedNote, SigningKey, StoredEntry, VerifierKey, sign_entry};
use pipeline::Scribe;

use super::opened::Opened;
use crate::arguments::Global;
use crate::exit::Failure;
use crate::lab_keys::{find_key, key_add, key_path, read_key};

/// A private key that the lab's ledger names as an examiner's.
pub(super) struct PersonalKey {
    key: SigningKey,
    public: VerifierKey,
    holder: String,
}

impl PersonalKey {
    /// The key in this file, or the one of the lab's that is called so.
    pub(super) fn find(global: &Global, lab: &Lab, wanted: &str) -> Result<Self, Failure> {
        let keys = lab.ledger()?.ledger().standing(&[])?.record.keys;
        let path = match Path::new(wanted).is_file() {
            true => PathBuf::from(wanted),
            false => key_path(lab, &find_key(&keys, wanted)?.key),
        };
        let key = read_key(global, &path)?.ok_or_else(|| {
            Failure::Usage(format!(
                "{}: the private key is not there; give its file to --sign-with",
                path.display()
            ))
        })?;
        let public = key.verifier(KeyKind::Note);
        let record = keys.find(&public).filter(|record| record.role == KeyRole::Examiner);
        let record = record.ok_or_else(|| {
            Failure::Usage(format!(
                "{}: the lab does not know this key as an examiner's; `athar key add FILE.vkey --role examiner --holder NAME`",
                path.display()
            ))
        })?;
        if record.revoked_by.is_some() {
            return Err(Failure::Check(format!(
                "key {} was revoked; its signatures no longer count",
                to_hex(&public.id())
            )));
        }
        Ok(Self { holder: record.holder.clone().unwrap_or_default(), key, public })
    }

    /// The key's name.
    pub(super) fn name(&self) -> &str {
        self.key.name()
    }

    /// Names the key in the ledger that is about to be signed in: its signatures count from there on.
    pub(super) fn name_in(&self, opened: &mut Opened, scribe: &Scribe) -> Result<(), Failure> {
        if opened.ledger().standing(&[])?.keys().find(&self.public).is_none() {
            let entry = opened.named(key_add(scribe, &self.public, KeyRole::Examiner, &self.holder));
            opened.transaction(|ledger, _| ledger.append(&entry))?;
        }
        Ok(())
    }

    /// Signs an entry.
    pub(super) fn sign(&self, origin: &str, entry: &StoredEntry) -> Result<SignedNote, StoreError> {
        Ok(sign_entry(origin, entry, &self.key)?)
    }
}
