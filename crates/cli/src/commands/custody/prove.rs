//! `athar custody prove`.

use case_model::RecordName;
use casework::{case_id, write_new};
use serde_json::json;

use crate::arguments::Prove;
use crate::desk::Desk;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::quantities::counted;

pub(super) fn run(
    desk: &mut Desk<'_>,
    arguments: &Prove,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let name = RecordName::Case(case_id(&arguments.case)?);
    let proof = desk.open()?.prove(&name, arguments.entry)?;
    let Some(path) = &arguments.out else {
        output.text(&proof.to_string())?;
        return Ok(Exit::Complete);
    };
    write_new(path, proof.to_string().as_bytes())?;
    let seq = arguments.entry;
    let size = proof.checkpoint.checkpoint().size();
    if output.is_json() {
        output
            .object(&json!({ "entry": seq, "checkpoint": size, "file": path.to_string_lossy() }))?;
    }
    output.remark(&format!(
        "Proof of entry {seq} under the checkpoint of {}: {}. `athar custody verify {} --key KEY.vkey` checks it anywhere.",
        counted(size, "entry", "entries"),
        path.display(),
        path.display()
    ))?;
    Ok(Exit::Complete)
}
