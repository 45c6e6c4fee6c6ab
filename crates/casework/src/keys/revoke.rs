//! Revokes a key, in the lab's ledger and in those of its cases. The lab's own key gets a successor.

use case_model::{CaseId, RecordName, to_hex};
use case_store::Ledger;
use custody::content::KeyRevokeContent;
use custody::{
    EntryBody, EntryView, KeyHistory, KeyKind, KeyRecord, KeyRole, UtcTime, VerifierKey,
};
use lab::Lab;

use crate::key_ring::{
    find_key, is_locked, key_add, key_text, missing_keys, random_key, settle_log_key,
};
use crate::session::named;
use crate::{CaseworkError, Session};

/// Which key to revoke.
#[derive(Clone, Debug)]
pub struct RevokeRequest {
    /// Its id, name or holder.
    pub key: String,
    /// Why.
    pub reason: String,
    /// Since when its signatures are void, in nanoseconds since 1970 UTC; without it from now on.
    pub since: Option<i64>,
}

/// What became of a revocation.
#[derive(Clone, Debug)]
pub enum Revocation {
    /// It was revoked now.
    Now(Box<Revoked>),
    /// It was revoked before by this entry; so many cases that did not know it do now.
    Before(u64, u64),
}

/// A key that was revoked.
#[derive(Clone, Debug)]
pub struct Revoked {
    /// The key.
    pub key: VerifierKey,
    /// The cases whose ledgers say so.
    pub cases: u64,
    /// The cases whose ledgers could not be written, and why.
    pub failed: Vec<String>,
    /// The lab's new key.
    pub successor: Option<VerifierKey>,
}

/// What a revocation writes.
struct Entries<'r> {
    request: &'r RevokeRequest,
    key: &'r VerifierKey,
    successor: Option<&'r VerifierKey>,
}

impl Session {
    /// Revokes a key.
    ///
    /// # Errors
    /// [`CaseworkError::Request`] when no key is called so, or when everybody knows that it is revoked.
    pub fn revoke_key(&mut self, request: &RevokeRequest) -> Result<Revocation, CaseworkError> {
        let keys = self.record(&RecordName::Lab)?.verified.keys().clone();
        let record = find_key(&keys, &request.key)?.clone();
        if let Some(seq) = record.revoked_by {
            return match self.tell_cases(&keys)? {
                0 => Err(CaseworkError::Request(format!(
                    "the key was revoked before, by entry {seq}"
                ))),
                told => Ok(Revocation::Before(seq, told)),
            };
        }
        // What an earlier revocation could not write comes first.
        settle_log_key(self.lab(), &keys)?;
        self.tell_cases(&keys)?;
        let successor = match record.role {
            KeyRole::Log => Some(self.successor(&record)?),
            KeyRole::Witness | KeyRole::Examiner => None,
        };
        let writes = Entries { request, key: &record.key, successor: successor.as_ref() };
        let entries = self.revocation(&RecordName::Lab, &writes)?;
        // Until here the old key is the lab's; from here on the new one, which signs this already, wherever its file lies.
        self.append_entries(&RecordName::Lab, entries)?;
        let keys = self.record(&RecordName::Lab)?.verified.keys().clone();
        settle_log_key(self.lab(), &keys)?;
        self.sign(&RecordName::Lab)?;
        let mut cases = 0;
        let mut failed = Vec::new();
        for id in self.lab().cases()? {
            match self.revoke_in_case(&id, &writes) {
                Ok(count) => cases += count,
                Err(error) => failed.push(format!("case {id}: {error}")),
            }
        }
        Ok(Revocation::Now(Box::new(Revoked { key: record.key.clone(), cases, failed, successor })))
    }

    fn revoke_in_case(&mut self, id: &CaseId, writes: &Entries<'_>) -> Result<u64, CaseworkError> {
        let name = RecordName::Case(id.clone());
        let known = self.record(&name)?.verified.keys().find(writes.key).cloned();
        let valid = known.is_some_and(|known| known.revoked_by.is_none());
        if valid {
            let entries = self.revocation(&name, writes)?;
            self.append_entries(&name, entries)?;
        }
        self.close_case(id)?;
        Ok(u64::from(valid))
    }

    /// Writes what cases lack of the lab's keys: a revocation that was interrupted, or that a case file did not take. Returns how many
    /// lacked it.
    fn tell_cases(&mut self, keys: &KeyHistory) -> Result<u64, CaseworkError> {
        let mut told = 0;
        for id in self.lab().cases()? {
            let name = RecordName::Case(id.clone());
            let author = self.author();
            // A case that cannot be opened is told of when the key itself is to be revoked there.
            let Ok(record) = self.record(&name) else { continue };
            let missing = missing_keys(keys, record.verified.keys(), &author);
            if missing.is_empty() {
                // Signed with what is about to be written, if that is needed.
                self.forget(&name);
                continue;
            }
            self.append_entries(&name, missing)?;
            self.close_case(&id)?;
            told += 1;
        }
        Ok(told)
    }

    /// Creates the lab's new key, locked if the old one was. Its file waits next to the old one until the ledger names it.
    fn successor(&mut self, old: &KeyRecord) -> Result<VerifierKey, CaseworkError> {
        let present = Lab::read_key(&self.lab().log_key_path())?;
        let key = random_key(old.key.name())?;
        let with_passphrase = present.as_ref().is_some_and(|(text, _)| is_locked(text));
        let text = key_text(&key, with_passphrase, self.signer.holder.as_ref())?;
        let public = key.verifier(KeyKind::Note);
        Lab::write_key(&self.lab().next_log_key_path(&to_hex(&public.id())), &text, false)?;
        // The revocation and its successor are one transaction, which the successor signs.
        self.signer.prepare(key);
        Ok(public)
    }

    /// Returns the entries as a ledger holds them: since when is told by the ledger's own numbers.
    fn revocation(
        &mut self,
        name: &RecordName,
        writes: &Entries<'_>,
    ) -> Result<Vec<EntryBody>, CaseworkError> {
        let author = self.author();
        let since_seq = match writes.request.since {
            Some(since) => first_entry_since(&self.record(name)?.ledger, since)?,
            None => None,
        };
        let content = KeyRevokeContent { key: writes.key.to_string(), since_seq };
        let mut entries = vec![author.entry(content).reason(writes.request.reason.as_str())];
        if let Some(new) = writes.successor {
            entries.push(key_add(&author, new, KeyRole::Log, &self.lab().settings().name));
        }
        Ok(entries.into_iter().map(|entry| named(name, entry)).collect())
    }
}

/// Returns the number of the first entry that began at or after a time.
fn first_entry_since(ledger: &Ledger<'_>, since: i64) -> Result<Option<u64>, CaseworkError> {
    let since = UtcTime::from_unix_ns(since);
    let mut first = None;
    ledger.each(&mut |stored| {
        let view = EntryView::read(&stored);
        // The texts of times sort as times.
        if view.as_ref().and_then(EntryView::start).is_some_and(|start| start >= since.as_str()) {
            first = Some(stored.seq);
        }
        first.is_none()
    })?;
    Ok(first)
}
