//! `athar key export`.

use casework::{LedgerReading, find_key, log_key_of};
use custody::{CHECKPOINT_NAMESPACE, SshPublicKey, allowed_signers_line};
use serde_json::json;

use crate::arguments::{ExportKey, KeyForm};
use crate::desk::Desk;
use crate::exit::{Exit, Failure};
use crate::output::Output;

pub(super) fn run(
    desk: &mut Desk<'_>,
    arguments: &ExportKey,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let reading = LedgerReading::of(&desk.open()?.own_ledger_as_it_is()?.ledger(), &[])?;
    let keys = reading.keys();
    let record = match &arguments.key {
        Some(wanted) => find_key(keys, wanted)?,
        None => {
            log_key_of(keys).ok_or_else(|| Failure::Check("the lab has no key yet".to_owned()))?
        }
    };
    let key = &record.key;
    let text = match arguments.form {
        KeyForm::Vkey => format!("{key}\n"),
        KeyForm::Pem => key.to_pem(),
        KeyForm::Ssh => {
            allowed_signers_line(record.role.key(), CHECKPOINT_NAMESPACE, &SshPublicKey::from(key))
        }
    };
    let Some(out) = &arguments.out else {
        match output.is_json() {
            true => output.object(
                &json!({ "key": key.to_string(), "fingerprint": key.fingerprint(), "text": text }),
            )?,
            false => output.text(&text)?,
        }
        return Ok(Exit::Complete);
    };
    std::fs::File::create_new(out)
        .and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()))
        .map_err(|error| Failure::Check(format!("{}: {error}", out.display())))?;
    if output.is_json() {
        output.object(&json!({ "key": key.to_string(), "fingerprint": key.fingerprint(), "file": out.to_string_lossy() }))?;
    }
    output.remark(&format!(
        "{}; its fingerprint, for the paper: {}",
        out.display(),
        key.fingerprint()
    ))?;
    Ok(Exit::Complete)
}
