//! `athar cat`.

use case_model::to_hex;
use case_store::EntryId;
use look::CatPart;

use crate::arguments::Cat;
use crate::desk::Desk;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::quantities::exact_bytes;
use crate::terminal_guard::TerminalGuard;

pub(crate) fn run(
    desk: &mut Desk<'_>,
    arguments: &Cat,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let (session, id) = desk.open_case(&arguments.case)?;
    let part = if arguments.slack { CatPart::Slack } else { CatPart::Content };
    let mut out = TerminalGuard::new(output.raw(), arguments.force);
    let taken = session.take_content(
        &id,
        EntryId::from_number(arguments.entry),
        part,
        arguments.at.as_deref(),
        &mut out,
    )?;
    output.flush()?;
    let entry = arguments.entry;
    let report = &taken.report;
    if let Some(indexed) = &taken.other_sha256 {
        return Err(Failure::Check(format!(
            "entry {entry}: the bytes just read have SHA-256 {}, the index says {}: the evidence has changed since the scan",
            to_hex(&report.sha256),
            to_hex(indexed)
        )));
    }
    if report.bad_bytes > 0 {
        crate::output::tell(&format!(
            "athar: entry {entry}: {} of {} could not be read; zeros stand in their place",
            report.bad_bytes,
            exact_bytes(report.bytes)
        ));
        return Ok(Exit::Incomplete);
    }
    Ok(Exit::Complete)
}
