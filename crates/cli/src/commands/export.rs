//! `athar export`.

use case_store::FoundRow;
use casework::{HandedOut, IndexExport, Session, case_id};
use report::{CsvRows, body_lines, json_row};

use crate::arguments::{Export, ExportFormat};
use crate::coverage;
use crate::desk::Desk;
use crate::exit::{Exit, Failure};
use crate::output::Output;

pub(crate) fn run(desk: &mut Desk<'_>, arguments: &Export, output: &mut Output) -> Result<Exit, Failure> {
    let session = desk.open()?;
    let case = arguments.case.as_str();
    let exported = match arguments.format {
        ExportFormat::Jsonl => {
            rows(session, case, "index of all streams as JSON Lines", output, &|row, output| {
                output.object(&json_row(row))
            })
        }
        ExportFormat::Bodyfile => {
            rows(session, case, "index of all streams as a body file", output, &|row, output| {
                output.text(&body_lines(row))
            })
        }
        ExportFormat::Csv => csv(session, case, output),
    };
    exported?.taken?;
    coverage::tell(session, &case_id(case)?, output)
}

/// Prints each row.
fn rows(
    session: &mut Session,
    case: &str,
    what: &'static str,
    output: &mut Output,
    print: &dyn Fn(&FoundRow, &mut Output) -> Result<(), Failure>,
) -> Result<HandedOut<Failure>, Failure> {
    let output = std::cell::RefCell::new(output);
    Ok(session.export_index(
        &case_id(case)?,
        export(what),
        &mut |row| print(row, &mut output.borrow_mut()),
        || output.borrow_mut().flush(),
    )?)
}

fn csv(session: &mut Session, case: &str, output: &mut Output) -> Result<HandedOut<Failure>, Failure> {
    let csv = CsvRows::new(output.raw()).map_err(Failure::Output)?;
    let csv = std::cell::RefCell::new(Some(csv));
    Ok(session.export_index(
        &case_id(case)?,
        export("index of all streams as CSV"),
        &mut |row| match csv.borrow_mut().as_mut() {
            Some(csv) => csv.row(row).map_err(Failure::Output),
            None => Ok(()),
        },
        || match csv.borrow_mut().take() {
            Some(csv) => csv.finish().map_err(Failure::Output),
            None => Ok(()),
        },
    )?)
}

fn export(what: &'static str) -> IndexExport {
    IndexExport { what, to: "standard output".to_owned(), reason: "asked for on the command line".to_owned() }
}
