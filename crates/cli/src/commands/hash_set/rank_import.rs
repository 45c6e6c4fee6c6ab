//! Bloom filters in `athar hash-set import`, `list`, `show`, `verify` and `remove`.

use case_model::to_hex;
use case_store::Lab;
use custody::Act;
use hash_set::{
    BloomRanking, HashSetError, Library, RankingError, RankingInfo, RankingOptions, RankingShelf,
};
use serde_json::{Value, json};

use crate::arguments::{Global, HashSetImport, RemoveSet};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::open_lab::{open, scribe};
use crate::output::Output;
use crate::quantities::{grouped, rfc3339, short_time};

/// The folder in the lab's.
const RANKINGS: &str = "rankings";
/// What a filter is, wherever one is shown.
const MEANS: &str = "ranking only: never a hit";

pub(super) fn shelf(lab: &Lab) -> RankingShelf {
    RankingShelf::new(&lab.folder().join(RANKINGS))
}

pub(super) fn failure(error: RankingError) -> Failure {
    match error {
        RankingError::NotOne { .. } => {
            Failure::Usage(format!("{error}; `athar hash-set list` shows the lab's sets and rankings"))
        }
        error => Failure::Check(error.to_string()),
    }
}

/// Is the file to be taken as a filter: by what is said, or by what it is?
pub(crate) fn is_ranking(arguments: &HashSetImport) -> bool {
    arguments.ranking.is_some()
        || arguments.member.is_some()
        || arguments.format.is_none() && BloomRanking::is_recognised(&arguments.file)
}

pub(super) fn import(
    lab: &Lab,
    arguments: &HashSetImport,
    global: &Global,
    output: &mut Output,
) -> Result<(), Failure> {
    refuse_words_of_sets(arguments)?;
    let scribe = scribe(global, lab);
    let started = scribe.now();
    let text = |said: &Option<String>| said.clone().unwrap_or_default();
    let options = RankingOptions {
        name: arguments.name.clone(),
        version: text(&arguments.set_version),
        publisher: text(&arguments.publisher),
        licence: text(&arguments.licence),
        handling: text(&arguments.handling),
        key: arguments.ranking.unwrap_or_default(),
        member: arguments.member.as_ref().map(|member| member.0.clone()),
        imported_at_ns: started,
        imported_by: scribe.examiner.to_string(),
    };
    let (info, added) = shelf(lab).import(&arguments.file, &options).map_err(failure)?;
    if added {
        let entry = scribe
            .entry_since(Act::SetImport, started)
            .field("set", info.name.as_str())
            .field("version", info.version.as_str())
            .field("digest", to_hex(&info.digest))
            .field("format", "bloom-ranking")
            .field("source", info.source.name.as_str())
            .field("source_sha256", to_hex(&info.source.sha256))
            .field("entries", info.entered.to_string())
            .field("remark", "a Bloom filter: never a hit, never a disposition");
        lab.ledger()?.append(&entry)?;
    }
    if output.is_json() {
        let mut object = ranking_json(&info);
        object["added"] = json!(added);
        return output.object(&object);
    }
    let outcome = if added { "imported" } else { "is there already, nothing was added" };
    output.remark(&format!(
        "Ranking {} {outcome}: {} keys ({}), {}; {MEANS}, `athar hash-set rank` asks it.",
        title(&info),
        grouped(info.entered),
        info.key,
        share(info.false_positives)
    ))
}

/// A filter has no dispositions, columns or deltas: whoever says some means another file.
fn refuse_words_of_sets(arguments: &HashSetImport) -> Result<(), Failure> {
    let said = [
        (arguments.disposition.is_some(), "--disposition"),
        (arguments.format.is_some(), "--format"),
        (arguments.algorithm.is_some(), "--algorithm"),
        (!arguments.columns.is_empty(), "--columns"),
        (arguments.category_scheme.is_some(), "--category-scheme"),
        (!arguments.delta.is_empty(), "--delta"),
        (arguments.dbhash.is_some(), "--dbhash"),
        (arguments.preview, "--preview"),
    ];
    match said.into_iter().find(|(said, _)| *said) {
        Some((_, word)) => Err(Failure::Usage(format!(
            "{word}: a Bloom filter is for ranking only and has nothing of the kind; nothing was imported"
        ))),
        None => Ok(()),
    }
}

