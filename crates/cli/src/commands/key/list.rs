//! `athar key list`.

use case_model::to_hex;
use casework::{LedgerReading, examiner_key_path, is_locked, log_key_of};
use custody::{KeyRecord, KeyRole};
use lab::Lab;
use serde_json::json;

use crate::desk::Desk;
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;

pub(super) fn run(desk: &mut Desk<'_>, output: &mut Output) -> Result<Exit, Failure> {
    let session = desk.open()?;
    let reading = LedgerReading::of(&session.own_ledger_as_it_is()?.ledger(), &[])?;
    let keys = reading.keys();
    let current = log_key_of(keys).map(|record| record.key.to_string());
    for record in keys.keys() {
        let is_current = current.as_deref() == Some(&record.key.to_string());
        print(session.lab(), record, is_current, output)?;
    }
    if keys.keys().is_empty() {
        output.remark(
            "The lab has no keys yet; the first command that writes an entry makes its own.",
        )?;
    }
    Ok(Exit::Complete)
}

fn print(
    lab: &Lab,
    record: &KeyRecord,
    is_current: bool,
    output: &mut Output,
) -> Result<(), Failure> {
    let (key, id) = (&record.key, to_hex(&record.key.id()));
    let private = private_half(lab, record, is_current)?;
    let holder = record.holder.as_deref().unwrap_or_default();
    if output.is_json() {
        return output.object(&json!({
            "id": id, "role": record.role.key(), "holder": holder, "name": key.name(), "key": key.to_string(), "fingerprint": key.fingerprint(),
            "added_by": record.added_by, "revoked_by": record.revoked_by, "void_from": record.void_from, "private_key": private,
        }));
    }
    let state = match record.revoked_by {
        Some(seq) => format!("REVOKED by entry {seq}"),
        None => format!("valid from entry {}", record.added_by),
    };
    output.line(&format!("{id}  {:<8}  {state}  {}", record.role.key(), safe(holder)))?;
    output.line(&format!("  public        {}", safe(&key.to_string())))?;
    output.line(&format!("  fingerprint   {}", key.fingerprint()))?;
    output.line(&format!("  private key   {private}"))
}

/// Where the private half is, in words.
fn private_half(lab: &Lab, record: &KeyRecord, is_current: bool) -> Result<String, Failure> {
    let path = match record.role {
        KeyRole::Log if is_current => lab.log_key_path(),
        KeyRole::Log => return Ok("put aside".to_owned()),
        KeyRole::Examiner => examiner_key_path(lab, &record.key),
        KeyRole::Witness => return Ok("at the witness".to_owned()),
    };
    Ok(match Lab::read_key(&path)? {
        Some((text, _)) if is_locked(&text) => {
            format!("{}, locked with a passphrase", path.display())
        }
        Some(_) => path.display().to_string(),
        None => "not in the lab".to_owned(),
    })
}
