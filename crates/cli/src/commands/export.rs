//! `athar export`.

use case_store::{CaseFile, Filter, FoundRow};
use custody::Act;
use report::{CsvRows, body_lines, json_row};

use crate::arguments::{Export, ExportFormat, Global};
use crate::exit::{Exit, Failure};
use crate::open_lab::{open, open_case, scribe};
use crate::output::Output;

pub(crate) fn run(global: &Global, arguments: &Export, output: &mut Output) -> Result<Exit, Failure> {
    let lab = open(global)?;
    let mut case = open_case(&lab, &arguments.case)?;
    let scribe = scribe(global, &lab);
    let started = scribe.now();
    let mut rows = 0;
    let (what, written) = match arguments.format {
        ExportFormat::Jsonl => (
            "index of all streams as JSON Lines",
            each_row(&case, &mut rows, &mut |row| output.object(&json_row(row))),
        ),
        ExportFormat::Csv => ("index of all streams as CSV", csv(&case, &mut rows, output)),
        ExportFormat::Bodyfile => (
            "index of all streams as a body file",
            each_row(&case, &mut rows, &mut |row| output.text(&body_lines(row))),
        ),
    };
    // Also when whoever reads has seen enough: what was handed out is recorded.
    let written = written.and_then(|()| output.flush());
    let entry = scribe
        .entry_since(Act::Export, started)
        .case(case.id().as_str())
        .reason("asked for on the command line")
        .field("what", what)
        .field("to", "standard output")
        .field("rows", rows.to_string());
    case.append(&entry)?;
    written.map(|()| Exit::Complete)
}

fn csv(case: &CaseFile, rows: &mut u64, output: &mut Output) -> Result<(), Failure> {
    let mut csv = CsvRows::new(output.raw()).map_err(Failure::Output)?;
    each_row(case, rows, &mut |row| csv.row(row).map_err(Failure::Output))?;
    csv.finish().map_err(Failure::Output)
}

/// Hands over all rows of a case and counts them in `rows`.
fn each_row(
    case: &CaseFile,
    rows: &mut u64,
    each: &mut dyn FnMut(&FoundRow) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut failure = None;
    case.find(&Filter::default(), &mut |row| {
        *rows += 1;
        failure = each(&row).err();
        failure.is_none()
    })?;
    failure.map_or(Ok(()), Err)
}
