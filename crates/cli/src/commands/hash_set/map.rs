//! `athar hash-set map`.

use std::collections::BTreeSet;

use case_store::Lab;
use custody::{Act, Json};
use hash_set::{CareList, CategoryMapping, Library};
use serde_json::json;

use super::rules;
use crate::arguments::{Global, MapCodes};
use crate::display::safe;
use crate::exit::Failure;
use crate::open_lab::scribe;
use crate::output::Output;

/// Changes that an entry of the ledger spells out; the rest is counted.
const CHANGES_LISTED: usize = 200;

pub(super) fn map(
    lab: &Lab,
    arguments: &MapCodes,
    global: &Global,
    output: &mut Output,
) -> Result<(), Failure> {
    if arguments.edit {
        return make_files(lab, output);
    }
    match &arguments.scheme {
        Some(scheme) if arguments.codes.is_empty() && arguments.unset.is_empty() => Err(Failure::Usage(
            format!("--scheme {scheme}: say what its codes mean, as in 1=alert, or --unset CODE"),
        )),
        Some(scheme) => change(lab, scheme, arguments, global, output),
        None => show(lab, output),
    }
}

/// Writes the files where they are not there yet.
fn make_files(lab: &Lab, output: &mut Output) -> Result<(), Failure> {
    let files = [
        (rules::categories_file(lab), CategoryMapping::TEMPLATE, "categories"),
        (rules::care_list_file(lab), CareList::BUNDLED, "care_list"),
    ];
    for (path, text, what) in files {
        let made = rules::read(&path)?.is_none();
        if made {
            rules::write(&path, text)?;
        }
        match output.is_json() {
            true => output.object(&json!({ "file": path.to_string_lossy(), "holds": what, "made": made }))?,
            false => output.line(&format!("{}{}", path.display(), if made { "" } else { " (was there)" }))?,
        }
    }
    output.remark("Edit them with any editor; they are used when a set is imported.")
}

fn show(lab: &Lab, output: &mut Output) -> Result<(), Failure> {
    let mapping = rules::categories(lab)?;
    // Read, so that a list that cannot be used is said to be so here too.
    rules::care_list(lab)?;
    let library = Library::open(&lab.hash_sets())?;
    let used: BTreeSet<&str> = library
        .sets()
        .iter()
        .map(|set| set.category_scheme.as_str())
        .filter(|scheme| !scheme.is_empty())
        .collect();
    for (scheme, code, meaning) in mapping.all() {
        match output.is_json() {
            true => {
                output.object(&json!({ "scheme": scheme, "code": code, "disposition": meaning.key() }))?
            }
            false => output.line(&format!("{}  {} = {}", safe(scheme), safe(code), meaning.key()))?,
        }
    }
    if mapping.all().next().is_none() {
        output.remark("No category code is mapped: all need review.")?;
    }
    for scheme in used {
        let mapped = mapping.all().any(|(uri, ..)| mapping.covers(uri, scheme));
        match output.is_json() {
            true => output.object(&json!({ "used_scheme": scheme, "mapped": mapped }))?,
            false if mapped => output.line(&format!("in use: {}", safe(scheme)))?,
            false => output.line(&format!("in use: {} (not mapped: its codes need review)", safe(scheme)))?,
        }
    }
    let own = rules::read(&rules::care_list_file(lab))?.is_some();
    output.remark(&match own {
        true => format!("Care list: {}", rules::care_list_file(lab).display()),
        false => "Care list: the one that comes with the program; `athar hash-set map --edit` makes a copy to edit.".to_owned(),
    })
}

fn change(
    lab: &Lab,
    scheme: &str,
    arguments: &MapCodes,
    global: &Global,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut mapping = rules::categories(lab)?;
    let mut changes = Vec::new();
    for (code, meaning) in &arguments.codes {
        let before = mapping.set(scheme, code, *meaning);
        if before != Some(*meaning) {
            changes.push((code.as_str(), before.map_or("not mapped", |one| one.key()), meaning.key()));
        }
    }
    for code in &arguments.unset {
        if let Some(before) = mapping.unset(scheme, code) {
            changes.push((code.as_str(), before.key(), "not mapped"));
        }
    }
    if changes.is_empty() {
        return output.remark("It is mapped so already; nothing was changed.");
    }
    let listed = changes.iter().take(CHANGES_LISTED).map(|(code, before, now)| {
        Json::from([("code", Json::from(*code)), ("before", Json::from(*before)), ("now", Json::from(*now))])
    });
    let entry = scribe(global, lab)
        .entry(Act::Note)
        .field("text", "the meaning of category codes in this lab was changed")
        .field("scheme", scheme)
        .field("changed", changes.len().to_string())
        .field("changes", Json::List(listed.collect()));
    lab.ledger()?.append(&entry)?;
    rules::write(&rules::categories_file(lab), &mapping.to_toml())?;
    for (code, before, now) in changes {
        match output.is_json() {
            true => {
                output.object(&json!({ "scheme": scheme, "code": code, "before": before, "now": now }))?
            }
            false => output.line(&format!("{}  {}: {before} → {now}", safe(scheme), safe(code)))?,
        }
    }
    output.remark("Sets that are there keep what was mapped when they were imported: import them again, then `athar match`.")
}
