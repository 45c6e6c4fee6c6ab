//! `athar hash-set rank`: what a Bloom filter certainly does not list comes first.

use case_model::CaseId;
use case_store::CaseFile;
use casework::{RankedFiles, Session, bloom_filters};
use hash_set::RankingInfo;
use serde_json::json;

use super::rank_import::title;
use crate::arguments::RankFiles;
use crate::desk::cases;
use crate::display::safe;
use crate::exit::Failure;
use crate::output::Output;
use crate::quantities::{counted, grouped, noun};

pub(super) fn rank(
    session: &mut Session,
    arguments: &RankFiles,
    output: &mut Output,
) -> Result<(), Failure> {
    let shelf = bloom_filters(session.lab());
    let info = shelf.find(&arguments.filter)?;
    let filter = shelf.open(&info)?;
    for id in cases(session, &arguments.case, arguments.all_cases)? {
        let ranked = session.rank(&id, &filter, &info)?;
        print(&id, session.case(&id)?, &ranked, &info, arguments.list, output)?;
        session.close_case(&id)?;
    }
    Ok(())
}

fn print(
    id: &CaseId,
    case: &CaseFile,
    ranked: &RankedFiles,
    info: &RankingInfo,
    list: bool,
    output: &mut Output,
) -> Result<(), Failure> {
    let not_listed = ranked.not_listed.len() as u64;
    // Of all files that are not listed, this share answers 'maybe': those that answered 'no' are the rest.
    let share = info.false_positives.clamp(0.0, 0.999_999);
    let by_chance = ((not_listed as f64) * share / (1.0 - share)).min(ranked.maybe as f64);
    if output.is_json() {
        output.object(&json!({ "case": id.as_str(), "ranking": info.name, "version": info.version,
                               "digest": case_model::to_hex(&info.digest), "maybe_listed": ranked.maybe,
                               "of_these_by_chance": by_chance, "certainly_not_listed": not_listed }))?;
    } else {
        output.line(&format!(
            "{id}: {}: {} certainly not listed: look at {} first; {} maybe listed (about {by_chance:.1} of them by chance)",
            title(info),
            counted(not_listed, "file", "files"),
            noun(not_listed, "it", "these"),
            grouped(ranked.maybe),
        ))?;
    }
    for entry in ranked.not_listed.iter().filter(|_| list) {
        let Some(stored) = case.stored_entry(*entry)? else { continue };
        match output.is_json() {
            true => output.object(
                &json!({ "case": id.as_str(), "entry": entry, "path": stored.path, "size": stored.size,
                                           "certainly_not_listed": true }),
            )?,
            false => output.line(&format!("  {}", safe(&stored.path)))?,
        }
    }
    Ok(())
}
