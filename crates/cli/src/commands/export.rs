//! `athar export`.

use casework::{HandedOut, IndexExport};

use crate::arguments::{Export, ExportFormat, FilterArguments, RowFormat};
use crate::commands::filter::{filter, tell_absent, words};
use crate::commands::row_writer::RowWriter;
use crate::coverage;
use crate::desk::Desk;
use crate::exit::{Exit, Failure};
use crate::output::Output;

pub(crate) fn run(
    desk: &mut Desk<'_>,
    arguments: &Export,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let (session, id) = desk.open_case(&arguments.case)?;
    let mut writer = RowWriter::new(format_of(arguments.format), &arguments.shape, false)?;
    let filter = filter(session, &id, &arguments.filter, &arguments.order)?;
    writer.start(output)?;
    let output_cell = std::cell::RefCell::new(&mut *output);
    let exported = session.export_index(
        &id,
        &filter,
        record(arguments),
        &mut |row| writer.row(&id, row, &mut output_cell.borrow_mut()),
        || output_cell.borrow_mut().flush(),
    )?;
    let HandedOut { matching, taken, .. } = exported;
    taken?;
    let nothing = matching == 0 && !is_everything(&arguments.filter);
    tell_absent(session, &id, &filter, nothing, output)?;
    coverage::tell(session, &id, output)
}

fn is_everything(arguments: &FilterArguments) -> bool {
    words(arguments, &Default::default()) == "everything"
}

const fn format_of(format: ExportFormat) -> RowFormat {
    match format {
        ExportFormat::Jsonl => RowFormat::Jsonl,
        ExportFormat::Csv => RowFormat::Csv,
        ExportFormat::Bodyfile => RowFormat::Bodyfile,
    }
}

/// What the ledger says of the export.
fn record(arguments: &Export) -> IndexExport {
    let form = match arguments.format {
        ExportFormat::Jsonl => "JSON Lines",
        ExportFormat::Csv => "CSV",
        ExportFormat::Bodyfile => "a body file",
    };
    let query = words(&arguments.filter, &arguments.order);
    let what = match query.as_str() {
        "everything" => format!("index of all streams as {form}"),
        query => format!("index of the streams of {query} as {form}"),
    };
    IndexExport {
        what,
        to: "standard output".to_owned(),
        reason: "asked for on the command line".to_owned(),
    }
}
