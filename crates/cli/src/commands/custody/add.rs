//! `athar custody add`: what people did, written down.

use case_model::to_hex;
use casework::WrittenAct;
use serde_json::json;

use crate::arguments::AddAct;
use crate::desk::{Desk, record_name};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;

pub(super) fn run(
    desk: &mut Desk<'_>,
    arguments: &AddAct,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let session = desk.open()?;
    let name = record_name(arguments.case.as_deref())?;
    let act = WrittenAct {
        act: arguments.act,
        reason: arguments.reason.clone(),
        place: arguments.place.clone(),
        fields: arguments.fields.clone(),
        documents: arguments.documents.clone(),
        sign_with: arguments.sign_with.clone(),
    };
    let written = session.write_down(&name, &act)?;
    let seq = written.entry.seq;
    let hash = to_hex(&written.entry.hash);
    let signed_by = written.signed_by.as_deref();
    if output.is_json() {
        output.object(&json!({ "record": name.to_string(), "seq": seq, "act": arguments.act.key(), "hash": hash, "signed_by": signed_by }))?;
    } else {
        let signed = signed_by.map_or(String::new(), |name| format!(", signed by {}", safe(name)));
        output.remark(&format!("Entry {seq} of {name}: {}{signed}", arguments.act))?;
    }
    Ok(Exit::Complete)
}
