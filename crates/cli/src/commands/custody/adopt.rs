//! `athar custody adopt`: takes over entries that nobody signed.

use serde_json::json;

use crate::arguments::Adopt;
use crate::desk::{Desk, record_name};
use crate::exit::{Exit, Failure};
use crate::output::Output;

pub(super) fn run(
    desk: &mut Desk<'_>,
    arguments: &Adopt,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let name = record_name(arguments.case.as_deref())?;
    let (from, to) = desk.open()?.adopt_unsigned(&name, &arguments.reason)?;
    if output.is_json() {
        output.object(&json!({ "record": name.to_string(), "from": from, "to": to }))?;
    }
    output.remark(&format!(
        "Entries {from} to {to} of {name} are taken over and signed; an entry says so."
    ))?;
    Ok(Exit::Complete)
}
