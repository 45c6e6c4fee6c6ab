//! `athar key new`, `add` and `lock`.

use std::path::Path;

use case_model::to_hex;
use casework::{create_witness_key, lock_key, read_public_key};
use custody::{KeyRole, VerifierKey};
use serde_json::json;

use crate::arguments::{AddKey, LockKey, NewKey, Role};
use crate::desk::Desk;
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::passphrase::Terminal;

pub(super) fn new(
    desk: &mut Desk<'_>,
    arguments: &NewKey,
    output: &mut Output,
) -> Result<Exit, Failure> {
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
        (Role::Witness, Some(out)) => {
            let keys = Terminal::new(desk.global);
            let (public, file) = create_witness_key(holder, out, arguments.passphrase, &keys)?;
            say(&public, KeyRole::Witness, holder, Some(out), output)?;
            say_without_passphrase(arguments, out, output)?;
            output.remark(&format!("For the lab: {} (`athar key add FILE --role witness`).", file.display()))?;
            Ok(Exit::Complete)
        }
        (Role::Examiner, out) => {
            let session = desk.open_or_create(output)?;
            let (public, file) = session.create_examiner_key(holder, out.as_deref(), arguments.passphrase)?;
            say(&public, KeyRole::Examiner, holder, Some(&file), output)?;
            say_without_passphrase(arguments, &file, output)?;
            Ok(Exit::Complete)
        }
    }
}

/// A key without a passphrase is as good as the file's permissions: that is said, whatever was asked for.
fn say_without_passphrase(
    arguments: &NewKey,
    file: &Path,
    output: &mut Output,
) -> Result<(), Failure> {
    if arguments.passphrase {
        return Ok(());
    }
    let file = file.to_string_lossy();
    let text = format!(
        "athar: this private key has NO PASSPHRASE: who can read {} can sign in this name. To set one: athar key lock {}",
        safe(&file),
        crate::shell_word::shell_word(&file)
    );
    output.warn(&text, &json!({ "event": "no-passphrase", "file": file }))
}

/// A public key that was made elsewhere.
pub(super) fn add(
    desk: &mut Desk<'_>,
    arguments: &AddKey,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let role = match arguments.role {
        Role::Examiner => KeyRole::Examiner,
        Role::Witness => KeyRole::Witness,
        Role::Log => {
            return Err(Failure::Usage("the lab's own key is not added by hand".to_owned()));
        }
    };
    let key = read_public_key(&arguments.file, role)?;
    desk.open_or_create(output)?.add_key(&key, role, arguments.holder.trim(), &arguments.file)?;
    say(&key, role, &arguments.holder, None, output)?;
    output.remark(
        "Compare the fingerprint with the holder's. It counts in each case from the next entry on.",
    )?;
    Ok(Exit::Complete)
}

/// Locks a private key's file.
pub(super) fn lock(
    desk: &mut Desk<'_>,
    arguments: &LockKey,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let path = match &arguments.file {
        Some(path) => path.clone(),
        None => desk.open()?.settled_log_key_path()?,
    };
    let words = match &arguments.new_passphrase_file {
        Some(file) => {
            let text = std::fs::read_to_string(file)
                .map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))?;
            Some(text.trim_end_matches(['\r', '\n']).as_bytes().to_vec())
        }
        None => None,
    };
    lock_key(&path, words.as_deref(), &Terminal::new(desk.global))?;
    output.remark(&format!(
        "{} is locked. Commands that sign ask for the passphrase; --passphrase-file and ATHAR_PASSPHRASE give it without a terminal.",
        path.display()
    ))?;
    Ok(Exit::Complete)
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
