//! `athar hash-set remove`.

use case_model::to_hex;
use casework::{Session, SetUsers};
use hash_set::Library;
use serde_json::json;

use super::{find, title};
use crate::arguments::RemoveSet;
use crate::exit::Failure;
use crate::output::Output;
use crate::quantities::counted;

pub(super) fn remove(
    session: &mut Session,
    arguments: &RemoveSet,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut library = Library::open(&session.lab().hash_sets())?;
    let mut missing = session.missing_sets(&library)?;
    missing.retain(|set| set.is_meant(&arguments.set));
    if let ([missing], Err(_)) = (missing.as_slice(), library.find(&arguments.set)) {
        let users = session.users_of_set(&missing.digest)?;
        session.remove_missing_set(missing, &users, &arguments.reason)?;
        if output.is_json() {
            return output.object(
                &json!({ "removed": to_hex(&missing.digest), "name": missing.name, "version": missing.version,
                                          "was_missing": true }),
            );
        }
        let name = crate::display::safe(&missing.name);
        return output.remark(&format!(
            "Hash set {name}, whose files are gone, is given up; recorded hits stay."
        ));
    }
    let set = find(&library, &arguments.set)?.clone();
    let users = session.users_of_set(&set.digest)?;
    let SetUsers { cases, unknown } = &users;
    if !arguments.yes && (!cases.is_empty() || !unknown.is_empty()) {
        let has: Vec<String> = cases
            .iter()
            .take(5)
            .map(|(case, hits)| format!("{case} ({})", counted(*hits, "file", "files")))
            .collect();
        let with_hits = counted(cases.len(), "case has hits of it", "cases have hits of it");
        let asked: Vec<String> =
            unknown.iter().take(5).map(|(case, why)| format!("{case} ({why})")).collect();
        let has = match (has.is_empty(), asked.is_empty()) {
            (false, true) => format!("{with_hits}: {}", has.join(", ")),
            (true, _) => {
                format!(
                    "{} cannot be asked: {}",
                    counted(unknown.len(), "case", "cases"),
                    asked.join("; ")
                )
            }
            (false, false) => format!(
                "{with_hits}: {}; {} cannot be asked: {}",
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
    session.remove_set(&mut library, &set, &users, &arguments.reason)?;
    if output.is_json() {
        return output.object(&json!({ "removed": to_hex(&set.digest), "name": set.name, "version": set.version,
                                      "cases_with_hits": cases.iter().map(|(case, _)| case.as_str()).collect::<Vec<_>>() }));
    }
    let stay = if cases.is_empty() {
        String::new()
    } else {
        format!("; hits in {} stay", counted(cases.len(), "case", "cases"))
    };
    output.remark(&format!("Hash set {} removed{stay}.", title(&set)))
}
