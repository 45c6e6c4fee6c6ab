//! `athar find`.

use case_model::{Algorithm, from_hex};
use case_store::{Filter, FoundRow};
use casework::{Coverage, HandedOut, case_id};
use report::{is_low_information, json_row};
use serde_json::json;
use words::{Language, stored_text};

use crate::arguments::Find;
use crate::coverage;
use crate::desk::Desk;
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::instants::shown;
use crate::output::Output;
use crate::quantities::{bytes, grouped};

pub(crate) fn run(desk: &mut Desk<'_>, arguments: &Find, output: &mut Output) -> Result<Exit, Failure> {
    let filter = filter(arguments)?;
    let session = desk.open()?;
    let id = case_id(&arguments.case)?;
    let mut first = true;
    let found = session.find(&id, &filter, query_text(arguments), &mut |row| match output.is_json() {
        true => output.object(&json_row(row)),
        false => print_row(row, std::mem::take(&mut first), output),
    })?;
    let HandedOut { rows, matching, taken } = found;
    taken?;
    let covered = session.coverage(&id)?;
    // Where no set was looked up, nothing can have matched: that is said below.
    if rows > 0 || !arguments.hit || covered.unmatched().next().is_none() {
        output.remark(&total(rows, matching, &covered))?;
    }
    if output.is_json() && rows < matching {
        let event = json!({ "event": "limit", "case": id.as_str(), "shown": rows, "matching": matching });
        output.warn("", &event)?;
    }
    if arguments.hit {
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
            format!("{} of {} found; --limit holds back the rest.", grouped(rows), grouped(matching))
        }
        (rows, _) => format!("{} found.", grouped(rows)),
    }
}

fn filter(arguments: &Find) -> Result<Filter, Failure> {
    let given = [
        (Algorithm::Md5, &arguments.md5),
        (Algorithm::Sha1, &arguments.sha1),
        (Algorithm::Sha256, &arguments.sha256),
    ];
    let mut digest = None;
    for (algorithm, text) in given {
        let Some(text) = text else { continue };
        let bytes = from_hex(text.trim()).map_err(|error| Failure::Usage(error.to_string()))?;
        if bytes.len() != algorithm.length() {
            let (digits, wanted) = (bytes.len() * 2, algorithm.length() * 2);
            return Err(Failure::Usage(format!("{algorithm} has {wanted} digits, this has {digits}")));
        }
        digest = Some((algorithm.key(), bytes));
    }
    Ok(Filter {
        digest,
        name: arguments.name.clone(),
        path: arguments.path.clone(),
        hit: arguments.hit,
        larger_than: arguments.larger_than,
        smaller_than: arguments.smaller_than,
        modified_after: arguments.modified_after,
        modified_before: arguments.modified_before,
        content_type: arguments.content_type.clone(),
        deleted: arguments.deleted,
        disposition: arguments.disposition.clone(),
        id: None,
        image: None,
        limit: arguments.limit,
    })
}

fn print_row(row: &FoundRow, first: bool, output: &mut Output) -> Result<(), Failure> {
    if first {
        output.remark(&format!(
            "{:>8}  {:>9}  {:<20}  {:<10}  path",
            "entry", "size", "modified UTC/?local", "state"
        ))?;
    }
    let modified = shown(row.times().modified);
    let state = match (row.state.as_str(), row.disposition.as_str()) {
        ("deleted", _) => "deleted",
        (_, "hashed" | "empty") => "in use",
        (_, "skipped") => row.kind.as_str(),
        (_, other) => other,
    };
    output.line(&format!(
        "{:>8}  {:>9}  {modified:<20}  {state:<10}  {}{}{}",
        row.id,
        bytes(row.size),
        safe(&row.image),
        // The name of an image inside another one ends where the path inside it begins.
        if row.image.ends_with('!') { "" } else { ":" },
        safe(&row.path)
    ))?;
    if let (Some(rule), true) = (&row.rule, row.disposition != "skipped") {
        output.line(&format!(
            "{:>10}{}: {}",
            "",
            row.disposition,
            safe(&stored_text(rule, Language::English))
        ))?;
    }
    for hit in &row.hits {
        let version = if hit.version.is_empty() { String::new() } else { format!(" {}", safe(&hit.version)) };
        let class = if hit.class == "full" { String::new() } else { format!(" ({})", hit.class) };
        let label = if hit.label.is_empty() { String::new() } else { format!(": {}", safe(&hit.label)) };
        let (severity, set) = (&hit.severity, safe(&hit.set));
        output.line(&format!("{:>10}{severity}{class}  {set}{version} by {}{label}", "", hit.algorithm))?;
        for by in &hit.withdrawn_by {
            output.line(&format!("{:>12}WITHDRAWN: {} no longer lists it", "", safe(by)))?;
        }
    }
    print_doubts(row, output)
}

/// What a hit of this file is worth.
fn print_doubts(row: &FoundRow, output: &mut Output) -> Result<(), Failure> {
    let mut line = |text: &str| output.line(&format!("{:>10}! {text}", ""));
    if is_low_information(row) {
        line("low information: few bytes, or a content that countless files have; the match says little")?;
    }
    if row.hits.iter().any(|hit| hit.class == "partial-digests") {
        line("possible collision: one digest agrees with the set, another does not; compare the contents")?;
    }
    if row.hits.iter().any(|hit| hit.class == "size-differs") {
        line("the digest agrees, the size does not: the set is wrong or a digest is forged")?;
    }
    match &row.content_check {
        Some(check) if check.sha1_collision => line("the content has marks of an attack on SHA-1")?,
        _ => {}
    }
    match &row.content_check {
        Some(check) if !check.agrees => line("when it was read again, the content was not what was indexed"),
        _ => Ok(()),
    }
}

/// The query as it goes into the ledger.
fn query_text(arguments: &Find) -> String {
    let texts = [
        ("--md5", arguments.md5.clone()),
        ("--sha1", arguments.sha1.clone()),
        ("--sha256", arguments.sha256.clone()),
        ("--name", arguments.name.clone()),
        ("--path", arguments.path.clone()),
        ("--larger-than", arguments.larger_than.map(|size| size.to_string())),
        ("--smaller-than", arguments.smaller_than.map(|size| size.to_string())),
        ("--modified-after", arguments.modified_after.map(crate::quantities::rfc3339)),
        ("--modified-before", arguments.modified_before.map(crate::quantities::rfc3339)),
        ("--type", arguments.content_type.clone()),
        ("--disposition", arguments.disposition.clone()),
        ("--limit", arguments.limit.map(|limit| limit.to_string())),
    ];
    let flags = [("--hit", arguments.hit), ("--deleted", arguments.deleted)];
    let mut words: Vec<String> =
        texts.into_iter().filter_map(|(word, value)| value.map(|value| format!("{word} {value}"))).collect();
    words.extend(flags.into_iter().filter(|(_, set)| *set).map(|(word, _)| word.to_owned()));
    if words.is_empty() { "everything".to_owned() } else { words.join(" ") }
}
