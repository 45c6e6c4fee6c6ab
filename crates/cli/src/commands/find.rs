//! `athar find`.

use case_model::CaseId;
use casework::{Coverage, HandedOut};
use serde_json::json;

use crate::arguments::{Find, RowFormat};
use crate::commands::filter::{filter, tell_absent, words};
use crate::commands::row_writer::RowWriter;
use crate::coverage;
use crate::desk::{Desk, cases};
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::quantities::grouped;

pub(crate) fn run(
    desk: &mut Desk<'_>,
    arguments: &Find,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let format = match (arguments.format, output.is_json()) {
        (Some(format), _) => format.into(),
        (None, true) => RowFormat::Jsonl,
        (None, false) => RowFormat::Table,
    };
    let mut writer = RowWriter::new(format, &arguments.shape, arguments.all_cases)?;
    if format == RowFormat::Table {
        output.page()?;
    }
    writer.start(output)?;
    if !arguments.all_cases {
        let id = desk.open_case(arguments.case.as_deref().unwrap_or_default())?.1;
        return one_case(desk, &id, arguments, format, &mut writer, output);
    }
    let ids = cases(desk.open()?, &[], true)?;
    let mut exit = Exit::Complete;
    for id in &ids {
        if format == RowFormat::Table {
            output.remark(&format!("Case {id}:"))?;
        }
        // What one case lacks does not keep the others from answering.
        let asked = one_case(desk, id, arguments, format, &mut writer, output);
        let failed = match asked {
            Ok(Exit::Complete) => continue,
            Ok(_) => None,
            Err(failure) if failure.is_closed_pipe() => return Err(failure),
            Err(failure) => Some(failure.to_string()),
        };
        if let Some(error) = failed {
            let event = json!({ "event": "case-not-asked", "case": id.as_str(), "error": error });
            output.warn(&format!("athar: case {id}: NOT ASKED: {error}"), &event)?;
        }
        exit = Exit::Incomplete;
    }
    Ok(exit)
}

fn one_case(
    desk: &mut Desk<'_>,
    id: &CaseId,
    arguments: &Find,
    format: RowFormat,
    writer: &mut RowWriter,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let session = desk.open()?;
    let filter = filter(session, id, &arguments.filter, &arguments.order)?;
    let words = words(&arguments.filter, &arguments.order);
    let found = session.find(id, &filter, words, &mut |row| writer.row(id, row, output))?;
    let HandedOut { rows, matching, taken } = found;
    taken?;
    writer.tell_zones(output)?;
    let covered = session.coverage(id)?;
    // Where no set was looked up, nothing can have matched: that is said below.
    let asks_for_hits = filter.hit || !filter.sets.is_empty() || !filter.severities.is_empty();
    if rows > 0 || !asks_for_hits || covered.unmatched().next().is_none() {
        let total = total(rows, matching, &covered);
        match format {
            RowFormat::Table => output.remark(&total)?,
            // Beside a table for programs, never in it.
            _ if !output.is_json() => output.aside(&total, &json!({})),
            _ => {}
        }
    }
    if output.is_json() && rows < matching {
        let event =
            json!({ "event": "limit", "case": id.as_str(), "shown": rows, "matching": matching });
        output.warn("", &event)?;
    }
    tell_absent(session, id, &filter, matching == 0, output)?;
    if asks_for_hits {
        coverage::tell_unmatched(&covered, output)?;
    }
    coverage::say(&covered, output)?;
    Ok(coverage::exit_of(&covered))
}

/// How many rows match. Nothing is said to match nothing but what was read.
fn total(rows: u64, matching: u64, covered: &Coverage) -> String {
    match (rows, covered.is_complete()) {
        (0, true) => "Nothing in this case matches.".to_owned(),
        (0, false) => "Nothing in what was read of this case matches.".to_owned(),
        (rows, _) if rows < matching => {
            format!(
                "{} of {} found; --limit holds back the rest.",
                grouped(rows),
                grouped(matching)
            )
        }
        (rows, _) => format!("{} found.", grouped(rows)),
    }
}
