//! The lab's keys: who may sign, and where the private halves are.

use std::path::{Path, PathBuf};

use case_model::to_hex;
use case_store::{Lab, LedgerFile};
use custody::{Act, EntryBody, KeyHistory, KeyKind, KeyRecord, KeyRole, SigningKey, VerifierKey};
use pipeline::Scribe;

use crate::arguments::Global;
use crate::exit::Failure;
use crate::passphrase::passphrase;

/// The first line of a key file that a passphrase locks.
const LOCKED: &str = "athar-key/";

/// Makes the lab's key on first need and names it in the lab's ledger.
pub(crate) fn make_log_key(lab: &Lab, ledger: &mut LedgerFile, scribe: &Scribe) -> Result<(), Failure> {
    if log_key_of(ledger.ledger().standing(&[])?.keys()).is_some() {
        return Ok(());
    }
    // Another program may begin with the same lab at the same moment: there is one key, by whoever comes first.
    let _lock = lab.lock()?;
    let standing = ledger.ledger().standing(&[])?;
    if log_key_of(standing.keys()).is_some() {
        return Ok(());
    }
    let path = lab.log_key_path();
    // A key file without its entry: the program was stopped between the two.
    let key = match Lab::read_key(&path)? {
        Some((text, _)) => parse_key(&path, &text, None)?,
        None => {
            let key = random_key(&standing.origin)?;
            Lab::write_key(&path, &format!("{}\n", key.to_secret_text()), false)?;
            key
        }
    };
    ledger.append(&key_add(scribe, &key.verifier(KeyKind::Note), KeyRole::Log, &lab.settings().name))?;
    Ok(())
}

/// A key from the operating system's random source.
pub(crate) fn random_key(name: &str) -> Result<SigningKey, Failure> {
    let key = SigningKey::from_random_bytes(name, &random()?);
    key.map_err(|error| Failure::Check(format!("a key cannot be named so: {error}")))
}

/// Bytes from the operating system's random source, and from nowhere else.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::Check(format!("the system gives no random bytes for a key: {error}")))?;
    Ok(bytes)
}

/// The key that signs checkpoints from here on: the last that was added and not revoked.
pub(crate) fn log_key_of(keys: &KeyHistory) -> Option<&KeyRecord> {
    keys.keys().iter().rev().find(|key| key.role == KeyRole::Log && key.revoked_by.is_none())
}

/// Brings the change of the lab's key to its end, where a program was stopped between the ledger's entry and the move of the file.
pub(crate) fn settle_log_key(lab: &Lab, keys: &KeyHistory) -> Result<(), Failure> {
    let Some(current) = log_key_of(keys) else { return Ok(()) };
    let revoked = keys.keys().iter().filter(|key| key.role == KeyRole::Log && key.revoked_by.is_some());
    let revoked = revoked.max_by_key(|key| key.revoked_by).map(|key| to_hex(&key.key.id()));
    Ok(lab.take_next_log_key(&to_hex(&current.key.id()), revoked.as_deref())?)
}

/// The private half of the lab's key, unlocked.
pub(crate) fn log_key(global: &Global, lab: &Lab, keys: &KeyHistory) -> Result<SigningKey, Failure> {
    settle_log_key(lab, keys)?;
    let path = lab.log_key_path();
    let shown = path.display();
    let public = log_key_of(keys).ok_or_else(|| {
        Failure::Check("the lab's ledger names no key that may sign checkpoints".to_owned())
    })?;
    let key = read_key(global, &path)?.ok_or_else(|| {
        Failure::Check(format!(
            "{shown} is gone; put the key back, or `athar key revoke {}` makes a new one",
            to_hex(&public.key.id())
        ))
    })?;
    match key.verifier(KeyKind::Note) == public.key {
        true => Ok(key),
        false => {
            Err(Failure::Check(format!("{shown} is another key than the one that the lab's ledger names")))
        }
    }
}

/// Reads a private key; asks for its passphrase when it has one. `None` when there is no such file.
pub(crate) fn read_key(global: &Global, path: &Path) -> Result<Option<SigningKey>, Failure> {
    let Some((text, open_to_others)) = Lab::read_key(path)? else { return Ok(None) };
    if open_to_others && !text.starts_with(LOCKED) {
        eprintln!("athar: {}: others can read this private key; `chmod 600` it", path.display());
    }
    parse_key(path, &text, Some(global)).map(Some)
}

/// True for the text of a key that a passphrase locks.
pub(crate) fn is_locked(text: &str) -> bool {
    text.starts_with(LOCKED)
}

fn parse_key(path: &Path, text: &str, global: Option<&Global>) -> Result<SigningKey, Failure> {
    let shown = path.display();
    if !is_locked(text) {
        return text.trim_end().parse().map_err(|error| Failure::Check(format!("{shown}: {error}")));
    }
    let words =
        global.map(|global| passphrase(global, &format!("Passphrase of {shown}"))).transpose()?.flatten();
    let Some(words) = words else {
        return Err(Failure::Check(format!(
            "{shown} is locked: give its passphrase by --passphrase-file FILE or ATHAR_PASSPHRASE"
        )));
    };
    SigningKey::from_locked_text(text, &words).map_err(|error| Failure::Check(format!("{shown}: {error}")))
}

/// The entry that makes a key count.
pub(crate) fn key_add(scribe: &Scribe, key: &VerifierKey, role: KeyRole, holder: &str) -> EntryBody {
    let entry = scribe.entry(Act::KeyAdd).field("key", key.to_string()).field("role", role.key());
    let entry = entry.field("fingerprint", key.fingerprint());
    if holder.trim().is_empty() { entry } else { entry.field("holder", holder) }
}

/// The entries that a case's ledger lacks to name the lab's keys: those of the lab and of witnesses that count, and the end of those that
/// do not count any more.
pub(crate) fn missing_keys(lab: &KeyHistory, case: &KeyHistory, scribe: &Scribe) -> Vec<EntryBody> {
    let mut entries = Vec::new();
    for known in lab.keys() {
        let there = case.find(&known.key);
        let holder = known.holder.as_deref().unwrap_or_default();
        match (known.revoked_by, there) {
            (None, None) if known.role != KeyRole::Examiner => {
                entries.push(key_add(scribe, &known.key, known.role, holder));
            }
            (Some(seq), Some(there)) if there.revoked_by.is_none() => {
                let reason = format!("revoked by entry {seq} of the lab's ledger");
                let entry = scribe.entry(Act::KeyRevoke).reason(reason);
                entries.push(entry.field("key", known.key.to_string()));
            }
            _ => {}
        }
    }
    entries
}

/// The key that is called so in the lab's ledger: by its id, its name, or its holder's.
pub(crate) fn find_key<'k>(keys: &'k KeyHistory, wanted: &str) -> Result<&'k KeyRecord, Failure> {
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
        [] => Err(Failure::Usage(format!("no key is called {wanted:?}; `athar key list` shows them"))),
        _ => Err(Failure::Usage(format!(
            "several keys are called {wanted:?}; name one by its id, as `athar key list` shows it"
        ))),
    }
}

/// Where the private half of an examiner's key lies, if the lab keeps it.
pub(crate) fn key_path(lab: &Lab, key: &VerifierKey) -> PathBuf {
    lab.keys().join(format!("examiner-{}.key", to_hex(&key.id())))
}
