//! `athar export`.

use case_store::Filter;
use custody::Act;
use report::json_row;

use crate::arguments::{Export, ExportFormat, Global};
use crate::exit::{Exit, Failure};
use crate::open_lab::{open, open_case, scribe};
use crate::output::Output;

pub(crate) fn run(global: &Global, arguments: &Export, output: &mut Output) -> Result<Exit, Failure> {
    let lab = open(global)?;
    let mut case = open_case(&lab, &arguments.case)?;
    let started = scribe(global, &lab).now();
    let mut rows: u64 = 0;
    let mut failure = None;
    match arguments.format {
        ExportFormat::Jsonl => case.find(&Filter::default(), &mut |row| {
            rows += 1;
            failure = output.object(&json_row(&row)).err();
            failure.is_none()
        })?,
    }
    if let Some(failure) = failure {
        return Err(failure);
    }
    output.flush()?;
    let entry = scribe(global, &lab)
        .entry_since(Act::Export, started)
        .case(case.id().as_str())
        .reason("asked for on the command line")
        .field("what", "index of all streams as JSON Lines")
        .field("to", "standard output")
        .field("rows", rows.to_string());
    case.append(&entry)?;
    Ok(Exit::Complete)
}
