//! `athar key new`, `add` and `lock`.

use std::path::Path;

use case_model::to_hex;
use case_store::Lab;
use custody::{KeyKind, KeyRole, SigningKey, VerifierKey};
use serde_json::json;

use crate::arguments::{AddKey, Global, LockKey, NewKey, Role};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::lab_keys::{key_add, key_path, random, random_key, read_key, settle_log_key};
use crate::open_lab::{open, open_or_create, scribe};
use crate::output::Output;
use crate::passphrase::new_passphrase;

pub(super) fn new(global: &Global, arguments: &NewKey, output: &mut Output) -> Result<Exit, Failure> {
    let holder = arguments.holder.trim();
    if holder.is_empty() {
        return Err(Failure::Usage("--holder is empty".to_owned()));
    }
    match (arguments.role, &arguments.out) {
        (Role::Log, _) => Err(Failure::Usage(
            "the lab's key is made by itself; `athar key revoke` makes a new one, `athar key lock` sets its passphrase".to_owned(),
        )),
        (Role::Witness, None) => Err(Failure::Usage(
            "a witness keeps its key itself, on its own machine: give --out FILE".to_owned(),
        )),
        (Role::Witness, Some(out)) => witness(global, arguments, holder, out, output),
        (Role::Examiner, out) => examiner(global, arguments, holder, out.as_deref(), output),
    }
}

/// On the witness's machine: no lab is touched.
fn witness(
    global: &Global,
    arguments: &NewKey,
    holder: &str,
    out: &Path,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let key = random_key(&key_name(holder))?;
    let public = key.verifier(KeyKind::Cosigner);
    Lab::write_key(out, &key_text(global, &key, arguments.passphrase)?, false)?;
    let beside = out.with_extension("vkey");
    std::fs::write(&beside, format!("{public}\n"))
        .map_err(|error| Failure::Check(format!("{}: {error}", beside.display())))?;
    say(&public, KeyRole::Witness, holder, Some(out), output)?;
    output.remark(&format!("For the lab: {} (`athar key add FILE --role witness`).", beside.display()))?;
    Ok(Exit::Complete)
}

fn examiner(
    global: &Global,
    arguments: &NewKey,
    holder: &str,
    out: Option<&Path>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let lab = open_or_create(global, output)?;
    let key = random_key(&format!("{}/{}", lab.settings().origin, key_name(holder)))?;
    let public = key.verifier(KeyKind::Note);
    let path = out.map_or_else(|| key_path(&lab, &public), Path::to_owned);
    Lab::write_key(&path, &key_text(global, &key, arguments.passphrase)?, false)?;
    lab.ledger()?.append(&key_add(&scribe(global, &lab), &public, KeyRole::Examiner, holder))?;
    say(&public, KeyRole::Examiner, holder, Some(&path), output)?;
    Ok(Exit::Complete)
}

/// A public key that was made elsewhere.
pub(super) fn add(global: &Global, arguments: &AddKey, output: &mut Output) -> Result<Exit, Failure> {
    let shown = arguments.file.display();
    let text = std::fs::read_to_string(&arguments.file)
        .map_err(|error| Failure::Usage(format!("{shown}: {error}")))?;
    let key: VerifierKey =
        text.trim_end().parse().map_err(|error| Failure::Usage(format!("{shown}: {error}")))?;
    let role = match arguments.role {
        Role::Examiner => KeyRole::Examiner,
        Role::Witness => KeyRole::Witness,
        Role::Log => return Err(Failure::Usage("the lab's own key is not added by hand".to_owned())),
    };
    if key.kind() != role.kind() {
        return Err(Failure::Usage(format!(
            "{shown}: a key of type {} cannot be a {role}'s: examiners have type 1, witnesses type 4",
            key.kind().byte()
        )));
    }
    let lab = open_or_create(global, output)?;
    let mut ledger = lab.ledger()?;
    if let Some(known) = ledger.ledger().standing(&[])?.keys().find(&key) {
        return Err(Failure::Usage(format!(
            "{shown}: the key was added before, by entry {}",
            known.added_by
        )));
    }
    ledger.append(&key_add(&scribe(global, &lab), &key, role, arguments.holder.trim()))?;
    say(&key, role, &arguments.holder, None, output)?;
    output.remark(
        "Compare the fingerprint with the holder's. It counts in each case from the next entry on.",
    )?;
    Ok(Exit::Complete)
}

/// Locks a private key's file.
pub(super) fn lock(global: &Global, arguments: &LockKey, output: &mut Output) -> Result<Exit, Failure> {
    let path = match &arguments.file {
        Some(path) => path.clone(),
        None => {
            let lab = open(global)?;
            settle_log_key(&lab, &lab.ledger_as_it_is()?.ledger().standing(&[])?.record.keys)?;
            lab.log_key_path()
        }
    };
    let key = read_key(global, &path)?
        .ok_or_else(|| Failure::Usage(format!("{}: there is no such key", path.display())))?;
    let words = match &arguments.new_passphrase_file {
        Some(file) => {
            let text = std::fs::read_to_string(file)
                .map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))?;
            text.trim_end_matches(['\r', '\n']).as_bytes().to_vec()
        }
        None => new_passphrase(global)?,
    };
    Lab::write_key(&path, &locked(&key, &words)?, true)?;
    output.remark(&format!(
        "{} is locked. Commands that sign ask for the passphrase; --passphrase-file and ATHAR_PASSPHRASE give it without a terminal.",
        path.display()
    ))?;
    Ok(Exit::Complete)
}

/// A key's file: in plain text, or locked.
pub(super) fn key_text(global: &Global, key: &SigningKey, with_passphrase: bool) -> Result<String, Failure> {
    match with_passphrase {
        true => locked(key, &new_passphrase(global)?),
        false => Ok(format!("{}\n", key.to_secret_text())),
    }
}

fn locked(key: &SigningKey, passphrase: &[u8]) -> Result<String, Failure> {
    key.to_locked_text(passphrase, &random()?).map_err(|error| Failure::Check(error.to_string()))
}

/// A name as keys may have it: no spaces, plus signs or control characters.
fn key_name(holder: &str) -> String {
    holder.chars().map(|c| if c.is_whitespace() || c.is_control() || c == '+' { '-' } else { c }).collect()
}

pub(super) fn say(
    key: &VerifierKey,
    role: KeyRole,
    holder: &str,
    file: Option<&Path>,
    output: &mut Output,
) -> Result<(), Failure> {
    let id = to_hex(&key.id());
    if output.is_json() {
        let file = file.map(Path::to_string_lossy);
        return output.object(&json!({ "id": id, "role": role.key(), "holder": holder, "key": key.to_string(), "fingerprint": key.fingerprint(), "file": file }));
    }
    output.line(&format!("{id}  {role:<8}  {}", safe(holder)))?;
    output.line(&format!("  public        {}", safe(&key.to_string())))?;
    output.line(&format!("  fingerprint   {}", key.fingerprint()))?;
    match file {
        Some(file) => output.line(&format!("  private key   {}", file.display())),
        None => Ok(()),
    }
}
