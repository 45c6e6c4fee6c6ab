//! `athar custody timestamp`.

use serde_json::json;

use crate::arguments::Timestamp;
use crate::desk::{Desk, record_name};
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::quantities::counted;

pub(super) fn run(
    desk: &mut Desk<'_>,
    arguments: &Timestamp,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let session = desk.open()?;
    let name = record_name(arguments.case.as_deref())?;
    if let Some(path) = &arguments.file.request {
        let signed = session.request_timestamp(&name, path)?;
        let size = signed.checkpoint().size();
        if output.is_json() {
            output.object(&json!({ "checkpoint": size, "request": path.to_string_lossy() }))?;
        }
        output.remark(&format!(
            "Request for the checkpoint of {}: {}. It holds a digest and nothing of the case. Give it to the authority, for example \
             `openssl ts -reply -queryfile {} …`, and bring the answer back with --token.",
            counted(size, "entry", "entries"),
            path.display(),
            path.display()
        ))?;
        return Ok(Exit::Complete);
    }
    let Some(path) = &arguments.file.token else { return Ok(Exit::Complete) };
    let taken = session.take_timestamp(&name, path)?;
    let size = taken.size;
    let stamp = &taken.stamp;
    if output.is_json() {
        output
            .object(&json!({ "checkpoint": size, "time": stamp.time, "serial": stamp.serial }))?;
    }
    output.remark(&format!(
        "The checkpoint of {} bears the time {} (serial number {}). Compared here: its digest. That the authority signed it: \
         `openssl ts -verify`, or verify.py --tsa-ca in an export.",
        counted(size, "entry", "entries"),
        stamp.time,
        stamp.serial
    ))?;
    Ok(Exit::Complete)
}
