//! `athar custody timestamp`.

use custody::{Timestamp as Stamp, timestamp_request};
use serde_json::json;

use super::opened::Opened;
use super::{read_small, write_new};
use crate::arguments::{Global, Timestamp};
use crate::checkpoints::Signer;
use crate::exit::{Exit, Failure};
use crate::lab_keys::random;
use crate::output::Output;

pub(super) fn run(global: &Global, arguments: &Timestamp, output: &mut Output) -> Result<Exit, Failure> {
    let mut opened = Opened::for_work(global, arguments.case.as_deref())?;
    if let Some(path) = &arguments.file.request {
        let lab = opened.lab.clone();
        Signer::new(global, &lab)?.sign(&opened.name)?;
        let signed = opened.last_checkpoint()?;
        write_new(path, &timestamp_request(signed.note().text().as_bytes(), random()?))?;
        let size = signed.checkpoint().size();
        if output.is_json() {
            output.object(&json!({ "checkpoint": size, "request": path.to_string_lossy() }))?;
        }
        output.remark(&format!(
            "Request for the checkpoint of {size} entries: {}. It holds a digest and nothing of the case. Give it to the authority, for example \
             `openssl ts -reply -queryfile {} …`, and bring the answer back with --token.",
            path.display(),
            path.display()
        ))?;
        return Ok(Exit::Complete);
    }
    let Some(path) = &arguments.file.token else { return Ok(Exit::Complete) };
    let bytes = read_small(path)?;
    let refused = |error: custody::TimestampError| Failure::Check(format!("{}: {error}", path.display()));
    let stamp = Stamp::from_bytes(&bytes).map_err(refused)?;
    // The newest checkpoint first: that is the one that was asked for.
    let stamped = opened.ledger().checkpoints()?.into_iter().rev().find(|stored| {
        let signed = custody::SignedCheckpoint::from_bytes(&stored.note);
        signed.is_ok_and(|signed| stamp.check(signed.note().text().as_bytes()).is_ok())
    });
    let name = opened.name.clone();
    let stored = stamped
        .ok_or_else(|| Failure::Check(format!("{}: it stamps no checkpoint of {name}", path.display())))?;
    opened.transaction(|ledger, _| ledger.store_timestamp(stored.size, &bytes))?;
    if output.is_json() {
        output.object(&json!({ "checkpoint": stored.size, "time": stamp.time, "serial": stamp.serial }))?;
    }
    output.remark(&format!(
        "The checkpoint of {} entries bears the time {} (serial number {}). Compared here: its digest. That the authority signed it: \
         `openssl ts -verify`, or verify.py --tsa-ca in an export.",
        stored.size, stamp.time, stamp.serial
    ))?;
    Ok(Exit::Complete)
}
