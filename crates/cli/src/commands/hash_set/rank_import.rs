//! Bloom filters in `athar hash-set import`, `list`, `show`, `verify` and `remove`.

use case_model::to_hex;
use casework::{Session, bloom_filters};
use hash_set::{BloomRanking, HashSetError, Library, RankingInfo, RankingOptions};
use lab::Lab;
use report::ranking_json;
use serde_json::json;

use crate::arguments::{HashSetImport, RemoveSet};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::quantities::{counted, exact_bytes, grouped, short_time};

/// What a filter is, wherever one is shown.
const MEANS: &str = "ranking only: never a hit";

/// Is the file to be taken as a filter: by what is said, or by what it is?
pub(crate) fn is_ranking(arguments: &HashSetImport) -> bool {
    arguments.ranking.is_some()
        || arguments.member.is_some()
        || arguments.format.is_none() && BloomRanking::is_recognised(&arguments.file)
}

pub(super) fn import(
    session: &mut Session,
    arguments: &HashSetImport,
    output: &mut Output,
) -> Result<(), Failure> {
    refuse_words_of_sets(arguments)?;
    let author = session.author();
    let text = |said: &Option<String>| said.clone().unwrap_or_default();
    let options = RankingOptions {
        name: arguments.name.clone(),
        version: text(&arguments.set_version),
        publisher: text(&arguments.publisher),
        licence: text(&arguments.licence),
        handling: text(&arguments.handling),
        key: arguments.ranking.unwrap_or_default(),
        member: arguments.member.as_ref().map(|member| member.0.clone()),
        imported_at_ns: author.now(),
        imported_by: author.examiner.to_string(),
    };
    let (info, added) = session.import_ranking(&arguments.file, &options)?;
    if output.is_json() {
        let mut object = ranking_json(&info);
        object["added"] = json!(added);
        return output.object(&object);
    }
    let outcome = if added { "imported" } else { "is there already, nothing was added" };
    output.remark(&format!(
        "Ranking {} {outcome}: {} ({}), {}; {MEANS}, `athar hash-set rank` asks it.",
        title(&info),
        counted(info.entered, "key", "keys"),
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
            "{}  {:<12} {}  {} ({}), {}  imported {} UTC from {}",
            to_hex(&info.digest).get(..12).unwrap_or_default(),
            "ranking",
            title(info),
            counted(info.entered, "key", "keys"),
            info.key,
            share(info.false_positives),
            short_time(info.imported_at_ns),
            safe(&info.source.name),
        ))?;
    }
    Ok(())
}

/// The ranking that a user names, where no set is called so.
pub(super) fn named(lab: &Lab, library: &Library, wanted: &str) -> Option<RankingInfo> {
    match library.find(wanted) {
        Err(HashSetError::NotFound { .. }) => bloom_filters(lab).find(wanted).ok(),
        _ => None,
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
            format!(
                "{}; made for {}",
                share(info.false_positives),
                share(info.false_positives_planned)
            ),
        ),
        ("source", format!("{}, {}", info.source.name, exact_bytes(info.source.bytes))),
        ("imported", format!("{} UTC by {}", short_time(info.imported_at_ns), info.imported_by)),
    ];
    for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        output.line(&format!("{name:<16} {}", safe(value)))?;
    }
    Ok(())
}

pub(super) fn verify(lab: &Lab, output: &mut Output) -> Result<Exit, Failure> {
    let shelf = bloom_filters(lab);
    let mut exit = Exit::Complete;
    for info in shelf.all()? {
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
    session: &mut Session,
    info: &RankingInfo,
    arguments: &RemoveSet,
    output: &mut Output,
) -> Result<(), Failure> {
    session.remove_ranking(info, &arguments.reason)?;
    if output.is_json() {
        return output.object(
            &json!({ "removed": to_hex(&info.digest), "name": info.name, "version": info.version, "kind": "ranking" }),
        );
    }
    output.remark(&format!("Ranking {} removed.", title(info)))
}

/// Name and version, for people.
pub(super) fn title(info: &RankingInfo) -> String {
    let version =
        if info.version.is_empty() { String::new() } else { format!(" {}", info.version) };
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
