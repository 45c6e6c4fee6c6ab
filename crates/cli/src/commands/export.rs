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
    let (rows, what) = match arguments.format {
        ExportFormat::Jsonl => {
            let rows = each_row(&case, &mut |row| output.object(&json_row(row)))?;
            (rows, "index of all streams as JSON Lines")
        }
        ExportFormat::Csv => (csv(&case, output)?, "index of all streams as CSV"),
        ExportFormat::Bodyfile => {
            let rows = each_row(&case, &mut |row| output.text(&body_lines(row)))?;
            (rows, "index of all streams as a body file")
        }
    };
    output.flush()?;
    let entry = scribe
        .entry_since(Act::Export, started)
        .case(case.id().as_str())
        .reason("asked for on the command line")
        .field("what", what)
        .field("to", "standard output")
        .field("rows", rows.to_string());
    case.append(&entry)?;
    Ok(Exit::Complete)
}

fn csv(case: &CaseFile, output: &mut Output) -> Result<u64, Failure> {
    let mut csv = CsvRows::new(output.raw()).map_err(Failure::Output)?;
    let rows = each_row(case, &mut |row| csv.row(row).map_err(Failure::Output))?;
    csv.finish().map_err(Failure::Output)?;
    Ok(rows)
}

/// Hands over all rows of a case; how many there are.
fn each_row(case: &CaseFile, each: &mut dyn FnMut(&FoundRow) -> Result<(), Failure>) -> Result<u64, Failure> {
    let mut rows: u64 = 0;
    let mut failure = None;
    case.find(&Filter::default(), &mut |row| {
        rows += 1;
        failure = each(&row).err();
        failure.is_none()
    })?;
    failure.map_or(Ok(rows), Err)
}
