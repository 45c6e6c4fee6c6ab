//! A row of the index as lines for people.

use case_model::{Disposition, HitClass};
use case_store::FoundRow;
use report::is_low_information;
use words::{Language, stored_text};

use crate::display::safe;
use crate::exit::Failure;
use crate::instants::{doubtful, shown_in};
use crate::output::Output;
use crate::quantities::bytes;

/// Prints a row, below the titles of the columns when it is the first.
pub(crate) fn print_row(row: &FoundRow, first: bool, output: &mut Output) -> Result<(), Failure> {
    if first {
        output.remark(&format!(
            "{:>8}  {:>9}  {:<20}  {:<10}  path",
            "entry", "size", "modified UTC/?local", "state"
        ))?;
    }
    let times = row.times();
    let zone = row.zone.as_ref().map(|known| &known.zone);
    let modified = shown_in(times.modified, zone);
    let state = match (row.state.as_str(), row.disposition) {
        ("deleted", _) => "deleted",
        (_, Disposition::Hashed | Disposition::Empty) => "in use",
        (_, Disposition::Skipped) => row.kind.as_str(),
        (_, other) => other.key(),
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
    if let Some(doubt) = doubtful(times.modified, zone) {
        output.line(&format!("{:>10}modified: {doubt}", ""))?;
    }
    if let (Some(rule), true) = (&row.rule, row.disposition != Disposition::Skipped) {
        output.line(&format!(
            "{:>10}{}: {}",
            "",
            row.disposition,
            safe(&stored_text(rule, Language::English))
        ))?;
    }
    for hit in &row.hits {
        let version =
            if hit.version.is_empty() { String::new() } else { format!(" {}", safe(&hit.version)) };
        let class = if hit.class == HitClass::Full {
            String::new()
        } else {
            format!(" ({})", hit.class.key())
        };
        let label =
            if hit.label.is_empty() { String::new() } else { format!(": {}", safe(&hit.label)) };
        let severity = hit.severity;
        let set = safe(&hit.set);
        output.line(&format!(
            "{:>10}{severity}{class}  {set}{version} by {}{label}",
            "",
            hit.algorithm.key()
        ))?;
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
        line(
            "low information: few bytes, or a content that countless files have; the match says little",
        )?;
    }
    if row.hits.iter().any(|hit| hit.class == HitClass::PartialDigests) {
        line(
            "possible collision: one digest agrees with the set, another does not; compare the contents",
        )?;
    }
    if row.hits.iter().any(|hit| hit.class == HitClass::SizeDiffers) {
        line("the digest agrees, the size does not: the set is wrong or a digest is forged")?;
    }
    match &row.content_check {
        Some(check) if check.sha1_collision => line("the content has marks of an attack on SHA-1")?,
        _ => {}
    }
    match &row.content_check {
        Some(check) if !check.agrees => {
            line("when it was read again, the content was not what was indexed")
        }
        _ => Ok(()),
    }
}