pub(super) fn list(rankings: &[RankingInfo], output: &mut Output) -> Result<(), Failure> {
    for info in rankings {
        if output.is_json() {
            output.object(&ranking_json(info))?;
            continue;
        }
        output.line(&format!(
            "{}  {:<12} {}  {} keys ({}), {}  imported {} UTC from {}",
            to_hex(&info.digest).get(..12).unwrap_or_default(),
            "ranking",
            title(info),
            grouped(info.entered),
            info.key,
            share(info.false_positives),
            short_time(info.imported_at_ns),
            safe(&info.source.name),
        ))?;
    }
    Ok(())
}

/// The ranking that a user names, where no set is called so.
pub(super) fn named(
    global: &Global,
    library: &Library,
    wanted: &str,
) -> Result<Option<RankingInfo>, Failure> {
    match library.find(wanted) {
        Err(HashSetError::NotFound { .. }) => Ok(shelf(&open(global)?).find(wanted).ok()),
        _ => Ok(None),
    }
}

pub(super) fn show(info: &RankingInfo, output: &mut Output) -> Result<(), Failure> {
    if output.is_json() {
        return output.object(&ranking_json(info));
    }
    let facts = [
        ("ranking", info.name.clone()),
        ("version", info.version.clone()),
        ("digest", to_hex(&info.digest)),
        ("publisher", info.publisher.clone()),
        ("licence", info.licence.clone()),
        ("handling", info.handling.clone()),
        ("a match means", format!("nothing: {MEANS}")),
        ("keys", format!("{}, {}", info.key, grouped(info.entered))),
        (
            "false answers",
            format!("{}; made for {}", share(info.false_positives), share(info.false_positives_planned)),
        ),
        ("source", format!("{}, {} bytes", info.source.name, grouped(info.source.bytes))),
        ("imported", format!("{} UTC by {}", short_time(info.imported_at_ns), info.imported_by)),
    ];
    for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        output.line(&format!("{name:<16} {}", safe(value)))?;
    }
    Ok(())
}

pub(super) fn verify(lab: &Lab, output: &mut Output) -> Result<Exit, Failure> {
    let shelf = shelf(lab);
    let mut exit = Exit::Complete;
    for info in shelf.all().map_err(failure)? {
        let fault = shelf.verify(&info).err().map(|error| error.to_string());
        if fault.is_some() {
            exit = Exit::Failed;
        }
        if output.is_json() {
            output.object(
                &json!({ "digest": to_hex(&info.digest), "name": info.name, "version": info.version,
                                   "kind": "ranking", "intact": fault.is_none(), "fault": fault }),
            )?;
            continue;
        }
        let found = fault.map_or("intact".to_owned(), |fault| format!("DAMAGED: {}", safe(&fault)));
        output.line(&format!("{}: {found}", title(&info)))?;
    }
    Ok(exit)
}

pub(super) fn remove(
    lab: &Lab,
    info: &RankingInfo,
    arguments: &RemoveSet,
    global: &Global,
    output: &mut Output,
) -> Result<(), Failure> {
    let entry = scribe(global, lab)
        .entry(Act::SetRemove)
        .reason(arguments.reason.as_str())
        .field("set", info.name.as_str())
        .field("version", info.version.as_str())
        .field("digest", to_hex(&info.digest))
        .field("format", "bloom-ranking");
    lab.ledger()?.append(&entry)?;
    shelf(lab).remove(info).map_err(failure)?;
    if output.is_json() {
        return output.object(
            &json!({ "removed": to_hex(&info.digest), "name": info.name, "version": info.version, "kind": "ranking" }),
        );
    }
    output.remark(&format!("Ranking {} removed.", title(info)))
}

/// Name and version, for people.
pub(super) fn title(info: &RankingInfo) -> String {
    let version = if info.version.is_empty() { String::new() } else { format!(" {}", info.version) };
    safe(&format!("{}{version}", info.name))
}

/// How often an answer is wrong, for people.
fn share(false_positives: f64) -> String {
    match false_positives {
        none if none <= 0.0 => "no answer of 'maybe' wrong".to_owned(),
        some if some < 1.0 => format!("'maybe' for 1 of {:.0} that are not in it", 1.0 / some),
        _ => "'maybe' for everything: it tells nothing".to_owned(),
    }
}

fn ranking_json(info: &RankingInfo) -> Value {
    json!({
        "kind": "ranking", "digest": to_hex(&info.digest), "name": info.name, "version": info.version, "publisher": info.publisher,
        "licence": info.licence, "handling": info.handling, "key": info.key.to_string(), "entered": info.entered,
        "false_positives": info.false_positives, "false_positives_planned": info.false_positives_planned,
        "source": info.source.name, "source_bytes": info.source.bytes, "source_sha256": to_hex(&info.source.sha256),
        "imported_by": info.imported_by, "imported_at": rfc3339(info.imported_at_ns),
    })
}
