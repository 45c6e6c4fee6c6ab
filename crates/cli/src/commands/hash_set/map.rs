//! `athar hash-set map`.

use std::collections::BTreeSet;

use casework::{ChangedCode, RuleFile, Session};
use hash_set::Library;
use lab::Lab;
use serde_json::json;

use crate::arguments::MapCodes;
use crate::display::safe;
use crate::exit::Failure;
use crate::output::Output;

pub(super) fn map(
    session: &mut Session,
    arguments: &MapCodes,
    output: &mut Output,
) -> Result<(), Failure> {
    if arguments.edit {
        return make_files(session, output);
    }
    match &arguments.scheme {
        Some(scheme) if arguments.codes.is_empty() && arguments.unset.is_empty() => {
            Err(Failure::Usage(format!(
                "--scheme {scheme}: say what its codes mean, as in 1=alert, or --unset CODE"
            )))
        }
        Some(scheme) => change(session, scheme, arguments, output),
        None => show(session.lab(), output),
    }
}

/// Writes the files where they are not there yet.
fn make_files(session: &Session, output: &mut Output) -> Result<(), Failure> {
    for RuleFile { path, holds, made } in session.make_rule_files()? {
        match output.is_json() {
            true => output
                .object(&json!({ "file": path.to_string_lossy(), "holds": holds, "made": made }))?,
            false => output.line(&format!(
                "{}{}",
                path.display(),
                if made { "" } else { " (was there)" }
            ))?,
        }
    }
    output.remark("Edit them with any editor; they are used when a set is imported.")
}

fn show(lab: &Lab, output: &mut Output) -> Result<(), Failure> {
    let mapping = casework::categories(lab)?;
    // Read, so that a list that cannot be used is said to be so here too.
    casework::care_list(lab)?;
    let library = Library::open(&lab.hash_sets())?;
    let used: BTreeSet<&str> = library
        .sets()
        .iter()
        .map(|set| set.category_scheme.as_str())
        .filter(|scheme| !scheme.is_empty())
        .collect();
    for (scheme, code, meaning) in mapping.all() {
        match output.is_json() {
            true => output
                .object(&json!({ "scheme": scheme, "code": code, "disposition": meaning.key() }))?,
            false => {
                output.line(&format!("{}  {} = {}", safe(scheme), safe(code), meaning.key()))?
            }
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
            false => output
                .line(&format!("in use: {} (not mapped: its codes need review)", safe(scheme)))?,
        }
    }
    let own = lab.care_list_file().exists();
    output.remark(&match own {
        true => format!("Care list: {}", lab.care_list_file().display()),
        false => "Care list: the one that comes with the program; `athar hash-set map --edit` makes a copy to edit.".to_owned(),
    })
}

fn change(
    session: &mut Session,
    scheme: &str,
    arguments: &MapCodes,
    output: &mut Output,
) -> Result<(), Failure> {
    let changes = session.change_mapping(scheme, &arguments.codes, &arguments.unset)?;
    if changes.is_empty() {
        return output.remark("It is mapped so already; nothing was changed.");
    }
    for ChangedCode { code, before, now } in changes {
        match output.is_json() {
            true => output
                .object(&json!({ "scheme": scheme, "code": code, "before": before, "now": now }))?,
            false => {
                output.line(&format!("{}  {}: {before} → {now}", safe(scheme), safe(&code)))?
            }
        }
    }
    output.remark("Sets that are there keep what was mapped when they were imported: import them again, then `athar match`.")
}
