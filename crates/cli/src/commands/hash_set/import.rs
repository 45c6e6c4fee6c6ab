//! `athar hash-set import`.

use std::collections::BTreeMap;

use case_model::to_hex;
use casework::{CaseworkError, Session};
use hash_set::{ImportOptions, ImportReport, Library, Outcome, SetInfo, preview_table};
use report::{rejection_json, set_json};
use serde_json::json;

use super::describe::algorithms;
use super::preview::{print_preview, refuse_doubts};
use super::progress::ImportProgress;
use super::title;
use crate::arguments::{Global, HashSetImport};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::quantities::{counted, grouped};

/// Rejected lines that are printed; all are counted.
const SHOWN_REJECTIONS: usize = 5;

/// A set that was imported.
pub(crate) struct Imported {
    /// The set, as it is in the library.
    pub(crate) set: SetInfo,
    /// [`Exit::Incomplete`] when records of the file were rejected: the set lacks them.
    pub(crate) exit: Exit,
}

/// Imports a set and records it in the lab's ledger; `None` when it was only to be shown.
pub(crate) fn import(
    session: &mut Session,
    library: &mut Library,
    arguments: &HashSetImport,
    global: &Global,
    output: &mut Output,
) -> Result<Option<Imported>, Failure> {
    let options = options(session, arguments)?;
    let failed =
        |error| CaseworkError::Import { file: arguments.file.display().to_string(), error };
    let preview = preview_table(&arguments.file, &options).map_err(failed)?;
    if let Some(preview) = &preview {
        let refused = !preview.doubts.is_empty() && !arguments.yes;
        if arguments.preview || refused || global.verbose || !output.is_json() {
            print_preview(preview, arguments.preview || refused, output)?;
        }
        if refused && !arguments.preview {
            return Err(refuse_doubts(&arguments.file, preview));
        }
    }
    if arguments.preview {
        if preview.is_none() {
            output.remark(
                "Not a table: its format says where the digests stand. Nothing was imported.",
            )?;
        }
        return Ok(None);
    }
    output.flush()?;
    let progress = ImportProgress::new(global);
    let report =
        session.import_set(library, &arguments.file, &options, &mut |step| progress.step(step));
    progress.clear();
    let report = report?;
    print_report(&report, global, output)?;
    say_versions(library, &report.set, output)?;
    let exit = if report.tally.rejected > 0 { Exit::Incomplete } else { Exit::Complete };
    Ok(Some(Imported { set: report.set, exit }))
}

/// What the arguments and the lab's rules say.
fn options(session: &Session, arguments: &HashSetImport) -> Result<ImportOptions, Failure> {
    let author = session.author();
    let text = |said: &Option<String>| said.clone().unwrap_or_default();
    let mut columns = BTreeMap::new();
    for (name, role) in &arguments.columns {
        if columns.insert(name.clone(), *role).is_some_and(|before| before != *role) {
            return Err(Failure::Usage(format!("--columns says two things about {name:?}")));
        }
    }
    Ok(ImportOptions {
        format: arguments.format,
        name: arguments.name.clone(),
        version: text(&arguments.set_version),
        publisher: text(&arguments.publisher),
        released: text(&arguments.released),
        licence: text(&arguments.licence),
        handling: text(&arguments.handling),
        disposition: arguments.disposition.map(Into::into),
        algorithm: arguments.algorithm,
        mixed_algorithms: arguments.mixed_algorithms,
        category_scheme: text(&arguments.category_scheme),
        categories: casework::categories(session.lab())?,
        care: casework::care_list(session.lab())?,
        deltas: arguments.delta.clone(),
        database_hash: arguments.dbhash,
        columns,
        imported_at_ns: author.now(),
        imported_by: author.examiner.to_string(),
        memory_bytes: usize::try_from(arguments.memory).unwrap_or(usize::MAX),
        beside: Some(pipeline::beside),
        ..ImportOptions::default()
    })
}

/// Says which reading of a list is looked up, where there are several.
fn say_versions(library: &Library, set: &SetInfo, output: &mut Output) -> Result<(), Failure> {
    let short = |set: &SetInfo| to_hex(&set.digest).chars().take(12).collect::<String>();
    if let Some(later) = library.replaced_by(set) {
        let later = short(later);
        let text = format!(
            "athar: a later reading of this list, {later}, is looked up in its place; `athar hash-set remove {later}` gives that up"
        );
        return output.warn(&text, &json!({ "event": "replaced", "set": short(set), "by": later }));
    }
    let earlier: Vec<String> = library
        .sets()
        .iter()
        .filter(|other| library.replaced_by(other).is_some_and(|later| later.digest == set.digest))
        .map(short)
        .collect();
    if earlier.is_empty() {
        return Ok(());
    }
    let text = format!(
        "  It takes the place of {}: the same list under the same name, read with other rules. That reading is kept and no longer looked up; \
         `athar match` marks in a case what changed.",
        earlier.join(", ")
    );
    if output.is_json() {
        output.aside(&text, &json!({ "event": "replaces", "set": short(set), "earlier": earlier }));
        return Ok(());
    }
    output.remark(&text)
}

fn print_report(
    report: &ImportReport,
    global: &Global,
    output: &mut Output,
) -> Result<(), Failure> {
    let set = &report.set;
    let tally = &report.tally;
    if output.is_json() {
        let mut object = set_json(set);
        object["added"] = json!(report.outcome == Outcome::Added);
        object["rejected"] = json!(tally.rejected);
        object["duplicates"] = json!(tally.duplicates);
        object["empty_files_dropped"] = json!(tally.empty_files);
        object["first_rejections"] = report.rejections.iter().map(rejection_json).collect();
        object["notes"] = report.notes.iter().map(|note| json!(note.to_string())).collect();
        return output.object(&object);
    }
    let outcome = match report.outcome {
        Outcome::Added => "imported",
        Outcome::AlreadyThere => "is there already, nothing was added",
    };
    output.remark(&format!(
        "Hash set {} {outcome}: {} ({}), {}, {} rejected, {} of the empty file dropped; a match means {}.",
        title(set),
        counted(tally.entries, "entry", "entries"),
        algorithms(set),
        counted(tally.duplicates, "duplicate", "duplicates"),
        grouped(tally.rejected),
        grouped(tally.empty_files),
        set.disposition,
    ))?;
    let shown = if global.verbose { usize::MAX } else { SHOWN_REJECTIONS };
    for rejection in report.rejections.iter().take(shown) {
        output.remark(&format!("  rejected: {}", safe(&rejection.to_string())))?;
    }
    if tally.rejected > report.rejections.len().min(shown) as u64 {
        let digest = to_hex(&set.digest);
        let short = digest.get(..12).unwrap_or_default();
        output.remark(&format!(
            "  and more: `athar hash-set show {short}` lists the first hundred"
        ))?;
    }
    if tally.rejected > 0 {
        output.remark(
            "  The set lacks what was rejected: mend it in the list and import that again.",
        )?;
    }
    for note in &report.notes {
        output.remark(&format!("  note: {}", safe(&note.to_string())))?;
    }
    Ok(())
}
