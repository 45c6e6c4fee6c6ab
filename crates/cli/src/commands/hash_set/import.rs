//! `athar hash-set import`.

use std::collections::BTreeMap;

use case_model::to_hex;
use case_store::Lab;
use custody::{Act, EntryBody, Json};
use hash_set::{ImportOptions, ImportReport, Library, Outcome, Rejection, SetInfo, preview_table};
use pipeline::Scribe;
use serde_json::{Value, json};

use super::describe::{algorithms, set_json};
use super::preview::{print_preview, refuse_doubts};
use super::progress::ImportProgress;
use super::{rules, title};
use crate::arguments::{Global, HashSetImport};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::quantities::grouped;

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
    lab: &Lab,
    library: &mut Library,
    arguments: &HashSetImport,
    scribe: &Scribe,
    global: &Global,
    output: &mut Output,
) -> Result<Option<Imported>, Failure> {
    let started = scribe.now();
    let options = options(lab, arguments, scribe)?;
    let failed = |error| Failure::Import { file: arguments.file.display().to_string(), error };
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
            output.remark("Not a table: its format says where the digests stand. Nothing was imported.")?;
        }
        return Ok(None);
    }
    output.flush()?;
    let progress = ImportProgress::new(global);
    let report = library.import(&arguments.file, &options, &mut |step| progress.step(step));
    progress.clear();
    let report = report.map_err(failed)?;
    record(lab, &report, scribe, started)?;
    print_report(&report, global, output)?;
    let exit = if report.tally.rejected > 0 { Exit::Incomplete } else { Exit::Complete };
    Ok(Some(Imported { set: report.set, exit }))
}

/// What the arguments and the lab's rules say.
fn options(lab: &Lab, arguments: &HashSetImport, scribe: &Scribe) -> Result<ImportOptions, Failure> {
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
        categories: rules::categories(lab)?,
        care: rules::care_list(lab)?,
        deltas: arguments.delta.clone(),
        database_hash: arguments.dbhash,
        columns,
        imported_at_ns: scribe.now(),
        imported_by: scribe.examiner.to_string(),
        memory_bytes: usize::try_from(arguments.memory).unwrap_or(usize::MAX),
        beside: Some(pipeline::beside),
    })
}

/// Writes the entry of the lab's ledger. A set that is there already has one, unless the program was killed before it was written.
fn record(lab: &Lab, report: &ImportReport, scribe: &Scribe, started: i64) -> Result<(), Failure> {
    let mut ledger = lab.ledger()?;
    let mut entry = entry(report, scribe, started);
    if report.outcome == Outcome::AlreadyThere {
        if is_recorded(&ledger.ledger().entries()?, &to_hex(&report.set.digest)) {
            return Ok(());
        }
        entry = entry.field("remark", "registered by an earlier run that ended before it wrote this entry");
    }
    ledger.append(&entry)?;
    Ok(())
}

/// Is the last that the ledger says of the set that it was imported?
fn is_recorded(entries: &[custody::StoredEntry], digest: &str) -> bool {
    let about = entries.iter().rev().find_map(|entry| {
        let body: Value = serde_json::from_slice(&entry.body).ok()?;
        (body.pointer("/fields/digest")? == digest).then(|| body.get("act").cloned()).flatten()
    });
    about.is_some_and(|act| act == Act::SetImport.key())
}

fn entry(report: &ImportReport, scribe: &Scribe, started: i64) -> EntryBody {
    let (set, tally) = (&report.set, &report.tally);
    let companions = set.companions.iter().map(|file| {
        Json::from([("name", Json::from(file.name.as_str())), ("sha256", Json::from(to_hex(&file.sha256)))])
    });
    scribe
        .entry_since(Act::SetImport, started)
        .field("set", set.name.as_str())
        .field("version", set.version.as_str())
        .field("digest", to_hex(&set.digest))
        .field("format", set.format.key())
        .field("disposition", set.disposition.key())
        .field("category_scheme", set.category_scheme.as_str())
        .field("source", set.source.name.as_str())
        .field("source_sha256", to_hex(&set.source.sha256))
        .field("companions", Json::List(companions.take(100).collect()))
        .field("entries", tally.entries.to_string())
        .field("duplicates", tally.duplicates.to_string())
        .field("rejected", tally.rejected.to_string())
        .field("empty_files_dropped", tally.empty_files.to_string())
}

fn print_report(report: &ImportReport, global: &Global, output: &mut Output) -> Result<(), Failure> {
    let (set, tally) = (&report.set, &report.tally);
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
        "Hash set {} {outcome}: {} entries ({}), {} duplicates, {} rejected, {} of the empty file dropped; a match means {}.",
        title(set),
        grouped(tally.entries),
        algorithms(set),
        grouped(tally.duplicates),
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
        output.remark(&format!("  and more: `athar hash-set show {short}` lists the first hundred"))?;
    }
    if tally.rejected > 0 {
        output.remark("  The set lacks what was rejected: mend it in the list and import that again.")?;
    }
    for note in &report.notes {
        output.remark(&format!("  note: {}", safe(&note.to_string())))?;
    }
    Ok(())
}

/// A rejected record, its place in parts.
pub(super) fn rejection_json(rejection: &Rejection) -> Value {
    json!({
        "position": serde_json::to_value(&rejection.position).unwrap_or(Value::Null),
        "text": rejection.to_string(),
    })
}
