//! `athar cat`.

use case_model::to_hex;
use custody::Act;
use pipeline::{CatPart, cat};

use crate::arguments::{Cat, Global};
use crate::exit::{Exit, Failure};
use crate::open_lab::{open, open_case, scribe};
use crate::output::Output;

pub(crate) fn run(global: &Global, arguments: &Cat, output: &mut Output) -> Result<Exit, Failure> {
    let lab = open(global)?;
    let mut case = open_case(&lab, &arguments.case)?;
    let Some(entry) = case.stored_entry(arguments.entry)? else {
        let (case, entry) = (&arguments.case, arguments.entry);
        return Err(Failure::Usage(format!(
            "case {case} has no entry {entry}; `athar find {case}` shows the entries"
        )));
    };
    let scribe = scribe(global, &lab);
    let started = scribe.now();
    let part = if arguments.slack { CatPart::Slack } else { CatPart::Content };
    let report = match cat(&entry, part, case.code_page()?, output.raw()) {
        Ok(report) => report,
        Err(error) => {
            // Also when whoever reads has seen enough (`athar cat … | head`): some of the bytes were handed out.
            let broken_off = scribe
                .entry_since(Act::Cat, started)
                .case(case.id().as_str())
                .field("entry", entry.id.to_string())
                .field("file", entry.path.chars().take(4000).collect::<String>())
                .field("broken_off", error.to_string().chars().take(1000).collect::<String>());
            case.append(&broken_off)?;
            return Err(error.into());
        }
    };
    // The index has the digest of the content alone.
    let indexed = entry.sha256.as_deref().filter(|_| part == CatPart::Content);
    let matches = indexed.map(|sha256| sha256 == report.sha256);
    let ledger_entry = scribe
        .entry_since(Act::Cat, started)
        .case(case.id().as_str())
        .field("entry", entry.id.to_string())
        .field("file", entry.path.chars().take(4000).collect::<String>())
        .field("part", if arguments.slack { "slack" } else { "content" })
        .field("bytes", report.bytes.to_string())
        .field("unreadable_bytes", report.bad_bytes.to_string())
        .field("sha256", to_hex(&report.sha256))
        .field("agrees_with_index", matches.map_or("not hashed", |same| if same { "yes" } else { "no" }));
    case.append(&ledger_entry)?;
    output.flush()?;
    if matches == Some(false) {
        let indexed = entry.sha256.as_deref().map(to_hex).unwrap_or_default();
        return Err(Failure::Check(format!(
            "entry {}: the bytes just read have SHA-256 {}, the index says {indexed}: the evidence has changed since the scan",
            entry.id,
            to_hex(&report.sha256)
        )));
    }
    if report.bad_bytes > 0 {
        eprintln!(
            "athar: entry {}: {} of {} bytes could not be read; zeros stand in their place",
            entry.id, report.bad_bytes, report.bytes
        );
        return Ok(Exit::Incomplete);
    }
    Ok(Exit::Complete)
}
