//! `athar hash-set remove`.

use case_model::to_hex;
use case_store::Lab;
use custody::{Act, Json};
use hash_set::Library;
use serde_json::json;

use super::{find, title};
use crate::arguments::{Global, RemoveSet};
use crate::exit::Failure;
use crate::open_lab::scribe;
use crate::output::Output;
use crate::quantities::grouped;

/// Names of cases that an entry of the ledger spells out; the rest is counted.
const CASES_LISTED: usize = 100;

pub(super) fn remove(
    lab: &Lab,
    arguments: &RemoveSet,
    global: &Global,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut library = Library::open(&lab.hash_sets())?;
    let set = find(&library, &arguments.set)?.clone();
    let Users { cases, unknown } = users(lab, &set.digest)?;
    if !arguments.yes && (!cases.is_empty() || !unknown.is_empty()) {
        let has: Vec<String> =
            cases.iter().take(5).map(|(case, hits)| format!("{case} ({} files)", grouped(*hits))).collect();
        let asked: Vec<&str> = unknown.iter().take(5).map(String::as_str).collect();
        let has = match (has.is_empty(), asked.is_empty()) {
            (false, true) => format!("{} cases have hits of it: {}", cases.len(), has.join(", ")),
            (true, _) => format!("{} cases cannot be asked: {}", unknown.len(), asked.join("; ")),
            (false, false) => format!(
                "{} cases have hits of it: {}; {} cannot be asked: {}",
                cases.len(),
                has.join(", "),
                unknown.len(),
                asked.join("; ")
            ),
        };
        return Err(Failure::Check(format!(
            "{}: {has}. Nothing was removed. Those hits stay whatever happens to the set, but nobody could look up its entries any more; --yes removes it all the same",
            title(&set)
        )));
    }
    // The entry first: a set that is gone without a word would be worse than one that is still there.
    let listed = cases.iter().take(CASES_LISTED).map(|(case, _)| Json::from(case.as_str()));
    let entry = scribe(global, lab)
        .entry(Act::SetRemove)
        .reason(arguments.reason.as_str())
        .field("set", set.name.as_str())
        .field("version", set.version.as_str())
        .field("digest", to_hex(&set.digest))
        .field("entries", set.entries().to_string())
        .field("cases_with_hits", cases.len().to_string())
        .field("first_cases", Json::List(listed.collect()))
        .field("cases_not_asked", unknown.len().to_string());
    lab.ledger()?.append(&entry)?;
    library.remove(&set.digest)?;
    if output.is_json() {
        return output.object(&json!({ "removed": to_hex(&set.digest), "name": set.name, "version": set.version,
                                      "cases_with_hits": cases.iter().map(|(case, _)| case).collect::<Vec<_>>() }));
    }
    let stay = if cases.is_empty() { String::new() } else { format!("; hits in {} cases stay", cases.len()) };
    output.remark(&format!("Hash set {} removed{stay}.", title(&set)))
}

/// Cases that have recorded hits of a set.
struct Users {
    /// Name, and number of files.
    cases: Vec<(String, u64)>,
    /// Cases that cannot be opened: name and reason.
    unknown: Vec<String>,
}

fn users(lab: &Lab, digest: &[u8; 32]) -> Result<Users, Failure> {
    let mut users = Users { cases: Vec::new(), unknown: Vec::new() };
    for id in lab.cases()? {
        match lab.open_case(&id).and_then(|case| case.entries_hit_by(digest)) {
            Ok(0) => {}
            Ok(hits) => users.cases.push((id.to_string(), hits)),
            Err(error) => users.unknown.push(format!("{id} ({error})")),
        }
    }
    Ok(users)
}
