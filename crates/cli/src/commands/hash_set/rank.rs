//! `athar hash-set rank`: what a Bloom filter certainly does not list comes first.

use case_model::CaseId;
use case_store::{CaseFile, Lab, StoreError};
use hash_set::{BloomRanking, RankingInfo};
use serde_json::json;

use super::rank_import::{failure, shelf, title};
use crate::arguments::RankFiles;
use crate::display::safe;
use crate::exit::Failure;
use crate::open_lab::case_id;
use crate::output::Output;
use crate::quantities::grouped;

/// What a filter says of a case's files.
#[derive(Default)]
struct Ranked {
    maybe: u64,
    not_listed: Vec<i64>,
}

pub(super) fn rank(lab: &Lab, arguments: &RankFiles, output: &mut Output) -> Result<(), Failure> {
    let shelf = shelf(lab);
    let info = shelf.find(&arguments.filter).map_err(failure)?;
    let filter = shelf.open(&info).map_err(failure)?;
    let cases: Vec<CaseId> = match arguments.all_cases {
        true => lab.cases()?,
        false => arguments.case.iter().map(|name| case_id(name)).collect::<Result<_, _>>()?,
    };
    for id in cases {
        let case = lab.open_case(&id)?;
        // The digests come out of these; a case whose scan was broken off may not have them.
        case.build_indexes()?;
        let ranked = ask(&case, &filter, &info)?;
        print(&id, &case, &ranked, &info, arguments.list, output)?;
    }
    Ok(())
}

/// Files of no bytes, and files that were not wholly read, are not asked about, as in a match.
fn ask(case: &CaseFile, filter: &BloomRanking, info: &RankingInfo) -> Result<Ranked, Failure> {
    let index = case.matching_index();
    let mut ranked = Ranked::default();
    index.digests::<StoreError>(info.key.algorithm, |digest, entry| {
        if index.stream(entry)?.is_some_and(|(_, size)| size != 0) {
            match filter.may_list(info.key, digest) {
                true => ranked.maybe += 1,
                false => ranked.not_listed.push(entry),
            }
        }
        Ok(())
    })?;
    Ok(ranked)
}

fn print(
    id: &CaseId,
    case: &CaseFile,
    ranked: &Ranked,
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
            "{id}: {}: {} files certainly not listed: look at these first; {} maybe listed (about {by_chance:.1} of them by chance)",
            title(info),
            grouped(not_listed),
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
