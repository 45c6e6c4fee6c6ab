//! `athar hash-set`.

use case_model::{Algorithm, HitDisposition, to_hex};
use case_store::Lab;
use custody::Act;
use hash_set::{ImportOptions, Library, Outcome, SetInfo};
use pipeline::Scribe;
use serde_json::{Value, json};

use crate::arguments::{Global, HashSet, HashSetImport, Meaning};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::open_lab::{open, open_or_create, scribe};
use crate::output::Output;
use crate::quantities::{grouped, short_time};

/// Rejected lines that are printed; all are counted.
const SHOWN_REJECTIONS: usize = 5;

pub(crate) fn run(global: &Global, command: &HashSet, output: &mut Output) -> Result<Exit, Failure> {
    match command {
        HashSet::Import(arguments) => {
            let lab = open_or_create(global, output)?;
            let mut library = Library::open(&lab.hash_sets())?;
            let scribe = scribe(global, &lab);
            import(&lab, &mut library, arguments, &scribe, global, output)?;
        }
        HashSet::List => list(&Library::open(&open(global)?.hash_sets())?, output)?,
    }
    Ok(Exit::Complete)
}

/// Imports a set and records it in the lab's ledger.
pub(crate) fn import(
    lab: &Lab,
    library: &mut Library,
    arguments: &HashSetImport,
    scribe: &Scribe,
    global: &Global,
    output: &mut Output,
) -> Result<(), Failure> {
    let started = scribe.now();
    let options = ImportOptions {
        name: arguments.name.clone(),
        version: arguments.set_version.clone().unwrap_or_default(),
        publisher: arguments.publisher.clone().unwrap_or_default(),
        disposition: arguments.disposition.map(meaning),
        algorithm: arguments.algorithm,
        imported_at_ns: started,
        imported_by: scribe.examiner.to_string(),
        ..ImportOptions::default()
    };
    let report = library
        .import(&arguments.file, &options, &mut |_| {})
        .map_err(|error| Failure::Import { file: arguments.file.display().to_string(), error })?;
    let set = &report.set;
    if report.outcome == Outcome::Added {
        let entry = scribe
            .entry_since(Act::SetImport, started)
            .field("set", set.name.as_str())
            .field("version", set.version.as_str())
            .field("digest", to_hex(&set.digest))
            .field("disposition", set.disposition.key())
            .field("source", set.source.name.as_str())
            .field("source_sha256", to_hex(&set.source.sha256))
            .field("entries", report.tally.entries.to_string())
            .field("rejected", report.tally.rejected.to_string());
        lab.ledger()?.append(&entry)?;
    }
    if output.is_json() {
        let mut object = set_json(set);
        object["added"] = json!(report.outcome == Outcome::Added);
        object["rejected"] = json!(report.tally.rejected);
        object["duplicates"] = json!(report.tally.duplicates);
        object["empty_files_dropped"] = json!(report.tally.empty_files);
        return output.object(&object);
    }
    let outcome = match report.outcome {
        Outcome::Added => "imported",
        Outcome::AlreadyThere => "is there already, nothing was added",
    };
    let tally = &report.tally;
    output.remark(&format!(
        "Hash set {} {outcome}: {} entries ({}), {} duplicates, {} rejected, {} of the empty file dropped; a match means {}.",
        safe(&set.name),
        grouped(tally.entries),
        algorithms(set),
        grouped(tally.duplicates),
        grouped(tally.rejected),
        grouped(tally.empty_files),
        set.disposition,
    ))?;
    for rejection in report.rejections.iter().take(if global.verbose { usize::MAX } else { SHOWN_REJECTIONS })
    {
        output.remark(&format!("  rejected: {}", safe(&rejection.to_string())))?;
    }
    for note in &report.notes {
        output.remark(&format!("  note: {}", safe(&note.to_string())))?;
    }
    Ok(())
}

fn list(library: &Library, output: &mut Output) -> Result<(), Failure> {
    if library.sets().is_empty() {
        return output.remark("The lab has no hash sets. `athar hash-set import FILE` takes one in.");
    }
    for set in library.sets() {
        if output.is_json() {
            output.object(&set_json(set))?;
            continue;
        }
        let version = if set.version.is_empty() { String::new() } else { format!(" {}", safe(&set.version)) };
        output.line(&format!(
            "{}  {:<12} {}{version}  {} entries ({})  imported {} UTC from {}",
            to_hex(&set.digest).get(..12).unwrap_or_default(),
            set.disposition.key(),
            safe(&set.name),
            grouped(set.entries()),
            algorithms(set),
            short_time(set.imported_at_ns),
            safe(&set.source.name),
        ))?;
    }
    Ok(())
}

fn algorithms(set: &SetInfo) -> String {
    let names: Vec<String> = Algorithm::ALL
        .into_iter()
        .filter(|algorithm| set.count(*algorithm) > 0)
        .map(|algorithm| format!("{algorithm} {}", grouped(set.count(algorithm))))
        .collect();
    names.join(", ")
}

fn set_json(set: &SetInfo) -> Value {
    let digests: serde_json::Map<String, Value> = Algorithm::ALL
        .into_iter()
        .filter(|algorithm| set.count(*algorithm) > 0)
        .map(|algorithm| (algorithm.key().to_owned(), json!(set.count(algorithm))))
        .collect();
    json!({
        "digest": to_hex(&set.digest), "name": set.name, "version": set.version, "publisher": set.publisher,
        "disposition": set.disposition.key(), "entries": set.entries(), "digests": digests, "source": set.source.name,
        "source_sha256": to_hex(&set.source.sha256), "imported_by": set.imported_by,
    })
}

fn meaning(meaning: Meaning) -> HitDisposition {
    match meaning {
        Meaning::Known => HitDisposition::Known,
        Meaning::NoChange => HitDisposition::NoChange,
        Meaning::NeedsReview => HitDisposition::NeedsReview,
        Meaning::Notable => HitDisposition::Notable,
        Meaning::Alert => HitDisposition::Alert,
    }
}
