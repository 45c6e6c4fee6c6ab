//! The lab's keys: who may sign, and where the private halves are.

use std::path::{Path, PathBuf};

use case_model::to_hex;
use custody::content::{KeyAddContent, KeyRevokeContent};
use custody::{EntryBody, KeyHistory, KeyKind, KeyRecord, KeyRole, SigningKey, VerifierKey};
use lab::{Lab, random};
use pipeline::EntryAuthor;

use crate::{CaseworkError, KeyHolder};

/// The first line of a key file that a passphrase locks.
const LOCKED: &str = "athar-key/";

/// Returns a key from the operating system's random source.
pub(crate) fn random_key(name: &str) -> Result<SigningKey, CaseworkError> {
    let key = SigningKey::from_random_bytes(name, &random()?);
    key.map_err(|error| CaseworkError::Check(format!("a key cannot be named so: {error}")))
}

/// Returns the key that signs checkpoints from here on: the last that was added and not revoked.
#[must_use]
pub fn log_key_of(keys: &KeyHistory) -> Option<&KeyRecord> {
    keys.keys().iter().rev().find(|key| key.role == KeyRole::Log && key.revoked_by.is_none())
}

/// Completes the change of the lab's key, where a program was stopped between the ledger's entry and the move of the file.
pub(crate) fn settle_log_key(lab: &Lab, keys: &KeyHistory) -> Result<(), CaseworkError> {
    let Some(current) = log_key_of(keys) else { return Ok(()) };
    let revoked =
        keys.keys().iter().filter(|key| key.role == KeyRole::Log && key.revoked_by.is_some());
    let revoked = revoked.max_by_key(|key| key.revoked_by).map(|key| to_hex(&key.key.id()));
    Ok(lab.take_next_log_key(&to_hex(&current.key.id()), revoked.as_deref())?)
}

/// Returns the private half of the lab's key, unlocked.
pub(crate) fn log_key(
    lab: &Lab,
    keys: &KeyHistory,
    holder: &dyn KeyHolder,
) -> Result<SigningKey, CaseworkError> {
    settle_log_key(lab, keys)?;
    let path = lab.log_key_path();
    let shown = path.display();
    let public = log_key_of(keys).ok_or_else(|| {
        CaseworkError::Check("the lab's ledger names no key that may sign checkpoints".to_owned())
    })?;
    let key = read_key(&path, holder)?.ok_or_else(|| {
        CaseworkError::Check(format!(
            "{shown} is gone; put the key back, or `athar key revoke {}` makes a new one",
            to_hex(&public.key.id())
        ))
    })?;
    match key.verifier(KeyKind::Note) == public.key {
        true => Ok(key),
        false => Err(CaseworkError::Check(format!(
            "{shown} is another key than the one that the lab's ledger names"
        ))),
    }
}

/// Reads a private key; asks for its passphrase when it has one. `None` when there is no such file.
///
/// # Errors
/// What the operating system says; that the key is damaged, or stays locked.
pub fn read_key(path: &Path, holder: &dyn KeyHolder) -> Result<Option<SigningKey>, CaseworkError> {
    let Some((text, open_to_others)) = Lab::read_key(path)? else { return Ok(None) };
    if open_to_others && !is_locked(&text) {
        holder.readable_by_others(path);
    }
    parse_key(path, &text, holder).map(Some)
}

/// Returns true for the text of a key that a passphrase locks.
#[must_use]
pub fn is_locked(text: &str) -> bool {
    text.starts_with(LOCKED)
}

pub(crate) fn parse_key(
    path: &Path,
    text: &str,
    holder: &dyn KeyHolder,
) -> Result<SigningKey, CaseworkError> {
    let shown = path.display();
    if !is_locked(text) {
        return text
            .trim_end()
            .parse()
            .map_err(|error| CaseworkError::Check(format!("{shown}: {error}")));
    }
    let Some(words) = holder.passphrase(path)? else {
        return Err(CaseworkError::Check(format!(
            "{shown} is locked: give its passphrase by --passphrase-file FILE or ATHAR_PASSPHRASE"
        )));
    };
    SigningKey::from_locked_text(text, &words)
        .map_err(|error| CaseworkError::Check(format!("{shown}: {error}")))
}

/// Returns the text of a key's file: plain, or locked with a new passphrase.
pub(crate) fn key_text(
    key: &SigningKey,
    with_passphrase: bool,
    holder: &dyn KeyHolder,
) -> Result<String, CaseworkError> {
    match with_passphrase {
        true => locked(key, &holder.new_passphrase()?),
        false => Ok(format!("{}\n", key.to_secret_text())),
    }
}

pub(crate) fn locked(key: &SigningKey, passphrase: &[u8]) -> Result<String, CaseworkError> {
    key.to_locked_text(passphrase, &random()?)
        .map_err(|error| CaseworkError::Check(error.to_string()))
}

/// Returns the entry that makes a key count.
pub(crate) fn key_add(
    author: &EntryAuthor,
    key: &VerifierKey,
    role: KeyRole,
    holder: &str,
) -> EntryBody {
    author.entry(KeyAddContent::new(key, role, holder))
}

/// Returns the entries that a case's ledger lacks to name the lab's keys: those of the lab and of witnesses that count, and the end of
/// those that no longer count.
pub(crate) fn missing_keys(
    lab: &KeyHistory,
    case: &KeyHistory,
    author: &EntryAuthor,
) -> Vec<EntryBody> {
    let mut entries = Vec::new();
    for known in lab.keys() {
        let there = case.find(&known.key);
        let holder = known.holder.as_deref().unwrap_or_default();
        match (known.revoked_by, there) {
            (None, None) if known.role != KeyRole::Examiner => {
                entries.push(key_add(author, &known.key, known.role, holder));
            }
            (Some(seq), Some(there)) if there.revoked_by.is_none() => {
                let content = KeyRevokeContent { key: known.key.to_string(), since_seq: None };
                let reason = format!("revoked by entry {seq} of the lab's ledger");
                entries.push(author.entry(content).reason(reason));
            }
            _ => {}
        }
    }
    entries
}

/// Returns the key that is called so in the lab's ledger: by its id, its name, or its holder's.
///
/// # Errors
/// [`CaseworkError::Request`] when none or several are called so.
pub fn find_key<'k>(keys: &'k KeyHistory, wanted: &str) -> Result<&'k KeyRecord, CaseworkError> {
    let called = |record: &&KeyRecord| {
        to_hex(&record.key.id()) == wanted.to_ascii_lowercase()
            || record.key.name() == wanted
            || record.holder.as_deref() == Some(wanted)
    };
    let mut found: Vec<&KeyRecord> = keys.keys().iter().filter(called).collect();
    if found.len() > 1 {
        found.retain(|record| record.revoked_by.is_none());
    }
    match found.as_slice() {
        [one] => Ok(one),
        [] => Err(CaseworkError::Request(format!(
            "no key is called {wanted:?}; `athar key list` shows them"
        ))),
        _ => Err(CaseworkError::Request(format!(
            "several keys are called {wanted:?}; name one by its id, as `athar key list` shows it"
        ))),
    }
}

/// Returns where the private half of an examiner's key lies, if the lab keeps it.
#[must_use]
pub fn examiner_key_path(lab: &Lab, key: &VerifierKey) -> PathBuf {
    lab.keys().join(format!("examiner-{}.key", to_hex(&key.id())))
}
